// Third-party transactions into the raw tables, by a mapping file (TOML).
//
// A mapping names source files and, for each raw table, a query over them; the importer takes care of
// types, ids, time zones, rejected rows, keys, delays and stated defaults (README.md shows the
// language). Text ids become BIGINT ids through raw.id_map. What a retailer lacks (views, stock) gets
// a stated default that `aisle status` shows.
//
//   order    tables of the retailer's shape (regions, postal codes, tiers) are filled first, since rows
//            of the others are checked against it; then the others, as in the mapping. Ids are given
//            out in the order of the source's sorted text ids, table after table, so that the same
//            files give the same tables; new ids continue after the highest.
//   again    events stay, other rows are replaced by the newer. A table of the shape that the mapping
//            brings is what it brings: rows that it no longer gives go, unless other mappings' imports
//            are there too (`add`), whose rows they may be. Histories that changes have begun go on with
//            what the files say of now.
//   errors   kInvalidArgument: mapping, parameter, file or column is wrong, with file, line and name; ids of
//            one kind are spelled in two ways (id_check.h);
//            kNotFound: a source file is missing, or no shipped mapping has the name;
//            kFailedPrecondition: the warehouse holds another retailer (a synthetic one, or what
//            another mapping imported), or more of this one than the parameters ask for, or rows of a
//            region or tier that the shape has no more, or amounts in another currency; or fewer rows came
//            in than `at_least_rows` asks for, or none. An import is
//            one transaction: on any error, and when the process is killed, nothing of it is there.
//            Rows that cannot be read go to raw.rejects with the reason, in place of those of the
//            mapping's import before, and are counted; they are not an error.
//   cost     streams; memory does not grow with the rows. Repeating an import adds nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

struct ImportOptions {
  // Values for the mapping's own parameters: {"until_week", "45"}.
  std::map<std::string, std::string> parameters;
  // When the import began, for audit; events after it lie in the future. Where changes were taken in (ingest.h), what
  // was acknowledged after it is newer than the files, all else older.
  base::Timestamp loaded_at{};
  // Of the mapping's tables, those to fill ("inventory"), with the sources that these need; empty: all.
  std::vector<std::string> only = {};
  bool add = false;  // To what other mappings imported; equal ids are one.
  std::function<void(const std::string& step)> progress;
};

// Times of a source's column that the clock of its zone skips or shows twice, because it is put forward or back.
struct ChangedClock {
  std::string file;    // "orders.csv"
  std::string column;  // "bought_at"
  std::string time_zone;
  std::int64_t skipped = 0;   // Never happened: moved on by what the clock leaves out.
  std::string first_skipped;  // "line 7: '2025-03-09 02:30'", a part's after its name; empty: none.
  std::int64_t repeated = 0;  // Happened twice: taken as the second.
  std::string first_repeated;
};

struct ImportedSource {
  std::string file;           // "orders.csv", "orders/", "orders/*.csv": as the mapping says it.
  std::int64_t files = 1;     // That it is.
  std::int64_t rows = 0;      // In the file, rejected ones included.
  std::int64_t rejected = 0;  // In raw.rejects: unreadable before any query saw them.
  bool has_headers = false;   // Of CSV files.
  std::vector<ChangedClock> clocks = {};  // Columns that have such times.
};

// rows = added + updated + unchanged + repeated + rejected.
struct ImportedTable {
  std::string table;           // "raw.event_stream"
  std::string source;          // The file's name; empty: none in particular.
  std::size_t step = 0;        // Which of the mapping's tables.
  std::int64_t rows = 0;       // That the mapping's query gave.
  std::int64_t added = 0;      // Not there before.
  std::int64_t updated = 0;    // There before with other values.
  std::int64_t unchanged = 0;  // There before, and left as it is.
  std::int64_t repeated = 0;   // The key is that of an earlier row of the query: left out.
  std::int64_t rejected = 0;   // In raw.rejects.
  std::int64_t withdrawn =
      0;                  // Of the retailer's shape, there before and given no more: taken out.
  std::int64_t held = 0;  // In the table afterwards.
  std::vector<std::string> columns = {};  // That the query gave.
  bool Gives(std::string_view column) const;
  bool days_of_a_clock = false;  // A DATE became a TIMESTAMP by another clock than UTC's.
};

// Events whose customer or product is in no table, among all that are there. They are kept: the table
// may come with a later import.
struct UnknownIds {
  std::string kind;         // "customer" of raw.customers, "product" of raw.product_catalog.
  std::int64_t events = 0;  // That name one.
  std::int64_t ids = 0;
  std::string first;  // The first of them, as the retailer writes it.
};

// Customers whose postal code no rule of the retailer knows, among all that are there. They are kept, and
// count for the first region, as those without a code do.
struct UnknownPostalCodes {
  std::int64_t customers = 0;
  std::int64_t codes = 0;
  std::string first;  // Of the codes, in the order of texts.
};

// A rejected row as an example of its group.
struct RejectedRow {
  std::string
      file;  // "orders.csv", the part's name; the mapping's, where no source's line is known.
  std::int64_t line = 0;
  std::string value;  // That the reason names; empty: it names none.
  std::string row;
};

// Rows that were rejected for the same reason.
struct RejectGroup {
  std::string file;    // Of the mapping's source; the mapping's name where none in particular.
  std::string table;   // Empty: its source could not read them.
  std::string column;  // Empty: of the row as a whole.
  std::string reason;  // Without the values: "bought_at: … is not TIMESTAMP".
  std::int64_t rows = 0;
  std::vector<RejectedRow> examples = {};  // Three at most, the first lines.
};

// Categories that capitals, accents or blanks make several of. They are kept as they are.
struct Spellings {
  std::int64_t categories = 0;  // That are spelled in more than one way.
  std::int64_t spellings = 0;   // Of them.
  std::int64_t all = 0;         // Categories of products, each spelling counted.
  std::string first;            // "'Fruit', 'fruit '": two of the one with the most.
};

struct ImportReport {
  std::string mapping;  // Its name.
  std::string about;    // What the data is, in the mapping's words.
  std::vector<ImportedSource> sources;
  std::vector<ImportedTable> tables;
  std::vector<UnknownIds> unknown;  // By kind; none: every id is in its table.
  UnknownPostalCodes unknown_postal_codes;
  std::vector<RejectGroup> rejects;  // Of the most rows first.
  Spellings spellings;
  std::vector<std::string> others;    // Mappings whose imports are there beside this one.
  std::vector<std::string> defaults;  // What is lacking and what stands in for it; others' too.
  std::optional<base::Timestamp>
      last_event;  // A sensible as_of is just after it; nothing: no event is there.
  std::int64_t events_after_now = 0;  // Of all that are there.
  // Events before the end of the data that are known only after it, because of a `delay`: a refresh as of that end does
  // not see them.
  std::int64_t events_known_late = 0;
};

// The full hour after the last event: nothing happens at or after it. Without events there is no end yet: 1970.
base::Timestamp EndOfData(const std::optional<base::Timestamp>& last_event);

// Names of the mappings inside this program: "complete-journey".
std::vector<std::string> ShippedMappings();
// The text of one of them; kNotFound names those there are.
Result<std::string> ShippedMapping(std::string_view name);

// `mapping` is the path of a file that ends in .toml, or the name of a shipped mapping. `folder` holds
// the source files the mapping names. Makes the raw tables if need be.
Result<ImportReport> Import(warehouse::Connection& connection, const std::string& mapping,
                            const std::filesystem::path& folder, const ImportOptions& options);

}  // namespace aisle::ingest
