// Customers per second into lives and diaries, and into batches of raw.event_stream; one core.
#include <benchmark/benchmark.h>

#include "synth/columns.h"
#include "synth/rows.h"
#include "synth/sample_testing.h"

namespace aisle::synth {
namespace {

constexpr std::int64_t kCustomers = 2000;

void LivesAndDiaries(benchmark::State& state) {
  const auto world = MakeWorld(SampleOptions(1, kCustomers));
  std::int64_t events = 0;
  for (auto _ : state) {
    ForEach(*world, 0, kCustomers,
            [&](const Sample& s) { events += static_cast<std::int64_t>(s.events.size()); });
  }
  state.counters["events_per_s"] =
      benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
}
BENCHMARK(LivesAndDiaries)->Unit(benchmark::kMillisecond);

void EventBatches(benchmark::State& state) {
  const auto world = MakeWorld(SampleOptions(1, kCustomers));
  arrow::BatchBuilder builder(*Columns("raw.event_stream"));
  std::int64_t events = 0;
  for (auto _ : state) {
    for (std::int64_t first = 0; first < kCustomers; first += 250) {
      FillBlock(*world, "raw.event_stream", first, first + 250, builder);
      events += builder.Finish().RowCount();
    }
  }
  state.counters["events_per_s"] =
      benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
}
BENCHMARK(EventBatches)->Unit(benchmark::kMillisecond);

void OracleRows(benchmark::State& state) {
  Options options = SampleOptions(1, kCustomers);
  const auto world = MakeWorld(options);
  arrow::BatchBuilder builder(*Columns("oracle.top_products"));
  std::int64_t customers = 0;
  for (auto _ : state) {
    FillBlock(*world, "oracle.top_products", 0, 500, builder);
    benchmark::DoNotOptimize(builder.Finish().RowCount());
    customers += 500;
  }
  state.counters["customers_per_s"] =
      benchmark::Counter(static_cast<double>(customers), benchmark::Counter::kIsRate);
}
BENCHMARK(OracleRows)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace aisle::synth
