// SQL over ADBC: one way to run a query file on the embedded DuckDB today and on Spark later.
//
// Open a Database, Connect, then Query (rows come back as a stream of Arrow batches), Execute (no
// rows) or Ingest (a stream becomes rows of a table). Queries are base::NamedText, so that an error
// names the file and the line.
//
//   order    rows come in the query's ORDER BY, or in any order without one.
//   units    UTC everywhere: the session's time zone is set to UTC at Connect.
//   threads  a Database may be shared; a Connection and its streams belong to one thread at a time.
//   errors   kUnavailable: the database file is held by another process (the message names its pid
//            and command where the system tells, and what to do); kNotFound: opened read-only and
//            not there; kInvalidArgument: the SQL or a parameter is wrong, with "file.sql:line";
//            kFailedPrecondition: the file's format is newer.
//   cost     Connect about 1 ms; a query's rows are never all in memory unless asked for.
//   source   ADBC 1.1 through the driver's own function table (duckdb_adbc_init); dialect rules:
//            PORTABLE_SQL.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
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
// A value for $name in a query, rendered as a typed literal of the dialect: text is quoted and
// escaped, a Timestamp becomes TIMESTAMP '…', a Date DATE '…'. Doubles round-trip. NaN and
// infinities are refused.
using Value =
    std::variant<Null, bool, std::int64_t, double, std::string, base::Timestamp, base::Date>;
using Parameters = std::vector<std::pair<std::string, Value>>;

enum class Access : std::uint8_t { kReadOnly, kReadWrite };

struct Options {
  Access access = Access::kReadWrite;
  int threads = 0;           // 0: one per core.
  std::string memory_limit;  // "" leaves DuckDB's default; "4GB".
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
  // Appends or creates "schema.table" from a stream. kCreate fails if it exists. Column order is
  // the stream's.
  Result<std::int64_t> Ingest(std::string_view table, arrow::Stream stream, IngestMode mode);

  Status Begin();
  Status Commit();
  Status Rollback();

  // For small answers: the single value of a one-row, one-column query; every row as text.
  Result<std::int64_t> QueryInt(base::NamedText query, const Parameters& parameters = {});
  Result<std::vector<std::vector<std::string>>> QueryText(base::NamedText query,
                                                          const Parameters& parameters = {});

  // True if "schema.table" exists.
  Result<bool> HasTable(std::string_view table);

  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

// Runs `work` inside Begin/Commit; rolls back when it fails.
Status InTransaction(Connection& connection, const std::function<Status()>& work);

class Database {
 public:
  // ":memory:" makes a database that lives as long as this object.
  static Result<Database> Open(const std::filesystem::path& path, const Options& options = {});
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  Result<Connection> Connect();
  const std::filesystem::path& path() const;

  struct Impl;
  explicit Database(std::shared_ptr<Impl> impl);

 private:
  std::shared_ptr<Impl> impl_;
};

// The text of a query with every parameter in place: what Query() sends. Exposed for tests and
// `--explain`.
Result<std::string> Render(base::NamedText query, const Parameters& parameters);

}  // namespace aisle::warehouse
