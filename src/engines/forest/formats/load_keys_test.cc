// Dropout's weights wherever XGBoost puts them, and keys that nobody knows, in each object of each format.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "forest/formats/corpus_file_testing.h"
#include "forest/formats/exercise_testing.h"
#include "forest/formats/known_keys.h"

namespace aisle::forest {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string With(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  AISLE_ASSERT(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string ErrorOf(const std::string& bytes) {
  const auto model = LoadModel(bytes);
  return model ? "accepted" : model.error().message;
}

std::vector<float> MarginsOf(const std::string& bytes) {
  const auto model = LoadModel(bytes);
  AISLE_ASSERT(model);
  const auto forest = Forest::Build(*model, Engine::kReference);
  std::vector<float> margins(3);
  forest->Margins(std::vector<float>{1, 2, 2, -1, -0.5F, 0.25F}, margins);
  return margins;
}

// The numbers are what XGBoost 3.3.0 and 3.4.1 themselves predict for these rows.
TEST(LoadDropout, WeightsCountBesideTheModelAndInIt) {
  for (const std::string name :
       {"dart_3_3.json", "dart_3_3.ubj", "dart_3_4.json", "dart_3_4.ubj"}) {
    EXPECT_THAT(MarginsOf(Corpus(name)),
                ElementsAre(-0.23659859597682953F, 1.1666593551635742F, -1.138832926750183F))
        << name;
  }
}

TEST(LoadDropout, WeightsThatDoNotFitAreRefused) {
  const std::string inside = Corpus("dart_3_4.json");
  const std::string beside = Corpus("dart_3_3.json");
  EXPECT_THAT(ErrorOf(With(inside, "\"weight_drop\":[", "\"weight_drop\":[1,")),
              HasSubstr("weight_drop is no array of one place per tree"));
  EXPECT_THAT(
      ErrorOf(With(beside, "\"weight_drop\":[", "\"weight_drop\":[Infinity],\"weight_drip\":[")),
      HasSubstr("weight_drop is no array of one place per tree"));
  EXPECT_THAT(ErrorOf(With(beside, "\"model\":{", "\"model\":{\"weight_drop\":[1,1,1,1],")),
              HasSubstr("'weight_drop' stands in two places"));
  EXPECT_THAT(ErrorOf(With(Corpus("dart.json"), "\"weight_drop\"", "\"weight_drip\"")),
              HasSubstr("'weight_drop' is missing"));
}

TEST(LoadKeys, TreesThatARoundDoesNotCountAreRefused) {
  EXPECT_THAT(ErrorOf(With(Corpus("dart_3_4.json"), "\"iteration_indptr\":[0,1,2,3,4]",
                           "\"iteration_indptr\":[0,1,2,3]")),
              HasSubstr("iteration_indptr does not end with 4"));
}

// A key nobody knows, in every object of the file in turn, notes excepted.
void EveryObjectRefusesAStrangeKey(const std::string& name, const std::string& notes,
                                   const std::string& writer) {
  const std::string text = Corpus(name);
  const std::size_t free = notes.empty() ? std::string::npos : text.find("\"" + notes + "\"");
  std::size_t free_end = free;
  if (free != std::string::npos) {
    free_end = text.find('{', free);
    int depth = 0;
    do {
      depth += text[free_end] == '{' ? 1 : text[free_end] == '}' ? -1 : 0;
      ++free_end;
    } while (depth > 0);
  }
  std::size_t objects = 0;
  for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
    std::string strange = text;
    const std::size_t next = text.find_first_not_of(" \n\r\t", at + 1);
    strange.insert(at + 1, text[next] == '}' ? "\"zz\":[]" : "\"zz\":[],");
    const bool noted = free != std::string::npos && at > free && at < free_end;
    const std::string error = ErrorOf(strange);
    if (noted) {
      EXPECT_EQ(error, "accepted") << name << " byte " << at;
    } else {
      EXPECT_THAT(error, AllOf(HasSubstr("zz'"), HasSubstr(writer), HasSubstr("not known here")))
          << name << " byte " << at;
      ++objects;
    }
  }
  EXPECT_GE(objects, 6U) << name;
}

TEST(LoadKeys, AStrangeKeyIsRefusedByNameWhereverItStands) {
  EveryObjectRefusesAStrangeKey("dart.json", "attributes", "XGBoost 3.2.0");
  EveryObjectRefusesAStrangeKey("dart_3_3.json", "attributes", "XGBoost 3.3.0");
  EveryObjectRefusesAStrangeKey("dart_3_4.json", "attributes", "XGBoost 3.4.1");
  EveryObjectRefusesAStrangeKey("names_3_4.json", "attributes", "XGBoost 3.4.1");
  EveryObjectRefusesAStrangeKey("catboost_logloss.json", "model_info", "CatBoost");
}

TEST(LoadKeys, UbjsonIsHeldToTheSameList) {
  EXPECT_THAT(ErrorOf(With(Corpus("dart_3_4.ubj"), "learner{", "learner{i\x02zzi\x01")),
              HasSubstr("XGBoost 3.4.1 wrote the key 'learner.zz'"));
}

TEST(LoadKeys, ABoosterWithinABoosterHasNoOtherKeys) {
  EXPECT_THAT(ErrorOf(With(Corpus("dart_3_4.json"), "\"gradient_booster\":{",
                           "\"gradient_booster\":{\"gbtree\":{},")),
              HasSubstr("booster 'gbtree' holds another 'gbtree'"));
}

TEST(LoadKeys, LightgbmsHeaderTreesAndEndAreHeldToTheirs) {
  const std::string text = Corpus("lightgbm_names.txt");
  EXPECT_THAT(ErrorOf(With(text, "num_class=", "zz=1\nnum_class=")),
              HasSubstr("wrote the key 'header.zz'"));
  EXPECT_THAT(ErrorOf(With(text, "num_cat=", "zz=1\nnum_cat=")), HasSubstr("the key 'tree.zz'"));
  EXPECT_THAT(ErrorOf(With(text, "pandas_categorical", "zz:1\npandas_categorical")),
              HasSubstr("the key 'after the trees: zz'"));
  // Parameters of training change no score: pred_early_stop and its like, tried with the library, neither.
  EXPECT_EQ(ErrorOf(With(text, "parameters:\n", "parameters:\n[zz: 1]\n")), "accepted");
}

TEST(LoadKeys, TheListsHoldEachKeyOnce) {
  for (const auto keys :
       {XgboostKeys(), CatboostKeys(), LightgbmHeaderKeys(), LightgbmTreeKeys()}) {
    EXPECT_EQ(std::set<std::string_view>(keys.begin(), keys.end()).size(), keys.size());
    EXPECT_GE(keys.size(), 10U);
  }
}

TEST(LoadForeign, WhatPeopleHandOverFirstIsNamedWithWhatToExport) {
  using namespace std::string_literals;
  const auto is = [](const std::string& bytes, const std::string& what,
                     const std::string& instead) {
    EXPECT_THAT(ErrorOf(bytes), AllOf(HasSubstr(what), HasSubstr(instead)));
  };
  is("CBM1\x10\0\0\0"s, "CatBoost's binary format", "format=\"json\"");
  is("\x08\x07\x12\x08"s + "catboost", "an ONNX file", "save_model");
  is("\x80\x04\x95\x10\0\0"s, "a pickle", "save_model");
  is("\x1f\x8b\x08\0"s, "a gzip'd file", "Unpack it");
  is("PK\x03\x04..", "a zip archive", "Unpack it");
  is("[\n  { \"nodeid\": 0, \"leaf\": 0.1 }\n]\n", "a JSON dump of XGBoost's trees", "save_model");
  is("booster[0]:\n0:leaf=0.1\n", "a text dump of XGBoost", "save_model");
  is("{\"name\":\"tree\",\"max_feature_idx\":1,\"tree_info\":[]}", "LightGBM's dump_model",
     "model.txt");
  is("\xef\xbb\xbftree\nversion=v4\n", "byte-order mark", "first three bytes");
  is("\xff\xfet\0r\0"s, "UTF-16", "save the model again");
  is("binf\0\0\0?"s, "XGBoost's old binary format", "1.7 to 3.0");
  is("\0\0\0?"s + std::string(132, '\0') + "\x06\0\0\0\0\0\0\0gbtree"s,
     "XGBoost's old binary format", "save it again");
  is("{\"learner\":{\"generic_param\":{}}}", "save_config", "save_model");
  is("{\"Config\":{},\"Model\":{}}", "snapshot", "save_model");
  is("version https://git-lfs.github.com/spec/v1\n", "pointer of Git LFS", "git lfs pull");
  is("hello, world", "first bytes (68 65 6c 6c 6f 2c 20 77)", "save_model");
}

}  // namespace
}  // namespace aisle::forest
