#include <fmt/format.h>

#include <algorithm>

#include "warehouse/connection_impl.h"
#include "warehouse/dialect.h"
#include "warehouse/explain.h"
#include "warehouse/warehouse.h"

namespace aisle::warehouse {
namespace {

// "schema.table" in parts.
struct TableName {
  std::string schema, table;
  std::string Quoted() const { return QuotedName(schema) + "." + QuotedName(table); }
};

Result<TableName> ParseTable(std::string_view name) {
  const std::size_t dot = name.find('.');
  TableName parsed{"main", std::string(name)};
  if (dot != std::string_view::npos)
    parsed = {std::string(name.substr(0, dot)), std::string(name.substr(dot + 1))};
  const auto is_name = [](std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
  };
  if (!is_name(parsed.schema) || !is_name(parsed.table)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is not a table's name (like raw.event_stream)", name));
  }
  return parsed;
}

// DuckDB's names do not differ by case.
std::string Lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// Where rows wait whose columns are not the table's.
constexpr const char* kWaiting = "aisle_ingest";

// One call of Ingest.
class Loading {
 public:
  Loading(Connection& connection, Session& session, TableName table)
      : connection_(connection), session_(session), table_(std::move(table)) {}

  Result<std::int64_t> Append(arrow::Stream stream) {
    AISLE_TRY(const Columns wanted, ColumnsOf("current_database()", table_.schema, table_.table));
    if (wanted.empty()) return Fail(ErrorCode::kNotFound, "the table does not exist");
    for (const std::string& name : stream.ColumnNames()) {
      if (std::ranges::none_of(wanted, [&](const auto& c) { return c.front() == Lower(name); })) {
        return Fail(ErrorCode::kInvalidArgument,
                    fmt::format("the table has no column '{}', which the rows have", name));
      }
    }
    // The driver appends by position and refuses other types; what types the rows have in DuckDB's
    // eyes is asked by making a table of them.
    AISLE_CHECK(Send(stream.WithoutRows(), Waiting(ADBC_INGEST_OPTION_MODE_REPLACE)));
    AISLE_TRY(const Columns given, ColumnsOf("'temp'", "main", kWaiting));
    Result<std::int64_t> rows = 0;
    AISLE_TRY(const bool refuses, MayRefuse());
    if (given == wanted && !refuses) {
      rows = SendCounted(std::move(stream), ADBC_INGEST_OPTION_MODE_APPEND);
    } else {
      rows = AppendByName(std::move(stream));
    }
    AISLE_CHECK(rows);
    AISLE_CHECK(Run(fmt::format("DROP TABLE temp.{}", kWaiting)));
    return rows;
  }

  // `mode` is the driver's name of it. The driver reports no error of the last rows that it writes
  // (a full disk, say), so they are counted.
  Result<std::int64_t> SendCounted(arrow::Stream stream, const char* mode) {
    std::int64_t before = 0;
    if (std::string_view(mode) == ADBC_INGEST_OPTION_MODE_APPEND) {
      AISLE_TRY(before, Count());
    }
    AISLE_TRY(const std::int64_t sent,
              Send(std::move(stream), {{ADBC_INGEST_OPTION_TARGET_DB_SCHEMA, table_.schema},
                                       {ADBC_INGEST_OPTION_TARGET_TABLE, table_.table},
                                       {ADBC_INGEST_OPTION_MODE, mode}}));
    const Result<std::int64_t> after = Count();
    if (!after) {
      return Fail(ErrorCode::kUnavailable,
                  "the last rows could not be written; see whether memory and disk have space (" +
                      after.error().message + ")");
    }
    AISLE_CHECK(CheckTaken(*after - before, sent));
    return sent;
  }

 private:
  using Columns = std::vector<std::vector<std::string>>;  // Name and type, in the table's order.

  static Settings Waiting(const char* mode) {
    return {{ADBC_INGEST_OPTION_TEMPORARY, ADBC_OPTION_VALUE_ENABLED},
            {ADBC_INGEST_OPTION_TARGET_TABLE, kWaiting},
            {ADBC_INGEST_OPTION_MODE, mode}};
  }

  Status CheckTaken(std::int64_t taken, std::int64_t sent) {
    if (taken == sent) return {};
    return Fail(
        ErrorCode::kUnavailable,
        fmt::format("the table took {} of {} rows; see whether there is space", taken, sent));
  }

  Result<std::int64_t> Run(const std::string& sql) {
    const auto ran = session_.Run(sql);
    if (!ran) return std::unexpected(ExplainWords(ran.error().words));
    return *ran;
  }

  // Of a table with a NOT NULL, a key or a check, an INSERT says what it refuses; the driver's bulk
  // append may not.
  Result<bool> MayRefuse() {
    AISLE_TRY(
        const std::int64_t constraints,
        connection_.QueryInt({"warehouse/constraints",
                              "SELECT count(*) FROM duckdb_constraints() WHERE database_name = "
                              "current_database() AND lower(schema_name) = lower($schema) AND "
                              "lower(table_name) = lower($table)"},
                             {{"schema", table_.schema}, {"table", table_.table}}));
    return constraints > 0;
  }

  Result<std::int64_t> Count() {
    return connection_.QueryInt({"warehouse/count", "SELECT count(*) FROM " + table_.Quoted()});
  }

  Result<Columns> ColumnsOf(const char* catalog, const std::string& schema,
                            const std::string& table) {
    return connection_.QueryText(
        {"warehouse/columns",
         fmt::format("SELECT lower(column_name), data_type FROM information_schema.columns WHERE "
                     "table_catalog = {} AND lower(table_schema) = lower($schema) AND "
                     "lower(table_name) = lower($table) ORDER BY ordinal_position",
                     catalog)},
        {{"schema", schema}, {"table", table}});
  }

  Result<std::int64_t> Send(arrow::Stream stream, const Settings& settings) {
    auto failure = std::make_shared<std::optional<Error>>();
    ArrowArrayStream rows{};
    std::move(stream).Export(&rows, failure);
    const auto sent = session_.Ingest(settings, &rows);
    if (failure->has_value()) return std::unexpected(std::move(**failure));
    if (!sent) return std::unexpected(ExplainIngest(sent.error()));
    return *sent;
  }

  Result<std::int64_t> AppendByName(arrow::Stream stream) {
    std::string columns;
    for (const std::string& name : stream.ColumnNames())
      columns += (columns.empty() ? "" : ", ") + QuotedName(name);
    AISLE_TRY(const std::int64_t sent,
              Send(std::move(stream), Waiting(ADBC_INGEST_OPTION_MODE_APPEND)));
    AISLE_TRY(const std::int64_t taken,
              Run(fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM temp.{2}", table_.Quoted(),
                              columns, kWaiting)));
    AISLE_CHECK(CheckTaken(taken, sent));
    return sent;
  }

  Connection& connection_;
  Session& session_;
  const TableName table_;
};

}  // namespace

Result<std::int64_t> Connection::Ingest(std::string_view table, arrow::Stream stream,
                                        IngestMode mode) {
  AISLE_TRY(TableName name, ParseTable(table));
  Loading loading(*this, *impl_->session, std::move(name));
  Result<std::int64_t> rows = 0;
  const auto work = [&]() -> Status {
    rows = mode == IngestMode::kAppend
               ? loading.Append(std::move(stream))
               : loading.SendCounted(std::move(stream), mode == IngestMode::kCreate
                                                            ? ADBC_INGEST_OPTION_MODE_CREATE
                                                            : ADBC_INGEST_OPTION_MODE_REPLACE);
    AISLE_CHECK(rows);
    return {};
  };
  // All rows or none, also where the caller has not begun a transaction.
  const Status done = InTransaction(*this, work);
  if (!done) return Within(fmt::format("rows for {}", table), done.error());
  return rows;
}

Result<bool> Connection::HasTable(std::string_view table) {
  AISLE_TRY(const TableName name, ParseTable(table));
  AISLE_TRY(const std::int64_t count,
            QueryInt({"warehouse/has_table",
                      "SELECT count(*) FROM information_schema.tables WHERE table_catalog = "
                      "current_database() AND lower(table_schema) = lower($schema) AND "
                      "lower(table_name) = lower($table)"},
                     {{"schema", name.schema}, {"table", name.table}}));
  return count > 0;
}

Result<std::set<std::string>> Connection::TableNames() {
  AISLE_TRY(const auto rows,
            QueryText({"warehouse/table_names",
                       "SELECT lower(table_schema) || '.' || lower(table_name) AS name FROM "
                       "information_schema.tables WHERE table_catalog = current_database()"}));
  std::set<std::string> names;
  for (const auto& row : rows) names.insert(row.at(0));
  return names;
}

}  // namespace aisle::warehouse
