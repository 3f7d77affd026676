#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "gold/feature_stream.h"
#include "publish/publish.h"
#include "publish/small_shop.h"

namespace aisle::publish {
namespace {

using testing::HasSubstr;
using Lists = std::map<std::int64_t, std::vector<std::int64_t>>;

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
      for (const domain::ProductId product : list.products)
        lists[list.customer.value].push_back(product.value);
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
      std::vector<std::pair<float, std::int64_t>> all;
      for (std::uint32_t p = 0; p < catalogue.products.size(); ++p) {
        const std::int64_t id = catalogue.products[p].product.value;
        const bool bought = std::ranges::any_of(record.pairs, [&](const auto& pair) {
          return pair.product.value == id && pair.purchases > 0;
        });
        if (options.exclude_bought && bought) continue;
        if (options.candidates && !options.candidates->contains(id)) continue;
        std::vector<float> score(1);
        ranker.FillRows(record, scores, options.as_of, {{p}}, scratch);
        ranker.ScoreRows(scores, {{p}}, scratch, score);
        all.emplace_back(-score[0], id);
      }
      std::ranges::sort(all);
      all.resize(std::min(all.size(), static_cast<std::size_t>(options.count)));
      for (const auto& [score, id] : all) lists[record.customer.value].push_back(id);
      return Status{};
    };
    EXPECT_TRUE(gold::ReadCustomers(Shop().Database(), catalogue, options.as_of, take));
    return lists;
  }

  static inline std::unique_ptr<SmallShop> shop_;
  TempFolder folder_{"everyone"};
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
    EXPECT_EQ(lists.size(), 600U);
    EXPECT_EQ(lists, BruteForce(spec, PropensitySpec(1), options)) << exclude_bought;
  }
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
    EXPECT_EQ(std::set<std::int64_t>(products.begin(), products.end()),
              (std::set<std::int64_t>{3, 4, 17, 40}));
  }
  options.candidates = {41, 900'000};
  const auto none = Rank(options, lists);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(none.error().message, HasSubstr("none of the 2 candidates"));
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
