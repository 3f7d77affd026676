#include "app/status.h"

#include <fmt/format.h>

#include "events/events.h"

namespace aisle::app {
namespace {

// Keeps the value, or the error's words as a problem; what is merely not there yet is no problem.
template <typename T>
std::optional<T> Keep(Result<T> result, std::vector<std::string>& problems) {
  if (result) return *std::move(result);
  if (result.error().code != ErrorCode::kNotFound &&
      result.error().code != ErrorCode::kFailedPrecondition)
    problems.push_back(std::move(result).error().message);
  return std::nullopt;
}

bool IsTable(const std::string& name) { return name.find('.') != std::string::npos; }

std::string StateOf(const JobRecord& record, const std::optional<AboutData>& about,
                    base::Microseconds target) {
  if (about && record.data != about->id) return "outdated";
  if (about && record.as_of >= about->until) return "complete";
  return base::Now() - record.finished <= target ? "fresh" : "late";
}

void ReadTables(const Context& context, StatusReport& report) {
  const auto jobs = Keep(context.workspace.ReadJobs(), report.problems);
  if (!jobs) return;
  const std::chrono::minutes target{context.settings.refresh_target_lag_minutes};
  for (const auto& [name, record] : *jobs) {
    for (const auto& [table, rows] : record.counts) {
      if (!IsTable(table)) continue;
      // A retailer's old tables are not the import's, and the reverse.
      const bool load = name == "generate" || name == "import";
      if (load && report.about && record.data != report.about->id) continue;
      report.tables.push_back({.table = table,
                               .rows = rows,
                               .job = name,
                               .as_of = record.as_of,
                               .finished = record.finished,
                               .state = StateOf(record, report.about, target)});
    }
  }
}

Result<ModelStatus> ReadModel(const registry::Registry& registry, const std::string& model) {
  ModelStatus status;
  status.model = model;
  AISLE_TRY(const auto versions, registry.Versions(model));
  status.versions = static_cast<int>(versions.size());
  AISLE_TRY(status.champion, registry.Resolve(model, registry::kChampion));
  AISLE_TRY(const auto manifest, registry.ReadManifest(model, status.champion));
  status.recipe = manifest.recipe;
  status.created = manifest.created;
  return status;
}

void ReadModels(const Context& context, StatusReport& report) {
  const registry::Registry registry = context.workspace.Models();
  const auto models = Keep(registry.Models(), report.problems);
  if (!models) return;
  for (const std::string& model : *models) {
    if (auto status = Keep(ReadModel(registry, model), report.problems))
      report.models.push_back(*std::move(status));
  }
}

void ReadImpressions(const Context& context, StatusReport& report) {
  const auto log =
      events::EventLog::Open(context.workspace.Events(), events::EventLog::Access::kRead);
  if (!log) {
    if (log.error().code != ErrorCode::kNotFound) report.problems.push_back(log.error().message);
    return;
  }
  const auto last = Keep(log->LastPosition(), report.problems);
  const auto trimmed = Keep(log->TrimmedTo(), report.problems);
  report.impressions_logged = last.value_or(0);
  report.impressions_waiting = last.value_or(0) - std::min(last.value_or(0), trimmed.value_or(0));
}

}  // namespace

StatusReport ReadStatus(const Context& context) {
  const Workspace& workspace = context.workspace;
  StatusReport report;
  report.data = workspace.Root().string();
  if (!workspace.Exists()) return report;
  report.about = Keep(workspace.ReadAbout(), report.problems);
  ReadTables(context, report);
  ReadModels(context, report);
  if (const auto state =
          Keep(serving::ServingState::OpenCurrent(workspace.Serving()), report.problems))
    report.generation = (*state)->Manifest();
  report.processes = RunningProcesses(workspace.Run());
  report.job = workspace.JobRunning().value_or("");
  ReadImpressions(context, report);
  return report;
}

}  // namespace aisle::app
