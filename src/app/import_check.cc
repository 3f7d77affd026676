#include "app/import_check.h"

#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "app/import_text.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/readiness.h"
#include "app/room.h"
#include "base/files.h"
#include "base/stopwatch.h"
#include "ingest/suggest.h"
#include "warehouse/warehouse.h"

namespace aisle::app {
namespace {

// For shops whose history is too short for the others.
const std::vector<std::string>& SmallRecipes() {
  static const std::vector<std::string> kNames = {"propensity_small", "ranking_small"};
  return kNames;
}

boost::json::array ReadinessJson(const std::vector<Readiness>& found) {
  boost::json::array list;
  for (const Readiness& one : found) {
    list.push_back({{"recipe", one.recipe},
                    {"days", one.days},
                    {"days_needed", one.days_needed},
                    {"days_better", one.days_better},
                    {"positives", one.positives},
                    {"positives_needed", one.positives_needed},
                    {"enough", one.Ready()}});
  }
  return list;
}

Status Check(const Context& context, const std::string& mapping,
             const std::filesystem::path& folder, ingest::ImportOptions options) {
  const base::Stopwatch watch;
  AISLE_TRY(const auto room, MakeRoom("check"));
  AISLE_TRY(auto database, warehouse::Database::Open(
                               room.Path() / "check.duckdb",
                               {.threads = static_cast<int>(context.settings.warehouse_threads),
                                .memory_limit = context.settings.warehouse_memory_limit}));
  AISLE_TRY(auto connection, database.Connect());
  AISLE_TRY(const ingest::ImportReport report,
            ingest::Import(connection, mapping, folder, options));
  const base::Timestamp until = ingest::EndOfData(report.last_event);
  AISLE_TRY(const auto ready, FindReadiness(connection, context.settings.train_recipes, until));
  AISLE_TRY(const auto small, FindReadiness(connection, SmallRecipes(), until));
  if (context.json) {
    boost::json::object json = ImportJson(report, watch.Seconds());
    json["check"] = true;
    json["training"] = ReadinessJson(ready);
    json["training_small"] = ReadinessJson(small);
    PrintJson(json);
    return {};
  }
  PrintOut(ImportText(report, false));
  if (report.last_event) PrintOut(ReadinessText(ready, small, until));
  context.Say("checked in {}; nothing was imported", Seconds(watch.Seconds()));
  return {};
}

}  // namespace

Status CheckImport(const Context& context, const std::string& mapping,
                   const std::filesystem::path& folder, ingest::ImportOptions options) {
  AISLE_CHECK(Check(context, mapping, folder, std::move(options)));
  context.Say("next: `aisle import {} {}`", mapping, folder.string());
  return {};
}

Status CheckFiles(const Context& context, const std::filesystem::path& folder_or_file,
                  ingest::ImportOptions options) {
  AISLE_TRY(const ingest::Suggestion found, ingest::SuggestMapping(folder_or_file));
  AISLE_TRY(const auto room, MakeRoom("suggestion"));
  const std::filesystem::path mapping = room.Path() / "suggested.toml";
  AISLE_CHECK(base::WriteFileAtomic(mapping, found.mapping));
  context.Say("there is no mapping yet; by the one that --suggest proposes, with guesses:");
  for (const std::string& line : found.unsure) context.Say("  unsure: {}", line);
  const bool one = std::filesystem::is_regular_file(folder_or_file);
  const std::filesystem::path folder =
      one ? std::filesystem::absolute(folder_or_file).parent_path() : folder_or_file;
  AISLE_CHECK(Check(context, mapping.string(), folder, std::move(options)));
  context.Say("next: `aisle import --suggest {} -o MAPPING.toml`, and mend its guesses",
              folder_or_file.string());
  return {};
}

}  // namespace aisle::app
