// Contributions of the inputs of a few finalists, and of a whole request, by our explainer and by XGBoost's pred_contribs
// with one thread, on one model that XGBoost trained: 14 inputs, 300 trees of depth 8 and 200 of depth 6.
//
// The sides take turns in short blocks within one run, so that both meet the same speed of the machine; the figure is
// the median of the blocks' ratios. `largest_difference` of any contribution is asserted, `checksum` is the sum of all of
// ours.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/stopwatch.h"
#include "forest/explain/explainer.h"
#include "forest/formats/load.h"
#include "trainer/trainer.h"

namespace aisle {
namespace {

constexpr std::size_t kInputs = 14;
constexpr std::size_t kTrainRows = 40'000;
constexpr double kToleratedDifference = 1e-5;

std::vector<float> RandomRows(std::uint64_t seed, std::size_t count) {
  base::Stream stream(seed, 0, 0);
  std::vector<float> rows(count * kInputs);
  for (float& x : rows) {
    x = stream.Chance(0.1) ? std::numeric_limits<float>::quiet_NaN()
                           : static_cast<float>(stream.Normal());
  }
  return rows;
}

const std::string& TrainedModel(int rounds, int depth) {
  static std::map<std::pair<int, int>, std::string> models;
  auto& ubjson = models[{rounds, depth}];
  if (!ubjson.empty()) return ubjson;
  trainer::Dataset dataset;
  dataset.feature_count = kInputs;
  dataset.rows = RandomRows(1, kTrainRows);
  base::Stream noise(2, 0, 0);
  for (std::size_t i = 0; i < kTrainRows; ++i) {
    const float* row = &dataset.rows[i * kInputs];
    const double margin =
        (row[0] > 0) + (row[1] * row[2] > 0.5F) - (row[3] > row[4]) + noise.Normal();
    dataset.labels.push_back(margin > 0.5 ? 1.0F : 0.0F);
  }
  trainer::Settings settings;
  settings.rounds = rounds;
  settings.max_depth = depth;
  settings.learning_rate = 0.08;
  const auto model = trainer::Train(dataset, settings);
  AISLE_ASSERT(model);
  return ubjson = model->ubjson;
}

void BM_ExplainAgainstXgboost(benchmark::State& state, std::size_t row_count, int rounds,
                              int depth) {
  const std::string& ubjson = TrainedModel(rounds, depth);
  auto theirs = trainer::XgboostModel::Load(ubjson, 1);
  AISLE_ASSERT(theirs);
  auto model = forest::LoadModel(ubjson);
  AISLE_ASSERT(model);
  const auto forest = forest::Forest::Build(std::move(*model));
  AISLE_ASSERT(forest);
  std::vector<double> build_ms;
  Result<forest::Explainer> ours = Fail(ErrorCode::kInternal, "");
  for (int i = 0; i < 3; ++i)
    build_ms.push_back(base::MillisecondsOf([&] { ours = forest::Explainer::Build(*forest); }));
  AISLE_ASSERT(ours);
  const std::vector<float> rows = RandomRows(3, row_count);
  std::vector<double> contributions(row_count * ours->Width());
  std::vector<double> ratios, ours_ms, theirs_ms;
  double largest = 0;
  for (auto _ : state) {
    ours_ms.push_back(base::MillisecondsOf(
        [&] { ours->Contributions(std::span<const float>(rows), contributions); }));
    Result<std::span<const float>> answer = std::span<const float>();
    theirs_ms.push_back(
        base::MillisecondsOf([&] { answer = theirs->Contributions(rows, kInputs); }));
    AISLE_ASSERT(answer && answer->size() == contributions.size());
    for (std::size_t i = 0; i < contributions.size(); ++i) {
      largest = std::max(largest, std::abs(contributions[i] - static_cast<double>((*answer)[i])));
    }
    ratios.push_back(theirs_ms.back() / ours_ms.back());
  }
  AISLE_ASSERT(largest < kToleratedDifference);
  double checksum = 0;
  for (const double x : contributions) checksum += x;
  state.counters["checksum"] = checksum;
  state.counters["largest_difference"] = largest;
  state.counters["build_ms"] = base::Median(build_ms);
  state.counters["table_kB"] = static_cast<double>(ours->Bytes()) / 1000;
  state.counters["ours_ms"] = base::Median(ours_ms);
  state.counters["xgboost_ms"] = base::Median(theirs_ms);
  state.counters["times_as_fast"] = base::Median(ratios);
}
BENCHMARK_CAPTURE(BM_ExplainAgainstXgboost, rows_5_trees_200x6, 5, 200, 6)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_ExplainAgainstXgboost, rows_100_trees_200x6, 100, 200, 6)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_ExplainAgainstXgboost, rows_1700_trees_200x6, 1700, 200, 6)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_ExplainAgainstXgboost, rows_5_trees_300x8, 5, 300, 8)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_ExplainAgainstXgboost, rows_100_trees_300x8, 100, 300, 8)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace aisle
