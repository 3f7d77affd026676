// Records out of queries that somebody else chose: what feature_stream.h reads them with, and what tests put in
// their place. Private to this module.
//
//   order    whichever the SELECT lists have: columns are found by name (warehouse/row_reader.h).
//   errors   as feature_stream.h; kInternal, naming query and column, where one is missing or of another
//            type.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>

#include "base/named_text.h"
#include "gold/feature_stream.h"
#include "warehouse/row_reader.h"

namespace aisle::gold {

// Each text gives the columns and the order of rows of the file that it stands for, and may name the
// parameters of ParametersOf (raw_tables.h).
struct RecordQueries {
  base::NamedText products;
  base::NamedText product_regions;
  base::NamedText customers;
  base::NamedText categories;
  base::NamedText pairs;
};
// The files of sql/, over the raw tables.
RecordQueries OverEvents();
// The tables that a refresh made of them.
RecordQueries OverTables();
inline RecordQueries QueriesOf(const RecordSource& source) {
  return source.from_tables ? OverTables() : OverEvents();
}

Result<features::Catalogue> ReadCatalogueFrom(warehouse::Connection& connection,
                                              const RecordQueries& queries, base::Timestamp as_of);
Status ReadCustomersFrom(warehouse::Database& database, const RecordQueries& queries,
                         const features::Catalogue& catalogue, base::Timestamp as_of,
                         const std::function<Status(features::CustomerRecord&&)>& take,
                         const std::optional<CustomerIds>& only);

// Counts that do not fit stay at the largest; they are counts of events, not money.
inline std::int32_t CountOf(const warehouse::RowReader& rows, warehouse::IntColumn column) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>(std::min(rows[column], kMax));
}
inline base::Timestamp TimeOrNever(const warehouse::RowReader& rows, warehouse::TimeColumn column) {
  return rows.OrElse(column, features::kNever);
}

}  // namespace aisle::gold
