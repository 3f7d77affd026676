// One request's scoring by our engines and by XGBoost with one thread, on one model that XGBoost trained: 1,700 rows x
// 14 inputs, 300 trees of depth 8 and 200 of depth 6.
//
// The sides take turns in short blocks within one run, so that both meet the same speed of the machine; the figure is
// the median of the blocks' ratios. `checksum` is the sum of margins: all sides must show the same one.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/stopwatch.h"
#include "forest/forest.h"
#include "forest/formats/load.h"
#include "trainer/trainer.h"
#include "two_sides_testing.h"

namespace aisle {
namespace {

constexpr std::size_t kInputs = 14;
constexpr std::size_t kRows = 1700;
constexpr std::size_t kTrainRows = 40'000;

std::vector<float> RandomRows(std::uint64_t seed, std::size_t count) {
  base::Stream stream(seed, 0, 0);
  std::vector<float> rows(count * kInputs);
  for (float& x : rows) {
    x = stream.Chance(0.1) ? std::numeric_limits<float>::quiet_NaN()
                           : static_cast<float>(stream.Normal());
  }
  return rows;
}

std::string TrainModel(int rounds, int depth) {
  trainer::Dataset dataset;
  dataset.feature_count = kInputs;
  dataset.rows = RandomRows(1, kTrainRows);
  base::Stream noise(2, 0, 0);
  for (std::size_t i = 0; i < kTrainRows; ++i) {
    const float* row = &dataset.rows[i * kInputs];
    // A comparison with a missing value is false: enough of a rule to learn, with noise that keeps trees deep.
    const double margin =
        (row[0] > 0) + (row[1] * row[2] > 0.5F) - (row[3] > row[4]) + noise.Normal();
    dataset.labels.push_back(margin > 0.5 ? 1.0F : 0.0F);
  }
  trainer::Settings settings;
  settings.objective = "binary:logistic";
  settings.rounds = rounds;
  settings.max_depth = depth;
  settings.learning_rate = 0.08;
  settings.threads = 1;
  const auto model = trainer::Train(dataset, settings);
  AISLE_ASSERT(model);
  return model->ubjson;
}

const std::string& TrainedModel(int rounds, int depth) {
  static std::map<std::pair<int, int>, std::string> models;
  auto& ubjson = models[{rounds, depth}];
  if (ubjson.empty()) ubjson = TrainModel(rounds, depth);
  return ubjson;
}

void BM_AgainstXgboost(benchmark::State& state, forest::Engine engine, int rounds, int depth) {
  if (const auto runs = forest::CheckEngine(engine); !runs) {
    state.SkipWithError(("SKIPPED: " + runs.error().message).c_str());
    return;
  }
  const std::string& ubjson = TrainedModel(rounds, depth);
  auto theirs = trainer::XgboostModel::Load(ubjson, 1);
  AISLE_ASSERT(theirs);
  auto model = forest::LoadModel(ubjson);
  AISLE_ASSERT(model);
  const auto ours = forest::Forest::Build(std::move(*model), engine);
  AISLE_ASSERT(ours);
  const std::vector<float> rows = RandomRows(3, kRows);
  std::vector<float> margins(kRows);
  // A call before the clock runs: threads keep memory from their first one.
  ours->Margins(rows, margins);
  std::vector<double> ratios, ours_ms, theirs_ms;
  double difference = 0;
  for (auto _ : state) {
    ours_ms.push_back(base::MillisecondsOf([&] { ours->Margins(rows, margins); }));
    Result<std::span<const float>> answer = std::span<const float>();
    theirs_ms.push_back(
        base::MillisecondsOf([&] { answer = theirs->Predict(rows, kInputs, true); }));
    AISLE_ASSERT(answer);
    difference += CountDifferent(margins, *answer);
    ratios.push_back(theirs_ms.back() / ours_ms.back());
  }
  AISLE_ASSERT(difference == 0);
  double checksum = 0;
  for (const float margin : margins) checksum += static_cast<double>(margin);
  state.counters["checksum"] = checksum;
  state.counters["ours_ms"] = base::Median(ours_ms);
  state.counters["xgboost_ms"] = base::Median(theirs_ms);
  state.counters["times_as_fast"] = base::Median(ratios);
}
BENCHMARK_CAPTURE(BM_AgainstXgboost, reference_300x8, forest::Engine::kReference, 300, 8)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_AgainstXgboost, reference_200x6, forest::Engine::kReference, 200, 6)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_AgainstXgboost, interleaved_300x8, forest::Engine::kInterleaved, 300, 8)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_AgainstXgboost, interleaved_200x6, forest::Engine::kInterleaved, 200, 6)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_AgainstXgboost, words_300x8, forest::Engine::kBitsliced64, 300, 8)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_AgainstXgboost, words_200x6, forest::Engine::kBitsliced64, 200, 6)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_AgainstXgboost, avx2_300x8, forest::Engine::kBitslicedAvx2, 300, 8)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_AgainstXgboost, avx2_200x6, forest::Engine::kBitslicedAvx2, 200, 6)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_AgainstXgboost, avx512_300x8, forest::Engine::kBitslicedAvx512, 300, 8)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_AgainstXgboost, avx512_200x6, forest::Engine::kBitslicedAvx512, 200, 6)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_AgainstXgboost, vbmi_300x8, forest::Engine::kBitslicedVbmi, 300, 8)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_AgainstXgboost, vbmi_200x6, forest::Engine::kBitslicedVbmi, 200, 6)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace aisle
