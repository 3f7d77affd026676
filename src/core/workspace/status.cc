#include "workspace/status.h"

#include <fmt/format.h>

#include <algorithm>

#include "events/events.h"
#include "serving/state/serving_state.h"

namespace aisle::workspace {
namespace {

// Keeps the value, or the error's words as a problem; what is merely not there yet is no problem.
template <typename T>
std::optional<T> Keep(Result<T> result, std::vector<std::string>& problems) {
  if (result) return *std::move(result);
  if (result.error().code != ErrorCode::kNotFound)
    problems.push_back(std::move(result).error().message);
  return std::nullopt;
}

bool IsTable(const std::string& name) { return name.find('.') != std::string::npos; }

// What the raw tables hold, or nothing with the reason.
void ReadAbout(const Workspace& workspace, StatusReport& report) {
  // Opening it would take it from a job that is about to start.
  if (workspace.HasWarehouse() && !warehouse::LooksLikeDatabase(workspace.Warehouse())) {
    report.problems.push_back(
        fmt::format("{} is no database; put a backup in its place, or remove it and load "
                    "again",
                    workspace.Warehouse().string()));
  } else if (workspace.HasData()) {
    report.about = Keep(workspace.ReadAbout(), report.problems);
  }
}

void ReadTables(const Workspace& workspace, const Settings& settings, StatusReport& report) {
  if (!report.about) return;
  const auto jobs = Keep(workspace.ReadJobs(), report.problems);
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
                                     std::vector<std::string>& problems) {
  const auto versions = Keep(registry.Versions(model), problems);
  if (!versions) return std::nullopt;
  ModelStatus status;
  status.model = model;
  status.versions = static_cast<int>(versions->size());
  status.champion = Keep(registry.Resolve(model, registry::kChampion), problems).value_or(0);
  for (const int version : *versions) {
    const auto manifest = registry.ReadManifest(model, version);
    if (!manifest) problems.push_back(manifest.error().message);
    if (!manifest || version != status.champion) continue;
    status.recipe = manifest->recipe;
    status.created = manifest->created;
  }
  if (status.champion != 0 && std::ranges::count(*versions, status.champion) == 0) {
    problems.push_back(fmt::format("the champion of {} is version {}, which is not there", model,
                                   status.champion));
  }
  return status;
}

void ReadModels(const Workspace& workspace, StatusReport& report) {
  const registry::Registry registry = workspace.Models();
  const auto models = Keep(registry.Models(), report.problems);
  if (!models) return;
  for (const std::string& model : *models) {
    if (auto status = ReadModel(registry, model, report.problems))
      report.models.push_back(*std::move(status));
  }
}

void ReadImpressions(const Workspace& workspace, StatusReport& report) {
  const auto log = events::EventLog::Open(workspace.Events(), events::EventLog::Access::kRead);
  if (!log) {
    if (log.error().code != ErrorCode::kNotFound) report.problems.push_back(log.error().message);
    return;
  }
  const auto last = Keep(log->LastPosition(), report.problems);
  report.impressions_logged = last.value_or(0);
  const auto readers = Keep(log->Readers(), report.problems);
  if (!readers) return;
  for (const events::LogReader& reader : *readers) {
    report.waiting_by_reader[reader.name] = reader.waiting;
    if (reader.name == events::kWarehouseReader) report.impressions_waiting = reader.waiting;
  }
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
  if (!workspace.Exists()) return report;
  ReadAbout(workspace, report);
  report.processes = RunningProcesses(workspace.Run());
  ReadTables(workspace, settings, report);
  ReadModels(workspace, report);
  if (const auto state =
          Keep(serving::ServingState::OpenCurrent(workspace.Serving()), report.problems))
    report.generation = (*state)->Manifest();
  report.job = workspace.JobRunning().value_or("");
  ReadImpressions(workspace, report);
  return report;
}

}  // namespace aisle::workspace
