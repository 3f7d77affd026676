#include "app/command.h"
#include "app/command_line.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/store_settings.h"
#include "net/await.h"
#include "serving/generation/manifest.h"
#include "serving/postgres/status.h"
#include "serving/postgres/store_log.h"

namespace aisle::app {
namespace {

struct StatusFlags {
  bool verify = false;
};

boost::json::object MetaJson(const serving::StoreMeta& meta) {
  return {{"generation", meta.manifest.generation},
          {"as_of", base::FormatIso(meta.manifest.as_of)},
          {"ranking_version", meta.manifest.ranking_version},
          {"propensity_version", meta.manifest.propensity_version},
          {"customers", meta.manifest.customers},
          {"propensity_rows", meta.manifest.propensity_rows},
          {"inventory_rows", meta.manifest.inventory_rows},
          {"products", meta.products},
          {"customer_ids", meta.customer_ids},
          {"generation_checksum", meta.generation_checksum},
          {"loaded_at", base::FormatIso(meta.loaded_at)},
          {"loaded_by", meta.loaded_by}};
}

// What servers wrote, and how far those are who read it.
struct LogStatus {
  std::string name;
  std::uint64_t last = 0;
  std::vector<events::LogReader> readers;
};

Result<std::vector<LogStatus>> ReadLogs(const StoreSettings& store) {
  using enum serving::StoreLog::Kind;
  std::vector<LogStatus> logs;
  for (const auto& [name, kind] : {std::pair("writes", kWrites), {"impressions", kImpressions}}) {
    AISLE_TRY(auto reader, store.Existing(StoreRole::kReader));
    AISLE_TRY(const auto log, serving::StoreLog::Open(std::move(reader), store.Names(), kind));
    LogStatus status{name, 0, {}};
    AISLE_TRY(status.last, log->LastPosition());
    AISLE_TRY(status.readers, log->Readers());
    logs.push_back(std::move(status));
  }
  return logs;
}

boost::json::object LogsJson(const std::vector<LogStatus>& logs) {
  boost::json::object json;
  for (const LogStatus& log : logs) {
    boost::json::object waiting;
    for (const events::LogReader& reader : log.readers) waiting[reader.name] = reader.waiting;
    json[log.name] = {{"last", log.last}, {"waiting", std::move(waiting)}};
  }
  return json;
}

std::string LogsText(const std::vector<LogStatus>& logs) {
  TextTable table({{"log"}, {"written", Align::kRight}, {"reader"}, {"to be read", Align::kRight}});
  for (const LogStatus& log : logs) {
    for (const events::LogReader& reader : log.readers) {
      table.Add({log.name, Grouped(static_cast<std::int64_t>(log.last)), reader.name,
                 Grouped(static_cast<std::int64_t>(reader.waiting))});
    }
  }
  return "\n" + table.Text();
}

std::string FilesText(const serving::FilesThere& files) {
  if (files.files == 0)
    return "no files of it: servers elsewhere cannot fetch it; `aisle store sync` puts them in\n";
  return fmt::format("its {} files are in, {:.1f} MB: servers elsewhere fetch it\n", files.files,
                     static_cast<double>(files.bytes) / 1e6);
}

void PrintText(const StoreSettings& store, const serving::StoreStatus& status,
               const std::vector<LogStatus>& logs, std::int64_t published) {
  std::string text = fmt::format("schema {} at {}, Postgres {}{}\n", store.Names().schema,
                                 store.Where(), status.server_version, status.tls ? ", TLS" : "");
  if (status.meta) {
    const serving::StoreMeta& meta = *status.meta;
    text += fmt::format(
        "generation {} as of {}, by a {} ({}): {} customers, {} propensities, {} inventory rows\n",
        meta.manifest.generation, base::FormatTimestamp(meta.manifest.as_of), meta.loaded_by,
        Age(base::Now() - meta.loaded_at), Grouped(meta.manifest.customers),
        Grouped(meta.manifest.propensity_rows), Grouped(meta.manifest.inventory_rows));
    text += FilesText(status.files);
    if (published != 0 && published != meta.manifest.generation) {
      text += fmt::format("published here is generation {}: `aisle store sync`, or `load`\n",
                          published);
    }
  } else {
    text += "nothing was loaded yet: `aisle store load`\n";
  }
  TextTable table({{"table"}, {"MB", Align::kRight}});
  for (const auto& [name, bytes] : status.table_bytes)
    table.Add({name, fmt::format("{:.1f}", static_cast<double>(bytes) / 1e6)});
  text += "\n" + table.Text() + LogsText(logs);
  for (const std::string& name : status.leftovers)
    text += fmt::format(
        "{}: of a load or bench that runs, or was killed; the next load removes it\n", name);
  for (const std::string& problem : status.problems)
    text += fmt::format("PROBLEM    {}\n", problem);
  if (status.verified && status.problems.empty())
    text += "verified: every record is what its hash says, counts and sums agree\n";
  PrintOut(text);
}

Status Show(Context& context, const StatusFlags& flags) {
  AISLE_TRY(const StoreSettings store, StoreSettings::Of(context));
  AISLE_TRY(auto reader, store.Existing(StoreRole::kReader));
  AISLE_TRY(const serving::StoreStatus status,
            net::Await(serving::ReadStoreStatus(std::move(reader), store.Names(), flags.verify)));
  AISLE_TRY(const auto logs, ReadLogs(store));
  const std::int64_t published =
      serving::CurrentGeneration(context.workspace.Serving()).value_or(0);
  if (context.json) {
    boost::json::object tables;
    for (const auto& [name, bytes] : status.table_bytes) tables[name] = bytes;
    boost::json::array leftovers;
    for (const std::string& name : status.leftovers) leftovers.emplace_back(name);
    boost::json::array problems;
    for (const std::string& problem : status.problems) problems.emplace_back(problem);
    PrintJson({{"schema", store.Names().schema},
               {"server_version", status.server_version},
               {"tls", status.tls},
               {"loaded", status.meta ? boost::json::value(MetaJson(*status.meta))
                                      : boost::json::value(nullptr)},
               {"published", published},
               {"files", {{"count", status.files.files}, {"bytes", status.files.bytes}}},
               {"table_bytes", std::move(tables)},
               {"logs", LogsJson(logs)},
               {"leftovers", std::move(leftovers)},
               {"verified", status.verified},
               {"problems", std::move(problems)}});
  } else {
    PrintText(store, status, logs, published);
  }
  if (!status.problems.empty()) context.exit_code = kProblemExitCode;
  return {};
}

}  // namespace

void DefineStoreStatus(CommandBuilder& command) {
  auto flags = std::make_shared<StatusFlags>();
  command.Switch("--verify", &flags->verify,
                 "Read every record: is it what its hash says, do counts and sums agree");
  command.Examples({{"aisle store status", "which generation, how large, behind or not"},
                    {"aisle store status --verify", "ends with 6 when something is wrong"}});
  command.Run([flags](Context& context) { return Show(context, *flags); });
}

}  // namespace aisle::app
