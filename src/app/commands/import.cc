#include "ingest/import.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "app/child_process.h"
#include "app/command.h"
#include "app/job.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/sql.h"
#include "base/log.h"
#include "base/program.h"
#include "ingest/ingest.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;

struct ImportOptions {
  std::optional<std::string> mapping, folder;
  std::vector<std::string> parameters;
  std::optional<std::int64_t> until_week;
  bool add = false;
  bool replace = false;
};

// Where the files of a shipped mapping come from: a pin of tools/pins.json that is fetched on request.
struct ShippedSource {
  std::string_view mapping;
  std::string_view pin;
};
constexpr ShippedSource kShippedSources[] = {{"complete-journey", "completejourney"}};

// Where tools/ lies: as the environment says, beside an installed program, or in the source tree.
fs::path Home() {
  if (const auto named = workspace::ProcessEnvironment("AISLE_HOME")) return *named;
  std::error_code code;
  const fs::path installed = base::ProgramFolder() / "../share/aisle";
  return fs::exists(installed / "tools/fetch-pins", code) ? installed : fs::path(AISLE_SOURCE_DIR);
}

Result<fs::path> FetchFolder(const Context& context, const std::string& mapping) {
  for (const ShippedSource& source : kShippedSources) {
    if (source.mapping != mapping) continue;
    const fs::path home = Home();
    context.Say("looking for the files of {} (they are fetched the first time)", mapping);
    AISLE_TRY(const std::string said, RunProgram({"python3", (home / "tools/fetch-pins").string(),
                                                  std::string(source.pin)}));
    const std::string key = std::string(source.pin) + "=";
    const std::size_t at = said.find(key);
    if (at == std::string::npos) {
      return Fail(ErrorCode::kInternal,
                  fmt::format("tools/fetch-pins did not name {}", source.pin));
    }
    const std::size_t begin = at + key.size();
    return fs::path(said.substr(begin, said.find('\n', begin) - begin));
  }
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("say which folder holds the files of {}: aisle import {} FOLDER", mapping,
                          mapping));
}

Result<std::map<std::string, std::string>> ReadParameters(const ImportOptions& options) {
  std::map<std::string, std::string> parameters;
  for (const std::string& text : options.parameters) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("--param is '{}', accepted is NAME=VALUE", text));
    }
    parameters[text.substr(0, equals)] = text.substr(equals + 1);
  }
  if (options.until_week) parameters["until_week"] = fmt::format("{}", *options.until_week);
  return parameters;
}

boost::json::object ToJson(const ingest::ImportReport& report, double seconds) {
  boost::json::array sources;
  boost::json::array clocks;
  for (const auto& source : report.sources) {
    sources.push_back({{"file", source.file},
                       {"files", source.files},
                       {"rows", source.rows},
                       {"rejected", source.rejected}});
    for (const auto& clock : source.clocks) {
      clocks.push_back({{"file", clock.file},
                        {"column", clock.column},
                        {"time_zone", clock.time_zone},
                        {"skipped", clock.skipped},
                        {"first_skipped", clock.first_skipped},
                        {"repeated", clock.repeated},
                        {"first_repeated", clock.first_repeated}});
    }
  }
  boost::json::array tables;
  for (const auto& table : report.tables) {
    tables.push_back({{"table", table.table},
                      {"source", table.source},
                      {"rows", table.rows},
                      {"added", table.added},
                      {"updated", table.updated},
                      {"unchanged", table.unchanged},
                      {"repeated", table.repeated},
                      {"rejected", table.rejected},
                      {"withdrawn", table.withdrawn}});
  }
  boost::json::array unknown;
  for (const auto& one : report.unknown) {
    unknown.push_back(
        {{"kind", one.kind}, {"events", one.events}, {"ids", one.ids}, {"first", one.first}});
  }
  return {{"mapping", report.mapping},
          {"about", report.about},
          {"others", boost::json::value_from(report.others)},
          {"sources", std::move(sources)},
          {"changed_clocks", std::move(clocks)},
          {"tables", std::move(tables)},
          {"unknown", std::move(unknown)},
          {"unknown_postal_codes",
           {{"customers", report.unknown_postal_codes.customers},
            {"codes", report.unknown_postal_codes.codes},
            {"first", report.unknown_postal_codes.first}}},
          {"defaults", boost::json::value_from(report.defaults)},
          {"last_event", report.last_event ? boost::json::value(base::FormatIso(*report.last_event))
                                           : boost::json::value(nullptr)},
          {"events_after_now", report.events_after_now},
          {"seconds", seconds}};
}

// Times that are not what the file's clock showed, or may not be.
std::string ClocksText(const ingest::ImportReport& report) {
  std::string text;
  for (const auto& source : report.sources) {
    for (const auto& clock : source.clocks) {
      const std::string where =
          fmt::format("\n{}, {}, by the clock of {}: ", clock.file, clock.column, clock.time_zone);
      if (clock.skipped > 0) {
        text += fmt::format("{}times that it skips: {} ({}); taken later by what it skips\n", where,
                            Grouped(clock.skipped), clock.first_skipped);
      }
      if (clock.repeated > 0) {
        text += fmt::format("{}times that it shows twice: {} ({}); taken as the second\n", where,
                            Grouped(clock.repeated), clock.first_repeated);
      }
    }
  }
  return text;
}

std::string ToText(const ingest::ImportReport& report) {
  std::string text = fmt::format("{}: {}\n\n", report.mapping, report.about);
  TextTable sources({{"file"}, {"rows", Align::kRight}, {"rejected", Align::kRight}});
  for (const auto& source : report.sources) {
    const std::string count =
        source.files == 1 ? "" : fmt::format(" ({} files)", Grouped(source.files));
    sources.Add({source.file + count, Grouped(source.rows), Grouped(source.rejected)});
  }
  TextTable tables({{"table"},
                    {"rows", Align::kRight},
                    {"added", Align::kRight},
                    {"updated", Align::kRight},
                    {"unchanged", Align::kRight},
                    {"repeated", Align::kRight},
                    {"rejected", Align::kRight}});
  for (const auto& table : report.tables) {
    tables.Add({table.table, Grouped(table.rows), Grouped(table.added), Grouped(table.updated),
                Grouped(table.unchanged), Grouped(table.repeated), Grouped(table.rejected)});
  }
  text += sources.Text() + "\n" + tables.Text();
  text += ClocksText(report);
  for (const auto& table : report.tables) {
    if (table.withdrawn == 0) continue;
    text += fmt::format("\ntaken out of {}, because the mapping no longer gives it: {}\n",
                        table.table, Grouped(table.withdrawn));
  }
  if (!report.unknown.empty()) text += "\n";
  for (const auto& one : report.unknown) {
    const bool product = one.kind == "product";
    text += fmt::format(
        "{}s not in {}: {} (the first: {}), events of them: {}; these are kept, such a {}\n",
        one.kind, product ? "raw.product_catalog" : "raw.customers", Grouped(one.ids), one.first,
        Grouped(one.events), product ? "product is never recommended" : "customer has no features");
  }
  if (const auto& postal = report.unknown_postal_codes; postal.customers > 0) {
    text += fmt::format(
        "\ncustomers whose postal code belongs to no region: {} (codes: {}, the first: {}); these "
        "are "
        "kept\n",
        Grouped(postal.customers), Grouped(postal.codes), postal.first);
  }
  if (!report.defaults.empty()) text += "\nWhat the source lacks, and what stands in for it:\n";
  for (const std::string& line : report.defaults) text += "  " + line + "\n";
  if (!report.last_event) return text + "\nno events yet\n";
  return text + fmt::format("\nlast event {}\n", base::FormatTimestamp(*report.last_event));
}

// "corner-shop", or every mapping whose rows are there: "complete-journey + corner-shop".
std::string Held(const ingest::ImportReport& report) {
  std::vector<std::string> names = report.others;
  names.push_back(report.mapping);
  std::ranges::sort(names);
  return fmt::format("{}", fmt::join(names, " + "));
}

// The full hour after the last event: nothing happens at or after it. Without events there is no end yet.
base::Timestamp EndOfData(const std::optional<base::Timestamp>& last_event) {
  if (!last_event) return {};
  return std::chrono::floor<std::chrono::hours>(*last_event) + std::chrono::hours{1};
}

Status SayNext(const Context& context, const ingest::ImportReport& report, base::Timestamp until,
               double seconds) {
  if (!report.last_event) {
    context.Say("imported in {}; there are no events yet: import some before `aisle refresh`",
                Seconds(seconds));
    return {};
  }
  AISLE_TRY(const base::Timestamp as_of, context.AsOf());
  context.Say("imported in {}; next: `aisle refresh` (as of {}{})", Seconds(seconds),
              base::FormatTimestamp(as_of), as_of == until ? ", the end of the data" : "");
  return {};
}

Status Import(Context& context, const ImportOptions& options) {
  if (!options.mapping) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("say which mapping: a file that ends in .toml, or {}",
                            ingest::ShippedMappings().front()));
  }
  if (options.add && options.replace)
    return Fail(ErrorCode::kInvalidArgument, "--add and --replace exclude each other");
  AISLE_TRY(const auto parameters, ReadParameters(options));
  fs::path folder = options.folder.value_or("");
  if (!options.folder && options.mapping->ends_with(".toml")) {
    folder = fs::absolute(*options.mapping).parent_path();
  } else if (!options.folder) {
    AISLE_TRY([[maybe_unused]] const auto text, ingest::ShippedMapping(*options.mapping));
    AISLE_TRY(folder, FetchFolder(context, *options.mapping));
  }
  const base::Stopwatch watch;
  AISLE_TRY(auto job, Job::Begin(context, Job::Needs::kNothing));
  ingest::ImportReport report;
  workspace::AboutData about;
  AISLE_CHECK(warehouse::InTransaction(job.Connection(), [&]() -> Status {
    if (options.replace) {
      AISLE_CHECK(job.Connection().Execute(sql::kDropDerived));
      AISLE_CHECK(ingest::RecreateTables(job.Connection()));
    }
    AISLE_TRY(
        report,
        ingest::Import(job.Connection(), *options.mapping, folder,
                       {.parameters = parameters,
                        .loaded_at = base::Now(),
                        .add = options.add,
                        .progress = [&](const std::string& step) { context.Say("  {}", step); }}));
    about = {.kind = "import",
             .id = fmt::format("import-{}", base::ToMicros(base::Now())),
             .source = Held(report),
             .until = EndOfData(report.last_event),
             .defaults = report.defaults};
    if (Interrupted()) return Fail(ErrorCode::kUnavailable, "interrupted");
    return job.WriteDataRow(about);
  }));
  AISLE_CHECK(job.DataLoaded(about));
  std::map<std::string, std::int64_t> counts;
  for (const auto& table : report.tables) counts[table.table] = table.held;
  // Of tables without events the import's own moment is all that can be said.
  AISLE_CHECK(job.Record("import", report.last_event ? about.until : base::Now(), watch.Seconds(),
                         std::move(counts)));
  if (report.events_after_now > 0) {
    base::LogWarning(
        "events after now: {}, the last at {}; with them the end of the data, and so the "
        "moment that commands look from without --as-of, comes later",
        Grouped(report.events_after_now), base::FormatTimestamp(*report.last_event));
  }
  if (context.json) {
    PrintJson(ToJson(report, watch.Seconds()));
  } else {
    PrintOut(ToText(report));
    AISLE_CHECK(SayNext(context, report, about.until, watch.Seconds()));
  }
  return {};
}

}  // namespace

void DefineImport(CommandBuilder& command) {
  auto options = std::make_shared<ImportOptions>();
  command.Positional("mapping", &options->mapping,
                     "A mapping file (TOML), or the name of a shipped one: complete-journey");
  command.Positional("folder", &options->folder,
                     "Where its CSV or Parquet files lie (default: beside the mapping; those of "
                     "a shipped mapping are fetched)");
  command.Texts("--param", "NAME=VALUE", &options->parameters,
                "A parameter of the mapping; repeatable");
  command.Number("--until-week", &options->until_week, 1, 53, "Short for --param until_week=N");
  command.Switch("--add", &options->add,
                 "Beside what another mapping imported: one retailer, equal ids are one");
  command.Switch("--replace", &options->replace, "Drop what is there first, generated or imported");
  command.Examples(
      {{"aisle import shop.toml exports/", "files of exports/ as shop.toml says"},
       {"aisle import complete-journey --until-week 45 --data cj-data",
        "third-party grocery transactions that their shipper labels simulated; fetched once"},
       {"aisle sql 'SELECT reason, count(*) FROM raw.rejects GROUP BY ALL'",
        "rows that could not be read, afterwards"}});
  command.Run([options](Context& context) { return Import(context, *options); });
}

}  // namespace aisle::app
