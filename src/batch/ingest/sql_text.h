// Pieces of SQL that the importer puts together: names, texts, and casts that tell what they refuse.
//
// A cast is written twice: the value (NULL where it cannot be read) and the condition under which a
// value was there and could not be read.
//
//   missing  NULL stays NULL and is never refused.
//   source   DuckDB's SQL; the importer runs on nothing else, because it reads local files.
#pragma once

#include <string>
#include <string_view>

#include "ingest/mapping.h"

namespace aisle::ingest {

std::string Quoted(std::string_view name);   // "name"
std::string Literal(std::string_view text);  // 'text'

// Whether it is a TIMESTAMP with a zone, and such a value in UTC. The database has one of nanoseconds since version 2.
bool IsZoned(std::string_view physical);
std::string InUtc(std::string_view value, std::string_view physical);

struct Cast {
  std::string value;
  std::string refused;  // Empty: nothing is.
  // Where it could be read, and would lose digits; empty: never. And how the reason goes on after the value.
  std::string lossy = {};
  std::string lossy_reason = {};
};

// A source's column, physically of `physical` type, as its declared type in UTC. Text is read strictly:
// whole numbers for INT, no NaN, times as docs/TIMES.md says. A day that is to be a TIMESTAMP is the midnight of
// `time_zone` with which it begins, whatever it is read from; a TIMESTAMP is a DATE only where it is a midnight.
Cast SourceCast(const SourceColumn& column, std::string_view physical, std::string_view time_zone);

// A query's column of type `physical` as the type of a raw table's column. Days and UTC times change into each other by
// the clock of `time_zone`. An infinity is refused, except that 'infinity' in valid_to is NULL: it holds still.
Cast TargetCast(std::string_view column, std::string_view physical, std::string_view target,
                std::string_view time_zone);

// What `column` says on the source's clock, as TIMESTAMP: of a text that names no zone, a TIMESTAMP without one.
// NULL: it names one, or cannot be read. Empty: this type leaves nothing to the clock.
std::string LocalTime(const SourceColumn& column, std::string_view physical);

}  // namespace aisle::ingest
