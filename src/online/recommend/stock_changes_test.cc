// Stock that changes after a generation was published: who is sold out leaves, who came back is ranked as the others.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>

#include "recommend/ask_testing.h"

namespace aisle::recommend {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr domain::Region kNorth = domain::Region::kNortheast;

// A shop ranked by columns, by the screen, by the sweep, or by no model at all.
enum class Way : std::uint8_t { kColumns, kScreen, kSweep, kPropensity, kPopularity };

Shop ShopOf(Way way, std::uint64_t seed) {
  Shop shop = MakeShop(seed, 400, 4, way == Way::kColumns || way == Way::kScreen);
  if (way == Way::kSweep) {
    shop.model = ranking::RandomSpec(5, 60, 6, ranking::ReferenceInputs(), 0.1);
    shop.model->propensity_blend = 0.3;
    shop.manifest.ranking_version = 7;
  }
  if (way == Way::kPopularity) {
    for (auto& customer : shop.customers) customer.propensity.clear();
  }
  return shop;
}

// Some products go, some come, some change; the levels as they are then.
std::vector<serving::StockChange> RandomChanges(base::Stream& stream, std::size_t products,
                                                std::size_t count) {
  std::vector<serving::StockChange> changes;
  for (std::size_t i = 0; i < count; ++i) {
    changes.push_back(
        {kNorth,
         static_cast<std::uint32_t>(stream.Below(products)),
         {stream.Chance(0.5) ? 0 : static_cast<std::int32_t>(stream.Between(1, 9)), 2}});
  }
  return changes;
}

// By the plainest means: every product in stock scored by rows, all of it sorted.
std::vector<std::pair<std::int64_t, float>> FullSort(const serving::ServingState& state,
                                                     const serving::RegionStock& stock,
                                                     const serving::CustomerState& customer) {
  const auto& products = state.PublishedShelf().catalogue.products;
  std::vector<std::uint32_t> candidates;
  for (std::uint32_t p = 0; p < products.size(); ++p) {
    if (stock.InStock(p)) candidates.push_back(p);
  }
  ranking::Scratch scratch;
  std::vector<float> scores(candidates.size());
  state.Ranker()->FillRows(customer.record, customer.propensity, kNow, candidates, scratch);
  state.Ranker()->ScoreRows(customer.propensity, candidates, scratch, scores);
  std::vector<std::pair<std::int64_t, float>> all;
  for (const std::uint32_t i : ranking::SelectTop(scores, candidates, candidates.size()))
    all.emplace_back(products[candidates[i]].product.value, scores[i]);
  return all;
}

TEST(StockChangesProperty, TheModelsAnswerIsAFullSortOfWhatIsInStockNow) {
  for (const Way way : {Way::kColumns, Way::kScreen, Way::kSweep}) {
    if (way == Way::kScreen && __builtin_cpu_supports("avx2") == 0) continue;  // Has none.
    for (std::uint64_t seed = 1; seed < 5; ++seed) {
      const Shop shop = ShopOf(way, seed);
      if (way == Way::kColumns) setenv("AISLE_FOREST_SCREEN", "off", 1);
      const auto state = shop.Open();
      unsetenv("AISLE_FOREST_SCREEN");
      ASSERT_EQ(state->Sweeper() != nullptr, way == Way::kSweep);
      ASSERT_EQ(state->Screener() != nullptr, way == Way::kScreen);
      Recommender recommender(nullptr);
      recommender.SetState(state);
      base::Stream stream(seed, 3, 1);
      // From a few changes to a shelf of which little is left as it was.
      for (const std::size_t count : {1U, 5U, 40U, 300U, 900U}) {
        recommender.SetShelf(recommender.Shelf()->With(RandomChanges(stream, 400, count)));
        const auto& stock = recommender.Shelf()->Stock()->In(kNorth);
        for (const serving::CustomerState& customer : shop.customers) {
          for (const int top_n : {3, 100}) {
            const auto answer =
                Ask(recommender, Of(customer.record.customer.value, "10001", top_n));
            ASSERT_TRUE(answer);
            EXPECT_EQ(answer->timings.candidates, static_cast<std::int32_t>(stock.Count()));
            const auto all = FullSort(*state, stock, customer);
            ASSERT_EQ(answer->items.size(), std::min<std::size_t>(all.size(), top_n));
            for (std::size_t i = 0; i < answer->items.size(); ++i) {
              const Item& item = answer->items[i];
              EXPECT_EQ(item.product.value, all[i].first);
              EXPECT_EQ(item.score, all[i].second);
              const auto at = state->PublishedShelf().catalogue.Find(item.product);
              EXPECT_EQ(item.in_stock_qty, stock.Of(static_cast<std::uint32_t>(at)).quantity);
            }
          }
        }
      }
    }
  }
}

TEST(StockChangesProperty, ThePlainRungsRankWhatIsInStockNow) {
  for (const Way way : {Way::kPropensity, Way::kPopularity}) {
    const Shop shop = ShopOf(way, 7);
    const auto state = shop.Open();
    Recommender recommender(nullptr);
    recommender.SetState(state);
    base::Stream stream(7, 3, 2);
    recommender.SetShelf(recommender.Shelf()->With(RandomChanges(stream, 400, 300)));
    const auto& stock = recommender.Shelf()->Stock()->In(kNorth);
    ASSERT_GT(stock.Masked(), 20U);
    ASSERT_GT(stock.ByRows().size(), 10U);
    const auto answer = Ask(recommender, Of(kFirst, "10001", 100));
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->items.size(), 100U);
    std::size_t restocked = 0;
    for (std::size_t i = 0; i < answer->items.size(); ++i) {
      const Item& item = answer->items[i];
      const auto at =
          static_cast<std::uint32_t>(state->PublishedShelf().catalogue.Find(item.product));
      EXPECT_TRUE(stock.InStock(at)) << item.product.value;
      restocked += std::ranges::count(stock.ByRows(), at);
      EXPECT_GT(item.score, 0);
      EXPECT_LT(item.score, 1);
      if (i == 0) continue;
      const Item& before = answer->items[i - 1];
      EXPECT_TRUE(before.score > item.score ||
                  (before.score == item.score && before.product < item.product));
    }
    EXPECT_GT(restocked, 0U) << "or the test tried nothing";
  }
}

// A shop whose catalogue, shelf and stock are what the live shelf says, prepared from the beginning.
Shop PreparedAs(const Shop& shop, const serving::LiveShelf& live) {
  Shop now = shop;
  for (const features::Repriced& product : live.Repriced()) {
    now.shelf.catalogue.products[product.position].price = product.price;
    now.shelf.catalogue.products[product.position].price_z = product.price_z;
  }
  for (std::size_t r = 0; r < now.shelf.regions.size(); ++r) {
    serving::RegionShelf region;
    for (std::uint32_t p = 0; p < now.shelf.catalogue.products.size(); ++p) {
      const auto level = live.Stock()->In(static_cast<domain::Region>(r)).Of(p);
      if (level.quantity == 0) continue;
      region.products.push_back(p);
      region.quantity.push_back(level.quantity);
      region.delivery_days.push_back(level.delivery_days);
    }
    now.shelf.regions[r] = std::move(region);
  }
  return now;
}

TEST(StockChangesProperty, ChangedPricesGiveTheAnswerOfAGenerationMadeWithThem) {
  for (const Way way : {Way::kColumns, Way::kScreen, Way::kSweep}) {
    if (way == Way::kScreen && __builtin_cpu_supports("avx2") == 0) continue;  // Has none.
    Shop shop = ShopOf(way, 11);
    // Every input that a price goes into.
    if (way != Way::kSweep)
      shop.model =
          ranking::RandomSpec(6, 60, 6,
                              {"price", "product_tier", "price_z", "price_ratio", "spend_match",
                               "price_distance", "affinity_log", "pair_views"});
    if (way == Way::kColumns) setenv("AISLE_FOREST_SCREEN", "off", 1);
    const auto state = shop.Open();
    unsetenv("AISLE_FOREST_SCREEN");
    Recommender recommender(nullptr);
    recommender.SetState(state);
    base::Stream stream(11, 3, 3);
    for (const int count : {1, 10, 150}) {
      std::vector<serving::PriceChange> prices;
      for (int i = 0; i < count; ++i)
        prices.push_back({static_cast<std::uint32_t>(stream.Below(400)),
                          domain::Cents{stream.Between(99, 50'000)}});
      recommender.SetShelf(recommender.Shelf()->With(RandomChanges(stream, 400, 20), prices));
      Recommender prepared(nullptr);
      prepared.SetState(PreparedAs(shop, *recommender.Shelf()).Open());
      for (const serving::CustomerState& customer : shop.customers) {
        const auto request = Of(customer.record.customer.value, "10001", 100);
        const auto live = Ask(recommender, request);
        const auto again = Ask(prepared, request);
        ASSERT_TRUE(live && again);
        ASSERT_EQ(Products(*live), Products(*again));
        for (std::size_t i = 0; i < live->items.size(); ++i) {
          EXPECT_EQ(live->items[i].score, again->items[i].score);
          EXPECT_EQ(live->items[i].price, again->items[i].price);
        }
      }
    }
  }
}

TEST(StockChanges, WhenEverythingIsSoldOutTheListIsEmptyAndSaysSo) {
  const Shop shop = ShopOf(Way::kSweep, 2);
  Recommender recommender(nullptr);
  recommender.SetState(shop.Open());
  std::vector<serving::StockChange> all;
  for (std::uint32_t p = 0; p < 400; ++p) all.push_back({kNorth, p, {0, 1}});
  recommender.SetShelf(recommender.Shelf()->With(all));
  const auto answer = Ask(recommender, Of(kFirst, "10001", 5));
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->items, IsEmpty());
  EXPECT_THAT(Reasons(*answer), Contains("stock empty"));
  EXPECT_EQ(Ask(recommender, Of(kFirst, "94105", 5))->items.size(), 5U) << "other regions have it";
}

TEST(StockChanges, ANewGenerationBeginsWithItsOwnStock) {
  const Shop shop = ShopOf(Way::kColumns, 3);
  Recommender recommender(nullptr);
  recommender.SetState(shop.Open());
  const serving::StockChange change[] = {{kNorth, 0, {1, 1}}};
  recommender.SetShelf(recommender.Shelf()->With(change));
  EXPECT_EQ(recommender.Shelf()->Stock()->Version(), 2U);
  recommender.SetState(shop.Open());
  EXPECT_EQ(recommender.Shelf()->Stock()->Version(), 1U);
}

// Ranks like the local one, after a while in which something may happen.
class WaitingRanker : public LocalRanker {
 public:
  explicit WaitingRanker(std::function<void()> meanwhile, std::chrono::milliseconds wait = {})
      : meanwhile_(std::move(meanwhile)), wait_(wait) {}
  bool Suspends() const override { return true; }
  net::Task<Result<RankTimes>> Rank(std::shared_ptr<RankTask> task) override {
    auto ranked = co_await LocalRanker::Rank(std::move(task));
    co_await net::Sleep(wait_);
    meanwhile_();
    co_return ranked;
  }

 private:
  std::function<void()> meanwhile_;
  std::chrono::milliseconds wait_;
};

TEST(StockChanges, WhatIsSoldWhileTheRankerThinksIsReplacedByASpareFinalist) {
  const Shop shop = ShopOf(Way::kColumns, 3);
  Recommender plain(nullptr);
  plain.SetState(shop.Open());
  const auto before = Ask(plain, Of(kFirst, "10001", 6));
  ASSERT_TRUE(before);
  const auto best = Products(*before);

  Recommender* asked = nullptr;
  const auto sell = [&] {
    std::vector<serving::StockChange> gone;
    for (const std::int64_t product : {best[0], best[2]}) {
      const auto at = shop.shelf.catalogue.Find({product});
      gone.push_back({kNorth, static_cast<std::uint32_t>(at), {0, 1}});
    }
    asked->SetShelf(asked->Shelf()->With(gone));
  };
  Recommender recommender(nullptr, {}, std::make_unique<WaitingRanker>(sell));
  asked = &recommender;
  recommender.SetState(shop.Open());
  const auto answer = Ask(recommender, Of(kFirst, "10001", 4));
  ASSERT_TRUE(answer);
  EXPECT_THAT(Products(*answer), ElementsAre(best[1], best[3], best[4], best[5]));
}

TEST(Ranker, OneThatIsTooSlowIsLeftBehindAndTheNextRungAnswers) {
  const Shop shop = ShopOf(Way::kColumns, 3);
  Recommender recommender(nullptr, {},
                          std::make_unique<WaitingRanker>([] {}, std::chrono::milliseconds{500}));
  recommender.SetState(shop.Open());
  const auto answer =
      Ask(recommender, Of(kFirst, "10001", 4), net::Deadline::After(std::chrono::milliseconds{20}));
  ASSERT_TRUE(answer);
  EXPECT_THAT(Reasons(*answer), ElementsAre("model deadline"));
  EXPECT_EQ(answer->items.front().source, "propensity");
  EXPECT_EQ(answer->ranking_version, 0);
  EXPECT_FALSE(answer->timings.model_ok);
}

class FailingRanker : public Ranker {
 public:
  explicit FailingRanker(bool throws) : throws_(throws) {}
  bool Suspends() const override { return false; }
  net::Task<Result<RankTimes>> Rank(std::shared_ptr<RankTask>) override {
    if (throws_) throw std::runtime_error("thrown by a ranker (expected in this test)");
    co_return Fail(ErrorCode::kUnavailable, "no ranker there (expected in this test)");
  }

 private:
  bool throws_;
};

TEST(Ranker, OneThatFailsCostsTheModelNotTheAnswer) {
  for (const bool throws : {false, true}) {
    const Shop shop = ShopOf(Way::kColumns, 3);
    Recommender recommender(nullptr, {}, std::make_unique<FailingRanker>(throws));
    recommender.SetState(shop.Open());
    const auto answer = Ask(recommender, Of(kFirst, "10001", 4));
    ASSERT_TRUE(answer);
    EXPECT_THAT(Reasons(*answer), ElementsAre("model unavailable"));
    EXPECT_EQ(answer->items.front().source, "propensity");
  }
}

TEST(Ranker, RequestsThatRankAtTheSameTimeDoNotShareTheirMemory) {
  const Shop shop = ShopOf(Way::kColumns, 3);
  Recommender plain(nullptr);
  plain.SetState(shop.Open());
  Recommender recommender(nullptr, {},
                          std::make_unique<WaitingRanker>([] {}, std::chrono::milliseconds{5}));
  recommender.SetState(shop.Open());
  std::array<std::optional<Result<Answer>>, 4> answers;
  net::EventLoops loops(1, "test");
  for (std::size_t i = 0; i < answers.size(); ++i) {
    loops.Spawn(0, [](Recommender& from, std::size_t at, auto& out) -> net::Task<void> {
      out = co_await from.Recommend(Of(kFirst + static_cast<std::int64_t>(at), "10001", 10), kNow,
                                    {});
    }(recommender, i, answers[i]));
  }
  loops.Start();
  loops.Stop();
  ASSERT_TRUE(loops.Join());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    ASSERT_TRUE(answers[i] && *answers[i]);
    const auto alone = Ask(plain, Of(kFirst + static_cast<std::int64_t>(i), "10001", 10));
    EXPECT_EQ(Products(**answers[i]), Products(*alone));
  }
}

TEST(WorkPool, APieceComesBackAndIsLentAgain) {
  std::optional<WorkPool> pool(std::in_place);
  Work* first = nullptr;
  {
    const auto lease = pool->Take();
    first = &*lease;
    const auto other = pool->Take();
    EXPECT_NE(&*other, first);
    EXPECT_EQ(pool->FreeCount(), 0U);
  }
  EXPECT_EQ(pool->FreeCount(), 2U);
  const auto kept = pool->Take();
  pool.reset();
  kept->scores.assign(10, 1);  // A lease may outlive the pool.
}

}  // namespace
}  // namespace aisle::recommend
