// One whole request, embedded: 2,000 products, about 1,700 in stock, a model of random trees over the
// default recipe's inputs.
//
// AISLE_BENCH_SERVING names a folder of published generations: then its current one is asked too, for customers
// from 1,000,000 on, with the models that were trained, and lists are compared (BM_ScreenedLists).
//
// `p50_us` is the median of whole calls. The other counters are means: nanoseconds of each step as the answer reports them; `other_ns` is everything that is
// neither look-up, features nor forest: candidates, selection, the answer itself. `checksum` adds up
// the products shown in 64 requests; it must not change when only speed was meant to.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "base/stopwatch.h"
#include "recommend/ask_testing.h"
#include "serving/state/shelf_keeper.h"

namespace aisle::recommend {
namespace {

constexpr int kCustomers = 64;

std::vector<std::string> DefaultInputs() {
  return {"price_z",
          "is_perishable",
          "category",
          "log_purchases_28d",
          "log_purchases_90d",
          "log_views_28d",
          "log_share_in_category",
          "days_since_launch",
          "total_orders",
          "total_sessions",
          "days_since_purchase",
          "loyalty_tier_num",
          "propensity",
          "category_share_log",
          "category_sessions_28d",
          "days_since_category_event",
          "brand_share_log",
          "brand_products",
          "price_distance",
          "affinity_log",
          "pair_views",
          "pair_carts",
          "pair_purchases",
          "pair_views_28d",
          "pair_purchases_90d",
          "days_since_pair_view",
          "days_since_pair_cart",
          "days_since_pair_purchase",
          "days_since_open_interest"};
}

Request NthRequest(std::int64_t i) {
  return Of(kFirst + i % kCustomers, "10001", kTopNDefault, "00000000-0000-0000-0000-000000000000");
}

void Run(benchmark::State& state, std::shared_ptr<const serving::LiveShelf> shelf,
         base::Timestamp now) {
  Recommender recommender(nullptr);
  recommender.SetShelf(std::move(shelf));
  Timings sum;
  std::vector<double> totals;
  std::int64_t checksum = 0;
  std::int64_t requests = 0;
  net::RunToEnd([&]() -> net::Task<void> {
    for (std::int64_t i = 0; i < kCustomers; ++i) {
      const auto answer = co_await recommender.Recommend(NthRequest(i), now, {});
      for (const std::int64_t product : Products(*answer)) checksum += product;
    }
    for (auto _ : state) {
      const auto answer = co_await recommender.Recommend(NthRequest(requests++), now, {});
      const Timings& t = answer->timings;
      sum.features += t.features;
      sum.propensity += t.propensity;
      sum.inventory += t.inventory;
      sum.pair_features += t.pair_features;
      sum.model += t.model;
      sum.total += t.total;
      sum.candidates = t.candidates;
      totals.push_back(static_cast<double>(t.total.count()) / 1000);
    }
  }());
  const auto mean = [&](std::chrono::nanoseconds all) {
    return static_cast<double>(all.count()) /
           static_cast<double>(std::max<std::int64_t>(1, requests));
  };
  state.counters["p50_us"] = base::Median(std::move(totals));
  state.counters["lookup_ns"] = mean(sum.features + sum.propensity);
  state.counters["pair_features_ns"] = mean(sum.pair_features);
  state.counters["model_ns"] = mean(sum.model);
  state.counters["select_ns"] = mean(sum.inventory);
  state.counters["other_ns"] =
      mean(sum.total - sum.features - sum.propensity - sum.pair_features - sum.model);
  state.counters["candidates"] = sum.candidates;
  state.counters["checksum"] = static_cast<double>(checksum);
}

// `trees` 0: no model, the propensity rung.
void BM_Recommend(benchmark::State& state, std::size_t trees, unsigned depth,
                  const std::vector<std::string>& inputs) {
  Shop shop = MakeShop(1, 2000, kCustomers, false);
  for (auto& customer : shop.customers)
    customer.propensity = serving::SamplePropensity(1, customer.record.customer.value);
  if (trees > 0) shop.model = ranking::RandomSpec(9, trees, depth, inputs);
  Run(state, serving::LiveShelf::Of(shop.Open()), kNow);
}
BENCHMARK_CAPTURE(BM_Recommend, trees_150_depth_6, 150, 6, DefaultInputs())
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_Recommend, trees_300_depth_8, 300, 8, DefaultInputs())
    ->Unit(benchmark::kMicrosecond);
// Random trees ask the price and the customer's numbers for small values only: a trained model of this kind is in
// tests/parity.
BENCHMARK_CAPTURE(BM_Recommend, swept_300_depth_8, 300, 8, ranking::ReferenceInputs())
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_Recommend, no_model, 0, 0, {})->Unit(benchmark::kMicrosecond);

// Null: the row says why it is skipped.
std::shared_ptr<const serving::ServingState> OpenPublished(benchmark::State& state) {
  const char* folder = std::getenv("AISLE_BENCH_SERVING");
  if (folder == nullptr) {
    state.SkipWithError("SKIPPED: AISLE_BENCH_SERVING names no folder of generations");
    return nullptr;
  }
  auto serving = serving::ServingState::OpenCurrent(folder);
  if (serving) return *std::move(serving);
  state.SkipWithError(serving.error().message.c_str());
  return nullptr;
}

void BM_RecommendPublished(benchmark::State& state) {
  auto serving = OpenPublished(state);
  if (serving == nullptr) return;
  const base::Timestamp now = serving->Manifest().as_of;
  Run(state, serving::LiveShelf::Of(serving), now);
}
BENCHMARK(BM_RecommendPublished)->Unit(benchmark::kMicrosecond);

// The same while some thousandths of the products have a price of after the generation, and so are ranked by rows.
void BM_RecommendAfterPrices(benchmark::State& state) {
  auto serving = OpenPublished(state);
  if (serving == nullptr) return;
  serving::ShelfKeeper keeper("prices");
  keeper.Serve(serving);
  std::vector<serving::Write> writes;
  for (const features::ProductRecord& product : serving->PublishedShelf().catalogue.products) {
    if (product.product.value % 1000 >= state.range(0)) continue;
    writes.push_back({.position = writes.size() + 1,
                      .time = serving->Manifest().as_of,
                      .product = product.product,
                      .price = domain::Cents{product.price.value + 1}});
  }
  if (!writes.empty()) keeper.Take(writes);
  state.counters["by_rows"] = static_cast<double>(writes.size());
  Run(state, keeper.Shelf(), serving->Manifest().as_of);
}
BENCHMARK(BM_RecommendAfterPrices)
    ->Unit(benchmark::kMicrosecond)
    ->Arg(0)
    ->Arg(10)
    ->Arg(50)
    ->Arg(120);

// Lists by the screen beside those by columns, of 2,000 customers in every region, each with and without propensities, of
// 13 and of 108 products: products and score bits are asserted to be equal. Times are of one list, the steps alone.
void BM_ScreenedLists(benchmark::State& state) {
  const auto serving = OpenPublished(state);
  if (serving == nullptr) return;
  const ranking::ScreenScorer* screener = serving->Screener();
  if (screener == nullptr) return state.SkipWithError("SKIPPED: the model is not screened here");
  constexpr std::int64_t kMany = 2000;
  const auto customers = serving->OpenCustomers();
  const base::Timestamp now = serving->Manifest().as_of;
  const std::size_t regions = serving->RetailerShape().RegionCount();
  ranking::ScreenScratch work;
  ranking::Scratch scratch;
  ranking::TopSelector selector;
  std::vector<float> scores;
  std::vector<double> screened_us, columns_us;
  std::int64_t declined = 0;
  std::int64_t places = 0;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < kMany; ++i) {
      const auto customer = customers->Get({kFirst + i});
      AISLE_ASSERT(customer);
      const auto region = static_cast<domain::Region>(static_cast<std::size_t>(i) % regions);
      const std::size_t count = i % 2 == 0 ? 13 : 108;
      const std::span<const float> propensity =
          i % 7 == 0 ? std::span<const float>() : std::span<const float>(customer->propensity);
      const auto& screened = serving->ScreenedOf(region);
      const auto& columns = serving->Candidates(region);
      bool found = false;
      screened_us.push_back(1e3 * base::MillisecondsOf([&] {
                              screener->FillColumns(customer->record, propensity, now, screened,
                                                    work);
                              found = screener->Top(screened, count, work);
                            }));
      std::span<const std::uint32_t> best;
      scores.resize(columns.Positions().size());
      columns_us.push_back(1e3 * base::MillisecondsOf([&] {
                             const auto* ranker = serving->Ranker();
                             ranker->FillColumns(customer->record, propensity, now, columns,
                                                 scratch);
                             ranker->ScoreColumns(propensity, columns, scratch, scores);
                             best = selector.Select(scores, columns.Positions(), count);
                           }));
      if (!found) {
        ++declined;
        continue;
      }
      AISLE_ASSERT(best.size() == work.best.size());
      for (std::size_t place = 0; place < best.size(); ++place, ++places) {
        AISLE_ASSERT(best[place] == work.best[place].index);
        AISLE_ASSERT(std::bit_cast<std::uint32_t>(scores[best[place]]) ==
                     std::bit_cast<std::uint32_t>(work.best[place].score));
      }
    }
  }
  state.counters["screened_us"] = base::Median(std::move(screened_us));
  state.counters["columns_us"] = base::Median(std::move(columns_us));
  state.counters["declined"] = static_cast<double>(declined);
  state.counters["places"] = static_cast<double>(places);
  state.SetLabel(screener->Summary());
}
BENCHMARK(BM_ScreenedLists)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace aisle::recommend
