#include "workspace/status.h"

#include <algorithm>
#include <map>

#include "app/command.h"
#include "app/command_line.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/server_health.h"
#include "events/events.h"
#include "web/address.h"

namespace aisle::app {
namespace {

namespace json = boost::json;

// What is said below the tables when one of them is in such a state.
constexpr std::pair<std::string_view, std::string_view> kStatesToActOn[] = {
    {"late",
     "made longer ago than the target lag, or lacks more of the data than that; `aisle worker` "
     "makes it again"},
    {"outdated",
     "the raw tables were loaded again after it was made; `aisle worker` makes it again"}};

json::object LogJson(const workspace::LogStatus& log) {
  json::array folders;
  for (const events::LostLog& lost : log.lost) folders.emplace_back(lost.folder.string());
  return {{"logged", log.logged},
          {"waiting", log.waiting},
          {"waiting_by_reader", json::value_from(log.waiting_by_reader)},
          {"set_aside", std::move(folders)}};
}

// A part that cannot be read is not nothing.
bool IsUnread(const workspace::StatusReport& report, const char* part) {
  return report.unread.contains(part);
}

// What servers said of themselves, by process.
using Healths = std::map<std::int64_t, json::object>;

json::object ToJson(const workspace::StatusReport& report, std::int64_t target_lag_minutes,
                    const Healths& healths) {
  json::array tables;
  for (const workspace::TableStatus& table : report.tables) {
    tables.push_back({{"table", table.table},
                      {"rows", table.rows},
                      {"job", table.job},
                      {"as_of", base::FormatIso(table.as_of)},
                      {"finished", base::FormatIso(table.finished)},
                      {"age_s", (base::Now() - table.finished).count() / 1'000'000},
                      {"target_lag_minutes", table.target_lag_minutes},
                      {"state", table.state}});
  }
  json::array models;
  for (const workspace::ModelStatus& model : report.models) {
    models.push_back({{"model", model.model},
                      {"champion", model.champion},
                      {"versions", model.versions},
                      {"recipe", model.recipe},
                      {"created", base::FormatIso(model.created)}});
  }
  json::array processes;
  for (const workspace::ProcessInfo& process : report.processes) {
    processes.push_back({{"name", process.name},
                         {"pid", process.pid},
                         {"started", base::FormatIso(process.started)},
                         {"uptime_s", (base::Now() - process.started).count() / 1'000'000},
                         {"address", process.address}});
    const auto health = healths.find(process.pid);
    if (health == healths.end()) continue;
    if (const json::value* stores = health->second.if_contains("stores"))
      processes.back().get_object()["stores"] = *stores;
  }
  json::array failed;
  for (const workspace::Attempt& attempt : report.failed) {
    failed.push_back({{"job", attempt.command},
                      {"pid", attempt.pid},
                      {"started", base::FormatIso(attempt.started)},
                      {"ended", attempt.ended == base::Timestamp{}
                                    ? json::value(nullptr)
                                    : json::value(base::FormatIso(attempt.ended))},
                      {"error", attempt.error}});
  }
  json::object object = {{"problems", json::value_from(report.problems)},
                         {"data", report.data},
                         {"raw", nullptr},
                         {"target_lag_minutes", target_lag_minutes},
                         {"tables", std::move(tables)},
                         {"models", std::move(models)},
                         {"generation", nullptr},
                         {"processes", std::move(processes)},
                         {"job", report.job},
                         {"changes", LogJson(report.changes)},
                         {"impressions", LogJson(report.impressions)},
                         {"failed_jobs", std::move(failed)},
                         {"unread", json::value_from(report.unread)},
                         {"newest_generation", report.newest_generation}};
  if (report.about) {
    object["raw"] = {{"kind", report.about->kind},
                     {"source", report.about->source},
                     {"seed", report.about->seed},
                     {"customers", report.about->customers},
                     {"until", report.about->until > base::Timestamp{}
                                   ? json::value(base::FormatIso(report.about->until))
                                   : json::value(nullptr)},
                     {"defaults", json::value_from(report.about->defaults)}};
  }
  if (report.generation) {
    object["generation"] = {{"generation", report.generation->generation},
                            {"as_of", base::FormatIso(report.generation->as_of)},
                            {"created", base::FormatIso(report.generation->created)},
                            {"ranking_version", report.generation->ranking_version},
                            {"propensity_version", report.generation->propensity_version},
                            {"customers", report.generation->customers},
                            {"fetched", report.fetched},
                            {"propensity_rows", report.generation->propensity_rows},
                            {"inventory_rows", report.generation->inventory_rows},
                            {"changes_log", report.generation->changes_log},
                            {"changes_until", report.generation->changes_until}};
  }
  return object;
}

std::string DataText(const workspace::StatusReport& report) {
  if (!report.about && IsUnread(report, "data"))
    return fmt::format("Data       {}: not known, see above\n", report.data);
  if (!report.about)
    return fmt::format("Data       {}: no data yet; start with `aisle demo`\n", report.data);
  const workspace::AboutData& about = *report.about;
  std::string text =
      fmt::format("Data       {}: {}{}, {}\n", report.data, about.source,
                  about.kind == "synthetic"
                      ? fmt::format(", seed {}, {} customers", about.seed, Grouped(about.customers))
                      : "",
                  about.until > base::Timestamp{} ? "up to " + base::FormatTimestamp(about.until)
                                                  : "no events yet");
  for (const std::string& line : about.defaults) text += fmt::format("  stands in: {}\n", line);
  return text;
}

std::string TablesText(const workspace::StatusReport& report, std::int64_t target_lag_minutes) {
  if (report.tables.empty() && (IsUnread(report, "tables") || IsUnread(report, "data")))
    return "Tables     not known, see above\n";
  if (report.tables.empty()) return "Tables     none\n";
  TextTable table({{"table"}, {"rows", Align::kRight}, {"as of"}, {"made"}, {"state"}, {"by"}});
  for (const workspace::TableStatus& entry : report.tables) {
    const std::string age = Age(base::Now() - entry.finished);
    table.Add({entry.table, Grouped(entry.rows), base::FormatTimestamp(entry.as_of),
               age == "just now" ? age : age + " ago", entry.state, entry.job});
  }
  std::string text =
      fmt::format("Tables     target lag {} min\n{}", target_lag_minutes, table.Text());
  for (const auto& [state, meaning] : kStatesToActOn) {
    if (std::ranges::any_of(report.tables, [&](const auto& entry) { return entry.state == state; }))
      text += fmt::format("  {}: {}\n", state, meaning);
  }
  return text;
}

std::string ModelsText(const workspace::StatusReport& report) {
  if (report.models.empty() && IsUnread(report, "models"))
    return "Models     not known, see above\n";
  if (report.models.empty()) return "Models     none; `aisle train` makes the default pair\n";
  std::string text = "Models\n";
  for (const workspace::ModelStatus& model : report.models) {
    if (model.recipe.empty()) {
      text += fmt::format(
          "  {}: {}, {} there; `aisle models list`\n", model.model,
          model.champion == 0 ? std::string("none serves")
                              : fmt::format("version {} cannot be read", model.champion),
          model.versions == 1 ? "1 version is" : fmt::format("{} versions are", model.versions));
      continue;
    }
    text += fmt::format("  {}/{} of {}, recipe {}, made {}\n", model.model, model.champion,
                        model.versions, model.recipe, Moment(model.created));
  }
  return text;
}

std::string LogText(const workspace::LogStatus& log, std::string_view records) {
  if (log.unread) return fmt::format("           {} cannot be read, see above\n", records);
  std::string text;
  if (log.logged > 0) {
    text = fmt::format("           {} {} logged, {} wait for the worker\n", log.logged, records,
                       log.waiting);
  }
  for (const auto& [reader, waiting] : log.waiting_by_reader) {
    if (reader != events::kWarehouseReader)
      text += fmt::format("           {} {} wait for {}\n", waiting, records, reader);
  }
  return text;
}

std::string ServingText(const workspace::StatusReport& report) {
  std::string text;
  if (!report.generation && IsUnread(report, "generation")) {
    text = "Serving    no generation can be read, see above\n";
  } else if (!report.generation) {
    text = "Serving    nothing is published; `aisle publish` does it\n";
  } else {
    const serving::GenerationManifest& manifest = *report.generation;
    text = fmt::format(
        "Serving    generation {} as of {}, made {}: ranking {}, propensity {}\n           {} "
        "customers, {} propensities, {} inventory rows\n",
        manifest.generation, base::FormatTimestamp(manifest.as_of), Moment(manifest.created),
        manifest.ranking_version, manifest.propensity_version, Grouped(manifest.customers),
        Grouped(manifest.propensity_rows), Grouped(manifest.inventory_rows));
    if (report.fetched) text += "           fetched from Postgres, where its customers are\n";
    if (report.newest_generation > manifest.generation) {
      text += fmt::format(
          "           generation {0} is there too; `aisle publish --to {0}` goes there\n",
          report.newest_generation);
    }
  }
  text += LogText(report.changes, "changes");
  text += LogText(report.impressions, "impressions");
  return text;
}

std::string ProcessesText(const workspace::StatusReport& report, const Healths& healths) {
  std::string text = report.processes.empty() ? "Processes  none\n" : "Processes\n";
  for (const workspace::ProcessInfo& process : report.processes) {
    text += fmt::format("  {} (process {}), up {}{}\n", process.name, process.pid,
                        Age(base::Now() - process.started),
                        process.address.empty() ? "" : ", " + web::UrlOf(process.address));
    const auto health = healths.find(process.pid);
    if (health == healths.end()) continue;
    const std::vector<std::string> stores = StoresOf(health->second);
    // One alone has nothing to fall back on, and its troubles are problems above.
    if (stores.size() < 2) continue;
    for (const std::string& store : stores) text += fmt::format("    {}\n", store);
  }
  if (!report.job.empty()) text += fmt::format("  a job holds the warehouse: {}\n", report.job);
  return text;
}

std::string ProblemsText(const workspace::StatusReport& report) {
  std::string text;
  for (const std::string& problem : report.problems)
    text += fmt::format("PROBLEM    {}\n", problem);
  return text;
}

// What files cannot say: whether the server answers, and what it does without.
Healths AskServers(workspace::StatusReport& report) {
  Healths healths;
  std::vector<std::string> problems;
  for (const workspace::ProcessInfo& process : report.processes) {
    if (process.address.empty()) continue;
    const auto health = AskHealth(process.address);
    if (!health) {
      problems.push_back(fmt::format("`aisle {}` (process {}) runs, and {}", process.name,
                                     process.pid, health.error().message));
      continue;
    }
    healths[process.pid] = *health;
    // That nothing is published is said below, and no problem of a new directory.
    if (!report.generation && !IsUnread(report, "generation")) continue;
    for (std::string& problem : ProblemsOf(*health)) problems.push_back(std::move(problem));
  }
  report.problems.insert(report.problems.begin(), problems.begin(), problems.end());
  return healths;
}

Status ShowStatus(Context& context) {
  workspace::StatusReport report = workspace::ReadStatus(context.workspace, context.settings);
  const Healths healths = AskServers(report);
  context.exit_code = report.problems.empty() ? 0 : kProblemExitCode;
  const std::int64_t lag = context.settings.refresh_target_lag_minutes;
  if (context.json) {
    PrintJson(ToJson(report, lag, healths));
  } else {
    PrintOut(ProblemsText(report) + DataText(report) + TablesText(report, lag) +
             ModelsText(report) + ServingText(report) + ProcessesText(report, healths));
  }
  return {};
}

}  // namespace

void DefineStatus(CommandBuilder& command) {
  command.Examples(
      {{"aisle status", "problems first; then data, tables, models, what is served, processes"},
       {"aisle status --quiet >/dev/null || page-somebody", "ends with 6 when there is a problem"},
       {"aisle status --json", "the same for a script"},
       {"aisle status --data /srv/shop", "of another data directory"}});
  command.Run(ShowStatus);
}

}  // namespace aisle::app
