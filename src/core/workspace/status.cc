#include "workspace/status.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "serving/state/in_service.h"

namespace aisle::workspace {
namespace {

// Keeps the value, or the error's words as a problem of a part; what is merely not there yet is no problem.
template <typename T>
std::optional<T> Keep(Result<T> result, const char* part, StatusReport& report) {
  if (result) return *std::move(result);
  if (result.error().code == ErrorCode::kNotFound) return std::nullopt;
  report.unread.insert(part);
  report.problems.push_back(std::move(result).error().message);
  return std::nullopt;
}

// With less room than that on its disk a directory is as good as full.
constexpr std::uint64_t kRoomBytes = 64U << 20U;

bool IsTable(const std::string& name) { return name.find('.') != std::string::npos; }

// A load that was ended in the middle may have been whole or not; only the warehouse knows, and says it to the next job.
bool IsLoad(const std::string& command) {
  return command == "generate" || command == "import" || command == "demo";
}

// What the raw tables hold, or nothing with the reason.
void ReadAbout(const Workspace& workspace, StatusReport& report) {
  if (!workspace.HasWarehouse()) return;
  // Opening it would take it from a job that is about to start.
  if (!warehouse::LooksLikeDatabase(workspace.Warehouse())) {
    report.unread.insert("data");
    report.problems.push_back(fmt::format(
        "{} is no database, or cannot be read; put a backup in its place, or remove it and "
        "load again",
        workspace.Warehouse().string()));
    return;
  }
  if (workspace.HasData()) {
    report.about = Keep(workspace.ReadAbout(), "data", report);
    return;
  }
  // An empty warehouse has no about.json; one that jobs worked on had.
  const auto jobs = workspace.ReadJobs();
  const bool worked_on = !jobs || !jobs->empty();
  const bool perhaps_loaded = std::ranges::any_of(report.failed, [](const Attempt& attempt) {
    return IsLoad(attempt.command) && attempt.error.empty();
  });
  if (!worked_on && !perhaps_loaded) return;
  report.unread.insert("data");
  if (worked_on) {
    report.problems.push_back(
        fmt::format("{} is missing beside its warehouse: what the raw tables hold is not known "
                    "here; the next job writes it again, "
                    "`aisle refresh` for one",
                    (workspace.Root() / "about.json").string()));
  }
}

void ReadTables(const Workspace& workspace, const Settings& settings, StatusReport& report) {
  if (!report.about) return;
  const auto jobs = Keep(workspace.ReadJobs(), "tables", report);
  if (!jobs) return;
  // Under `up` it is expected to run, also while it does not.
  const bool worker_runs = std::ranges::any_of(report.processes, [](const ProcessInfo& process) {
    return process.name == "worker" || process.name == "up";
  });
  for (auto [name, record] : *jobs) {
    // Jobs of before targets were remembered.
    if (record.target_lag_minutes == 0)
      record.target_lag_minutes = settings.refresh_target_lag_minutes;
    // A retailer's old tables are not the import's, and the reverse.
    const bool load = name == "generate" || name == "import";
    if (load && record.data != report.about->id) continue;
    for (const auto& [table, rows] : record.counts) {
      if (!IsTable(table)) continue;
      report.tables.push_back(
          {.table = table,
           .rows = rows,
           .job = name,
           .as_of = record.as_of,
           .finished = record.finished,
           .target_lag_minutes = record.target_lag_minutes,
           .state = load ? "complete" : StateOf(record, *report.about, worker_runs, base::Now())});
    }
  }
}

// Every version is looked at: one that cannot be read is a problem before it is promoted.
std::optional<ModelStatus> ReadModel(const registry::Registry& registry, const std::string& model,
                                     StatusReport& report) {
  const auto versions = Keep(registry.Versions(model), "models", report);
  if (!versions) return std::nullopt;
  ModelStatus status;
  status.model = model;
  status.versions = static_cast<int>(versions->size());
  status.champion =
      Keep(registry.Resolve(model, registry::kChampion), "models", report).value_or(0);
  for (const int version : *versions) {
    const auto manifest = registry.ReadManifest(model, version);
    if (!manifest) report.problems.push_back(manifest.error().message);
    if (!manifest || version != status.champion) continue;
    status.recipe = manifest->recipe;
    status.created = manifest->created;
  }
  if (status.champion != 0 && std::ranges::count(*versions, status.champion) == 0) {
    report.problems.push_back(fmt::format("the champion of {} is version {}, which is not there",
                                          model, status.champion));
  }
  return status;
}

void ReadModels(const Workspace& workspace, StatusReport& report) {
  const registry::Registry registry = workspace.Models();
  const auto models = Keep(registry.Models(), "models", report);
  if (!models) return;
  for (const std::string& model : *models) {
    if (auto status = ReadModel(registry, model, report))
      report.models.push_back(*std::move(status));
  }
}

void ReadGeneration(const Workspace& workspace, StatusReport& report) {
  const auto numbers = serving::GenerationsThere(workspace.Serving());
  report.newest_generation = numbers.empty() ? 0 : numbers.back();
  const auto opened = Keep(serving::OpenInService(workspace.Serving()), "generation", report);
  if (!opened) return;
  report.generation = opened->state->Manifest();
  report.fetched = !opened->state->HasCustomers();
  if (opened->trouble.empty()) return;
  report.problems.push_back(
      fmt::format("{}; generation {} stands in, and answers are as old as it: `aisle publish` "
                  "makes a new one, `aisle publish "
                  "--rollback` makes the one that stands in current",
                  opened->trouble, report.generation->generation));
}

void ReadLogs(const Workspace& workspace, const Settings& settings, StatusReport& report) {
  const auto read = [&](const std::filesystem::path& folder, const LogNames& names) {
    LogStatus log = ReadLog(folder, names, settings);
    if (log.unread) report.unread.insert(names.records);
    std::ranges::move(log.problems, std::back_inserter(report.problems));
    if (!log.late.empty()) report.late.push_back(log.late);
    return log;
  };
  report.changes = read(workspace.Changes(), {"a log of changes", "changes"});
  report.impressions = read(workspace.Events(), {"an event log", "impressions"});
}

void ReadFailed(const Workspace& workspace, StatusReport& report) {
  for (Attempt& attempt : ReadAttempts(workspace)) {
    if (!attempt.running) report.failed.push_back(std::move(attempt));
  }
}

void SayFailed(StatusReport& report) {
  for (const Attempt& attempt : report.failed) {
    report.problems.push_back(
        attempt.error.empty()
            ? fmt::format(
                  "`aisle {}` (process {}) began at {} and was ended from outside, by a kill or "
                  "for want of "
                  "memory{}; run it again",
                  attempt.command, attempt.pid,
                  base::FormatTimestamp(std::chrono::floor<std::chrono::seconds>(attempt.started)),
                  IsLoad(attempt.command)
                      ? ": whether it had loaded its data already is known when the next job ran"
                      : "")
            : fmt::format(
                  "`aisle {}` failed at {}: {}; run it again when that is mended", attempt.command,
                  base::FormatTimestamp(std::chrono::floor<std::chrono::seconds>(attempt.ended)),
                  attempt.error));
  }
  // Under `up` it starts again by itself, and another moment shows it.
  for (const ProcessInfo& process : report.gone) {
    report.problems.push_back(
        fmt::format("`aisle {}` (process {}) is gone without having ended: it was killed, it "
                    "crashed, or the machine "
                    "went down; start it again",
                    process.name, process.pid));
  }
  const auto among = [](const std::vector<ProcessInfo>& processes, std::string_view name) {
    return std::ranges::any_of(processes, [&](const ProcessInfo& p) { return p.name == name; });
  };
  for (const char* child : {"serve", "worker"}) {
    if (!among(report.processes, "up") || among(report.processes, child) ||
        among(report.gone, child))
      continue;
    report.problems.push_back(
        fmt::format("`aisle up` runs and its {0} does not: it has just been started, or it keeps "
                    "ending: see the log",
                    child));
  }
}

void SayLate(StatusReport& report) {
  std::string names;
  for (const TableStatus& table : report.tables) {
    if (table.state == "late") names += (names.empty() ? "" : ", ") + table.table;
  }
  if (!names.empty())
    report.problems.push_back(fmt::format("late: {}; `aisle worker` makes them again", names));
  report.problems.insert(report.problems.end(), report.late.begin(), report.late.end());
}

// What would stop the next write, before somebody needs it.
void CheckDisk(const Workspace& workspace, StatusReport& report) {
  struct statvfs disk{};
  const std::string root = workspace.Root().string();
  if (statvfs(root.c_str(), &disk) == 0) {
    const std::uint64_t free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
    if (free < kRoomBytes) {
      report.problems.push_back(fmt::format(
          "the disk of {} has {:.0f} MB left: jobs fail, and impressions are dropped; make room",
          root, static_cast<double>(free) / 1e6));
    }
  }
  struct stat there{};
  const std::string run = workspace.Run().string();
  if (access(run.c_str(), W_OK) == 0) return;
  const int why = errno;
  if (stat(run.c_str(), &there) != 0) return;
  if (why != EROFS && there.st_uid != geteuid()) return;  // Of somebody who only looks.
  report.problems.push_back(
      fmt::format("{} cannot be written ({}): jobs fail, impressions are dropped, and a server "
                  "that runs here is not listed",
                  run, std::strerror(why)));
}

}  // namespace

std::string StateOf(const JobRecord& record, const AboutData& about, bool worker_runs,
                    base::Timestamp now) {
  if (record.data != about.id) return "outdated";
  // An import's end is the hour after its last event and may be still to come.
  const base::Timestamp end = std::min(about.until, now);
  if (record.as_of >= end && !worker_runs) return "complete";
  const std::chrono::minutes target{record.target_lag_minutes};
  return now - record.finished <= target && end - record.as_of <= target ? "fresh" : "late";
}

StatusReport ReadStatus(const Workspace& workspace, const Settings& settings) {
  StatusReport report;
  report.data = workspace.Root().string();
  std::error_code code;
  if (!std::filesystem::exists(workspace.Root(), code) && !code) return report;
  if (!code) static_cast<void>(std::filesystem::exists(workspace.Run(), code));
  if (code) {
    report.unread = {"data", "tables", "models", "generation", "changes", "impressions"};
    report.problems.push_back(fmt::format("{} cannot be read: {}", report.data, code.message()));
    return report;
  }
  report.processes = RunningProcesses(workspace.Run());
  report.gone = GoneProcesses(workspace.Run());
  ReadFailed(workspace, report);
  ReadGeneration(workspace, report);
  ReadAbout(workspace, report);
  ReadTables(workspace, settings, report);
  ReadModels(workspace, report);
  report.job = workspace.JobRunning().value_or("");
  ReadLogs(workspace, settings, report);
  CheckDisk(workspace, report);
  SayFailed(report);
  SayLate(report);
  return report;
}

}  // namespace aisle::workspace
