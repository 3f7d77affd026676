#include "bench/engine_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include "base/files.h"
#include "base/random.h"
#include "base/stopwatch.h"
#include "bench/request_rows.h"
#include "forest/forest.h"
#include "forest/formats/load.h"
#include "ranking/swept_rows.h"
#include "trainer/trainer.h"

namespace aisle::bench {
namespace {

// Rounds go on until both are reached, or the most.
constexpr int kRoundsMin = 5;
constexpr int kRoundsMax = 400;
constexpr double kTimedMs = 3000;
constexpr std::string_view kXgboost = "xgboost";
// Customers whose requests are swept in turn, as long as their rows are not more than so many.
constexpr std::size_t kCustomers = 8;
constexpr std::size_t kSweptRows = 500'000;
constexpr std::size_t kProductsMax = 50'000;
// In XGBoost's JSON, which has no spaces.
constexpr std::string_view kDartInJson = R"("name":"dart")";
constexpr std::string_view kWeightsOfDropout = "weight_drop";

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

// What is timed: it gives a margin per row and group, ours in `out`, XGBoost in memory of its own.
struct Side {
  using Score = std::function<Result<std::span<const float>>(std::span<const float> rows,
                                                             std::span<float> out)>;
  EngineTimes times;
  Score score;
  std::vector<float> out;
  std::span<const float> margins;  // Of the last round.
  std::vector<double> ms;
};

using XgboostWay = Result<std::span<const float>> (trainer::XgboostModel::*)(std::span<const float>,
                                                                             std::size_t, bool);

Side SideOfXgboost(const std::string& name, trainer::XgboostModel& xgboost, XgboostWay predict,
                   std::size_t inputs) {
  Side side;
  side.times.engine = name;
  side.score = [&xgboost, predict, inputs](std::span<const float> rows, std::span<float>) {
    return (xgboost.*predict)(rows, inputs, /*margin=*/true);
  };
  return side;
}

std::vector<Side> SidesOfEngines(const forest::Model& model) {
  std::vector<Side> sides;
  for (const forest::Engine engine : forest::AllEngines()) {
    Side& side = sides.emplace_back();
    side.times.engine = forest::EngineName(engine);
    forest::Model copy = model;
    Result<forest::Forest> built = Fail(ErrorCode::kInternal, "");
    side.times.build_ms =
        base::MillisecondsOf([&] { built = forest::Forest::Build(std::move(copy), engine); });
    if (!built) {
      side.times.skipped = built.error().message;
      continue;
    }
    side.times.table_bytes = built->EngineBytes();
    side.score = [forest = *std::move(built)](std::span<const float> rows, std::span<float> out) {
      forest.Margins(rows, out);
      return Result<std::span<const float>>(out);
    };
  }
  return sides;
}

// The sweep's two forms; `rows` are all that they score.
std::vector<Side> SidesOfSweep(const forest::Model& model, std::span<const float> rows) {
  std::vector<Side> sides(2);
  sides[0].times.engine = forest::EngineName(forest::Engine::kSweep);
  sides[1].times.engine = sides[0].times.engine + ", bit-equal";
  Result<ranking::SweptRows> made = Fail(ErrorCode::kInternal, "");
  const double build_ms =
      base::MillisecondsOf([&] { made = ranking::SweptRows::Make(model, rows); });
  if (!made) {
    sides[0].times.skipped = made.error().message;
    sides.pop_back();
    return sides;
  }
  const auto swept = std::make_shared<const ranking::SweptRows>(*std::move(made));
  const auto scratch = std::make_shared<forest::SweepScratch>();
  for (Side& side : sides) {
    side.times.build_ms = build_ms;
    side.times.table_bytes = swept->Sweep().Bytes();
    side.score = [swept, scratch, exact = &side != &sides[0]](std::span<const float>,
                                                              std::span<float> out) {
      exact ? swept->ExactMargins(*scratch, out) : swept->Margins(*scratch, out);
      return Result<std::span<const float>>(out);
    };
  }
  return sides;
}

// One round: every side once.
Status RunRound(std::vector<Side>& sides, std::span<const float> rows) {
  for (Side& side : sides) {
    if (!side.score) continue;
    Result<std::span<const float>> margins = std::span<const float>();
    side.ms.push_back(base::MillisecondsOf([&] { margins = side.score(rows, side.out); }));
    if (!margins) return std::unexpected(margins.error());
    side.margins = *margins;
  }
  return {};
}

void Compare(std::span<const float> margins, std::span<const float> expected, std::size_t groups,
             EngineTimes& times) {
  AISLE_ASSERT(margins.size() == expected.size());
  const auto same = [](float x, float y) {
    return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
  };
  for (std::size_t i = 0; i < expected.size(); i += groups) {
    times.rows_differ +=
        std::ranges::equal(margins.subspan(i, groups), expected.subspan(i, groups), same) ? 0 : 1;
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (same(margins[i], expected[i])) continue;
    const double distance =
        std::abs(static_cast<double>(margins[i]) - static_cast<double>(expected[i]));
    times.furthest = std::isnan(distance) ? std::numeric_limits<double>::infinity()
                                          : std::max(times.furthest, distance);
  }
}

// Times of the sides, per `requests`-th part of the rows; ratios to the one called "xgboost", if there is one.
Result<std::vector<EngineTimes>> TimeSides(std::vector<Side> sides, const forest::Model& model,
                                           std::span<const float> rows, std::size_t requests,
                                           int& rounds) {
  std::vector<float> expected(rows.size() / model.feature_count * model.group_count);
  AISLE_TRY(const auto reference, forest::Forest::Build(model, forest::Engine::kReference));
  reference.Margins(rows, expected);
  for (Side& side : sides) side.out.resize(expected.size());
  // Once before the clock runs, so that memory is there.
  AISLE_CHECK(RunRound(sides, rows));
  for (Side& side : sides) side.ms.clear();
  rounds = 0;
  for (double spent = 0; rounds < kRoundsMin || (spent < kTimedMs && rounds < kRoundsMax);
       ++rounds) {
    AISLE_CHECK(RunRound(sides, rows));
    for (const Side& side : sides) spent += side.ms.empty() ? 0 : side.ms.back();
  }
  const auto xgboost =
      std::ranges::find(sides, kXgboost, [](const Side& side) { return side.times.engine; });
  std::vector<EngineTimes> all;
  for (Side& side : sides) {
    if (side.score) {
      side.times.score_ms = base::Median(side.ms) / static_cast<double>(requests);
      Compare(side.margins, expected, model.group_count, side.times);
    }
    if (side.score && xgboost != sides.end()) {
      std::vector<double> ratios;
      for (std::size_t round = 0; round < side.ms.size(); ++round)
        ratios.push_back(xgboost->ms[round] / side.ms[round]);
      side.times.times_xgboost = base::Median(std::move(ratios));
    }
    all.push_back(side.times);
  }
  return all;
}

// The sweep's times, or why it has none.
Result<std::vector<EngineTimes>> TimeSweep(const forest::Model& model,
                                           trainer::XgboostModel* xgboost, BenchReport& report) {
  const std::size_t products = report.request_products = std::min(report.rows, kProductsMax);
  const std::size_t customers = std::clamp<std::size_t>(kSweptRows / products, 1, kCustomers);
  auto rows = MakeRequestRows(model.feature_names, customers, products);
  // Rows of any kind make the sweep say what it lacks.
  if (!rows) rows = std::vector<float>(model.feature_count, 1.0F);
  std::vector<Side> sides = SidesOfSweep(model, *rows);
  if (!sides[0].score) return std::vector{sides[0].times};
  if (xgboost != nullptr) {
    sides.push_back(SideOfXgboost(std::string(kXgboost), *xgboost, &trainer::XgboostModel::Predict,
                                  model.feature_count));
  }
  return TimeSides(std::move(sides), model, *rows, customers, report.request_rounds);
}

}  // namespace

Result<BenchReport> BenchModel(const std::string& file, std::size_t rows, bool against_xgboost) {
  AISLE_TRY(const std::string bytes, base::ReadFile(file));
  auto loaded = forest::LoadModel(bytes);
  if (!loaded) return Within(file, std::move(loaded).error());
  const forest::Model& model = *loaded;
  std::vector<Side> sides = SidesOfEngines(model);
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
    sides.push_back(SideOfXgboost(std::string(kXgboost), *xgboost, &trainer::XgboostModel::Predict,
                                  model.feature_count));
    // Predicting in place, which the others stand against, starts a dart model from another base.
    AISLE_TRY(const std::string json, xgboost->AsJson());
    // 3.2, which is built in, looks for these weights where 3.3 and 3.4 no longer put them, and goes without.
    if (bytes.contains(kWeightsOfDropout) && !json.contains(kWeightsOfDropout)) {
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("{}: the XGBoost that is built in does not read the weights of dropout from "
                      "files of 3.3 and newer, so its scores would be others; leave --against out",
                      file));
    }
    if (json.contains(kDartInJson)) {
      sides.push_back(SideOfXgboost("xgboost through a matrix", *xgboost,
                                    &trainer::XgboostModel::PredictMatrix, model.feature_count));
    }
  }
  BenchReport report;
  report.rows = rows;
  report.inputs = model.feature_count;
  report.trees = model.TreeCount();
  AISLE_TRY(report.engines,
            TimeSides(std::move(sides), model, MakeRows(model, rows), 1, report.rounds));
  AISLE_TRY(report.request, TimeSweep(model, xgboost ? &*xgboost : nullptr, report));
  return report;
}

}  // namespace aisle::bench
