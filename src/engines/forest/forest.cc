#include "forest/forest.h"

#include <algorithm>
#include <cmath>

#include "forest/model/output.h"
#include "forest/scorers/reference_forest.h"

namespace aisle::forest {

namespace {

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

}  // namespace

Result<Forest> Forest::Build(Model model, Engine engine) {
  AISLE_CHECK(CheckModel(model));
  Forest forest;
  AISLE_TRY(forest.choice_, ChooseEngine(model, engine));
  forest.model_ = std::make_shared<const Model>(std::move(model));
  forest.scorer_ = MakeScorer(forest.model_, forest.choice_.engine);
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

void Forest::Transform(std::span<const float> margins, std::span<float> predictions) const {
  ApplyObjective(*model_, margins, predictions);
}

void Forest::Transform(std::span<const double> margins, std::span<double> predictions) const {
  ApplyObjective(*model_, margins, predictions);
}

float Probability(float margin) {
  // Beyond 88.7 the exponential of a float is infinite; XGBoost stops there, so we do.
  const float power = std::min(-margin, 88.7F);
  return 1.0F / (std::exp(power) + 1.0F);
}

}  // namespace aisle::forest
