// The rules of core/raw and what the database makes of them: the same columns, and for the same wrong
// row the same reason, whether SQL finds it or C++.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ingest/fill_table.h"
#include "ingest/sql.h"
#include "ingest/sql_text.h"
#include "ingest/warehouse_testing.h"
#include "raw/check.h"

namespace aisle::ingest {
namespace {

using domain::Cents;
using raw::Row;

const base::Timestamp kTime = base::FromMicros(kLoadedMicros);

// A value as SQL of its type.
struct InSql {
  std::string_view null_type;  // Of the column.
  std::string operator()(std::monostate) const {
    return fmt::format("CAST(NULL AS {})", null_type);
  }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const {
    return fmt::format("CAST({} AS BIGINT)", value);
  }
  std::string operator()(double value) const { return fmt::format("CAST('{}' AS DOUBLE)", value); }
  std::string operator()(Cents value) const {
    return fmt::format("CAST({} / 100.0 AS DECIMAL(15,2))", value.value);
  }
  std::string operator()(const std::string& value) const { return Literal(value); }
  std::string operator()(base::Date value) const {
    return "DATE '" + base::FormatDate(value) + "'";
  }
  std::string operator()(base::Timestamp value) const {
    return fmt::format("make_timestamp({})", base::ToMicros(value));
  }
};

const domain::RetailerShape& Shape() { return domain::RetailerShape::Quickstart(); }

class RulesTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    ASSERT_TRUE(CreateTables(*connection_));
    ASSERT_TRUE(connection_->Execute(sql::kCreateParts));  // As OpenSources does.
  }
  // What the importer writes into raw.rejects for the row; empty: it was taken.
  std::string SqlReason(const raw::Table& table, const Row& row,
                        const domain::RetailerShape& shape = Shape()) {
    Mapping mapping;
    mapping.name = "twin";
    TableStep step;
    step.table = table.name;
    std::string values;
    for (const raw::Field& field : row) {
      const raw::Column* column = raw::FindColumn(table, field.column);
      values += fmt::format("{}{} AS {}", values.empty() ? "" : ", ",
                            std::visit(InSql{raw::TypeName(column->type)}, field.value),
                            Quoted(field.column));
    }
    step.query = {"SELECT " + values, 1};
    EXPECT_TRUE(connection_->Execute({"test", "DELETE FROM raw.rejects"}));
    const auto filled = FillTable(*connection_, mapping, step, {}, shape, kTime);
    if (!filled) return "error: " + filled.error().message;
    std::string reason = Rows("SELECT reason FROM raw.rejects");
    EXPECT_EQ(reason.empty(), filled->rejected == 0);
    if (!reason.empty()) reason.pop_back();
    return reason;
  }
};

std::string CheckReason(const raw::Table& table, const Row& row,
                        const domain::RetailerShape& shape = Shape()) {
  const Status status = raw::Check(table, row, shape);
  if (status) return "";
  EXPECT_TRUE(status.error().message.starts_with(status.error().field + ": "));
  return status.error().message;
}

// Each row has one thing wrong with it, or nothing.
struct Case {
  std::string_view table;
  Row good;
  std::vector<raw::Field> wrong;  // Each in place of the good row's field, or beside the others.
};

std::vector<Case> Cases() {
  const std::int64_t one = 1;
  return {
      {"raw.event_stream",
       {{"event_id", "e1"},
        {"event_type", "product_view"},
        {"event_timestamp", kTime},
        {"visitor_id", "v1"},
        {"ingested_at", kTime},
        {"product_id", one},
        {"customer_id", one},
        {"product_price", Cents{499}},
        {"quantity", one}},
       {{"event_id", std::monostate{}},
        {"event_type", std::monostate{}},
        {"event_type", "teleport"},
        {"event_type", ""},
        {"event_type", "order_complete"},  // Without order.
        {"event_type", "pos_purchase"},
        {"event_timestamp", std::monostate{}},
        {"visitor_id", std::monostate{}},
        {"ingested_at", std::monostate{}},
        {"product_price", Cents{-1}},
        {"product_price", Cents{1'000'000'000'000}},
        {"product_price", "cheap"},
        {"quantity", std::int64_t{-3}},
        {"quantity", std::int64_t{1} << 40U},
        {"quantity", 1.5},
        {"quantity", "two"},
        {"order_line", std::int64_t{-1}},
        {"points_earned", std::int64_t{-5'000'000'000}}}},
      {"raw.product_catalog",
       {{"product_id", one},
        {"product_name", "Soap"},
        {"category_id", "c1"},
        {"price", std::int64_t{20}},
        {"weight_lbs", 0.5},
        {"is_perishable", false}},
       {{"product_id", std::monostate{}},
        {"product_name", std::monostate{}},
        {"category_id", std::monostate{}},
        {"price", std::monostate{}},
        {"price", Cents{-250}},
        {"price", std::int64_t{-2}},
        {"weight_lbs", -0.25},
        {"weight_lbs", -1.0},
        {"weight_lbs", -1e300 * 1e300},
        {"is_perishable", "rather"},
        {"launched_on", "soon"}}},
      {"raw.inventory",
       {{"product_id", one}, {"region", "West"}, {"qty_on_hand", one}, {"est_delivery_days", one}},
       {{"region", std::monostate{}},
        {"region", "Nowhere"},
        {"region", "west"},
        {"qty_on_hand", std::monostate{}},
        {"qty_on_hand", std::int64_t{-1}},
        {"est_delivery_days", std::int64_t{-2}},
        {"last_updated", true}}},
      {"raw.price_history",
       {{"product_id", one}, {"valid_from", kTime}, {"price", Cents{100}}},
       {{"valid_from", std::monostate{}},
        {"price", std::monostate{}},
        {"price", Cents{-1}},
        {"valid_to", kTime},
        {"valid_to", kTime - base::kDay}}},
      {"raw.regions",
       {{"region", "Nowhere"}, {"warehouse_name", "WH"}, {"region_order", one}},
       {{"region", std::monostate{}},
        {"warehouse_name", std::monostate{}},
        {"region_order", std::monostate{}},
        {"region_order", "first"}}},
      {"raw.postal_regions",
       {{"country", "CA"}, {"prefix", ""}, {"region", "Nowhere"}},
       {{"prefix", std::monostate{}}, {"region", std::monostate{}}}},
      {"raw.loyalty_tiers",
       {{"tier_id", "T"}, {"tier_name", "Diamond"}, {"min_annual_spend", Cents{0}}},
       {{"tier_name", std::monostate{}},
        {"min_annual_spend", std::monostate{}},
        {"min_annual_spend", Cents{-1}}}},
      {"raw.customers",
       {{"customer_id", one}, {"loyalty_tier", "Gold"}, {"has_app", true}},
       {{"customer_id", std::monostate{}},
        {"loyalty_tier", "Diamond"},
        {"date_of_birth", "in spring"},
        {"has_app", "if need be"}}},
  };
}

TEST_F(RulesTest, TheTablesHaveTheColumnsThatTheRulesSay) {
  for (const raw::Table& table : raw::Tables()) {
    std::string expected;
    for (const raw::Column& column : table.columns)
      expected += fmt::format("{}|{}\n", column.name, raw::TypeName(column.type));
    EXPECT_EQ(
        Rows(fmt::format("SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name "
                         "|| '.' || table_name = '{}' ORDER BY column_index",
                         table.name)),
        expected)
        << table.name;
  }
}

TEST_F(RulesTest, AWrongRowHasOneReasonWhetherSqlFindsItOrCpp) {
  int wrong_rows = 0;
  for (const Case& one : Cases()) {
    const raw::Table& table = *raw::FindTable(one.table);
    EXPECT_EQ(SqlReason(table, one.good), "") << one.table;
    EXPECT_EQ(CheckReason(table, one.good), "") << one.table;
    for (const raw::Field& wrong : one.wrong) {
      Row row = one.good;
      std::erase_if(row, [&](const raw::Field& field) { return field.column == wrong.column; });
      row.push_back(wrong);
      const std::string reason = CheckReason(table, row);
      EXPECT_NE(reason, "") << one.table << " " << wrong.column;
      EXPECT_EQ(SqlReason(table, row), reason) << one.table;
      ++wrong_rows;
    }
  }
  EXPECT_GT(wrong_rows, 40);
}

TEST_F(RulesTest, AnAmountFinerThanTheMoneyIsRefusedByBoth) {
  const Case events = Cases().front();
  const raw::Table& table = *raw::FindTable(events.table);
  const auto check = [&](int minor_unit, Cents price) {
    auto parts = Shape().All();
    parts.currency = {"JPY", minor_unit};
    const auto shape = domain::RetailerShape::Make(std::move(parts));
    Row row = events.good;
    std::erase_if(row, [](const raw::Field& field) { return field.column == "product_price"; });
    row.push_back({"product_price", price});
    const std::string reason = CheckReason(table, row, *shape);
    EXPECT_EQ(SqlReason(table, row, *shape), reason);
    return reason;
  };
  EXPECT_EQ(check(0, Cents{499'00}), "");
  EXPECT_EQ(check(0, Cents{499'50}),
            "product_price: '499.50' is finer than JPY, which has 0 digits behind the point");
  EXPECT_EQ(check(1, Cents{499'50}), "");
  EXPECT_EQ(check(1, Cents{499'55}),
            "product_price: '499.55' is finer than JPY, which has 1 digits behind the point");
  EXPECT_EQ(check(2, Cents{499'55}), "");
}

}  // namespace
}  // namespace aisle::ingest
