// Rows whose inputs come by column, each said in the cheapest way there is: for callers who score the same
// products, or the same categories, again and again.
//
// What stays the same from call to call is a RowPlan, which Forest::Prepare() works on once. A call then says
// of every other input whether all rows share one value, whether rows of one group do, or what each row has.
//
//   shapes   one Column per input of the model, by position.
//   missing  NaN.
//   errors   none; shapes are asserted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace aisle::forest {

// Rows that share the value of some inputs: a product's category, say.
struct Grouping {
  std::vector<std::uint32_t> group_of_row;
  std::uint32_t group_count = 0;
};

struct RowPlan {
  std::size_t row_count = 0;
  // By input; empty for inputs that a call says.
  std::vector<std::vector<float>> prepared;
  std::vector<Grouping> groupings;
  // All rows, by something that stays the same: the price, say. Columns may say that their values rise with it.
  std::vector<std::vector<std::uint32_t>> orders;
};

struct Column {
  enum class Form : std::uint8_t {
    kPrepared,  // As the plan says.
    kConstant,  // `value` in every row.
    kGrouped,   // values[g] in the rows of group g of groupings[grouping].
    kRows,      // values[i] in row i.
    kFew,       // values[i] in row rows[i]; `value` in all others.
  };
  Form form = Form::kPrepared;
  float value = std::numeric_limits<float>::quiet_NaN();
  std::span<const float> values;
  std::span<const std::uint32_t> rows;  // Rising.
  std::uint32_t grouping = 0;
  // Of kRows: along orders[order] the values never fall, or all of them are NaN. An engine need not look at it.
  std::uint32_t order = kNoOrder;
  static constexpr std::uint32_t kNoOrder = std::numeric_limits<std::uint32_t>::max();
};

// Writes the rows `begin` up to `end` as a matrix, row-major: what engines without planes score.
void ExpandRows(const RowPlan& plan, std::span<const Column> columns, std::size_t begin,
                std::size_t end, std::span<float> rows);

// The same for some rows, rising.
void ExpandRows(const RowPlan& plan, std::span<const Column> columns,
                std::span<const std::uint32_t> wanted, std::span<float> rows);

}  // namespace aisle::forest
