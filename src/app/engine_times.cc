#include "app/engine_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <span>
#include <string_view>

#include "base/files.h"
#include "base/random.h"
#include "base/stopwatch.h"
#include "forest/forest.h"
#include "forest/load.h"
#include "trainer/trainer.h"

namespace aisle::app {
namespace {

// Rounds go on until both are reached, or the most.
constexpr int kRoundsMin = 5;
constexpr int kRoundsMax = 400;
constexpr double kTimedMs = 3000;
// In XGBoost's JSON, which has no spaces.
constexpr std::string_view kDartInJson = R"("name":"dart")";

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
        base::MillisecondsOf([&] { built = forest::Forest::Build(std::move(copy), engine); });
    if (!built) {
      side.times.skipped = built.error().message;
    } else {
      side.times.table_bytes = built->EngineBytes();
      side.margins.resize(rows * built->GroupCount());
      side.forest = std::move(*built);
    }
    sides.push_back(std::move(side));
  }
  return sides;
}

// Rows whose margins, `groups` each, are not the same bits.
std::int64_t CountDifferent(std::span<const float> a, std::span<const float> b,
                            std::size_t groups) {
  if (a.size() != b.size()) return static_cast<std::int64_t>(a.size() / groups);
  const auto same = [](float x, float y) {
    return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
  };
  std::int64_t count = 0;
  for (std::size_t i = 0; i < a.size(); i += groups)
    count += std::ranges::equal(a.subspan(i, groups), b.subspan(i, groups), same) ? 0 : 1;
  return count;
}

// One round: every side once.
Status RunRound(std::vector<Side>& sides, std::optional<trainer::XgboostModel>& xgboost,
                std::span<const float> rows, std::size_t inputs) {
  for (Side& side : sides) {
    if (side.forest) {
      side.ms.push_back(base::MillisecondsOf([&] { side.forest->Margins(rows, side.margins); }));
    } else if (side.times.skipped.empty()) {
      Result<std::span<const float>> answer = std::span<const float>();
      side.ms.push_back(
          base::MillisecondsOf([&] { answer = xgboost->Predict(rows, inputs, /*margin=*/true); }));
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
    if (!theirs) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: XGBoost does not load it, so there is nothing to compare with; "
                              "leave --against out",
                              file));
    }
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
      side.times.score_ms = base::Median(side.ms);
      side.times.rows_differ =
          CountDifferent(side.margins, sides.front().margins, model.group_count);
    }
    if (side.times.skipped.empty() && against_xgboost) {
      std::vector<double> ratios;
      for (std::size_t round = 0; round < side.ms.size(); ++round)
        ratios.push_back(sides.back().ms[round] / side.ms[round]);
      side.times.times_xgboost = base::Median(std::move(ratios));
    }
    report.engines.push_back(side.times);
  }
  const EngineTimes& last = report.engines.back();
  if (xgboost && last.rows_differ > 0) {
    AISLE_TRY(const std::string json, xgboost->AsJson());
    if (json.contains(kDartInJson)) {
      report.engines.push_back(
          {.engine = "xgboost through a matrix",
           .skipped =
               "not timed. This is a dart model: predicting in place, which is timed, starts "
               "from another base and differs in last bits; Booster.predict, which the "
               "engines equal, does not"});
    }
  }
  return report;
}

}  // namespace aisle::app
