// DuckDB's ADBC driver: opened once per process, its handles owned, its errors taken as values.
//
// Private to this module. The driver's own function table is called; there is no driver manager.
//
//   threads  Database may be shared; Session and what runs on it belong to one thread at a time.
//   errors   the driver's own words in Failure; what they mean is said by explain.h. LoadDriver:
//            kFailedPrecondition if the library is not there or is not a driver.
//   source   ADBC 1.1 (adbc.h). AISLE_DUCKDB in the environment names another libduckdb.so than the
//            pinned one.
#pragma once

#include <arrow-adbc/adbc.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace aisle::warehouse {

struct Failure {
  AdbcStatusCode status = ADBC_STATUS_OK;
  std::string words;
};
template <typename T>
using Called = std::expected<T, Failure>;

// The functions; lives as long as the process.
Result<const AdbcDriver*> LoadDriver();

using Settings = std::vector<std::pair<std::string, std::string>>;

class DriverDatabase {
 public:
  static Called<std::unique_ptr<DriverDatabase>> Open(const AdbcDriver& driver,
                                                      const Settings& settings);
  ~DriverDatabase();
  DriverDatabase(const DriverDatabase&) = delete;
  DriverDatabase& operator=(const DriverDatabase&) = delete;

  const AdbcDriver& driver;
  AdbcDatabase handle{};

 private:
  explicit DriverDatabase(const AdbcDriver& functions) : driver(functions) {}
};

// One connection; keeps its database open.
class Session {
 public:
  static Called<std::shared_ptr<Session>> Open(std::shared_ptr<DriverDatabase> database);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // One statement. Rows, if wanted, come out of `rows`, which must be released before the session
  // goes. The count of changed rows, or -1.
  Called<std::int64_t> Run(const std::string& sql, ArrowArrayStream* rows = nullptr);
  // Appends the stream's rows to a table; takes the stream over in any case.
  Called<std::int64_t> Ingest(const Settings& settings, ArrowArrayStream* rows);

 private:
  explicit Session(std::shared_ptr<DriverDatabase> database) : database_(std::move(database)) {}
  std::shared_ptr<DriverDatabase> database_;
  AdbcConnection handle_{};
};

}  // namespace aisle::warehouse
