#include "app/engine_times.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <functional>
#include <limits>
#include <span>

#include "base/files.h"
#include "base/random.h"
#include "forest/forest.h"
#include "forest/load.h"
#include "trainer/trainer.h"

namespace aisle::app {
namespace {

// Rounds go on until both are reached, or the most.
constexpr int kRoundsMin = 5;
constexpr int kRoundsMax = 400;
constexpr double kTimedMs = 3000;

double MillisecondsOf(const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun)
      .count();
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Values among each input's own thresholds, so that rows take different ways; a tenth is missing.
std::vector<float> MakeRows(const forest::Model& model, std::size_t count) {
  std::vector<std::vector<float>> thresholds(model.feature_count);
  for (const forest::Node& node : model.nodes) {
    if (node.left != 0) thresholds[node.feature].push_back(node.value);
  }
  base::Stream stream(1, count, model.nodes.size());
  std::vector<float> rows(count * model.feature_count);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::vector<float>& own = thresholds[i % model.feature_count];
    if (own.empty() || stream.Chance(0.1)) {
      rows[i] = std::numeric_limits<float>::quiet_NaN();
    } else {
      const auto spread = static_cast<float>(1 + 0.01 * stream.Normal());
      rows[i] = own[stream.Below(own.size())] * spread;
    }
  }
  return rows;
}

struct Side {
  std::optional<forest::Forest> forest;  // Not of XGBoost.
  EngineTimes times;
  std::vector<float> margins;
  std::vector<double> ms;
};

std::vector<Side> BuildEngines(const forest::Model& model, std::size_t rows) {
  std::vector<Side> sides;
  for (const forest::Engine engine : forest::AllEngines()) {
    Side side;
    side.times.engine = forest::EngineName(engine);
    forest::Model copy = model;
    Result<forest::Forest> built = Fail(ErrorCode::kInternal, "");
    side.times.build_ms =
        MillisecondsOf([&] { built = forest::Forest::Build(std::move(copy), engine); });
    if (built) {
      side.times.table_bytes = built->EngineBytes();
      side.forest = std::move(*built);
      side.margins.resize(rows);
    } else {
      side.times.skipped = built.error().message;
    }
    sides.push_back(std::move(side));
  }
  return sides;
}

std::int64_t CountDifferent(std::span<const float> a, std::span<const float> b) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    count += std::bit_cast<std::uint32_t>(a[i]) == std::bit_cast<std::uint32_t>(b[i]) ? 0 : 1;
  return count;
}

// One round: every side once.
Status RunRound(std::vector<Side>& sides, std::optional<trainer::XgboostModel>& xgboost,
                std::span<const float> rows, std::size_t inputs) {
  for (Side& side : sides) {
    if (side.forest) {
      side.ms.push_back(MillisecondsOf([&] { side.forest->Margins(rows, side.margins); }));
    } else if (side.times.skipped.empty()) {
      Result<std::span<const float>> answer = std::span<const float>();
      side.ms.push_back(
          MillisecondsOf([&] { answer = xgboost->Predict(rows, inputs, /*margin=*/true); }));
      if (!answer) return std::unexpected(answer.error());
      side.margins.assign(answer->begin(), answer->end());
    }
  }
  return {};
}

}  // namespace

Result<BenchReport> BenchModel(const std::string& file, std::size_t rows, bool against_xgboost) {
  AISLE_TRY(const std::string bytes, base::ReadFile(file));
  auto loaded = forest::LoadModel(bytes);
  if (!loaded) return Within(file, std::move(loaded).error());
  const forest::Model& model = *loaded;
  std::vector<Side> sides = BuildEngines(model, rows);
  std::optional<trainer::XgboostModel> xgboost;
  if (against_xgboost) {
    auto theirs = trainer::XgboostModel::Load(bytes, 1);
    if (!theirs) return Within(file, std::move(theirs).error());
    xgboost.emplace(std::move(*theirs));
    sides.emplace_back().times.engine = "xgboost";
  }
  const std::vector<float> matrix = MakeRows(model, rows);
  // Once before the clock runs, so that memory is there.
  AISLE_CHECK(RunRound(sides, xgboost, matrix, model.feature_count));
  for (Side& side : sides) side.ms.clear();

  BenchReport report{.rows = rows,
                     .inputs = model.feature_count,
                     .trees = model.TreeCount(),
                     .rounds = 0,
                     .engines = {}};
  for (double spent = 0;
       report.rounds < kRoundsMin || (spent < kTimedMs && report.rounds < kRoundsMax);
       ++report.rounds) {
    AISLE_CHECK(RunRound(sides, xgboost, matrix, model.feature_count));
    for (const Side& side : sides) spent += side.ms.empty() ? 0 : side.ms.back();
  }
  for (Side& side : sides) {
    if (side.times.skipped.empty()) {
      side.times.score_ms = Median(side.ms);
      side.times.rows_differ = CountDifferent(side.margins, sides.front().margins);
    }
    if (side.times.skipped.empty() && against_xgboost) {
      std::vector<double> ratios;
      for (std::size_t round = 0; round < side.ms.size(); ++round)
        ratios.push_back(sides.back().ms[round] / side.ms[round]);
      side.times.times_xgboost = Median(std::move(ratios));
    }
    report.engines.push_back(side.times);
  }
  return report;
}

}  // namespace aisle::app
