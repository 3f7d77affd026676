// Times a load beside what psql needs to copy the same rows: both sides in one run, turn by turn.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "app/child_process.h"
#include "app/command.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/store_settings.h"
#include "base/files.h"
#include "base/stopwatch.h"
#include "net/await.h"
#include "serving/postgres/load.h"
#include "serving/postgres/names.h"
#include "serving/postgres/rows.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;

struct BenchOptions {
  std::optional<std::int64_t> rounds;
};

// Beside the data, where the next job removes what a killed one left; for nobody but us: the rows in it are customers'.
Result<base::StagedFolder> MakePrivateFolder(const fs::path& data) {
  AISLE_TRY(base::StagedFolder folder, base::StagedFolder::Create(data / "bench"));
  std::error_code code;
  fs::permissions(folder.Path(), fs::perms::owner_all, code);
  if (code) {
    return Fail(ErrorCode::kInternal,
                fmt::format("cannot close {}: {}", folder.Path().string(), code.message()));
  }
  return folder;
}

// psql as the store's owner. What it needs to know goes by its environment, the password too.
class Psql {
 public:
  Psql(const StoreSettings& store, fs::path folder) : folder_(std::move(folder)) {
    const postgres::ConnectionSettings settings = store.As(StoreRole::kOwner);
    const auto set = [](const char* name, const std::string& value) {
      if (!value.empty()) setenv(name, value.c_str(), 1);
    };
    std::string hosts;
    std::string ports;
    for (const postgres::Host& host : settings.hosts) {
      hosts += (hosts.empty() ? "" : ",") + host.name;
      ports += (ports.empty() ? "" : ",") + std::to_string(host.port);
    }
    set("PGHOST", hosts);
    set("PGPORT", ports);
    set("PGDATABASE", settings.dbname);
    set("PGUSER", settings.user);
    const bool is_socket = !settings.hosts.empty() && settings.hosts.front().IsSocket();
    set("PGSSLMODE", !settings.sslmode.empty() ? settings.sslmode
                     : is_socket               ? "prefer"
                                               : "verify-full");
    set("PGSSLROOTCERT", settings.sslrootcert);
    set("PGOPTIONS", fmt::format("-c search_path={}", store.Names().schema));
    set("PGPASSWORD", postgres::ReadPassword(settings.password).value_or(""));
  }
  ~Psql() { unsetenv("PGPASSWORD"); }
  Psql(const Psql&) = delete;
  Psql& operator=(const Psql&) = delete;

  fs::path FileOf(std::string_view table) const { return folder_ / (std::string(table) + ".txt"); }
  // Seconds that the script took, psql's start and end among them.
  Result<double> Run(const std::string& script) const {
    const fs::path file = folder_ / "script.sql";
    AISLE_CHECK(base::WriteFileAtomic(file, script));
    const base::Stopwatch watch;
    AISLE_TRY([[maybe_unused]] const std::string said,
              RunProgram({"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file.string()}));
    return watch.Seconds();
  }

 private:
  fs::path folder_;
};

template <typename Line>
std::string ForEachTable(const Line& line) {
  std::string script;
  for (const std::string_view table : serving::kLoadedTables) script += line(table) + "\n";
  return script;
}

std::string DropScript() {
  return ForEachTable([](auto table) {
    return fmt::format("DROP TABLE IF EXISTS {}{};", serving::kBenchPrefix, table);
  });
}

struct Round {
  double load_s = 0;
  double copy_s = 0;
  double keys_s = 0;
};

Result<Round> OneRound(const StoreSettings& store, const Psql& psql,
                       const serving::PublishedGeneration& generation) {
  Round round;
  AISLE_TRY(const serving::LoadReport report,
            net::Await(serving::LoadGeneration(store.As(StoreRole::kOwner), store.Names(),
                                               generation, {})));
  round.load_s = report.total_s;
  const std::string quiet = "SET client_min_messages = warning;\n" + DropScript();
  AISLE_TRY([[maybe_unused]] const double made,
            psql.Run(quiet + ForEachTable([](auto table) {
                       return fmt::format("CREATE TABLE bench_{0} (LIKE {0} INCLUDING STORAGE);",
                                          table);
                     })));
  AISLE_TRY(round.copy_s, psql.Run(ForEachTable([&](auto table) {
    return fmt::format("\\copy bench_{} from '{}'", table, psql.FileOf(table).string());
  })));
  AISLE_TRY(round.keys_s, psql.Run(ForEachTable([](auto table) {
    return fmt::format("ALTER TABLE bench_{0} ADD PRIMARY KEY ({1}); ANALYZE bench_{0};", table,
                       serving::ShapeOf(table).KeyList());
  })));
  // Now, or the next load would do it, and be timed for it.
  AISLE_TRY([[maybe_unused]] const double dropped, psql.Run(quiet));
  return round;
}

Status Bench(Context& context, const BenchOptions& options) {
  AISLE_TRY(const StoreSettings store, StoreSettings::Of(context));
  AISLE_TRY(const auto generation,
            serving::PublishedGeneration::OpenCurrent(context.workspace.Serving()));
  AISLE_TRY([[maybe_unused]] const auto owner, store.Existing(StoreRole::kOwner));
  base::RemoveStagingLeftovers(context.workspace.Root());
  AISLE_TRY(const base::StagedFolder folder, MakePrivateFolder(context.workspace.Root()));
  const Psql psql(store, folder.Path());
  // The rows of the load are the rows of psql.
  AISLE_TRY(const serving::LoadReport first,
            net::Await(serving::LoadGeneration(store.As(StoreRole::kOwner), store.Names(),
                                               generation, {})));
  AISLE_TRY([[maybe_unused]] const double written, psql.Run(ForEachTable([&](auto table) {
    return fmt::format(
        "\\copy {} "
        "to '{}'",
        table, psql.FileOf(table).string());
  })));
  std::vector<double> load;
  std::vector<double> copy;
  std::vector<double> with_keys;
  Status failed;
  for (std::int64_t i = 0; i < options.rounds.value_or(5) && failed; ++i) {
    const auto round = OneRound(store, psql, generation);
    if (!round) {
      failed = std::unexpected(round.error());
      break;
    }
    load.push_back(round->load_s);
    copy.push_back(round->copy_s);
    with_keys.push_back(round->copy_s + round->keys_s);
  }
  const auto cleaned = psql.Run("SET client_min_messages = warning;\n" + DropScript());
  AISLE_CHECK(failed);
  if (!cleaned) return std::unexpected(cleaned.error());
  const double load_s = base::Median(load);
  const double copy_s = base::Median(copy);
  const double keys_s = base::Median(with_keys);
  std::int64_t rows = 0;
  for (const auto& [table, count] : first.rows) rows += count;
  if (context.json) {
    PrintJson({{"rounds", load.size()},
               {"rows", rows},
               {"load_s", load_s},
               {"psql_copy_s", copy_s},
               {"psql_copy_with_keys_s", keys_s},
               {"load_by_copy", load_s / copy_s},
               {"load_by_copy_with_keys", load_s / keys_s}});
    return {};
  }
  TextTable table({{"what"}, {"seconds", Align::kRight}, {"load / it", Align::kRight}});
  const auto add = [&](const char* what, double seconds) {
    table.Add({what, fmt::format("{:.2f}", seconds), fmt::format("{:.2f}", load_s / seconds)});
  };
  add("load: copied, indexed, analysed, counted, swapped", load_s);
  add("psql \\copy of the same rows, no keys", copy_s);
  add("psql \\copy, then primary keys and ANALYZE", keys_s);
  PrintOut(
      fmt::format("{} rows, {} rounds, medians\n\n{}", Grouped(rows), load.size(), table.Text()));
  return {};
}

}  // namespace

void DefineStoreBench(CommandBuilder& command) {
  auto options = std::make_shared<BenchOptions>();
  command.Number("--rounds", &options->rounds, 1, 100, "Default 5");
  command.Examples(
      {{"aisle store bench", "loads the published generation again and again; readers may go on"},
       {"aisle store bench --rounds 3 --json", "for a report"}});
  command.Run([options](Context& context) { return Bench(context, *options); });
}

}  // namespace aisle::app
