// SQL over ADBC: one way to run a query file on the embedded DuckDB today and on Spark later.
//
// Open a Database, Connect, then Query (rows come back as a stream of Arrow batches), Execute (no
// rows) or Ingest (a stream becomes rows of a table). Queries are base::NamedText, so that an error
// names the file and the line.
//
//   order    rows come in the query's ORDER BY, or in any order without one.
//   units    UTC everywhere: the session's time zone is set to UTC at Connect.
//   missing  a NULL is a NULL; Parameters carry it as Null.
//   threads  a Database may be shared; a Connection and its streams belong to one thread at a time. A
//            Database must not be a static: DuckDB's allocator state is gone before statics are.
//   errors   Open: kUnavailable: the file is held by another process (the message names its pid and
//            command where the system tells, and what to do), or by this one with another access;
//            kNotFound: opened read-only and not there, or no folder to make it in;
//            kFailedPrecondition: the file's format is newer, or it may not be read; kInvalidArgument:
//            a folder, no DuckDB file, a setting that is none; kInternal: a damaged file.
//            Statements: kInvalidArgument: the SQL, a parameter or a value is wrong, with
//            "file.sql:line"; kNotFound: a file that the SQL reads; kUnavailable: a conflict with
//            another connection, memory, disk; kFailedPrecondition: read-only, or a transaction that
//            an earlier error has aborted.
//   cost     Connect about 1 ms; a query's rows are never all in memory unless asked for: a second
//            statement on a connection first reads the rest of its open streams into memory.
//   source   ADBC 1.1 through the driver's own function table (duckdb_adbc_init). Query files keep to SQL
//            that Spark reads too (dialect.h). The library is the pinned one, or AISLE_DUCKDB in the environment.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "arrow/batch.h"
#include "base/clock.h"
#include "base/named_text.h"
#include "base/result.h"

namespace aisle::warehouse {

struct Null {};
// The name of a table, "schema.table" or "table", for a $name that stands where a table does.
struct Table {
  std::string name;
};
// Texts for a $name that stands after IN: never empty.
struct Texts {
  std::vector<std::string> values;
};
// A value for $name in a query, rendered as a typed literal of the dialect: text is quoted and
// escaped, a Timestamp becomes TIMESTAMP '…', a Date DATE '…', an integer a BIGINT, a table its
// quoted name, texts a list in parentheses. Doubles round-trip. NaN, infinities, text with a NUL byte
// and years outside of 1 to 9999 are refused.
using Value = std::variant<Null, bool, std::int64_t, double, std::string, base::Timestamp,
                           base::Date, Table, Texts>;
using Parameters = std::vector<std::pair<std::string, Value>>;

enum class Access : std::uint8_t { kReadOnly, kReadWrite };

struct Options {
  Access access = Access::kReadWrite;
  int threads = 0;                // 0: one per core.
  std::string memory_limit = {};  // "" leaves DuckDB's default; "4GB".
};

enum class IngestMode : std::uint8_t { kCreate, kAppend, kReplace };

class Connection {
 public:
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // `query` must hold one statement. Every $name in it must be in `parameters`, and the reverse;
  // otherwise kInvalidArgument with the name.
  Result<arrow::Stream> Query(base::NamedText query, const Parameters& parameters = {});
  // One or several statements separated by ';', run one after another. Returns the rows changed by
  // the last one, or -1 where the driver does not say.
  Result<std::int64_t> Execute(base::NamedText script, const Parameters& parameters = {});
  // Makes rows of "schema.table" ("table": in schema main) out of a stream, all or none, and
  // returns how many. kCreate (kFailedPrecondition if it exists) and kReplace make the table with
  // the stream's columns; kAppend matches columns by name, casts, leaves those that the stream does
  // not have to their defaults; kNotFound without the table, kInvalidArgument for a column that it
  // does not have or a value that it refuses. Fast when names, order and types are the table's and
  // it has no constraints; else the rows are written twice, by way of a temporary table. The
  // stream's own error comes back with its code.
  Result<std::int64_t> Ingest(std::string_view table, arrow::Stream stream, IngestMode mode);

  // Not by Execute("BEGIN"): Ingest asks whether one is open. After a statement's error, Commit may
  // be kFailedPrecondition and keep nothing; Rollback.
  Status Begin();
  Status Commit();
  Status Rollback();
  // Begin was called, and neither Commit nor Rollback since.
  bool InsideTransaction() const;

  // For small answers: the single integer of a one-row, one-column query (kInvalidArgument for
  // anything else, a HUGEINT beyond 64 bits included); every row as text.
  Result<std::int64_t> QueryInt(base::NamedText query, const Parameters& parameters = {});
  Result<std::vector<std::vector<std::string>>> QueryText(base::NamedText query,
                                                          const Parameters& parameters = {});

  // True if "schema.table" exists.
  Result<bool> HasTable(std::string_view table);
  // Every table there is, "schema.table" in small letters: one question for who asks about several.
  Result<std::set<std::string>> TableNames();

  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

// Runs `work` inside Begin/Commit; rolls back when it fails. Inside a transaction it is part of that
// one: `work` only runs, and whoever began decides.
Status InTransaction(Connection& connection, const std::function<Status()>& work);

// From now on, what this connection's database is asked reads and writes its own tables only: no file, no
// network, no extension to load, and no setting to change.
Status Confine(Connection& connection);

// Whether the file begins as the warehouse's do, without opening it as one. False when it cannot be read.
bool LooksLikeDatabase(const std::filesystem::path& path);

class Database {
 public:
  // ":memory:" makes a database that lives as long as this object, its connections and their
  // streams. A file that this process has open with the same access is shared, with the first one's
  // other options.
  static Result<Database> Open(const std::filesystem::path& path, const Options& options = {});
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  Result<Connection> Connect();
  const std::filesystem::path& Path() const;

  struct Impl;
  explicit Database(std::shared_ptr<Impl> impl);

 private:
  std::shared_ptr<Impl> impl_;
};

// The text of a query with every parameter and macro in place: what Query() sends, line by line as
// in the file. Exposed for tests and `--explain`. Macros stand for functions that dialects name
// differently: @epoch_us(t), microseconds since 1970; @row_hash(a, b, ...), 64 bits of some values.
Result<std::string> Render(base::NamedText query, const Parameters& parameters);

// Those of the parameters that stand in the text: for queries that share a stock of them.
Result<Parameters> OnlyNamed(base::NamedText query, const Parameters& offered);

}  // namespace aisle::warehouse
