#include "gold/refresh.h"

#include <fmt/format.h>

#include <chrono>

#include "base/stopwatch.h"
#include "gold/made_tables.h"
#include "gold/raw_tables.h"
#include "gold/shape_tables.h"
#include "gold/sql.h"
#include "ingest/read_shape.h"

namespace aisle::gold {
namespace {

enum class Kind : std::uint8_t {
  kTable,     // Made anew.
  kSnapshot,  // A table that keeps what it held as of other moments.
  kView       // For people who ask: read when it is asked for, as of the last refresh.
};

struct Step {
  const char* table;
  base::NamedText query;
  Kind kind = Kind::kTable;
};

// In this order: each reads only what stands above it, and the first five the raw tables alone
// (made_tables.h).
constexpr Step kSteps[] = {
    {"gold.customer_category", sql::kCustomerCategory},
    {"gold.customer_product", sql::kCustomerProduct},
    {"gold.customer_state", sql::kCustomerState},
    {"gold.product_state", sql::kProductState},
    {"gold.product_region", sql::kProductRegion},
    {"gold.customer_360", sql::kCustomer360},
    {"gold.orders", sql::kOrders, Kind::kView},
    {"gold.order_lines", sql::kOrderLines, Kind::kView},
    {"feature_store.customer_features", sql::kCustomerFeatures, Kind::kSnapshot},
    {"feature_store.product_features", sql::kProductFeatures, Kind::kSnapshot},
};

constexpr base::NamedText kRecord = {
    "gold/refresh.cc",
    "INSERT INTO gold.refresh_history (table_name, started_at, finished_at, as_of, mode, "
    "rows_changed, target_lag_minutes, lag_minutes, data_mark) VALUES ($table, $started, "
    "$finished, $as_of, $mode, $rows, $target, $lag, $mark)"};

// What stands before the query. The statement begins on the query's first line, which is a comment, so that
// an error's line is the file's.
std::string Statement(const Step& step) {
  switch (step.kind) {
    case Kind::kTable:
      return fmt::format("CREATE OR REPLACE TABLE {} AS {}", step.table, step.query.text);
    case Kind::kSnapshot:
      return fmt::format("INSERT INTO {} BY NAME {}", step.table, step.query.text);
    case Kind::kView:
      return fmt::format("CREATE OR REPLACE VIEW {} AS {}", step.table, step.query.text);
  }
  return {};
}

// A view cannot replace a table of its name, which programs before this one made.
Status DropTable(warehouse::Connection& connection, std::string_view table) {
  const std::string name(table.substr(table.find('.') + 1));
  AISLE_TRY(const std::int64_t there, connection.QueryInt(sql::kIsTable, {{"name", name}}));
  if (there == 0) return {};
  const std::string drop = fmt::format("DROP TABLE {}", table);
  AISLE_CHECK(connection.Execute({"gold/refresh.cc", drop}));
  return {};
}

Result<std::int64_t> Build(warehouse::Connection& connection, const Step& step,
                           base::Timestamp as_of) {
  const warehouse::Parameters moment = {{"as_of", as_of}};
  if (step.kind == Kind::kView) AISLE_CHECK(DropTable(connection, step.table));
  if (step.kind == Kind::kSnapshot) {
    const std::string clear = fmt::format("DELETE FROM {} WHERE as_of = $as_of", step.table);
    AISLE_CHECK(connection.Execute({"gold/refresh.cc", clear}, moment));
  }
  AISLE_TRY(const auto parameters, ParametersOf(step.query, as_of));
  AISLE_CHECK(connection.Execute({step.query.name, Statement(step)}, parameters));
  const std::string count =
      fmt::format("SELECT count(*) FROM {}{}", step.table,
                  step.kind == Kind::kSnapshot ? " WHERE as_of = $as_of" : "");
  return connection.QueryInt({"gold/refresh.cc", count},
                             step.kind == Kind::kSnapshot ? moment : warehouse::Parameters{});
}

Result<RefreshReport> BuildAndRecord(warehouse::Connection& connection, const Step& step,
                                     base::Timestamp as_of, int target_lag_minutes,
                                     const std::string& mark) {
  const base::Timestamp started = base::Now();
  const base::Stopwatch watch;
  AISLE_TRY(const std::int64_t rows, Build(connection, step, as_of));
  const double seconds = watch.Seconds();
  const base::Timestamp finished = base::Now();
  const double lag_minutes =
      std::chrono::duration<double, std::ratio<60>>(finished - as_of).count();
  AISLE_CHECK(connection.Execute(kRecord,
                                 {{"table", std::string(step.table)},
                                  {"started", started},
                                  {"finished", finished},
                                  {"as_of", as_of},
                                  {"mode", std::string(step.kind == Kind::kView ? "view" : "full")},
                                  {"rows", rows},
                                  {"target", static_cast<std::int64_t>(target_lag_minutes)},
                                  {"lag", lag_minutes},
                                  {"mark", mark}}));
  return RefreshReport{step.table, rows, seconds};
}

}  // namespace

Result<std::vector<RefreshReport>> Refresh(
    warehouse::Connection& connection, base::Timestamp as_of, int target_lag_minutes,
    const std::function<bool(const std::string&)>& progress) {
  AISLE_CHECK(CheckRawTables(connection));
  std::vector<RefreshReport> reports;
  const auto go_on = [&](const std::string& table) -> Status {
    if (!progress || progress(table)) return {};
    return Fail(ErrorCode::kUnavailable, "cancelled");
  };
  AISLE_CHECK(warehouse::InTransaction(connection, [&]() -> Status {
    AISLE_CHECK(connection.Execute(sql::kCreateViews));
    AISLE_TRY(const auto shape, ingest::ReadShape(connection));
    AISLE_CHECK(MakeShapeTables(connection, shape));
    AISLE_TRY(const std::string mark, DataMark(connection, as_of));
    for (const Step& step : kSteps) {
      AISLE_CHECK(go_on(step.table));
      AISLE_TRY(RefreshReport report,
                BuildAndRecord(connection, step, as_of, target_lag_minutes, mark));
      reports.push_back(std::move(report));
    }
    return go_on("");
  }));
  return reports;
}

}  // namespace aisle::gold
