// How DuckDB spells what SQL dialects spell differently: literals and macros.
//
// Everything else in a query file is SQL that DuckDB and Spark both read, and means the same in both. A second
// warehouse is a second version of this file's functions. Private to this module.
//
//   units    every literal is typed: an integer is a BIGINT, so that sums of products do not
//            overflow an INTEGER; a double is a DOUBLE, never a DECIMAL.
//   errors   Literal: kInvalidArgument for NaN, infinities, text with a NUL byte, and times outside
//            of the years 1 to 9999.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::warehouse {

// One line of SQL without a line feed in it, that can stand wherever an expression can.
Result<std::string> Literal(const Value& value);

// What stands for @name( in a query: the name of a function.
//   @epoch_us(t)  microseconds since 1970 of a timestamp; epoch_us here, unix_micros on Spark.
//   @row_hash(a, b, ...)  64 bits of the values, NULL among them, the same as long as the engine's version is;
//                 hash here, xxhash64 on Spark.
std::optional<std::string_view> Macro(std::string_view name);

// Statements after which queries reach nothing outside of the database, and can change no setting.
std::string_view Confinement();

// A name that is a name and nothing else, in quotes.
std::string QuotedName(std::string_view name);

}  // namespace aisle::warehouse
