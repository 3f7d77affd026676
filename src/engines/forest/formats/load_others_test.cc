// LightGBM's and CatBoost's files: the corpus' small models, each spoilt in one place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "forest/formats/corpus_file_testing.h"
#include "forest/formats/exercise_testing.h"

namespace aisle::forest {
namespace {

using testing::HasSubstr;

// The first `from` of the file becomes `to`.
void ExpectRefused(const std::string& name, const std::string& from, const std::string& to,
                   const std::string& word) {
  std::string text = Corpus(name);
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  const auto model = LoadModel(text);
  ASSERT_FALSE(model) << to;
  EXPECT_EQ(model.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(model.error().message, HasSubstr(word));
}

void LightgbmRefuses(const std::string& from, const std::string& to, const std::string& word) {
  ExpectRefused("lightgbm_binary.txt", from, to, word);
}

TEST(LoadLightgbm, TreesThatAreNoTreesAreRefused) {
  LightgbmRefuses("left_child=1 -1 -2", "left_child=0 -1 -2", "node 0: child 0 has another parent");
  LightgbmRefuses("left_child=1 -1 -2", "left_child=1 1 -2", "node 1: child 1 has another parent");
  LightgbmRefuses("left_child=1 -1 -2", "left_child=1 -3 -2", "child 5 has another parent");
  LightgbmRefuses("left_child=1 -1 -2", "left_child=3 -1 -2", "is not one of 7 nodes");
  LightgbmRefuses("left_child=1 -1 -2", "left_child=-5 -1 -2", "child 7 is not one of 7 nodes");
  LightgbmRefuses("left_child=1 -1 -2", "left_child=-2147483648 -1 -2", "is not one of 7 nodes");
  LightgbmRefuses("left_child=1 -1 -2", "left_child=2147483647 -1 -2", "is not one of 7 nodes");
}

TEST(LoadLightgbm, NumbersAndSizesThatDisagreeAreRefused) {
  LightgbmRefuses("num_leaves=4", "num_leaves=5", "leaf_value has 4 places; 5 are needed");
  LightgbmRefuses("num_leaves=4", "num_leaves=0", "num_leaves is 0");
  LightgbmRefuses("num_leaves=4", "num_leaves=99999999999999999999", "not a number");
  LightgbmRefuses("threshold=0.40070827305316931 0", "threshold=0", "threshold has 2 places");
  LightgbmRefuses("threshold=0.4", "threshold=nan0.4", "not a number");
  LightgbmRefuses("threshold=0.40070827305316931", "threshold=nan", "threshold is NaN");
  LightgbmRefuses("split_feature=0", "split_feature=3", "input 3 is not one of 3");
  LightgbmRefuses("split_feature=0", "split_feature=-1", "input -1");
  LightgbmRefuses("decision_type=10", "decision_type=12", "decision_type 12");
  LightgbmRefuses("leaf_value=-0.2", "leaf_value=-1e300 -0.2", "leaf_value has 5 places");
  LightgbmRefuses("-0.14471438238793349", "-1e300", "leaf is not a finite number");
  LightgbmRefuses("feature_names=Column_0 ", "feature_names=", "2 feature_names for 3 inputs");
  LightgbmRefuses("max_feature_idx=2", "max_feature_idx=1000000", "max_feature_idx is 1000000");
  LightgbmRefuses("sigmoid:1", "sigmoid:inf", "sigmoid is not a finite number");
  LightgbmRefuses("tree_sizes=578 ", "tree_sizes=", "2 trees; tree_sizes has 1");
  LightgbmRefuses("num_leaves=4\n", "num_leaves=4\nnum_leaves=4\n", "'num_leaves' stands twice");
  LightgbmRefuses("leaf_value=", "value=", "'leaf_value=' is missing");
}

TEST(LoadLightgbm, CategorySetsThatDoNotFitAreRefused) {
  LightgbmRefuses("threshold=0.40070827305316931 0", "threshold=0.4 1", "category set 1");
  LightgbmRefuses("threshold=0.40070827305316931 0", "threshold=0.4 -1", "category set -1");
  LightgbmRefuses("threshold=0.40070827305316931 0", "threshold=0.4 0.5", "category set 0.5");
  LightgbmRefuses("num_cat=1", "num_cat=2", "cat_boundaries has 2 places; 3 are needed");
  LightgbmRefuses("cat_boundaries=0 1", "cat_boundaries=1 1", "do not start at 0");
  LightgbmRefuses("cat_boundaries=0 1", "cat_boundaries=0 2", "cat_threshold has 1 places");
  LightgbmRefuses("num_cat=1", "num_cat=0", "category set 0 is not one of 0");
  LightgbmRefuses("num_cat=1", "num_cat=99999999999", "num_cat is 99999999999");
}

TEST(LoadLightgbm, WhatIsNotSupportedIsRefusedByName) {
  LightgbmRefuses("objective=binary", "objective=fair", "objective 'fair'");
  LightgbmRefuses("objective=binary", "objective=regression sqrt", "'regression sqrt'");
  LightgbmRefuses("version=v4", "version=v2", "format 'v2'");
  LightgbmRefuses("is_linear=0", "is_linear=1", "linear trees");
  LightgbmRefuses("label_index=0", "average_output", "average_output");
  LightgbmRefuses("num_class=1\nnum_tree_per_iteration=1", "num_class=2\nnum_tree_per_iteration=2",
                  "2 classes with objective 'binary'");
  LightgbmRefuses("num_class=1", "num_class=3", "num_class 3, but 1 trees");
}

TEST(LoadLightgbm, AFileCutAnywhereIsRefused) {
  for (const std::string name : {"lightgbm_binary.txt", "lightgbm_classes.txt"}) {
    const std::string bytes = Corpus(name);
    // But the line's end of the last line.
    for (std::size_t size = 0; size + 1 < bytes.size(); ++size) {
      ASSERT_FALSE(LoadModel(std::string_view(bytes).substr(0, size)))
          << name << " cut to " << size;
    }
  }
}

TEST(LoadLightgbm, WindowsLineEndsAreLineEnds) {
  std::string text = Corpus("lightgbm_binary.txt");
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) {
    text.replace(at, 1, "\r\n");
  }
  const auto model = LoadModel(text);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->wide_values, LoadModel(Corpus("lightgbm_binary.txt"))->wide_values);
}

// Epoch seconds, ids: what lies between two floats is not the same.
TEST(LoadLightgbm, NumbersAreComparedAsDoubles) {
  const auto model = LoadModel(Corpus("lightgbm_binary.txt"));
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->double_inputs);
  const auto forest = Forest::Build(*model);
  ASSERT_TRUE(forest);
  constexpr double kThreshold = 0.40070827305316931;
  const double next = std::nextafter(kThreshold, 1.0);
  ASSERT_EQ(static_cast<float>(kThreshold), static_cast<float>(next));
  const std::vector<double> rows = {kThreshold,        0, 0, next,        0, 0,
                                    kThreshold - 0.01, 0, 0, next + 0.01, 0, 0};
  std::vector<double> margins(4);
  forest->WideMargins(rows, margins);
  EXPECT_NE(margins[0], margins[1]);
  EXPECT_EQ(margins[0], margins[2]);
  EXPECT_EQ(margins[1], margins[3]);
}

TEST(LoadCatboost, NumbersAreRoundedToFloats) {
  const auto model = LoadModel(Corpus("catboost_logloss.json"));
  ASSERT_TRUE(model);
  EXPECT_FALSE(model->double_inputs);
  const auto forest = Forest::Build(*model);
  ASSERT_TRUE(forest);
  constexpr float kBorder = -0.007777275051921606F;
  const double next = std::nextafter(static_cast<double>(kBorder), 1.0);
  const std::vector<double> rows(3, next);
  const std::vector<float> rounded(3, kBorder);
  std::vector<double> margins(1), expected(1), beyond(1);
  forest->WideMargins(rows, margins);
  forest->WideMargins(rounded, expected);
  EXPECT_EQ(margins, expected);
  forest->WideMargins(std::vector<float>(3, std::nextafter(kBorder, 1.0F)), beyond);
  EXPECT_NE(beyond, expected);
}

void CatboostRefuses(const std::string& from, const std::string& to, const std::string& word) {
  ExpectRefused("catboost_logloss.json", from, to, word);
}

// CatBoost's own answers: a NaN is above no border, unless training had some that it took for high.
TEST(LoadCatboost, MissingGoesRightOnlyWhereTrainingHadMissingAndTookThemForHigh) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kHigh = std::numeric_limits<float>::infinity();
  const auto margin = [](const std::string& has_nans, const std::string& treatment, float x) {
    std::string text = Corpus("catboost_logloss.json");
    const std::string from = R"("has_nans":true,"nan_value_treatment":"AsTrue")";
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; ++at) {
      text.replace(at, from.size(), has_nans + R"("nan_value_treatment":")" + treatment + '"');
    }
    const auto forest = Forest::Build(LoadModel(text).value());
    std::vector<double> margins(1);
    forest->WideMargins(std::vector<float>{x, x, 0}, margins);
    return margins[0];
  };
  const std::string yes = R"("has_nans":true,)";
  ASSERT_NE(margin(yes, "AsTrue", kHigh), margin(yes, "AsTrue", -kHigh));
  EXPECT_EQ(margin(yes, "AsTrue", kNan), margin(yes, "AsTrue", kHigh));
  EXPECT_EQ(margin(yes, "AsFalse", kNan), margin(yes, "AsFalse", -kHigh));
  EXPECT_EQ(margin(yes, "AsIs", kNan), margin(yes, "AsIs", -kHigh));
  for (const std::string no : {R"("has_nans":false,)", R"("has_nans":1,)", ""}) {
    for (const std::string treatment : {"AsTrue", "AsFalse", "AsIs"}) {
      EXPECT_EQ(margin(no, treatment, kNan), margin(no, treatment, -kHigh)) << no << treatment;
    }
  }
}

TEST(LoadCatboost, SizesAndIndicesThatDisagreeAreRefused) {
  CatboostRefuses("\"leaf_values\":[", "\"leaf_values\":[1,",
                  "5 leaf_values; 2 splits and 1 groups");
  CatboostRefuses("\"splits\":[", "\"splits\":[1,", "'split_type' is missing");
  CatboostRefuses("\"float_feature_index\":0", "\"float_feature_index\":3",
                  "not one of the float features");
  CatboostRefuses("\"float_feature_index\":0", "\"float_feature_index\":-1",
                  "not one of the float");
  CatboostRefuses("\"float_feature_index\":0", "\"float_feature_index\":\"0\"",
                  "not one of the float");
  CatboostRefuses("\"feature_index\":1", "\"feature_index\":7", "feature_index 7");
  CatboostRefuses("\"flat_feature_index\":1", "\"flat_feature_index\":0", "does not ascend");
  CatboostRefuses("\"flat_feature_index\":2", "\"flat_feature_index\":1e9", "not an index");
  CatboostRefuses("\"border\":-0.007777275051921606", "\"border\":NaN", "border is not a finite");
  CatboostRefuses("\"border\":-0.007777275051921606", "\"border\":1e39", "border is not a finite");
  CatboostRefuses("[-0.48484848484848486", "[NaN", "not a finite number");
  CatboostRefuses("[-0.48484848484848486", "[1e39", "not a finite number");
  CatboostRefuses("\"scale_and_bias\":[1,", "\"scale_and_bias\":[Infinity,", "scale");
  CatboostRefuses("\"scale_and_bias\":[1,[0]]", "\"scale_and_bias\":[1,[0,0]]",
                  "2 outputs with loss");
  CatboostRefuses("\"scale_and_bias\":[1,[0]]", "\"scale_and_bias\":[1,[]]", "'scale_and_bias'");
}

TEST(LoadCatboost, WhatIsNotSupportedIsRefusedByName) {
  CatboostRefuses("\"Logloss\"", "\"Poisson\"", "loss function 'Poisson'");
  CatboostRefuses("\"FloatFeature\"", "\"OneHotFeature\"", "split_type 'OneHotFeature'");
  CatboostRefuses("\"float_features\"", "\"categorical_features\":[{}],\"float_features\"",
                  "categorical inputs are not supported");
  CatboostRefuses("\"float_features\"", "\"cat_features_hash\":[{}],\"float_features\"",
                  "categorical inputs are not supported");
  CatboostRefuses("\"float_features\"", "\"text_features\":[{}],\"float_features\"",
                  "text inputs are not supported");
  CatboostRefuses("\"float_features\"", "\"embedding_features\":[{}],\"float_features\"",
                  "embedding inputs are not supported");
  CatboostRefuses("\"float_features\"", "\"others\":[{}],\"float_features\"",
                  "'others' are not supported");
  CatboostRefuses("\"oblivious_trees\"", "\"trees\"", "grow_policy");
  CatboostRefuses("\"AsTrue\"", "\"AsYouLike\"", "nan_value_treatment 'AsYouLike'");
}

TEST(LoadCatboost, AFileCutAnywhereIsRefused) {
  const std::string bytes = Corpus("catboost_classes.json");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(LoadModel(std::string_view(bytes).substr(0, size))) << size;
  }
}

TEST(LoadCatboost, LeavesAreReadAsDoubles) {
  const auto model = LoadModel(Corpus("catboost_logloss.json"));
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_THAT(model->wide_values, testing::Contains(-0.48484848484848486));
}

TEST(LoadJson, AFileOfNoKnownLibrarySaysSo) {
  EXPECT_THAT(LoadModel("{\"trees\":[]}").error().message, HasSubstr("neither 'learner'"));
}

}  // namespace
}  // namespace aisle::forest
