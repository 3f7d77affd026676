// What of a table's rows is new, other than it was, or gone. Private to this room.
//
// Rows are compared as COPY writes them, column by column of their shape, so that one function serves every table.
//
//   order    none: rows of either side may come in any.
//   errors   kInternal: bytes that are no COPY of that shape.
//   cost     keys and a hash per row in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "serving/postgres/rows.h"

namespace aisle::serving {

struct TableDifference {
  std::string changed;  // Whole rows, a COPY.
  std::int64_t changed_count = 0;
  std::string gone;  // Keys, a COPY.
  std::int64_t gone_count = 0;
};
// Both are complete binary COPYs of the table's columns.
Result<TableDifference> DifferenceOf(const TableShape& shape, std::string_view before,
                                     std::string_view after);

}  // namespace aisle::serving
