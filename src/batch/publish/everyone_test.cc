#include <gmock/gmock.h>

#include <algorithm>
#include <bit>
#include <map>
#include <set>

#include "forest/cpu.h"
#include "gold/feature_stream.h"
#include "publish/publish.h"
#include "publish/small_shop_testing.h"
#include "ranking/select.h"

namespace aisle::publish {
namespace {

using testing::HasSubstr;
// A product and the bits of its score.
using Ranked = std::pair<std::int64_t, std::uint32_t>;
using Lists = std::map<std::int64_t, std::vector<Ranked>>;

ranking::ModelSpec SweepableSpec(double blend) {
  ranking::ModelSpec spec = ranking::RandomSpec(7, 40, 5, ranking::ReferenceInputs(), 0.1);
  spec.propensity_blend = blend;
  return spec;
}

// A propensity model of two trees that gives customers without orders NaN in the first category: their margins
// there overflow, and the calibration multiplies infinity by 0.
ranking::ModelSpec SometimesNanSpec() {
  forest::Model model;
  model.feature_count = 2;
  for (std::uint32_t tree = 0; tree < 2; ++tree) {
    model.nodes.push_back({.value = 0.5F, .feature = 0, .left = 1});
    model.nodes.push_back({.value = 0.5F, .feature = 1, .left = 3});
    for (const float leaf : {0.0F, 3e38F, 0.0F}) model.nodes.push_back({.value = leaf});
    model.tree_begin.push_back(static_cast<std::uint32_t>(model.nodes.size()));
  }
  ranking::ModelSpec spec = ranking::SpecOfTrees(model, 1, {"category", "total_orders"});
  spec.calibration_slope = 0;
  return spec;
}

class EveryoneTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { shop_ = std::make_unique<SmallShop>(); }
  static void TearDownTestSuite() { shop_.reset(); }
  static SmallShop& Shop() { return *shop_; }

  Result<EveryoneReport> Rank(const EveryoneOptions& options, Lists& lists) {
    std::int64_t before = 0;
    return RankEveryone(Shop().Database(), registry_, options, [&](const RankedList& list) {
      EXPECT_GT(list.customer.value, before) << "customers come by id";
      before = list.customer.value;
      EXPECT_EQ(list.products.size(), list.scores.size());
      auto& items = lists[list.customer.value];
      for (std::size_t i = 0; i < list.products.size(); ++i) {
        items.emplace_back(list.products[i].value, std::bit_cast<std::uint32_t>(list.scores[i]));
      }
      return Status{};
    });
  }

  // The same by the plainest means.
  Lists BruteForce(const ranking::ModelSpec& ranking_spec, const ranking::ModelSpec& propensity,
                   const EveryoneOptions& options) {
    Lists lists;
    auto catalogue = SmallShop::Must(gold::ReadCatalogue(Shop().Connection(), options.as_of));
    const features::CatalogueView view(catalogue);
    const auto ranker = SmallShop::Must(ranking::PairScorer::Make(ranking_spec, view));
    const auto categories = SmallShop::Must(ranking::CategoryScorer::Make(propensity, view));
    ranking::Scratch scratch;
    std::vector<float> scores(2);
    const auto take = [&](features::CustomerRecord&& record) {
      categories.Score(record, options.as_of, scratch, scores);
      std::vector<std::uint32_t> candidates;
      for (std::uint32_t p = 0; p < catalogue.products.size(); ++p) {
        const std::int64_t id = catalogue.products[p].product.value;
        const bool bought = std::ranges::any_of(record.pairs, [&](const auto& pair) {
          return pair.product.value == id && pair.purchases > 0;
        });
        if (options.exclude_bought && bought) continue;
        if (options.candidates && !options.candidates->contains(id)) continue;
        candidates.push_back(p);
      }
      std::vector<float> found(candidates.size());
      ranker.FillRows(record, scores, options.as_of, candidates, scratch);
      ranker.ScoreRows(scores, candidates, scratch, found);
      for (const std::uint32_t i :
           ranking::SelectTop(found, candidates, static_cast<std::size_t>(options.count))) {
        lists[record.customer.value].emplace_back(catalogue.products[candidates[i]].product.value,
                                                  std::bit_cast<std::uint32_t>(found[i]));
      }
      return Status{};
    };
    EXPECT_TRUE(gold::ReadCustomers(Shop().Database(), catalogue, options.as_of, take));
    return lists;
  }

  static inline std::unique_ptr<SmallShop> shop_;
  base::TempFolder folder_;
  registry::Registry registry_{folder_.Path()};
  const base::Timestamp as_of_ = SmallShop::AsOf();
};

TEST_F(EveryoneTest, EveryCustomersListIsAFullSortOfTheCandidates) {
  ranking::ModelSpec spec = RankingSpec(1);
  spec.propensity_blend = 0.3;
  AddModel(registry_, "ranking", spec);
  AddModel(registry_, "propensity", PropensitySpec(1));
  for (const bool exclude_bought : {false, true}) {
    EveryoneOptions options{.as_of = as_of_, .count = 7, .exclude_bought = exclude_bought};
    Lists lists;
    const auto report = Rank(options, lists);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->customers, 600);
    EXPECT_EQ(report->candidates, 40);
    EXPECT_THAT(report->unknown_candidates, testing::IsEmpty());
    EXPECT_EQ(report->ranking_version, 1);
    EXPECT_EQ(report->propensity_version, 1);
    EXPECT_EQ(report->swept, 0) << "the model looks at what a customer did with a product";
    EXPECT_EQ(report->screened, 0) << "a blend";
    EXPECT_EQ(lists.size(), 600U);
    EXPECT_EQ(lists, BruteForce(spec, PropensitySpec(1), options)) << exclude_bought;
  }
}

TEST_F(EveryoneTest, TheScreenGivesTheListsOfTheRows) {
  if (!forest::CpuHasAvx2()) GTEST_SKIP() << "this CPU has no AVX2";
  const ranking::ModelSpec spec = RankingSpec(1);
  ASSERT_EQ(spec.propensity_blend, 0);
  AddModel(registry_, "ranking", spec);
  AddModel(registry_, "propensity", PropensitySpec(1));
  for (const bool screen : {true, false}) {
    if (!screen) setenv("AISLE_FOREST_SCREEN", "off", 1);
    EveryoneOptions options{.as_of = as_of_, .count = 7};
    Lists lists;
    const auto report = Rank(options, lists);
    unsetenv("AISLE_FOREST_SCREEN");
    ASSERT_TRUE(report) << report.error().message;
    // Of forty candidates some have one score: a few customers are declined.
    EXPECT_EQ(report->screened > 0, screen) << report->screened;
    EXPECT_EQ(lists, BruteForce(spec, PropensitySpec(1), options));
  }
}

TEST_F(EveryoneTest, AForcedSweepIsAnErrorForAModelThatItDoesNotTake) {
  AddModel(registry_, "ranking", RankingSpec(1));
  AddModel(registry_, "propensity", PropensitySpec(1));
  setenv("AISLE_FOREST_ENGINE", "sweep", 1);
  Lists lists;
  const auto report = Rank({.as_of = as_of_}, lists);
  unsetenv("AISLE_FOREST_ENGINE");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(report.error().message, HasSubstr("engine sweep is wanted"));
}

TEST_F(EveryoneTest, OnlyTheAskedForProductsAreRankedAndTheUnknownAreCounted) {
  AddModel(registry_, "ranking", RankingSpec(1));
  AddModel(registry_, "propensity", PropensitySpec(1));
  EveryoneOptions options{.as_of = as_of_, .count = 20};
  options.candidates = {3, 4, 17, 40, 41, 900'000};
  Lists lists;
  const auto report = Rank(options, lists);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->candidates, 4);
  EXPECT_THAT(report->unknown_candidates, testing::ElementsAre(41, 900'000));
  EXPECT_EQ(lists, BruteForce(RankingSpec(1), PropensitySpec(1), options));
  for (const auto& [customer, products] : lists) {
    std::set<std::int64_t> ids;
    for (const auto& [product, score] : products) ids.insert(product);
    EXPECT_EQ(ids, (std::set<std::int64_t>{3, 4, 17, 40}));
  }
  options.candidates = {41, 900'000};
  const auto none = Rank(options, lists);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(none.error().message, HasSubstr("none of the 2 candidates"));
}

TEST_F(EveryoneTest, WhereTheModelAllowsItTheSweepGivesTheListsAndScoreBitsOfTheRows) {
  AddModel(registry_, "propensity", PropensitySpec(1));
  for (const double blend : {0.0, 0.3}) {
    AddModel(registry_, "ranking", SweepableSpec(blend));
    for (const bool exclude_bought : {false, true}) {
      for (const bool subset : {false, true}) {
        // 40: everything.
        for (const int count : {7, 40}) {
          SCOPED_TRACE(testing::Message()
                       << "blend " << blend << " exclude_bought " << exclude_bought << " subset "
                       << subset << " count " << count);
          EveryoneOptions options{
              .as_of = as_of_, .count = count, .exclude_bought = exclude_bought};
          if (subset) options.candidates = {2, 3, 5, 8, 13, 21, 22, 23, 24, 34, 40, 900'000};
          Lists lists;
          const auto report = Rank(options, lists);
          ASSERT_TRUE(report) << report.error().message;
          EXPECT_EQ(report->customers, 600);
          EXPECT_EQ(report->swept, 600);
          EXPECT_EQ(lists, BruteForce(SweepableSpec(blend), PropensitySpec(1), options));
        }
      }
    }
  }
}

TEST_F(EveryoneTest, TiesGoToTheSmallerProductByTheSweepToo) {
  // Two trees of one question: hardly any product differs from the next.
  const ranking::ModelSpec spec = ranking::RandomSpec(3, 2, 1, ranking::ReferenceInputs());
  AddModel(registry_, "ranking", spec);
  for (const bool exclude_bought : {false, true}) {
    EveryoneOptions options{.as_of = as_of_, .count = 9, .exclude_bought = exclude_bought};
    Lists lists;
    const auto report = Rank(options, lists);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->swept, 600);
    EXPECT_EQ(lists, BruteForce(spec, PropensitySpec(1), options));
    std::size_t ties = 0;
    for (const auto& [customer, items] : lists) {
      for (std::size_t i = 1; i < items.size(); ++i)
        ties += items[i].second == items[i - 1].second ? 1 : 0;
    }
    EXPECT_GT(ties, 600U);
  }
}

TEST_F(EveryoneTest, WhomTheSweepDeclinesIsRankedByColumnsAlone) {
  const ranking::ModelSpec spec = SweepableSpec(0.3);
  AddModel(registry_, "ranking", spec);
  AddModel(registry_, "propensity", SometimesNanSpec());
  for (const bool exclude_bought : {false, true}) {
    EveryoneOptions options{.as_of = as_of_, .count = 30, .exclude_bought = exclude_bought};
    Lists lists;
    const auto report = Rank(options, lists);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_GT(report->swept, 100);
    EXPECT_LT(report->swept, 600);
    EXPECT_EQ(lists, BruteForce(spec, SometimesNanSpec(), options));
  }
}

TEST_F(EveryoneTest, AModelThatLooksAtPropensitiesNeedsTheOtherModel) {
  AddModel(registry_, "ranking", RankingSpec(1));
  Lists lists;
  const auto report = Rank({.as_of = as_of_}, lists);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(report.error().message, HasSubstr("propensity"));
  AddModel(registry_, "ranking", ranking::RandomSpec(1, 10, 3, {"price_z", "pair_views"}));
  const auto without = Rank({.as_of = as_of_}, lists);
  ASSERT_TRUE(without) << without.error().message;
  EXPECT_EQ(without->propensity_version, 0);
  EXPECT_EQ(lists.size(), 600U);
}

TEST_F(EveryoneTest, WithoutARankingModelItIsNotFound) {
  Lists lists;
  const auto report = Rank({.as_of = as_of_}, lists);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kNotFound);
}

TEST_F(EveryoneTest, ACountBelowOneIsRefused) {
  Lists lists;
  const auto report = Rank({.as_of = as_of_, .count = 0}, lists);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(EveryoneTest, WhatTheTakerFailsWithIsReturnedAndSoIsACancelledProgress) {
  AddModel(registry_, "ranking", ranking::RandomSpec(1, 10, 3, {"price_z", "pair_views"}));
  int taken = 0;
  const auto full = RankEveryone(Shop().Database(), registry_, {.as_of = as_of_},
                                 [&](const RankedList&) -> Status {
                                   if (++taken < 50) return {};
                                   return Fail(ErrorCode::kUnavailable, "disk full");
                                 });
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().message, "disk full");
  EXPECT_EQ(taken, 50);
  const auto cancelled = RankEveryone(
      Shop().Database(), registry_, {.as_of = as_of_}, [](const RankedList&) { return Status{}; },
      [](std::int64_t done) { return done < 100; });
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace aisle::publish
