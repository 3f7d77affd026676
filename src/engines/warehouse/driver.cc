#include "warehouse/driver.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "base/program.h"

namespace aisle::warehouse {
namespace {

// The error that a call fills in.
class Words {
 public:
  Words() = default;
  ~Words() {
    if (error_.release != nullptr) error_.release(&error_);
  }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;

  AdbcError* Out() { return &error_; }
  Called<void> Check(AdbcStatusCode status) const {
    if (status == ADBC_STATUS_OK) return {};
    return std::unexpected(
        Failure{status, error_.message != nullptr
                            ? std::string(error_.message)
                            : fmt::format("the driver failed without a word, status {}", status)});
  }

 private:
  AdbcError error_ = ADBC_ERROR_INIT;
};

// Calls one function of the driver's table.
template <typename Function, typename... Arguments>
Called<void> Call(Function function, Arguments... arguments) {
  Words words;
  return words.Check(function(arguments..., words.Out()));
}

#define AISLE_CALL(...) \
  if (auto called = Call(__VA_ARGS__); !called) return std::unexpected(std::move(called).error())

class StatementHandle {
 public:
  explicit StatementHandle(const AdbcDriver& driver) : driver_(driver) {}
  ~StatementHandle() {
    Words words;
    if (handle.private_data != nullptr) driver_.StatementRelease(&handle, words.Out());
  }
  StatementHandle(const StatementHandle&) = delete;
  StatementHandle& operator=(const StatementHandle&) = delete;
  AdbcStatement handle{};

 private:
  const AdbcDriver& driver_;
};

// As the environment says, beside an installed program, or where the build found it.
std::string LibraryPath() {
  const char* named = std::getenv("AISLE_DUCKDB");
  if (named != nullptr && *named != '\0') return named;
  std::error_code code;
  const auto installed = base::ProgramFolder() / "../lib/aisle/libduckdb.so";
  return std::filesystem::exists(installed, code) ? installed.string() : AISLE_DUCKDB_SO;
}

Result<const AdbcDriver*> OpenLibrary() {
  const std::string path = LibraryPath();
  const auto refuse = [&](const char* why) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("DuckDB's library {} cannot be used: {}; fetch it with "
                            "tools/fetch-pins or name one in AISLE_DUCKDB",
                            path, why != nullptr ? why : "unknown reason"));
  };
  // Never closed: DuckDB's threads and exit handlers may outlive any moment we could choose.
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return refuse(dlerror());
  const auto init = reinterpret_cast<AdbcDriverInitFunc>(dlsym(library, "duckdb_adbc_init"));
  if (init == nullptr) return refuse(dlerror());
  static AdbcDriver driver{};
  Words words;
  if (const auto called = words.Check(init(ADBC_VERSION_1_1_0, &driver, words.Out())); !called)
    return refuse(called.error().words.c_str());
  return &driver;
}

}  // namespace

Result<const AdbcDriver*> LoadDriver() {
  static std::mutex mutex;
  static const AdbcDriver* loaded = nullptr;
  const std::lock_guard lock(mutex);
  if (loaded == nullptr) {
    AISLE_TRY(loaded, OpenLibrary());
  }
  return loaded;
}

Called<std::unique_ptr<DriverDatabase>> DriverDatabase::Open(const AdbcDriver& driver,
                                                             const Settings& settings) {
  std::unique_ptr<DriverDatabase> database(new DriverDatabase(driver));
  AISLE_CALL(driver.DatabaseNew, &database->handle);
  database->handle.private_driver = const_cast<AdbcDriver*>(&driver);
  for (const auto& [key, value] : settings) {
    if (auto set = Call(driver.DatabaseSetOption, &database->handle, key.c_str(), value.c_str());
        !set) {
      return std::unexpected(Failure{
          ADBC_STATUS_INVALID_ARGUMENT,
          fmt::format("Invalid Configuration: {} = '{}': {}", key, value, set.error().words)});
    }
  }
  AISLE_CALL(driver.DatabaseInit, &database->handle);
  return database;
}

DriverDatabase::~DriverDatabase() {
  Words words;
  if (handle.private_data != nullptr) driver.DatabaseRelease(&handle, words.Out());
}

Called<std::shared_ptr<Session>> Session::Open(std::shared_ptr<DriverDatabase> database) {
  const AdbcDriver& driver = database->driver;
  std::shared_ptr<Session> session(new Session(std::move(database)));
  AISLE_CALL(driver.ConnectionNew, &session->handle_);
  session->handle_.private_driver = const_cast<AdbcDriver*>(&driver);
  AISLE_CALL(driver.ConnectionInit, &session->handle_, &session->database_->handle);
  return session;
}

Session::~Session() {
  Words words;
  if (handle_.private_data != nullptr) database_->driver.ConnectionRelease(&handle_, words.Out());
}

Called<std::int64_t> Session::Run(const std::string& sql, ArrowArrayStream* rows) {
  const AdbcDriver& driver = database_->driver;
  StatementHandle statement(driver);
  AISLE_CALL(driver.StatementNew, &handle_, &statement.handle);
  statement.handle.private_driver = const_cast<AdbcDriver*>(&driver);
  AISLE_CALL(driver.StatementSetSqlQuery, &statement.handle, sql.c_str());
  std::int64_t changed = -1;
  AISLE_CALL(driver.StatementExecuteQuery, &statement.handle, rows, &changed);
  return changed;
}

Called<std::int64_t> Session::Ingest(const Settings& settings, ArrowArrayStream* rows) {
  const AdbcDriver& driver = database_->driver;
  // Whatever the driver has not taken is released here.
  const std::unique_ptr<ArrowArrayStream, void (*)(ArrowArrayStream*)> owner(
      rows, [](ArrowArrayStream* stream) {
        if (stream->release != nullptr) stream->release(stream);
      });
  StatementHandle statement(driver);
  AISLE_CALL(driver.StatementNew, &handle_, &statement.handle);
  statement.handle.private_driver = const_cast<AdbcDriver*>(&driver);
  for (const auto& [key, value] : settings)
    AISLE_CALL(driver.StatementSetOption, &statement.handle, key.c_str(), value.c_str());
  AISLE_CALL(driver.StatementBindStream, &statement.handle, rows);
  std::int64_t changed = -1;
  AISLE_CALL(driver.StatementExecuteQuery, &statement.handle, nullptr, &changed);
  return changed;
}

}  // namespace aisle::warehouse
