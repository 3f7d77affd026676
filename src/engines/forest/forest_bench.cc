// One request's scoring: 1,700 candidates, 300 complete trees of depth 8, 14 inputs of which a tenth is missing.
//
// The counter `checksum` is the sum of all margins; it must not change when only speed was meant to.
#include <benchmark/benchmark.h>

#include <limits>

#include "forest/forest.h"
#include "forest/model/random_model_testing.h"

namespace aisle::forest {
namespace {

constexpr std::size_t kRows = 1700;
constexpr std::uint32_t kInputs = 14;

void BM_Margins(benchmark::State& state, Engine engine) {
  if (const auto runs = CheckEngine(engine); !runs) {
    state.SkipWithError(("SKIPPED: " + runs.error().message).c_str());
    return;
  }
  const auto forest = Forest::Build(RandomModel(7, 300, 8, kInputs, 0), engine);
  AISLE_ASSERT(forest);
  base::Stream stream(8, 8, 8);
  std::vector<float> rows(kRows * kInputs);
  for (float& x : rows) {
    x = stream.Chance(0.1) ? std::numeric_limits<float>::quiet_NaN()
                           : static_cast<float>(2 * stream.Normal());
  }
  std::vector<float> margins(kRows);
  for (auto _ : state) {
    forest->Margins(rows, margins);
    benchmark::DoNotOptimize(margins.data());
  }
  double checksum = 0;
  for (const float margin : margins) checksum += static_cast<double>(margin);
  state.counters["checksum"] = checksum;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}
BENCHMARK_CAPTURE(BM_Margins, reference, Engine::kReference)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Margins, interleaved, Engine::kInterleaved)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Margins, bitsliced64, Engine::kBitsliced64)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Margins, avx2, Engine::kBitslicedAvx2)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Margins, avx512, Engine::kBitslicedAvx512)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Margins, vbmi, Engine::kBitslicedVbmi)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace aisle::forest
