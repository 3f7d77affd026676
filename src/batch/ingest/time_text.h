// What a text must look like to be a time, and the SQL that reads it. docs/TIMES.md has the table for people.
//
// Every text is held to a pattern before the database reads it: its own cast and its try_strptime take more ('epoch',
// 'infinity', a zone that is dropped, 30 February of no year), and not the same in each of its versions.
//
//   order    of the directives of a format: as they stand in it.
//   units    microseconds; finer digits are cut.
//   missing  NULL stays NULL; a text that does not look like it becomes NULL.
//   errors   ReadTimeFormat: kInvalidArgument, which names the directive and says what to write.
//   threads  pure functions.
//   source   ISO 8601 (the part of RFC 3339, and minutes without seconds); strptime as DuckDB has it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace aisle::ingest {

// A `format` of a mapping, as far as it may be one.
struct TimeFormat {
  std::string pattern;  // RE2, of the whole text.
  std::string
      year_day_pattern;     // The same with one group: the day of the year. Empty: it has no %j.
  bool names_zone = false;  // %z or %Z: rows without a zone do not fit.
  bool has_nanoseconds = false;  // %n
  std::string swapped;           // Day and month change places; empty: nothing to mistake.
};

// `of_days`: of a DATE column, where a zone has no meaning.
Result<TimeFormat> ReadTimeFormat(std::string_view format, bool of_days);

// Conditions on `value`, a text in SQL that is not NULL.
std::string LooksZoned(std::string_view value);     // An ISO time that names its zone.
std::string LooksUnzoned(std::string_view value);   // An ISO time or day that names none.
std::string LooksInfinite(std::string_view value);  // 'infinity'
std::string LooksLikeDay(std::string_view value);
// It is a time by `format`, which ReadTimeFormat took.
std::string Fits(std::string_view value, std::string_view format);

// An ISO text as TIMESTAMP: in UTC where it names its zone, else as its clock shows.
std::string ZonedText(std::string_view value);
std::string UnzonedText(std::string_view value);
// A text by `format`, in the same two ways, by what the format says.
std::string FormattedText(std::string_view value, std::string_view format);

// The clock of `zone` as UTC. A time that happens twice is its second, one that never happens is moved on by what the
// clock leaves out.
std::string ToUtc(std::string_view local, std::string_view zone);
// And back.
std::string ToLocal(std::string_view utc, std::string_view zone);

}  // namespace aisle::ingest
