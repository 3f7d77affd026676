// One record against the rules of its raw table.
//
// For programs that take records one at a time (the event log, and so a server). The importer checks
// whole files against the same rules in SQL and says the same words (ingest/rules_test.cc).
//
//   order    the first rule that is broken: columns as the row gives them, then those it lacks, then
//            what holds between columns.
//   units    kDecimal takes Cents, or a whole number of the currency's units; kTimestamp is UTC.
//   missing  a column that is not in the row is NULL, as one that is there without a value; of a part (Given) it
//            is as it was.
//   errors   kInvalidArgument with the reason, and the column in Error::field: an unknown column or one
//            given twice; a value of another type, or out of its range; NULL where a value must be; a
//            text that is not allowed, not UTF-8, or longer than kTextBytesMax; a number too small;
//            an amount finer than the shape's money; what holds between columns. Nothing is cast:
//            text that looks like a number is text, and ids are numbers (a retailer's own text ids
//            come by import).
//   cost     no allocation for a good row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/ids.h"
#include "domain/retailer_shape.h"
#include "raw/tables.h"

namespace aisle::raw {

// Longer texts are no field of a shop: they would fill the log and the warehouse.
inline constexpr std::size_t kTextBytesMax = std::size_t{64} << 10U;

// Without a value: NULL.
using Value = std::variant<std::monostate, bool, std::int64_t, double, domain::Cents, std::string,
                           base::Date, base::Timestamp>;

struct Field {
  std::string column;
  Value value;
  friend bool operator==(const Field&, const Field&) = default;
};
using Row = std::vector<Field>;

// The column's value; nullptr if the row does not give it.
const Value* Find(const Row& row, std::string_view column);

// What a row gives: all that is required, or the key and what changes.
enum class Given : std::uint8_t { kWhole, kPart };

// `shape` is the retailer's, whose regions and tiers a row may name.
Status Check(const Table& table, const Row& row, const domain::RetailerShape& shape,
             Given given = Given::kWhole);

}  // namespace aisle::raw
