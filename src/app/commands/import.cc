#include "ingest/import.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "app/child_process.h"
#include "app/command.h"
#include "app/home.h"
#include "app/import_check.h"
#include "app/import_text.h"
#include "app/job.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/sql.h"
#include "app/stock_step.h"
#include "app/take_in.h"
#include "base/files.h"
#include "base/log.h"
#include "ingest/ingest.h"
#include "ingest/suggest.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;

struct ImportOptions {
  std::optional<std::string> mapping, folder;
  std::vector<std::string> parameters;
  std::optional<std::int64_t> until_week;
  bool add = false;
  bool replace = false;
  bool check = false;
  std::vector<std::string> only;
  std::optional<std::string> suggest, out;
};

// Where the files of a shipped mapping come from: a pin of tools/pins.json that is fetched on request.
struct ShippedSource {
  std::string_view mapping;
  std::string_view pin;
};
constexpr ShippedSource kShippedSources[] = {{"complete-journey", "completejourney"}};

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

// "corner-shop", or every mapping whose rows are there: "complete-journey + corner-shop".
std::string Held(const ingest::ImportReport& report) {
  std::vector<std::string> names = report.others;
  names.push_back(report.mapping);
  std::ranges::sort(names);
  return fmt::format("{}", fmt::join(names, " + "));
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

// A mapping to begin from, on standard output or in a file; what is a guess on standard error too.
Status Suggest(const Context& context, const ImportOptions& options) {
  if (options.mapping || options.check || options.add || options.replace) {
    return Fail(
        ErrorCode::kInvalidArgument,
        "--suggest DIR makes a mapping and imports nothing; it goes alone, or with -o FILE.toml");
  }
  AISLE_TRY(const ingest::Suggestion found, ingest::SuggestMapping(*options.suggest));
  if (options.out) {
    std::error_code ignored;
    if (fs::exists(*options.out, ignored)) {
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("{} is there already, perhaps with your corrections; name another file",
                      *options.out));
    }
    AISLE_CHECK(base::WriteFileAtomic(*options.out, found.mapping));
  } else {
    PrintOut(found.mapping);
  }
  for (const std::string& line : found.unsure) context.Say("  unsure: {}", line);
  const std::string mapping = options.out.value_or("MAPPING.toml");
  context.Say(
      "{} guesses to look at, marked UNSURE; next: mend them, then `aisle import --check {} {}`",
      found.unsure.size(), mapping, *options.suggest);
  return {};
}

// "inventory,product_catalog" and several of such.
std::vector<std::string> Listed(const std::vector<std::string>& texts) {
  std::vector<std::string> names;
  for (const std::string& text : texts) {
    std::istringstream list(text);
    for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  }
  return names;
}

bool IsStock(const std::string& table) { return table == "inventory" || table == "raw.inventory"; }

Status Import(Context& context, const ImportOptions& options) {
  if (options.suggest) return Suggest(context, options);
  if (options.out) return Fail(ErrorCode::kInvalidArgument, "-o belongs to --suggest DIR");
  if (!options.mapping) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("say which mapping: a file that ends in .toml, or {}",
                            ingest::ShippedMappings().front()));
  }
  if (options.add && options.replace)
    return Fail(ErrorCode::kInvalidArgument, "--add and --replace exclude each other");
  if (!options.only.empty() && (options.replace || options.check))
    return Fail(ErrorCode::kInvalidArgument, "--only goes without --replace and --check");
  AISLE_TRY(const auto parameters, ReadParameters(options));
  const auto say_step = [&](const std::string& step) { context.Say("  {}", step); };
  if (std::error_code ignored; options.check && !options.mapping->ends_with(".toml") &&
                               !options.folder && fs::exists(*options.mapping, ignored)) {
    return CheckFiles(context, *options.mapping,
                      {.parameters = parameters, .loaded_at = base::Now(), .progress = say_step});
  }
  fs::path folder = options.folder.value_or("");
  if (!options.folder && options.mapping->ends_with(".toml")) {
    folder = fs::absolute(*options.mapping).parent_path();
  } else if (!options.folder) {
    AISLE_TRY([[maybe_unused]] const auto text, ingest::ShippedMapping(*options.mapping));
    AISLE_TRY(folder, FetchFolder(context, *options.mapping));
  }
  if (options.check) {
    return CheckImport(
        context, *options.mapping, folder,
        {.parameters = parameters, .loaded_at = base::Now(), .add = false, .progress = say_step});
  }
  const base::Stopwatch watch;
  std::vector<std::string> only = Listed(options.only);
  const bool all = only.empty();
  const bool feeds_stock = std::erase_if(only, IsStock) > 0;
  AISLE_TRY(auto job, Job::Begin(context, all ? Job::Needs::kNothing : Job::Needs::kData));
  // What is written while the files are read is newer than they are; what waits is older.
  const base::Timestamp begun = base::Now();
  AISLE_CHECK(TakeInChanges(context, job));
  // Or those that wait would go with the tables that are dropped.
  if (!options.replace) AISLE_CHECK(TakeInImpressions(context, job));
  const ingest::ImportOptions how{.parameters = parameters,
                                  .loaded_at = begun,
                                  .only = only,
                                  .add = options.add,
                                  .progress = say_step};
  if (feeds_stock) AISLE_CHECK(StockStep(context, job, *options.mapping, folder, how));
  if (feeds_stock && only.empty()) return {};
  ingest::ImportReport report;
  workspace::AboutData about;
  AISLE_CHECK(warehouse::InTransaction(job.Connection(), [&]() -> Status {
    if (options.replace) {
      AISLE_CHECK(job.Connection().Execute(sql::kDropDerived));
      AISLE_CHECK(ingest::RecreateTables(job.Connection()));
    }
    AISLE_TRY(report, ingest::Import(job.Connection(), *options.mapping, folder, how));
    about = {.kind = "import",
             .id = fmt::format("import-{}", base::ToMicros(base::Now())),
             .source = Held(report),
             .until = ingest::EndOfData(report.last_event),
             .defaults = report.defaults};
    if (Interrupted()) return Fail(ErrorCode::kUnavailable, "interrupted");
    return job.WriteDataRow(about);
  }));
  AISLE_CHECK(job.DataLoaded(about));
  AISLE_CHECK(FollowStock(context, job, begun));
  std::map<std::string, std::int64_t> counts;
  if (!all) {
    // Of the other tables the last whole import still says how many rows there are.
    if (const auto jobs = context.workspace.ReadJobs(); jobs && jobs->contains("import"))
      counts = jobs->at("import").counts;
  }
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
    PrintJson(ImportJson(report, watch.Seconds()));
  } else {
    PrintOut(ImportText(report));
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
  command.Texts("--only", "TABLE[,TABLE]", &options->only,
                "Fill this table of the mapping alone; repeatable. inventory: rows that differ go "
                "to the server that runs here, so that its next answer knows of them");
  command.Switch(
      "--check", &options->check,
      "Read everything by the mapping, say what would come in, what would be rejected and what "
      "is missing for training, and change nothing; of files or a folder without a mapping by the "
      "one that --suggest proposes");
  command.Text("--suggest", "DIR", &options->suggest,
               "Propose a mapping for the files of a folder, by samples of them");
  command.Text("-o,--out", "FILE.toml", &options->out, "With --suggest: where it goes");
  command.Examples(
      {{"aisle import --suggest exports/ -o shop.toml",
        "a mapping to begin from, with its guesses marked"},
       {"aisle import shop.toml exports/",
        "files of exports/ as shop.toml says; with --check nothing of it is kept"},
       {"aisle import --only inventory shop.toml exports/",
        "what has changed in stock, while a server runs"},
       {"aisle import complete-journey --until-week 45 --data cj-data",
        "third-party grocery transactions that their shipper labels simulated; fetched once"}});
  command.Run([options](Context& context) { return Import(context, *options); });
}

}  // namespace aisle::app
