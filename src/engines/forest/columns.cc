#include "forest/columns.h"

#include "base/result.h"

namespace aisle::forest {

namespace {

// `row_at(i)` is the i-th row to write.
template <typename RowAt>
void Expand(const RowPlan& plan, std::span<const Column> columns, std::size_t count,
            const RowAt& row_at, std::span<float> rows) {
  const std::size_t width = columns.size();
  AISLE_ASSERT(rows.size() == count * width);
  for (std::size_t f = 0; f < width; ++f) {
    const Column& column = columns[f];
    const auto fill = [&](const auto& value_of) {
      for (std::size_t i = 0; i < count; ++i) rows[i * width + f] = value_of(row_at(i));
    };
    switch (column.form) {
      case Column::Form::kPrepared:
        fill([values = plan.prepared[f].data()](std::size_t row) { return values[row]; });
        break;
      case Column::Form::kConstant:
        fill([&](std::size_t) { return column.value; });
        break;
      case Column::Form::kGrouped:
        fill([&, group = plan.groupings[column.grouping].group_of_row.data()](std::size_t row) {
          return column.values[group[row]];
        });
        break;
      case Column::Form::kRows:
        fill([&](std::size_t row) { return column.values[row]; });
        break;
      case Column::Form::kFew: {
        auto listed = column.rows.begin();
        fill([&](std::size_t row) {
          while (listed != column.rows.end() && *listed < row) ++listed;
          const bool found = listed != column.rows.end() && *listed == row;
          return found ? column.values[listed - column.rows.begin()] : column.value;
        });
      }
    }
  }
}

}  // namespace

void ExpandRows(const RowPlan& plan, std::span<const Column> columns, std::size_t begin,
                std::size_t end, std::span<float> rows) {
  Expand(plan, columns, end - begin, [&](std::size_t i) { return begin + i; }, rows);
}

void ExpandRows(const RowPlan& plan, std::span<const Column> columns,
                std::span<const std::uint32_t> wanted, std::span<float> rows) {
  Expand(plan, columns, wanted.size(), [&](std::size_t i) { return wanted[i]; }, rows);
}

}  // namespace aisle::forest
