// The batch jobs on a shop of made-up events, reading included: how many customers a second.
//
// AISLE_BENCH_CUSTOMERS sets the size (default 200, so that the run in every test stays short). `checksum`
// adds up what came out; it must not change when only speed was meant to.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "publish/publish.h"
#include "publish/small_shop.h"

namespace aisle::publish {
namespace {

int Customers() {
  const char* asked = std::getenv("AISLE_BENCH_CUSTOMERS");
  return asked == nullptr ? 200 : std::max(1, std::atoi(asked));
}

// 300 trees of depth 8 over 2,000 products.
struct Bench {
  SmallShop shop{Customers(), 2000, 60};
  TempFolder folder{"bench"};
  registry::Registry registry{folder.Path() / "models"};
  Bench() {
    AddModel(registry, "propensity", PropensitySpec(1, 200, 6));
    AddModel(registry, "ranking", RankingSpec(1, 300, 8));
  }
};

void BM_ScorePropensity(benchmark::State& state) {
  Bench bench;
  for (auto _ : state) {
    const auto report =
        SmallShop::Must(ScorePropensity(bench.shop.Database(), bench.registry, SmallShop::AsOf()));
    state.counters["checksum"] = report.distinct_share;
  }
  state.SetItemsProcessed(state.iterations() * Customers());
}
BENCHMARK(BM_ScorePropensity)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_PublishGeneration(benchmark::State& state) {
  Bench bench;
  SmallShop::Must(ScorePropensity(bench.shop.Database(), bench.registry, SmallShop::AsOf()));
  for (auto _ : state) {
    const auto manifest = SmallShop::Must(PublishGeneration(
        bench.shop.Database(), bench.registry, bench.folder.Path() / "serving", SmallShop::AsOf()));
    state.counters["checksum"] = static_cast<double>(manifest.propensity_rows);
  }
  state.SetItemsProcessed(state.iterations() * Customers());
}
BENCHMARK(BM_PublishGeneration)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_RankEveryone(benchmark::State& state) {
  Bench bench;
  for (auto _ : state) {
    std::int64_t checksum = 0;
    SmallShop::Must(RankEveryone(bench.shop.Database(), bench.registry,
                                 {.as_of = SmallShop::AsOf()}, [&](const RankedList& list) {
                                   for (const auto product : list.products)
                                     checksum += product.value;
                                   return Status{};
                                 }));
    state.counters["checksum"] = static_cast<double>(checksum);
  }
  state.SetItemsProcessed(state.iterations() * Customers());
}
BENCHMARK(BM_RankEveryone)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace aisle::publish
