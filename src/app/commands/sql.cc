#include "app/sql.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iostream>
#include <iterator>

#include "app/command.h"
#include "app/export_rows.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/room.h"
#include "base/files.h"
#include "base/stopwatch.h"
#include "warehouse/parquet_file.h"

namespace aisle::app {
namespace {

// Rows that are looked at before the widths of the columns are settled.
constexpr std::size_t kRowsForWidths = 10'000;
constexpr std::size_t kCellWidth = 60;

struct SqlOptions {
  std::optional<std::string> query, file, out;
};

// The length of the quoted text or comment that begins at `at`, 0 where none does.
std::size_t QuotedLength(std::string_view text, std::size_t at) {
  const auto until = [&](std::string_view end, std::size_t from) {
    const std::size_t found = text.find(end, at + from);
    return (found == std::string_view::npos ? text.size() : found + end.size()) - at;
  };
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("--")) return until("\n", 2);
  if (rest.starts_with("/*")) return until("*/", 2);
  if (rest.starts_with('\'')) return until("'", 1);
  return rest.starts_with('"') ? until("\"", 1) : 0;
}

// The query without what may follow it: space, comments, the semicolon.
std::string WithoutTail(std::string_view text) {
  std::size_t end = 0;  // After the last character that means something.
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t quoted = QuotedLength(text, at);
    const bool comment = quoted > 0 && (text[at] == '-' || text[at] == '/');
    const bool tail =
        comment || text[at] == ';' || std::isspace(static_cast<unsigned char>(text[at]));
    at += std::max<std::size_t>(quoted, 1);
    if (!tail) end = at;
  }
  return std::string(text.substr(0, end));
}

// The database's own would list one schema, in which there is nothing.
bool IsShowTables(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (!std::isspace(static_cast<unsigned char>(c)))
      plain += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return plain == "SHOWTABLES" || plain == "SHOWALLTABLES";
}

Result<std::string> ReadQuery(const SqlOptions& options) {
  if (options.query.has_value() == options.file.has_value()) {
    return Fail(ErrorCode::kInvalidArgument,
                "give one query: as a word in quotes, or --file FILE ('-' is standard input)");
  }
  std::string text = options.query.value_or("");
  if (options.file && *options.file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else if (options.file) {
    AISLE_TRY(text, base::ReadFile(*options.file));
  }
  text = WithoutTail(text);
  if (text.empty()) return Fail(ErrorCode::kInvalidArgument, "the query is empty");
  if (IsShowTables(text)) return WithoutTail(sql::kShowTables.text);
  return text;
}

// Lists, structs and the like have no form of their own on this side of the border, so the database
// writes every value as text. What cannot stand inside FROM (EXPLAIN, PRAGMA) is asked as it is.
Result<arrow::Stream> Ask(warehouse::Connection& connection, const std::string& query,
                          std::string_view select) {
  const std::string wrapped = fmt::format("SELECT {} FROM (\n{}\n) AS asked", select, query);
  if (auto rows = connection.Query({"query", wrapped})) return rows;
  auto rows = connection.Query({"query", query});
  if (!rows && rows.error().code == ErrorCode::kFailedPrecondition) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("only queries that read are taken: {}", rows.error().message));
  }
  return rows;
}

Status PrintTable(arrow::Stream rows) {
  std::vector<std::vector<std::string>> cells;
  const std::vector<std::string> names = rows.ColumnNames();
  std::vector<bool> numeric(names.size(), true);
  std::int64_t left_out = 0;
  for (;;) {
    AISLE_TRY(const auto batch, rows.Next());
    if (!batch) break;
    for (std::int64_t row = 0; row < batch->RowCount(); ++row) {
      if (cells.size() == kRowsForWidths) {
        ++left_out;
        continue;
      }
      auto& line = cells.emplace_back();
      for (int c = 0; c < batch->ColumnCount(); ++c) {
        line.push_back(Shorten(batch->Text(c, row), kCellWidth));
        if (!batch->IsNull(c, row) && !IsNumber(line.back()))
          numeric[static_cast<std::size_t>(c)] = false;
      }
    }
  }
  std::vector<TextColumn> columns;
  for (std::size_t c = 0; c < names.size(); ++c)
    columns.push_back({names[c], numeric[c] ? Align::kRight : Align::kLeft});
  TextTable table(std::move(columns));
  const std::size_t count = cells.size();
  for (auto& line : cells) table.Add(std::move(line));
  PrintOut(table.Text());
  PrintOut(fmt::format("({} row{}{})\n", Grouped(static_cast<std::int64_t>(count) + left_out),
                       count == 1 ? "" : "s",
                       left_out == 0 ? ""
                                     : fmt::format(", the first {} shown; --json gives all",
                                                   Grouped(static_cast<std::int64_t>(count)))));
  return {};
}

// One JSON object per line, so that a large answer streams.
Status PrintJsonLines(arrow::Stream rows) {
  for (;;) {
    AISLE_TRY(const auto batch, rows.Next());
    if (!batch) return {};
    for (std::int64_t row = 0; row < batch->RowCount(); ++row) {
      if (batch->ColumnCount() == 1 && !batch->IsNull(0, row) &&
          batch->Text(0, row).starts_with('{')) {
        PrintOut(WithJsonNumbers(batch->Text(0, row)) + "\n");
        continue;
      }
      boost::json::object object;
      for (int c = 0; c < batch->ColumnCount(); ++c) {
        object[batch->ColumnName(c)] = batch->IsNull(c, row)
                                           ? boost::json::value(nullptr)
                                           : boost::json::value(batch->Text(c, row));
      }
      PrintJson(object);
    }
  }
}

Status Export(const Context& context, const std::string& query, const std::filesystem::path& path) {
  const base::Stopwatch watch;
  AISLE_TRY(const ExportFormat format, FormatByName(path));
  AISLE_TRY(auto database,
            context.workspace.OpenWarehouse(warehouse::Access::kReadOnly, context.settings));
  AISLE_TRY(auto connection, database.Connect());
  AISLE_TRY(const auto room, MakeRoom("export"));
  AISLE_CHECK(warehouse::ConfineToFolder(connection, room.Path()));
  AISLE_TRY(const std::int64_t rows, ExportRows(connection, query, format, path, room.Path()));
  if (context.json) {
    PrintJson({{"file", path.string()}, {"rows", rows}});
  } else {
    context.Say("{}: {} rows in {}", path.string(), Grouped(rows), Seconds(watch.Seconds()));
  }
  return {};
}

Status Sql(Context& context, const SqlOptions& options) {
  AISLE_TRY(const std::string query, ReadQuery(options));
  if (options.out) return Export(context, query, *options.out);
  AISLE_TRY(auto database,
            context.workspace.OpenWarehouse(warehouse::Access::kReadOnly, context.settings));
  AISLE_TRY(auto connection, database.Connect());
  AISLE_CHECK(warehouse::Confine(connection));
  AISLE_TRY(auto rows, Ask(connection, query,
                           context.json ? "CAST(to_json(asked) AS VARCHAR) AS row"
                                        : "CAST(COLUMNS(*) AS VARCHAR)"));
  return context.json ? PrintJsonLines(std::move(rows)) : PrintTable(std::move(rows));
}

}  // namespace

void DefineSql(CommandBuilder& command) {
  auto options = std::make_shared<SqlOptions>();
  command.Positional("query", &options->query, "One statement, in quotes");
  command.Text("--file", "FILE", &options->file, "Read it from a file; '-' is standard input");
  command.Text("-o,--out", "FILE", &options->out,
               "Write the rows into a file: .csv, .parquet or .jsonl");
  command.Examples(
      {{"aisle sql 'SELECT rfm_segment, count(*) FROM gold.customer_360 GROUP BY ALL'",
        "the segments; nothing is written, neither tables nor files; also while a server runs"},
       {"aisle sql --json 'FROM raw.stores LIMIT 3'",
        "one JSON object per line; NaN is null, infinities are texts"},
       {"aisle sql 'FROM gold.orders' -o orders.parquet", "for pandas, polars, DuckDB, Spark"},
       {"aisle sql --file report.sql", "a query from a file"}});
  command.Run([options](Context& context) { return Sql(context, *options); });
}

}  // namespace aisle::app
