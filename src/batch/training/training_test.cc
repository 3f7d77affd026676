#include "training/training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "forest/forest.h"
#include "forest/formats/load.h"
#include "training/rows.h"
#include "training/training_testing.h"

namespace aisle::training {
namespace {

using testing::HasSubstr;

TEST_F(TrainingTest, ReadsOnlyTheCustomersWhoLeaveRows) {
  ASSERT_TRUE(Run(File("propensity_default", {{"others_share = 0.4", "others_share = 0.0001"}})));
  // Two reads, of the buyers each: fewer than all, more than none.
  EXPECT_LT(shop_.records_read, 2 * kCustomers * 9 / 10);
  EXPECT_GT(shop_.records_read, 2 * kCustomers / 4);
}

TEST_F(TrainingTest, EntersAModelWithEverythingItsManifestPromises) {
  const auto report = Run("ranking_default");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->model, "ranking");
  EXPECT_EQ(report->version, 1);
  EXPECT_THAT(report->promotion.objections, testing::IsEmpty());
  EXPECT_EQ(report->promotion.with, "") << "there is no champion yet";
  EXPECT_TRUE(report->promoted);
  EXPECT_EQ(*Registry().Resolve("ranking", registry::kChampion), 1);

  const auto manifest = *Registry().ReadManifest("ranking", 1);
  const Recipe recipe = *ParseRecipe(*RecipeText("ranking_default"), "");
  EXPECT_EQ(manifest.recipe, "ranking_default");
  EXPECT_EQ(manifest.recipe_text, recipe.text);
  ASSERT_EQ(manifest.inputs.size(), recipe.inputs.size());
  for (std::size_t i = 0; i < recipe.inputs.size(); ++i) {
    EXPECT_EQ(manifest.inputs[i].name, recipe.inputs[i]);
    EXPECT_EQ(manifest.inputs[i].type, "float");
    if (recipe.inputs[i] == "pair_views") {
      EXPECT_EQ(manifest.inputs[i].role, "pair");
    }
    if (recipe.inputs[i] == "price_z") {
      EXPECT_EQ(manifest.inputs[i].role, "product");
    }
  }
  EXPECT_EQ(manifest.train_rows, report->rows);
  EXPECT_EQ(manifest.positive_rows, report->positives);
  EXPECT_EQ(manifest.data_fingerprint, "fake");
  EXPECT_EQ(manifest.library_versions.at("xgboost"), trainer::XgboostVersion());
  EXPECT_GT(manifest.metrics.at("validation_auc"), 0.6);
  EXPECT_GT(manifest.metrics.at("validation_ndcg_at_10"),
            manifest.metrics.at("validation_ndcg_at_10_popularity"));
  // Of the model's own probabilities: neither far from the truth nor fitted to these rows.
  EXPECT_NEAR(manifest.metrics.at("validation_expected_over_actual"), 1, 0.5);
  EXPECT_NE(manifest.metrics.at("validation_expected_over_actual"), 1);
  EXPECT_EQ(manifest.window_until, options_.as_of - 28 * (recipe.cutoffs.front() - 1) * base::kDay);
}

TEST_F(TrainingTest, TrainingAgainMakesVersionTwoWithTheSameBytes) {
  ASSERT_TRUE(Run("propensity_default"));
  const auto again = Run("propensity_default");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->version, 2);
  EXPECT_EQ(Registry().Load("propensity", 1)->ubjson, Registry().Load("propensity", 2)->ubjson);
}

TEST_F(TrainingTest, NothingOfTheEvaluationWindowIsAskedFor) {
  const base::Timestamp evaluation = options_.as_of - 28 * base::kDay;
  for (const std::string& name : ShippedRecipes()) {
    shop_.asked.clear();
    shop_.latest = {};
    const auto report = Run(name);
    ASSERT_TRUE(report) << name << ": " << report.error().message;
    ASSERT_FALSE(shop_.asked.empty());
    const auto window = ParseRecipe(*RecipeText(name), name)->window_days * base::kDay;
    for (const base::Timestamp time : shop_.asked)
      EXPECT_LE(time, evaluation - window) << name << ": " << base::FormatTimestamp(time);
    EXPECT_EQ(shop_.latest, evaluation) << name << ": labels end where the evaluation begins";
  }
}

// The models in the registry score like XGBoost, bit by bit, on the rows they were trained on.
TEST_F(TrainingTest, TheForestOfEveryRecipeEqualsXgboostBitByBit) {
  for (const std::string& name : ShippedRecipes()) {
    const Recipe recipe = *ParseRecipe(*RecipeText(name), name);
    const auto report = Run(name);
    ASSERT_TRUE(report) << name << ": " << report.error().message;
    const auto version = Registry().Load(recipe.model, report->version);
    ASSERT_TRUE(version) << version.error().message;

    RowSet rows;
    for (const int cutoff : recipe.cutoffs) {
      const base::Timestamp time = options_.as_of - recipe.window_days * cutoff * base::kDay;
      const features::Catalogue catalogue = FakeShop::MakeCatalogue(time);
      const features::CatalogueView view(catalogue);
      const gold::ActivityIndex happened(shop_.MakeActivity(time));
      const RowWriter writer =
          *RowWriter::Make(recipe, view, time, happened.Buyers(catalogue), options_.seed);
      for (int c = 0; c < kCustomers; ++c) {
        const auto record = shop_.MakeRecord(c, time);
        writer.Write(record, happened.Of(record.customer), {}, rows);
      }
    }
    ASSERT_EQ(rows.RowCount(), report->rows) << name;
    for (const bool margin : {true, false}) {
      const auto expected =
          trainer::XgboostPredict(version->ubjson, rows.dataset.rows, recipe.inputs.size(), margin);
      ASSERT_TRUE(expected) << expected.error().message;
      for (const auto engine :
           {forest::Engine::kReference, forest::Engine::kInterleaved, forest::Engine::kAuto}) {
        const auto forest = *forest::Forest::Build(*forest::LoadModel(version->ubjson), engine);
        std::vector<float> scores(rows.dataset.labels.size());
        margin ? forest.Margins(rows.dataset.rows, scores)
               : forest.Predict(rows.dataset.rows, scores);
        std::size_t different = 0;
        for (std::size_t i = 0; i < scores.size(); ++i) {
          different += std::bit_cast<std::uint32_t>(scores[i]) !=
                       std::bit_cast<std::uint32_t>((*expected)[i]);
        }
        EXPECT_EQ(different, 0U) << name << " " << forest::EngineName(engine) << " of "
                                 << scores.size();
      }
    }
  }
}

TEST_F(TrainingTest, CancellingLeavesNothingBehind) {
  for (const double stop_at : {0.0, 0.3, 0.6, 0.99}) {
    options_.progress = [&](const std::string&, double share) { return share < stop_at; };
    const auto report = Run("ranking_default");
    ASSERT_FALSE(report) << stop_at;
    EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
    EXPECT_FALSE(std::filesystem::exists(root_ / "models")) << stop_at;
  }
}

TEST_F(TrainingTest, ProgressRisesAndNamesTheSteps) {
  double last = 0;
  std::vector<std::string> steps;
  options_.progress = [&](const std::string& step, double share) {
    EXPECT_GE(share, last);
    EXPECT_LE(share, 1);
    last = share;
    if (steps.empty() || steps.back() != step) steps.push_back(step);
    return true;
  };
  ASSERT_TRUE(Run("ranking_default"));
  EXPECT_EQ(last, 1);
  EXPECT_THAT(steps, testing::Contains("learn ranking_default"));
  EXPECT_THAT(steps, testing::Contains("learn propensity_default"));
}

TEST_F(TrainingTest, AFailingGateIsNamedAndDoesNotPromote) {
  const auto report = Run(File("propensity_default", {{"rows_min = 1000", "rows_min = 1000000"}}));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(report->promoted);
  ASSERT_EQ(report->promotion.objections.size(), 1U);
  EXPECT_THAT(report->promotion.objections[0], HasSubstr("rows_min"));
  EXPECT_EQ(Registry().Resolve("propensity", registry::kChampion).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(*Registry().Resolve("propensity", "challenger"), 1);
}

TEST_F(TrainingTest, TooLittleHistoryIsSaidWithWhatIsNeeded) {
  shop_.begins = options_.as_of - 100 * base::kDay;
  const auto report = Run("ranking_default");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(report.error().message, HasSubstr("too little history"));
  EXPECT_FALSE(std::filesystem::exists(root_ / "models"));
}

TEST_F(TrainingTest, AWrongRecipeIsRefusedWithItsPathAndLine) {
  const std::string path = File("propensity_default", {{"rounds = ", "round = "}});
  const auto report = Run(path);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(report.error().message, HasSubstr(path + ":"));
  EXPECT_THAT(Run("propensity_defualt").error().message, HasSubstr("propensity_default"));
}

}  // namespace
}  // namespace aisle::training
