#include <fmt/format.h>

#include <array>
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <system_error>

#include "warehouse/connection_impl.h"
#include "warehouse/driver.h"
#include "warehouse/explain.h"
#include "warehouse/warehouse.h"

namespace aisle::warehouse {

namespace fs = std::filesystem;

struct Database::Impl {
  fs::path path;
  std::shared_ptr<DriverDatabase> database;
};

namespace {

// What the file system knows before DuckDB is asked; its own words are worse.
Status CheckPath(const fs::path& path, Access access) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  const auto say = [&](ErrorCode code, const char* what) {
    return Fail(code, fmt::format("database {}: {}", path.string(), what));
  };
  if (fs::is_directory(status)) return say(ErrorCode::kInvalidArgument, "is a folder, not a file");
  if (fs::exists(status)) return {};
  if (access == Access::kReadOnly)
    return say(ErrorCode::kNotFound, "is not there, and was to be opened read-only");
  const fs::path folder = fs::absolute(path).parent_path();
  if (!fs::is_directory(folder, error))
    return say(ErrorCode::kNotFound, "cannot be made: its folder does not exist");
  return {};
}

// The databases that this process has open. POSIX locks do not keep a process from itself: two
// instances of DuckDB on one file would each believe to be alone, so everybody shares one.
class OpenFiles {
 public:
  static OpenFiles& Get() {
    static OpenFiles& files = *new OpenFiles;  // Outlives every static Database.
    return files;
  }

  Result<std::shared_ptr<DriverDatabase>> Open(const AdbcDriver& driver, const fs::path& path,
                                               Access access, const Settings& settings) {
    std::error_code error;
    std::string key = fs::weakly_canonical(path, error).string();
    if (error) key = path.string();
    std::unique_lock lock(mutex_);
    for (auto found = files_.find(key); found != files_.end(); found = files_.find(key)) {
      if (auto database = found->second.database.lock()) {
        if (found->second.access == access) return database;
        return Fail(
            ErrorCode::kUnavailable,
            fmt::format("database {}: this process has it open {}; let that go first",
                        path.string(), access == Access::kReadOnly ? "for writing" : "read-only"));
      }
      closed_.wait(lock);  // Its last user has gone; the file is being closed.
    }
    auto opened = DriverDatabase::Open(driver, settings);
    if (!opened) return std::unexpected(ExplainOpen(opened.error(), path));
    std::shared_ptr<DriverDatabase> database(
        opened->release(), [this, key](DriverDatabase* last) { Close(last, key); });
    files_[key] = {database, access};
    return database;
  }

 private:
  struct File {
    std::weak_ptr<DriverDatabase> database;
    Access access{};
  };

  void Close(DriverDatabase* database, const std::string& key) {
    const std::lock_guard lock(mutex_);
    delete database;
    files_.erase(key);
    closed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable closed_;
  std::map<std::string, File> files_;
};

}  // namespace

Result<Database> Database::Open(const fs::path& path, const Options& options) {
  AISLE_TRY(const AdbcDriver* driver, LoadDriver());
  const bool in_memory = path == ":memory:";
  if (!in_memory) AISLE_CHECK(CheckPath(path, options.access));
  if (in_memory && options.access == Access::kReadOnly)
    return Fail(ErrorCode::kInvalidArgument, "database :memory: cannot be opened read-only");
  if (options.threads < 0) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("database {}: {} threads", path.string(), options.threads));
  }
  Settings settings = {
      {"path", path.string()},
      {"access_mode", options.access == Access::kReadOnly ? "READ_ONLY" : "READ_WRITE"},
      // Nothing is fetched from the network behind the operator's back.
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"}};
  if (in_memory) settings[1].second = "AUTOMATIC";
  if (options.threads > 0) settings.emplace_back("threads", std::to_string(options.threads));
  if (!options.memory_limit.empty()) settings.emplace_back("memory_limit", options.memory_limit);
  if (!in_memory) {
    AISLE_TRY(auto database, OpenFiles::Get().Open(*driver, path, options.access, settings));
    return Database(std::make_shared<Impl>(Impl{path, std::move(database)}));
  }
  auto database = DriverDatabase::Open(*driver, settings);
  if (!database) return std::unexpected(ExplainOpen(database.error(), path));
  return Database(std::make_shared<Impl>(Impl{path, *std::move(database)}));
}

Database::Database(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

const fs::path& Database::Path() const { return impl_->path; }

Result<Connection> Database::Connect() {
  auto session = Session::Open(impl_->database);
  if (!session) return std::unexpected(ExplainOpen(session.error(), impl_->path));
  if (auto zone = (*session)->Run("SET TimeZone = 'UTC'"); !zone)
    return std::unexpected(ExplainOpen(zone.error(), impl_->path));
  return Connection(std::make_unique<Connection::Impl>(Connection::Impl{*std::move(session)}));
}

bool LooksLikeDatabase(const fs::path& path) {
  constexpr std::string_view kMagic = "DUCK";  // Behind a checksum of eight bytes.
  std::array<char, 8 + kMagic.size()> head{};
  std::ifstream(path, std::ios::binary).read(head.data(), head.size());
  return std::string_view(head.data() + 8, kMagic.size()) == kMagic;
}

}  // namespace aisle::warehouse
