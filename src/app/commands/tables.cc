#include <algorithm>
#include <filesystem>

#include "app/command.h"
#include "app/export_rows.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/room.h"
#include "app/sql.h"
#include "base/files.h"
#include "base/stopwatch.h"
#include "warehouse/parquet_file.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;

struct ExportOptions {
  std::vector<std::string> tables;
  std::optional<std::string> out, format;
};

Status Tables(Context& context) {
  AISLE_TRY(auto database,
            context.workspace.OpenWarehouse(warehouse::Access::kReadOnly, context.settings));
  AISLE_TRY(auto connection, database.Connect());
  AISLE_TRY(const auto tables, connection.QueryText(sql::kTableList));
  TextTable table({{"table"}, {"rows", Align::kRight}, {"columns", Align::kRight}});
  boost::json::array list;
  for (const auto& row : tables) {
    const std::string name = row[0] + "." + row[1];
    const std::string count = fmt::format("SELECT count(*) FROM \"{}\".\"{}\"", row[0], row[1]);
    AISLE_TRY(const std::int64_t rows, connection.QueryInt({"app/count_rows", count}));
    table.Add({name, Grouped(rows), row[2]});
    list.push_back({{"table", name}, {"rows", rows}, {"columns", std::stoll(row[2])}});
  }
  if (context.json) {
    PrintJson(list);
  } else {
    PrintOut(table.Text());
  }
  return {};
}

// Those that were asked for, or all.
Result<std::vector<std::string>> Wanted(warehouse::Connection& connection,
                                        const std::vector<std::string>& asked) {
  AISLE_TRY(const auto rows, connection.QueryText(sql::kShowTables));
  std::vector<std::string> known;
  known.reserve(rows.size());
  for (const auto& row : rows) known.push_back(row[0]);
  if (asked.empty()) return known;
  for (const std::string& name : asked) {
    if (std::ranges::find(known, name) == known.end()) {
      return Fail(ErrorCode::kNotFound,
                  fmt::format("there is no table {}; `aisle tables` lists those there are", name));
    }
  }
  return asked;
}

// One file, where its name says what it is; else a folder with a file for each table.
Status Export(Context& context, const ExportOptions& options) {
  if (!options.out) {
    return Fail(ErrorCode::kInvalidArgument,
                "say where to: -o DIR, or for one table -o FILE.csv, .parquet or .jsonl");
  }
  const base::Stopwatch watch;
  const fs::path out = fs::absolute(*options.out);
  AISLE_TRY(const ExportFormat of_folder, FormatCalled(options.format.value_or("parquet")));
  const auto by_name = FormatByName(out);
  const bool one_file = by_name.has_value() && !fs::is_directory(out);
  if (one_file && (options.tables.size() != 1 || options.format)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is one file, whose name says its format: name one table and no "
                            "--format, or a folder",
                            *options.out));
  }
  AISLE_TRY(auto database,
            context.workspace.OpenWarehouse(warehouse::Access::kReadOnly, context.settings));
  AISLE_TRY(auto connection, database.Connect());
  AISLE_TRY(const auto tables, Wanted(connection, options.tables));
  AISLE_TRY(const auto room, MakeRoom("export"));
  AISLE_CHECK(warehouse::ConfineToFolder(connection, room.Path()));
  if (!one_file) {
    std::error_code failed;
    fs::create_directories(out, failed);
    if (failed) {
      return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: no folder can be made there: {}",
                                                           *options.out, failed.message()));
    }
  }
  boost::json::array list;
  const ExportFormat format = one_file ? *by_name : of_folder;
  for (const std::string& table : tables) {
    const fs::path path = one_file ? out : out / (table + std::string(EndingOf(format)));
    AISLE_TRY(const std::int64_t rows,
              ExportRows(connection, "SELECT * FROM " + table, format, path, room.Path()));
    list.push_back({{"table", table}, {"file", path.string()}, {"rows", rows}});
    context.Say("  {}: {} rows", path.string(), Grouped(rows));
  }
  if (context.json) PrintJson(list);
  context.Say("exported {} tables in {}", tables.size(), Seconds(watch.Seconds()));
  return {};
}

void DefineExport(CommandBuilder& command) {
  auto options = std::make_shared<ExportOptions>();
  command.Positionals("table", &options->tables, "Tables, as raw.customers (default: all of them)");
  command.Text("-o,--out", "PATH", &options->out,
               "A folder, or for one table a file: .csv, .parquet or .jsonl");
  command.Text("--format", "FORMAT", &options->format,
               "Into a folder: parquet (the default), csv or jsonl");
  command.Examples({{"aisle tables export -o warehouse-files", "every table as Parquet"},
                    {"aisle tables export gold.customer_360 -o customers.csv", "one as CSV"}});
  command.Run([options](Context& context) { return Export(context, *options); });
}

}  // namespace

void DefineTables(CommandBuilder& command) {
  command.Examples({{"aisle tables", "every table with rows and columns"},
                    {"aisle sql 'DESCRIBE gold.customer_360'", "the columns of one"}});
  command.Sub("export", "write tables into files for other programs", DefineExport);
  command.Run(Tables);
}

}  // namespace aisle::app
