// Numbers on their way into a declared type or a raw table's, as SQL that loses no digit in silence.
//
// Whatever is a number outside (a Parquet INT32, a query's DECIMAL(18,4), the text "17850.0") becomes the
// type that is wanted, or the row has a reason:
//
//   TEXT      a whole number is its digits, whatever held it: a data frame with a value missing writes the id
//             17850 as the DOUBLE 17850.0, and a database without integers as DECIMAL(38,10).
//   INTEGER, BIGINT  whole numbers in range; 17850.0 is one, 0.5 is none.
//   DECIMAL   no digit more than it holds. A DOUBLE that is a decimal but for its last bits (0.1 + 0.2) is
//             that decimal.
//   DOUBLE    finite; integers and decimals whose digits it holds. A FLOAT is the decimal that it prints as.
//   BOOLEAN   0 and 1.
//
// A whole number in a DOUBLE beyond 2^53 (FLOAT 2^24, half 2^11) may be any of its neighbours: no integer and
// no id.
//
//   missing  NULL stays NULL.
//   threads  pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ingest/sql_text.h"

namespace aisle::ingest {

// What a half-precision column is called here; to the database it is a FLOAT.
inline constexpr std::string_view kHalf = "HALF";

bool IsNumberType(std::string_view physical);  // BOOLEAN is one here.

// `value` is SQL, `physical` what it is for the database, `target` what it shall be ("INT", "DECIMAL(12,2)",
// "VARCHAR"). Nothing where one of the two is no number: then it is another's business.
std::optional<Cast> NumberCast(const std::string& value, std::string_view physical,
                               std::string_view target);
// A DECIMAL of that many digits behind the point, halves away from zero; nothing where no digits can be lost.
std::optional<Cast> RoundedCast(const std::string& value, std::string_view physical,
                                std::string_view target, int digits);
// Text that shall be an INT, BIGINT, DOUBLE or DECIMAL.
std::optional<Cast> NumberFromText(const std::string& value, std::string_view target);
// A text with `decimal` before its decimals and `thousands` between groups of three digits, or none at all, as the text
// that NumberFromText takes; NULL where it is not written so.
std::string PlainNumber(const std::string& value, std::string_view decimal,
                        std::string_view thousands);

}  // namespace aisle::ingest
