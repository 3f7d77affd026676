#include "forest/forest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "forest/bitsliced_forest.h"
#include "forest/bitsliced_tables.h"
#include "forest/cpu.h"
#include "forest/grouped_forest.h"
#include "forest/interleaved_forest.h"
#include "forest/output.h"
#include "forest/reference_forest.h"

namespace aisle::forest {

namespace {

struct EngineFacts {
  Engine engine;
  std::string_view name;
  const Kernel* kernel;  // Null: not bit-sliced.
  bool (*runs_here)();   // Null: everywhere.
  std::string_view needs;
};
constexpr std::array kEngines = {
    EngineFacts{Engine::kReference, "reference", nullptr, nullptr, ""},
    EngineFacts{Engine::kInterleaved, "interleaved", nullptr, nullptr, ""},
    EngineFacts{Engine::kBitsliced64, "bitsliced64", &kWordsKernel, nullptr, "64-bit words"},
    EngineFacts{Engine::kBitslicedAvx2, "bitsliced-avx2", &kAvx2Kernel, CpuHasAvx2, "AVX2"},
    EngineFacts{Engine::kBitslicedAvx512, "bitsliced-avx512", &kAvx512Kernel, CpuHasAvx512,
                "AVX-512 BW and VL"},
    EngineFacts{Engine::kBitslicedVbmi, "bitsliced-vbmi", &kVbmiKernel, CpuHasVbmi,
                "AVX-512 VBMI and GFNI"},
};
constexpr auto kEngineList = [] {
  std::array<Engine, kEngines.size()> list{};
  for (std::size_t i = 0; i < list.size(); ++i) list[i] = kEngines[i].engine;
  return list;
}();

constexpr std::string_view kSweepName = "sweep";

const EngineFacts& FactsOf(Engine engine) {
  const auto* const found = std::ranges::find(kEngines, engine, &EngineFacts::engine);
  AISLE_ASSERT(found != kEngines.end());
  return *found;
}

std::vector<float> Rounded(std::span<const double> rows) {
  std::vector<float> floats(rows.size());
  std::ranges::transform(rows, floats.begin(), [](double x) { return static_cast<float>(x); });
  return floats;
}

// Rows written out at once for engines that take rows.
constexpr std::size_t kExpandedRows = 1024;

void AssertShape(const RowPlan& plan, const std::vector<float>& prepared, const Column& column) {
  AISLE_ASSERT((column.form == Column::Form::kPrepared) == !prepared.empty());
  switch (column.form) {
    case Column::Form::kPrepared:
    case Column::Form::kConstant:
      break;
    case Column::Form::kGrouped:
      AISLE_ASSERT(column.grouping < plan.groupings.size() &&
                   column.values.size() == plan.groupings[column.grouping].group_count);
      break;
    case Column::Form::kRows:
      AISLE_ASSERT(column.values.size() == plan.row_count);
      break;
    case Column::Form::kFew:
      AISLE_ASSERT(column.values.size() == column.rows.size() &&
                   (column.rows.empty() || column.rows.back() < plan.row_count));
  }
}

bool RunsHere(const EngineFacts& facts) { return facts.runs_here == nullptr || facts.runs_here(); }

// The last bit-sliced one of this CPU; at least that by words.
const EngineFacts& BestSliced() {
  const EngineFacts* best = &FactsOf(Engine::kBitsliced64);
  for (const EngineFacts& facts : kEngines) {
    if (facts.kernel != nullptr && RunsHere(facts)) best = &facts;
  }
  return *best;
}

}  // namespace

std::span<const Engine> AllEngines() { return kEngineList; }

Result<Engine> ParseEngine(std::string_view name) {
  std::string names = "auto";
  if (name == names) return Engine::kAuto;
  for (const EngineFacts& facts : kEngines) {
    if (facts.name == name) return facts.engine;
    names += fmt::format(", {}", facts.name);
  }
  if (name == kSweepName) return Engine::kSweep;
  names += fmt::format(", {}", kSweepName);
  return Fail(ErrorCode::kInvalidArgument, fmt::format("engine '{}' is none of {}", name, names));
}

std::string_view EngineName(Engine engine) {
  if (engine == Engine::kAuto) return "auto";
  return engine == Engine::kSweep ? kSweepName : FactsOf(engine).name;
}

Status CheckEngine(Engine engine) {
  if (engine == Engine::kAuto || engine == Engine::kSweep || RunsHere(FactsOf(engine))) return {};
  return Fail(ErrorCode::kFailedPrecondition,
              fmt::format("engine {} needs {}, which this CPU lacks; the best it runs is {}",
                          EngineName(engine), FactsOf(engine).needs, BestSliced().name));
}

std::unique_ptr<const Scorer::Prepared> Scorer::Prepare(const RowPlan& /*plan*/) const {
  return nullptr;
}

void Scorer::Margins(const RowPlan& /*plan*/, const Prepared& /*prepared*/,
                     std::span<const Column> /*columns*/, std::span<float> /*margins*/) const {
  AISLE_ASSERT(false);
}

Result<Forest> Forest::Build(Model model, Engine engine) {
  constexpr const char* kVariable = "AISLE_FOREST_ENGINE";
  const char* const forced = engine == Engine::kAuto ? std::getenv(kVariable) : nullptr;
  if (forced == nullptr || *forced == 0) return BuildWith(std::move(model), engine);
  const Result<Engine> parsed = ParseEngine(forced);
  if (!parsed) return Within(kVariable, parsed.error());
  Result<Forest> forest = BuildWith(std::move(model), *parsed);
  if (!forest && forest.error().code == ErrorCode::kFailedPrecondition)
    return Within(kVariable, std::move(forest).error());
  if (forest && forest->engine_was_chosen_) forest->engine_reason_ = kVariable;
  return forest;
}

Result<Forest> Forest::BuildWith(Model model, Engine engine) {
  AISLE_CHECK(CheckModel(model));
  Forest forest;
  forest.engine_reason_ = "asked for";
  AISLE_CHECK(CheckEngine(engine));
  const std::string beyond(WhatIsNotPlain(model));
  forest.sweep_was_chosen_ = engine == Engine::kSweep;
  if (forest.sweep_was_chosen_ && !beyond.empty()) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("engine {} does not take this model: {}; {} takes it", kSweepName,
                            beyond, EngineName(Engine::kReference)));
  }
  if (forest.sweep_was_chosen_) engine = Engine::kAuto;
  forest.engine_was_chosen_ = engine != Engine::kAuto;
  const std::string unfit = beyond.empty() ? WhyNotSliced(model) : beyond;
  const Engine widest = beyond.empty() ? Engine::kInterleaved : Engine::kReference;
  if (engine == Engine::kAuto && unfit.empty()) {
    engine = BestSliced().engine;
    forest.engine_reason_ = fmt::format("this CPU has {}", BestSliced().needs);
  } else if (engine == Engine::kAuto) {
    engine = widest;
    forest.engine_reason_ = fmt::format("the fastest for this model: {}", unfit);
  } else if (engine > widest && !unfit.empty()) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("engine {} does not take this model: {}; {} takes it",
                            EngineName(engine), unfit, EngineName(widest)));
  }
  forest.engine_ = engine;
  forest.model_ = std::make_shared<const Model>(std::move(model));
  if (engine == Engine::kReference) {
    forest.scorer_ = std::make_shared<const ReferenceForest>(forest.model_);
    return forest;
  }
  const auto make = [kernel = FactsOf(engine).kernel](const Model& plain) {
    return kernel != nullptr ? MakeBitslicedForest(plain, *kernel) : MakeInterleavedForest(plain);
  };
  forest.scorer_ =
      forest.GroupCount() == 1 ? make(*forest.model_) : MakeGroupedForest(*forest.model_, make);
  return forest;
}

PreparedRows Forest::Prepare(RowPlan plan) const {
  AISLE_ASSERT(GroupCount() == 1 && plan.prepared.size() == FeatureCount());
  for (const auto& values : plan.prepared)
    AISLE_ASSERT(values.empty() || values.size() == plan.row_count);
  for (const Grouping& grouping : plan.groupings) {
    AISLE_ASSERT(grouping.group_of_row.size() == plan.row_count);
    for (const std::uint32_t group : grouping.group_of_row)
      AISLE_ASSERT(group < grouping.group_count);
  }
  PreparedRows rows;
  rows.plan_ = std::make_shared<const RowPlan>(std::move(plan));
  rows.prepared_ = scorer_->Prepare(*rows.plan_);
  rows.scorer_ = scorer_;
  return rows;
}

void Forest::Margins(const PreparedRows& rows, std::span<const Column> columns,
                     std::span<float> margins) const {
  const RowPlan& plan = rows.Plan();
  AISLE_ASSERT(rows.scorer_ == scorer_ && columns.size() == FeatureCount());
  AISLE_ASSERT(margins.size() == plan.row_count);
  for (std::size_t f = 0; f < columns.size() && plan.row_count > 0; ++f)
    AssertShape(plan, plan.prepared[f], columns[f]);
  if (rows.prepared_ != nullptr) return scorer_->Margins(plan, *rows.prepared_, columns, margins);
  std::vector<float> block;
  for (std::size_t begin = 0; begin < margins.size(); begin += kExpandedRows) {
    const std::size_t count = std::min(kExpandedRows, margins.size() - begin);
    block.resize(count * columns.size());
    ExpandRows(plan, columns, begin, begin + count, block);
    scorer_->Margins(block, margins.subspan(begin, count));
  }
}

void Forest::Margins(std::span<const float> rows, std::span<float> margins) const {
  AISLE_ASSERT(rows.size() * GroupCount() == margins.size() * FeatureCount());
  if (!margins.empty()) scorer_->Margins(rows, margins);
}

void Forest::Predict(std::span<const float> rows, std::span<float> predictions) const {
  AISLE_ASSERT(rows.size() * OutputCount() == predictions.size() * FeatureCount());
  if (model_->wide) {
    std::vector<double> wide(predictions.size());
    WidePredict(rows, wide);
    std::ranges::transform(wide, predictions.begin(),
                           [](double x) { return static_cast<float>(x); });
    return;
  }
  if (OutputCount() == GroupCount()) {
    Margins(rows, predictions);
    ApplyObjective(*model_, predictions, predictions);
    return;
  }
  std::vector<float> margins(rows.size() / FeatureCount() * GroupCount());
  Margins(rows, margins);
  ApplyObjective(*model_, std::span<const float>(margins), predictions);
}

void Forest::WideMargins(std::span<const float> rows, std::span<double> margins) const {
  AISLE_ASSERT(rows.size() * GroupCount() == margins.size() * FeatureCount());
  if (model_->wide) return ReferenceForest(model_).WideMargins(rows, margins);
  std::vector<float> floats(margins.size());
  Margins(rows, floats);
  std::ranges::copy(floats, margins.begin());
}

void Forest::WideMargins(std::span<const double> rows, std::span<double> margins) const {
  AISLE_ASSERT(rows.size() * GroupCount() == margins.size() * FeatureCount());
  if (model_->double_inputs) return ReferenceForest(model_).WideMargins(rows, margins);
  WideMargins(Rounded(rows), margins);
}

void Forest::WidePredict(std::span<const double> rows, std::span<double> predictions) const {
  if (!model_->double_inputs) return WidePredict(Rounded(rows), predictions);
  AISLE_ASSERT(rows.size() * OutputCount() == predictions.size() * FeatureCount());
  std::vector<double> margins(rows.size() / FeatureCount() * GroupCount());
  WideMargins(rows, margins);
  ApplyObjective(*model_, std::span<const double>(margins), predictions);
}

void Forest::WidePredict(std::span<const float> rows, std::span<double> predictions) const {
  AISLE_ASSERT(rows.size() * OutputCount() == predictions.size() * FeatureCount());
  if (model_->wide) {
    std::vector<double> margins(rows.size() / FeatureCount() * GroupCount());
    WideMargins(rows, margins);
    return ApplyObjective(*model_, std::span<const double>(margins), predictions);
  }
  std::vector<float> floats(predictions.size());
  Predict(rows, floats);
  std::ranges::copy(floats, predictions.begin());
}

float Probability(float margin) {
  // Beyond 88.7 the exponential of a float is infinite; XGBoost stops there, so we do.
  const float power = std::min(-margin, 88.7F);
  return 1.0F / (std::exp(power) + 1.0F);
}

}  // namespace aisle::forest
