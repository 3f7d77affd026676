#include "workspace/workspace.h"

#include <fmt/format.h>

#include "base/lock_holder.h"
#include "workspace/about_json.h"
#include "workspace/json_fields.h"

namespace aisle::workspace {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kJobLock = "worker.lock";

// An object with a format that this program reads.
Result<json::object> ReadJson(const fs::path& path) {
  AISLE_TRY(const std::string text, base::ReadFile(path));
  auto object = ParseVersioned(text);
  if (object) return object;
  if (object.error().code == ErrorCode::kFailedPrecondition)
    return Within(path.string(), std::move(object).error());
  return Fail(ErrorCode::kInternal,
              fmt::format("{} is damaged ({}); remove it and run the job that wrote it again",
                          path.string(), object.error().message));
}

}  // namespace

bool Workspace::Exists() const {
  std::error_code code;
  return fs::is_directory(Run(), code);
}

bool Workspace::HasWarehouse() const {
  std::error_code code;
  return fs::exists(Warehouse(), code);
}

bool Workspace::HasData() const {
  std::error_code code;
  return HasWarehouse() && fs::exists(root_ / "about.json", code);
}

Status Workspace::Create() const {
  for (const fs::path& folder : {root_, Registry(), Serving(), Events(), Changes(), Run()}) {
    std::error_code code;
    fs::create_directories(folder, code);
    if (code) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("cannot make the folder {}: {}", folder.string(), code.message()));
    }
    base::RemoveStagingLeftovers(folder);
  }
  return {};
}

Result<base::FileLock> Workspace::LockJobs(const std::string& purpose) const {
  AISLE_CHECK(Create());
  return base::FileLock::Acquire(Run() / kJobLock, purpose);
}

std::optional<std::string> Workspace::JobRunning() const {
  // The kernel's own list, so that looking takes no lock that a job might then miss.
  return base::LockHolder(Run() / kJobLock);
}

Result<warehouse::Database> Workspace::OpenWarehouse(warehouse::Access access,
                                                     const Settings& settings) const {
  if (access == warehouse::Access::kReadOnly && !HasWarehouse()) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("there is no warehouse at {}; run `aisle demo`, `aisle generate` or "
                            "`aisle import` first",
                            Warehouse().string()));
  }
  auto database = warehouse::Database::Open(
      Warehouse(), {.access = access,
                    .threads = static_cast<int>(settings.warehouse_threads),
                    .memory_limit = settings.warehouse_memory_limit});
  // Nobody asked for this file by name, so it is not the command that is wrong.
  if (!database && database.error().code == ErrorCode::kInvalidArgument) {
    return Fail(
        ErrorCode::kInternal,
        database.error().message + "; put a backup in its place, or remove it and load again");
  }
  return database;
}

Result<AboutData> Workspace::ReadAbout() const {
  const fs::path path = root_ / "about.json";
  if (!HasData()) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} holds no data yet; run `aisle demo`, `aisle generate` or `aisle "
                            "import` first",
                            root_.string()));
  }
  AISLE_TRY(const std::string text, base::ReadFile(path));
  auto about = AboutFromJson(text);
  if (!about) return Within(path.string(), std::move(about).error());
  return about;
}

Status Workspace::WriteAbout(const AboutData& about) const {
  return base::WriteFileAtomic(root_ / "about.json", AboutToJson(about) + "\n");
}

Result<std::map<std::string, JobRecord>> Workspace::ReadJobs() const {
  std::map<std::string, JobRecord> jobs;
  if (!HasWarehouse()) return jobs;
  auto object = ReadJson(Run() / "jobs.json");
  if (!object && object.error().code == ErrorCode::kNotFound) return jobs;
  if (!object) return std::unexpected(std::move(object).error());
  for (const auto& [name, value] : *object) {
    if (!value.is_object()) continue;
    const json::object& entry = value.get_object();
    JobRecord record{.data = TextOf(entry, "data"),
                     .as_of = TimeOf(entry, "as_of"),
                     .finished = TimeOf(entry, "finished"),
                     .seconds = DoubleOf(entry, "seconds"),
                     .target_lag_minutes = IntOf(entry, "target_lag_minutes"),
                     .counts = {}};
    if (const json::value* counts = entry.if_contains("counts");
        counts != nullptr && counts->is_object()) {
      for (const auto& [key, count] : counts->get_object()) {
        if (count.is_int64()) record.counts[std::string(key)] = count.get_int64();
      }
    }
    jobs[std::string(name)] = std::move(record);
  }
  return jobs;
}

Status Workspace::WriteJobs(const std::map<std::string, JobRecord>& jobs) const {
  json::object object = {{"format", kWorkspaceFormat}};
  for (const auto& [name, entry] : jobs) {
    json::object counts;
    for (const auto& [key, count] : entry.counts) counts[key] = count;
    object[name] = json::object{{"data", entry.data},
                                {"as_of", base::FormatIso(entry.as_of)},
                                {"finished", base::FormatIso(entry.finished)},
                                {"seconds", entry.seconds},
                                {"target_lag_minutes", entry.target_lag_minutes},
                                {"counts", std::move(counts)}};
  }
  return base::WriteFileAtomic(Run() / "jobs.json", json::serialize(object) + "\n");
}

Status Workspace::RecordJob(const std::string& job, const JobRecord& record) const {
  // A damaged file is replaced: it only remembers, and the jobs it forgets run again.
  std::map<std::string, JobRecord> jobs = ReadJobs().value_or(std::map<std::string, JobRecord>{});
  jobs[job] = record;
  return WriteJobs(jobs);
}

Status Workspace::ForgetData() const {
  for (const fs::path& path : {root_ / "about.json", Run() / "jobs.json"}) {
    std::error_code code;
    fs::remove(path, code);
    if (code) {
      return Fail(ErrorCode::kInternal,
                  fmt::format("cannot remove {}: {}", path.string(), code.message()));
    }
  }
  return {};
}

}  // namespace aisle::workspace
