#include "gold/refresh.h"

#include <fmt/format.h>

#include <chrono>

#include "base/stopwatch.h"
#include "gold/raw_tables.h"
#include "gold/sql.h"

namespace aisle::gold {
namespace {

// One table and the query that makes it. `keeps` tables hold a snapshot per as_of; a query that
// `asks_whom` takes the table of the customers it is about.
struct Step {
  const char* table;
  base::NamedText query;
  bool keeps = false;
  bool asks_whom = false;
};

// In this order: each reads only what stands above it.
constexpr Step kSteps[] = {
    {"gold.customer_state", sql::kCustomerState, false, true},
    {"gold.product_state", sql::kProductState},
    {"gold.customer_360", sql::kCustomer360},
    {"gold.orders", sql::kOrders},
    {"gold.order_lines", sql::kOrderLines},
    {"gold.customer_product", sql::kCustomerProduct, false, true},
    {"feature_store.customer_features", sql::kCustomerFeatures, true},
    {"feature_store.product_features", sql::kProductFeatures, true},
};

constexpr base::NamedText kRecord = {
    "gold/refresh.cc",
    "INSERT INTO gold.refresh_history (table_name, started_at, finished_at, as_of, mode, "
    "rows_changed, target_lag_minutes, lag_minutes) VALUES ($table, $started, $finished, $as_of, "
    "'full', $rows, $target, $lag)"};

Result<std::int64_t> Build(warehouse::Connection& connection, const Step& step,
                           base::Timestamp as_of) {
  const warehouse::Parameters parameters = {{"as_of", as_of}};
  if (step.keeps) {
    const std::string clear = fmt::format("DELETE FROM {} WHERE as_of = $as_of", step.table);
    AISLE_CHECK(connection.Execute({"gold/refresh.cc", clear}, parameters));
  }
  // The statement begins on the query's first line, which is a comment, so that an error's line is
  // the file's.
  const std::string text =
      step.keeps ? fmt::format("INSERT INTO {} BY NAME {}", step.table, step.query.text)
                 : fmt::format("CREATE OR REPLACE TABLE {} AS {}", step.table, step.query.text);
  warehouse::Parameters of_query = parameters;
  if (step.asks_whom) of_query.push_back({"customers", warehouse::Table{kEverybody}});
  AISLE_CHECK(connection.Execute({step.query.name, text}, of_query));
  const std::string count =
      step.keeps ? fmt::format("SELECT count(*) FROM {} WHERE as_of = $as_of", step.table)
                 : fmt::format("SELECT count(*) FROM {}", step.table);
  return connection.QueryInt({"gold/refresh.cc", count},
                             step.keeps ? parameters : warehouse::Parameters{});
}

Result<RefreshReport> BuildAndRecord(warehouse::Connection& connection, const Step& step,
                                     base::Timestamp as_of, int target_lag_minutes) {
  const base::Timestamp started = base::Now();
  const base::Stopwatch watch;
  AISLE_TRY(const std::int64_t rows, Build(connection, step, as_of));
  const double seconds = watch.Seconds();
  const base::Timestamp finished = base::Now();
  const double lag_minutes =
      std::chrono::duration<double, std::ratio<60>>(finished - as_of).count();
  AISLE_CHECK(
      connection.Execute(kRecord, {{"table", std::string(step.table)},
                                   {"started", started},
                                   {"finished", finished},
                                   {"as_of", as_of},
                                   {"rows", rows},
                                   {"target", static_cast<std::int64_t>(target_lag_minutes)},
                                   {"lag", lag_minutes}}));
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
    for (const Step& step : kSteps) {
      AISLE_CHECK(go_on(step.table));
      AISLE_TRY(RefreshReport report, BuildAndRecord(connection, step, as_of, target_lag_minutes));
      reports.push_back(std::move(report));
    }
    return go_on("");
  }));
  return reports;
}

}  // namespace aisle::gold
