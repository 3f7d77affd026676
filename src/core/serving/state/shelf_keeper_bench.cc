// What a write costs the live shelf: one product's stock, price or visibility, over 2,000 and 100,000 products.
//
// `Take` is what the writing thread does for each write, `Serve` what a flip does with a thousand writes that the new
// generation does not know. Event loops get a pointer. `checksum` counts pieces in stock at the end; it must not change when
// only speed was meant to.
#include <benchmark/benchmark.h>

#include "base/random.h"
#include "serving/sample_testing.h"
#include "serving/state/shelf_keeper.h"

namespace aisle::serving {
namespace {

enum Kind : std::int64_t { kStock, kPrice, kHidden };

std::shared_ptr<const ServingState> StateOf(std::size_t products) {
  auto state = ServingState::FromParts({}, SampleShelf(1, products), std::nullopt);
  AISLE_ASSERT(state);
  return *std::move(state);
}

Write RandomWrite(base::Stream& stream, const features::Catalogue& catalogue, std::int64_t kind,
                  std::uint64_t position) {
  Write write{.position = position,
              .time = kSampleAsOf,
              .product = catalogue.products[stream.Below(catalogue.products.size())].product};
  if (kind == kStock) {
    write.region = catalogue.shape.RegionName(static_cast<domain::Region>(stream.Below(5)));
    write.quantity = static_cast<std::int32_t>(stream.Below(3));
    write.delivery_days = 2;
  } else if (kind == kPrice) {
    write.price = domain::Cents{stream.Between(100, 9'999)};
  } else {
    write.hidden = stream.Chance(0.5);
  }
  return write;
}

double Pieces(const LiveShelf& shelf) {
  double pieces = 0;
  for (std::uint32_t p = 0; p < shelf.Stock()->ProductCount(); ++p)
    pieces += shelf.Stock()->In(domain::Region::kWest).Of(p).quantity;
  return pieces;
}

void BM_Take(benchmark::State& state) {
  const auto serving = StateOf(static_cast<std::size_t>(state.range(1)));
  ShelfKeeper keeper("log");
  keeper.Serve(serving);
  base::Stream stream(3, 3, 3);
  std::uint64_t position = 0;
  const auto write = [&] {
    const Write one =
        RandomWrite(stream, serving->PublishedShelf().catalogue, state.range(0), ++position);
    keeper.Take({&one, 1});
  };
  for (int i = 0; i < 64; ++i) write();
  state.counters["checksum"] = Pieces(*keeper.Shelf());
  for (auto _ : state) write();
}
BENCHMARK(BM_Take)
    ->ArgNames({"kind", "products"})
    ->ArgsProduct({{kStock, kPrice, kHidden}, {2'000, 100'000}})
    ->Unit(benchmark::kMicrosecond);

void BM_Serve(benchmark::State& state) {
  const auto serving = StateOf(2'000);
  ShelfKeeper keeper("log");
  base::Stream stream(3, 3, 3);
  for (std::uint64_t position = 1; position <= 1'000; ++position) {
    const Write write = RandomWrite(stream, serving->PublishedShelf().catalogue,
                                    static_cast<std::int64_t>(position % 3), position);
    keeper.Take({&write, 1});
  }
  for (auto _ : state) keeper.Serve(serving);
  state.counters["checksum"] = Pieces(*keeper.Shelf());
}
BENCHMARK(BM_Serve)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace aisle::serving
