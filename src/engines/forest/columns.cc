#include "forest/columns.h"

#include <algorithm>

#include "base/result.h"

namespace aisle::forest {

void ExpandRows(const RowPlan& plan, std::span<const Column> columns, std::size_t begin,
                std::size_t end, std::span<float> rows) {
  const std::size_t width = columns.size();
  AISLE_ASSERT(rows.size() == (end - begin) * width);
  for (std::size_t f = 0; f < width; ++f) {
    const Column& column = columns[f];
    const auto fill = [&](const auto& value_of) {
      for (std::size_t i = begin; i < end; ++i) rows[(i - begin) * width + f] = value_of(i);
    };
    switch (column.form) {
      case Column::Form::kPrepared:
        fill([&, values = plan.prepared[f].data()](std::size_t i) { return values[i]; });
        break;
      case Column::Form::kConstant:
        fill([&](std::size_t) { return column.value; });
        break;
      case Column::Form::kGrouped:
        fill([&, group = plan.groupings[column.grouping].group_of_row.data()](std::size_t i) {
          return column.values[group[i]];
        });
        break;
      case Column::Form::kRows:
        fill([&](std::size_t i) { return column.values[i]; });
        break;
      case Column::Form::kFew: {
        fill([&](std::size_t) { return column.value; });
        const auto first = std::lower_bound(column.rows.begin(), column.rows.end(), begin);
        for (auto row = first; row != column.rows.end() && *row < end; ++row)
          rows[(*row - begin) * width + f] = column.values[row - column.rows.begin()];
      }
    }
  }
}

}  // namespace aisle::forest
