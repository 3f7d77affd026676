#include "training/promotion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "training/training_testing.h"

namespace aisle::training {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// They buy what they looked at: a ranking that is not told so is much worse.
class PromotionTest : public TrainingTest {
 protected:
  // With fewer rounds, which is enough for this shop.
  std::string Ranking() { return File("ranking_default", {{"rounds = 80", "rounds = 15"}}); }
  std::string WorseRanking() {
    return File("ranking_default",
                {{InputsOf("ranking_default"), "names = [\"price\", \"propensity\"]"},
                 {"ndcg_above_popularity = true", "ndcg_above_popularity = false"},
                 {"rounds = 80", "rounds = 12"}});
  }
  int Champion(const std::string& model) const {
    return Registry().Resolve(model, registry::kChampion).value_or(0);
  }
};

TEST_F(PromotionTest, ARankingThatIsWorseThanTheChampionIsKeptAndSaysByHowMuch) {
  ASSERT_TRUE(Run(Ranking()));
  const auto worse = Run(WorseRanking());
  ASSERT_TRUE(worse) << worse.error().message;
  EXPECT_FALSE(worse->promoted);
  EXPECT_EQ(worse->version, 2);
  const registry::Promotion& promotion = worse->promotion;
  EXPECT_EQ(promotion.decision, "kept");
  EXPECT_EQ(promotion.with, "ranking/1");
  EXPECT_EQ(promotion.metric, "ndcg_at_10");
  EXPECT_LT(promotion.high, 0);
  EXPECT_LE(promotion.low, promotion.difference);
  EXPECT_NEAR(promotion.ours - promotion.theirs, promotion.difference, 1e-12);
  EXPECT_GT(promotion.customers, 100);
  const auto manifest = *Registry().ReadManifest("ranking", 2);
  EXPECT_NEAR(manifest.metrics.at("validation_ndcg_at_10"), promotion.ours, 1e-12);
  // The champion is judged as it was when it was made itself.
  EXPECT_NEAR(Registry().ReadManifest("ranking", 1)->metrics.at("validation_ndcg_at_10"),
              promotion.theirs, 1e-12);
  EXPECT_THAT(promotion.objections, ElementsAre(HasSubstr("worse_by_at_most: NDCG@10")));
  EXPECT_THAT(promotion.objections[0], HasSubstr("it is worse"));
  EXPECT_EQ(manifest.promotion.objections, promotion.objections);
  EXPECT_EQ(Champion("ranking"), 1);
  EXPECT_EQ(*Registry().Resolve("ranking", "challenger"), 2);
}

TEST_F(PromotionTest, TheSameRecipeAgainIsNotWorseAndIsPromoted) {
  for (const std::string& recipe : {std::string("propensity_default"), Ranking()}) {
    ASSERT_TRUE(Run(recipe));
    const auto again = Run(recipe);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->promoted) << recipe;
    EXPECT_EQ(again->promotion.decision, "promoted");
    EXPECT_EQ(again->promotion.difference, 0) << recipe;
    EXPECT_EQ(again->promotion.low, 0) << recipe;
    EXPECT_EQ(Champion(again->model), 2);
  }
}

TEST_F(PromotionTest, ABetterOneIsPromotedOverAWorseChampion) {
  ASSERT_TRUE(Run(WorseRanking()));
  const auto better = Run(Ranking());
  ASSERT_TRUE(better) << better.error().message;
  EXPECT_TRUE(better->promoted);
  EXPECT_GT(better->promotion.low, 0);
}

TEST_F(PromotionTest, APropensityIsComparedByItsAuc) {
  ASSERT_TRUE(Run("propensity_default"));
  const auto worse = Run(
      File("propensity_default", {{InputsOf("propensity_default"), "names = [\"total_orders\"]"},
                                  {"auc_min = 0.6", "auc_min = 0"}}));
  ASSERT_TRUE(worse) << worse.error().message;
  EXPECT_FALSE(worse->promoted);
  EXPECT_EQ(worse->promotion.metric, "auc");
  EXPECT_LT(worse->promotion.high, 0);
  EXPECT_THAT(worse->promotion.objections, ElementsAre(HasSubstr("worse_by_at_most: AUC")));
}

TEST_F(PromotionTest, AMarginThatIsWideEnoughLetsAWorseOneIn) {
  ASSERT_TRUE(Run(Ranking()));
  const std::string recipe =
      File("ranking_default", {{InputsOf("ranking_default"), "names = [\"price\", \"propensity\"]"},
                               {"ndcg_above_popularity = true", "ndcg_above_popularity = false"},
                               {"rounds = 80", "rounds = 12"},
                               {"worse_by_at_most = 0.01", "worse_by_at_most = 1"}});
  const auto worse = Run(recipe);
  ASSERT_TRUE(worse) << worse.error().message;
  EXPECT_TRUE(worse->promoted);
  EXPECT_LT(worse->promotion.high, 0);
}

TEST_F(PromotionTest, AForcedPromotionIsDoneAndRecordedWithWhatSpokeAgainstIt) {
  ASSERT_TRUE(Run(Ranking()));
  const std::string worse = WorseRanking();
  options_.promote = Promote::kNever;
  const auto waits = Run(worse);
  ASSERT_TRUE(waits) << waits.error().message;
  EXPECT_EQ(waits->promotion.decision, "not asked");
  EXPECT_EQ(Champion("ranking"), 1);
  options_.promote = Promote::kForced;
  const auto forced = Run(worse);
  ASSERT_TRUE(forced) << forced.error().message;
  EXPECT_TRUE(forced->promoted);
  EXPECT_EQ(Champion("ranking"), 3);
  const auto manifest = *Registry().ReadManifest("ranking", 3);
  EXPECT_EQ(manifest.promotion.decision, "forced");
  EXPECT_THAT(manifest.promotion.objections, ElementsAre(HasSubstr("worse_by_at_most")));
  // Nothing had to be forced: then nothing was.
  EXPECT_EQ(Run(Ranking())->promotion.decision, "promoted");
}

TEST_F(PromotionTest, ARankerWhoseProbabilitiesAreFarOffIsKeptBackUnlessItIsCalibrated) {
  const std::pair<std::string, std::string> balance = {"[learner]\n",
                                                       "[learner]\nbalance_classes = true\n"};
  const std::pair<std::string, std::string> few = {"rounds = 80", "rounds = 15"};
  const auto off =
      Run(File("ranking_default", {balance, few, {"calibrate = true", "calibrate = false"}}));
  ASSERT_TRUE(off) << off.error().message;
  EXPECT_FALSE(off->promoted);
  EXPECT_THAT(off->promotion.objections,
              ElementsAre(HasSubstr("calibrated_within: expected / actual")));
  EXPECT_GT(
      Registry().ReadManifest("ranking", 1)->metrics.at("validation_expected_over_actual_served"),
      2);
  EXPECT_EQ(Champion("ranking"), 0);
  const auto on = Run(File("ranking_default", {balance, few}));
  ASSERT_TRUE(on) << on.error().message;
  EXPECT_TRUE(on->promoted) << testing::PrintToString(on->promotion.objections);
  const auto metrics = Registry().ReadManifest("ranking", 2)->metrics;
  EXPECT_GT(metrics.at("validation_expected_over_actual"), 2)
      << "before calibration it is as far off";
  EXPECT_NEAR(metrics.at("validation_expected_over_actual_served"), 1, 0.3);
  EXPECT_NE(metrics.at("validation_expected_over_actual_served"), 1)
      << "not measured where it was fitted";
}

TEST_F(PromotionTest, ARankerOfEventsIsHeldToWhatItSaysOfPairs) {
  const auto of_events =
      Run(File("ranking_reference", {{"model = \"ranking_reference\"", "model = \"ranking\""},
                                     {"rounds = 300", "rounds = 30"},
                                     {"calibrated_within = 1e9", "calibrated_within = 2"}}));
  ASSERT_TRUE(of_events) << of_events.error().message;
  EXPECT_FALSE(of_events->promoted);
  EXPECT_THAT(of_events->promotion.objections, ElementsAre(HasSubstr("calibrated_within")));
  const auto metrics = Registry().ReadManifest("ranking", 1)->metrics;
  EXPECT_GT(metrics.at("validation_expected_over_actual_served"),
            3 * metrics.at("validation_expected_over_actual"))
      << "of thirty products few have an event";
  // A propensity of categories met, likewise of all categories.
  ASSERT_TRUE(Run("propensity_reference"));
  const auto met = Registry().ReadManifest("propensity_reference", 1)->metrics;
  EXPECT_GT(met.at("validation_expected_over_actual_served"),
            1.2 * met.at("validation_expected_over_actual"));
}

TEST_F(PromotionTest, AChampionThatCannotServeDoesNotStandInTheWay) {
  ASSERT_TRUE(Run(Ranking()));
  std::filesystem::resize_file(root_ / "models" / "ranking" / "1" / "model.ubj", 10);
  const auto after_damage = Run(WorseRanking());
  ASSERT_TRUE(after_damage) << after_damage.error().message;
  EXPECT_TRUE(after_damage->promoted);
  EXPECT_THAT(after_damage->promotion.notes,
              Contains(HasSubstr("ranking/1 cannot be scored, so nothing was compared")));
  // Learnt when the retailer had other tiers.
  ASSERT_TRUE(Run(Ranking()));
  auto version = *Registry().Load("ranking", 3);
  version.manifest.tiers = {"Once"};
  ASSERT_EQ(*Registry().Add(version.manifest, version.ubjson, true), 4);
  const auto after_tiers = Run(WorseRanking());
  ASSERT_TRUE(after_tiers) << after_tiers.error().message;
  EXPECT_TRUE(after_tiers->promoted);
  EXPECT_THAT(after_tiers->promotion.notes, Contains(HasSubstr("the retailer's tiers were Once")));
  EXPECT_EQ(after_tiers->promotion.with, "");
}

TEST_F(PromotionTest, AChampionOfAnotherTaskIsNotReplaced) {
  ASSERT_TRUE(Run(Ranking()));
  const auto other =
      Run(File("propensity_default", {{"model = \"propensity\"", "model = \"ranking\""}}));
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_FALSE(other->promoted);
  EXPECT_THAT(other->promotion.objections, ElementsAre(HasSubstr("ranking/1 ranks products")));
  EXPECT_EQ(Champion("ranking"), 1);
}

TEST_F(PromotionTest, AChampionThatLearntFromTheDaysBothAreJudgedOnIsNamed) {
  ASSERT_TRUE(Run("propensity_default"));
  EXPECT_THAT(Run("propensity_default")->promotion.notes, IsEmpty());
  options_.as_of -= 28 * base::kDay;
  const auto earlier = Run("propensity_default");
  ASSERT_TRUE(earlier) << earlier.error().message;
  EXPECT_THAT(earlier->promotion.notes,
              ElementsAre(HasSubstr("propensity/2 learnt from labels until 2026-09-29")));
}

// What is decided when the interval is [low, high] on so many customers, with a margin of 0.01.
registry::Promotion Decided(double low, double high, std::int64_t customers,
                            Promote asked = Promote::kWhenGood) {
  const Recipe recipe = *ParseRecipe(*RecipeText("ranking_default"), "");
  Opponent opponent;
  opponent.champion = Opponent::Champion{.name = "ranking/1", .spec = {}};
  const double value = (low + high) / 2;
  Verdict verdict;
  verdict.comparison = {"ndcg_at_10", {0.3 + value, 0.3, value, low, high, customers}};
  return Decide(recipe, asked, opponent, {}, verdict);
}

TEST(Decide, NotWorseByMoreThanTheMarginIsEnough) {
  EXPECT_EQ(Decided(0.01, 0.02, 100).decision, "promoted");
  EXPECT_EQ(Decided(-0.0099, 0.02, 100).decision, "promoted");
  EXPECT_EQ(Decided(-0.0099, -0.001, 100).decision, "promoted")
      << "worse, but by no more than that";
  EXPECT_EQ(Decided(-0.0101, 0.1, 100).decision, "kept")
      << "better as it seems, but it may be worse";
  EXPECT_EQ(Decided(-0.0101, 0.1, 100, Promote::kForced).decision, "forced");
  EXPECT_EQ(Decided(0.01, 0.02, 100, Promote::kForced).decision, "promoted");
  EXPECT_EQ(Decided(0.01, 0.02, 100, Promote::kNever).decision, "not asked");
}

TEST(Decide, SaysWhetherItIsWorseOrCustomersWereTooFewToTell) {
  EXPECT_THAT(Decided(-0.05, 0.05, 20).objections,
              ElementsAre("worse_by_at_most: NDCG@10 0.3000 against 0.3000 of ranking/1, +0.0000 "
                          "[-0.0500 +0.0500] on 20 customers; too few customers to show that it is "
                          "not worse: it may be 0.0500 worse, and 0.01 is the most"));
  EXPECT_THAT(Decided(-0.05, -0.03, 20).objections, ElementsAre(HasSubstr("it is worse")));
  EXPECT_THAT(Decided(-0.05, 0.01, 20).objections, ElementsAre(HasSubstr("it looks worse")));
  constexpr double kNoEnd = std::numeric_limits<double>::infinity();
  const registry::Promotion nobody = Decided(-kNoEnd, kNoEnd, 1);
  EXPECT_EQ(nobody.decision, "kept");
  EXPECT_EQ(nobody.low, 0) << "JSON has no infinity";
  EXPECT_THAT(nobody.objections, ElementsAre(HasSubstr("too few to tell from ranking/1")));
}

TEST_F(PromotionTest, AliasesThatCannotBeReadEndTheTrainingBeforeItBegins) {
  ASSERT_TRUE(Run("propensity_default"));
  std::ofstream(root_ / "models" / "propensity" / "aliases.json") << "{";
  shop_.asked.clear();
  EXPECT_EQ(Run("propensity_default").error().code, ErrorCode::kInternal);
  EXPECT_THAT(shop_.asked, IsEmpty());
}

}  // namespace
}  // namespace aisle::training
