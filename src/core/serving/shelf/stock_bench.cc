// What a change of stock costs: one product in one region, over 2,000 and 1,000,000 products.
//
// `Change`: the next version of the stock, which is all that happens; catalogue, model and what was prepared of
// them are not touched. `Checked`: the levels of a hundred finalists. `checksum` adds up the pieces of the last
// version's changed products; it must not change when only speed was meant to.
#include <benchmark/benchmark.h>

#include "base/random.h"
#include "serving/sample_testing.h"
#include "serving/shelf/stock.h"

namespace aisle::serving {
namespace {

Shelf StockedShelf(std::size_t product_count) {
  Shelf shelf;
  shelf.catalogue.products.resize(product_count);
  base::Stream stream(1, 2, 3);
  for (RegionShelf& region : shelf.regions) {
    for (std::uint32_t p = 0; p < product_count; ++p) {
      if (!stream.Chance(0.84)) continue;
      region.products.push_back(p);
      region.quantity.push_back(1);
      region.delivery_days.push_back(2);
    }
  }
  return shelf;
}

void BM_Change(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  auto stock = Stock::AsPublished(StockedShelf(count));
  base::Stream stream(7, 7, 7);
  std::vector<StockChange> changes;
  for (int i = 0; i < 1024; ++i) {
    changes.push_back({static_cast<domain::Region>(stream.Below(5)),
                       static_cast<std::uint32_t>(stream.Below(count)),
                       {static_cast<std::int32_t>(i % 3), 1}});
  }
  std::size_t next = 0;
  for (auto _ : state) stock = stock->With({&changes[next++ % changes.size()], 1});
  stock = stock->With(changes);
  std::int64_t checksum = 0;
  for (const StockChange& change : changes)
    checksum += stock->In(change.region).Of(change.product).quantity;
  state.counters["checksum"] = static_cast<double>(checksum);
}
BENCHMARK(BM_Change)->Arg(2'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

void BM_Checked(benchmark::State& state) {
  const auto stock = Stock::AsPublished(StockedShelf(2'000));
  base::Stream stream(7, 7, 7);
  std::array<std::uint32_t, 108> finalists{};
  for (std::uint32_t& finalist : finalists)
    finalist = static_cast<std::uint32_t>(stream.Below(2'000));
  std::int64_t checksum = 0;
  for (auto _ : state) {
    checksum = 0;
    for (const std::uint32_t finalist : finalists)
      checksum += stock->In(domain::Region::kWest).Of(finalist).quantity;
    benchmark::DoNotOptimize(checksum);
  }
  state.counters["checksum"] = static_cast<double>(checksum);
}
BENCHMARK(BM_Checked)->Unit(benchmark::kNanosecond);

}  // namespace
}  // namespace aisle::serving
