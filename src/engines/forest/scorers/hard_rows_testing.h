// Models and rows on which engines could disagree, and the comparison with the oracle. Private to the tests.
//
// Values sit on thresholds and one step beside them; among them are NaNs, infinities, denormals, both zeros,
// and quotients with denominators that are zero, negative, tiny and huge.
//
//   shapes   rows is row-major.
//   errors   none.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <span>
#include <vector>

#include "forest/forest.h"
#include "forest/model/random_model_testing.h"

namespace aisle::forest {

// As bits: two NaNs with the same bits are equal, 0 and -0 are not.
inline bool SameBits(std::span<const float> a, std::span<const float> b) {
  return std::ranges::equal(
      a, b, {}, [](float x) { return std::bit_cast<std::uint32_t>(x); },
      [](float x) { return std::bit_cast<std::uint32_t>(x); });
}

inline std::vector<float> MarginsOf(const Forest& forest, std::span<const float> rows) {
  std::vector<float> margins(rows.size() / forest.FeatureCount());
  forest.Margins(rows, margins);
  return margins;
}

inline std::vector<float> OracleMargins(const Model& model, std::span<const float> rows) {
  return MarginsOf(*Forest::Build(model, Engine::kReference), rows);
}

// One number of every kind, from the model's thresholds or not.
inline float HardValue(const Model& model, base::Stream& stream) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto one_of = [&](std::initializer_list<float> values) {
    return values.begin()[stream.Below(values.size())];
  };
  switch (stream.Below(6)) {
    case 0:
      return std::numeric_limits<float>::quiet_NaN();
    case 1:
      return one_of({0.0F, -0.0F, kInfinity, -kInfinity, 1e-45F, -1e-45F, 1e-39F,
                     std::numeric_limits<float>::max(), -std::numeric_limits<float>::min()});
    case 2:
      return static_cast<float>(stream.Normal()) / one_of({0.0F, -0.0F, -3.0F, 1e-30F, 1e30F});
    case 3:
      return static_cast<float>(2 * stream.Normal());
    default: {
      if (model.nodes.empty()) return 0;
      const float threshold = model.nodes[stream.Below(model.nodes.size())].value;
      return one_of(
          {threshold, std::nextafter(threshold, kInfinity), std::nextafter(threshold, -kInfinity)});
    }
  }
}

inline std::vector<float> HardRows(const Model& model, std::uint64_t seed, std::size_t count) {
  base::Stream stream(seed, count, 77);
  std::vector<float> rows(count * model.feature_count);
  for (float& x : rows) x = HardValue(model, stream);
  return rows;
}

// All thresholds and their neighbours, in every input.
inline std::vector<float> ThresholdRows(const Model& model) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::set<float> values;
  for (const Node& node : model.nodes) {
    for (const float x : {node.value, std::nextafter(node.value, kInfinity),
                          std::nextafter(node.value, -kInfinity)})
      values.insert(x);
  }
  std::vector<float> rows;
  for (const float x : values) rows.insert(rows.end(), model.feature_count, x);
  return rows;
}

// Any shape; thresholds among them infinite, denormal and of both zeros.
inline Model HardModel(std::uint64_t seed) {
  const auto features = static_cast<std::uint32_t>(1 + seed % 40);
  Model model = RandomModel(seed, 1 + seed % 33, static_cast<unsigned>(seed % 9), features,
                            static_cast<double>(seed % 5) / 10);
  base::Stream stream(seed, 9, 9);
  for (Node& node : model.nodes) {
    if (node.left == 0 || !stream.Chance(0.2)) continue;
    const float value = HardValue({}, stream);
    if (!std::isnan(value)) node.value = value;
  }
  return model;
}

// Columns of all forms, and the rows they stand for.
class HardColumns {
 public:
  HardColumns(const Model& model, std::uint64_t seed, std::size_t row_count)
      : stream_(seed, row_count, 78), model_(model) {
    plan_.row_count = row_count;
    plan_.prepared.resize(model.feature_count);
    for (const std::uint32_t group_count : {3U, 200U}) {
      Grouping grouping{.group_of_row = {}, .group_count = group_count};
      for (std::size_t i = 0; i < row_count; ++i)
        grouping.group_of_row.push_back(static_cast<std::uint32_t>(stream_.Below(group_count)));
      plan_.groupings.push_back(std::move(grouping));
    }
    values_.resize(model.feature_count);
    lists_.resize(model.feature_count);
    for (std::uint32_t f = 0; f < model.feature_count; ++f) columns_.push_back(Make(f));
  }

  std::vector<float> Rows() const {
    std::vector<float> rows(plan_.row_count * columns_.size());
    ExpandRows(plan_, columns_, 0, plan_.row_count, rows);
    return rows;
  }
  std::vector<float> MarginsOf(const Forest& forest) const {
    std::vector<float> margins(plan_.row_count);
    forest.Margins(forest.Prepare(plan_), columns_, margins);
    return margins;
  }

  const RowPlan& Plan() const { return plan_; }
  std::span<const Column> Columns() const { return columns_; }

 private:
  Column Make(std::uint32_t feature) {
    Column column;
    column.form = static_cast<Column::Form>(stream_.Below(5));
    column.value = HardValue(model_, stream_);
    std::size_t count = plan_.row_count;
    if (column.form == Column::Form::kPrepared) {
      for (std::size_t i = 0; i < count; ++i)
        plan_.prepared[feature].push_back(HardValue(model_, stream_));
      return column;
    }
    if (column.form == Column::Form::kConstant) return column;
    if (column.form == Column::Form::kGrouped) {
      column.grouping = static_cast<std::uint32_t>(stream_.Below(2));
      count = plan_.groupings[column.grouping].group_count;
    } else if (column.form == Column::Form::kFew) {
      for (std::uint32_t i = 0; i < count; ++i) {
        if (stream_.Chance(0.004)) lists_[feature].push_back(i);
      }
      column.rows = lists_[feature];
      count = lists_[feature].size();
    }
    for (std::size_t i = 0; i < count; ++i) values_[feature].push_back(HardValue(model_, stream_));
    if (column.form == Column::Form::kRows && stream_.Chance(0.5)) MakeOrdered(feature, column);
    column.values = values_[feature];
    return column;
  }

  // Numbers alone, or NaN alone, and an order in which they rise.
  void MakeOrdered(std::uint32_t feature, Column& column) {
    std::vector<float>& values = values_[feature];
    const bool missing = stream_.Chance(0.2);
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < values.size(); ++i) {
      if (missing || std::isnan(values[i]))
        values[i] = missing ? std::numeric_limits<float>::quiet_NaN() : 0.0F;
      order.push_back(i);
    }
    if (!missing) std::ranges::sort(order, {}, [&](std::uint32_t i) { return values[i]; });
    column.order = static_cast<std::uint32_t>(plan_.orders.size());
    plan_.orders.push_back(std::move(order));
  }

  base::Stream stream_;
  const Model& model_;
  RowPlan plan_;
  std::vector<std::vector<float>> values_;
  std::vector<std::vector<std::uint32_t>> lists_;
  std::vector<Column> columns_;
};

}  // namespace aisle::forest
