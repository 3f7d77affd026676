// What a mapping file says: sources, parameters, steps and tables, checked as far as that goes without
// the sources.
//
// ParseMapping reads the TOML; README.md shows the language. Queries stay text here, with the line of
// the file at which they begin, so that an error of the database can name it.
//
//   order    sources and columns in the order of the file; steps, then tables, each in theirs.
//   errors   kInvalidArgument with "file:line": not TOML, an unknown or missing key, a wrong type, a
//            table that cannot be imported into.
//   source   TOML 1.0 through toml++.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/named_text.h"
#include "base/result.h"
#include "ingest/text_encoding.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

// SQL and the line of the mapping file at which its first character stands.
struct QueryText {
  std::string text;
  int line = 0;
};

struct SourceColumn {
  std::string name;
  std::string type;       // TEXT, INT, BIGINT, DOUBLE, DECIMAL(12,2), BOOLEAN, DATE, TIMESTAMP.
  std::string format;     // strptime pattern of DATE and TIMESTAMP; empty: ISO 8601.
  std::string decimal;    // "," where a text's number has one; empty: a point.
  std::string thousands;  // What stands between groups of three digits; empty: nothing.
  // The columns of the file whose texts, with a blank between, it is; empty: the one of its name.
  std::vector<std::string> of;
  bool may_be_open = false;  // Whether 'infinity' is a time: the source fills a valid_to.
  int line = 0;
};

enum class SourceFormat : std::uint8_t { kCsv, kParquet };

struct Source {
  std::string name;  // How queries call it.
  std::string file;  // Below the folder of the import: a file, a folder of parts, or a pattern.
  SourceFormat format = SourceFormat::kCsv;
  bool says_format = false;  // Else it is what the name says, or the first bytes.
  char delimiter = ',';
  bool header = true;
  Encoding encoding = Encoding::kUtf8;
  std::vector<std::string> null_texts{""};
  std::string time_zone = "UTC";  // Of times that name none; else the retailer's.
  std::vector<SourceColumn> columns;
  std::optional<std::int64_t> at_least_rows;  // That can be read.
  int line = 0;
};

struct Parameter {
  std::string name;
  warehouse::Value standard;  // Integer or text.
  std::optional<std::int64_t> at_least;
  std::optional<std::int64_t> at_most;
  bool only_grows = false;  // A later import may not give a smaller value.
  int line = 0;
};

struct Step {
  std::string name;
  QueryText query;
};

struct TableStep {
  std::string table;  // "raw.event_stream"
  std::string from;   // The source whose rows it reads; empty: none in particular.
  QueryText query;
  std::vector<std::string> required;             // Beside those of the table itself.
  std::map<std::string, std::int64_t> at_least;  // Smallest value of a column.
  std::optional<std::int64_t> at_least_rows;     // Of the query, that are not rejected.
  bool round_money = false;    // Amounts with parts of a cent; else their rows are rejected.
  base::Microseconds delay{};  // Between an event and its arrival.
  int line = 0;
};

// What a retailer counts in, and the zone of its times; nothing is the quickstart's (US dollars, UTC).
struct RetailerSettings {
  std::optional<std::string> currency;
  std::optional<std::int64_t> minor_unit;
  std::optional<std::string> time_zone;
  int line = 0;
};

struct Mapping {
  std::string file;  // For errors.
  std::string name;
  std::string about;
  std::vector<std::string> defaults;
  RetailerSettings retailer;
  std::vector<Parameter> parameters;
  std::vector<Source> sources;
  std::vector<Step> steps;
  std::vector<TableStep> tables;
};

Result<Mapping> ParseMapping(base::NamedText text);

// "90s", "15m", "6h", "2d".
Result<base::Microseconds> ParseDelay(std::string_view text);

}  // namespace aisle::ingest
