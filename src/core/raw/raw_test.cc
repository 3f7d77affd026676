#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <set>

#include "raw/check.h"
#include "raw/plain_text.h"

namespace aisle::raw {
namespace {

using domain::Cents;
using testing::HasSubstr;
using testing::StartsWith;

const base::Timestamp kNow = base::FromMicros(1'795'478'400'000'000);

Row ShopEvent() {
  return {{"event_id", "e1"},         {"event_type", "product_view"},
          {"event_timestamp", kNow},  {"visitor_id", "v1"},
          {"ingested_at", kNow},      {"product_id", std::int64_t{42}},
          {"product_price", Cents{0}}};
}
Row Stock() {
  return {{"product_id", std::int64_t{42}},
          {"region", "West"},
          {"qty_on_hand", std::int64_t{0}},
          {"est_delivery_days", std::monostate{}}};
}
Row With(Row row, std::string column, Value value) {
  for (Field& field : row) {
    if (field.column == column) {
      field.value = std::move(value);
      return row;
    }
  }
  row.push_back({std::move(column), std::move(value)});
  return row;
}
Row Without(Row row, std::string_view column) {
  std::erase_if(row, [&](const Field& field) { return field.column == column; });
  return row;
}

// "field | message", or nothing.
std::string Refusal(std::string_view table, const Row& row) {
  const Status status = Check(*FindTable(table), row, domain::RetailerShape::Quickstart());
  return status ? "" : status.error().field + " | " + status.error().message;
}
std::string OfEvent(const Row& row) { return Refusal("raw.event_stream", row); }
std::string OfStock(const Row& row) { return Refusal("raw.inventory", row); }

TEST(RawTables, AreWholeAndConsistent) {
  std::set<std::string_view> names;
  for (const Table& table : Tables()) {
    EXPECT_TRUE(names.insert(table.name).second) << table.name;
    EXPECT_FALSE(table.key.empty()) << table.name;
    std::set<std::string_view> columns;
    for (const Column& column : table.columns)
      EXPECT_TRUE(columns.insert(column.name).second) << table.name << column.name;
    for (const auto key : table.key) EXPECT_TRUE(columns.contains(key)) << table.name << key;
    for (const NeededWhen& needed : table.needed_when) {
      EXPECT_TRUE(columns.contains(needed.column) && columns.contains(needed.when));
      const Column* when = FindColumn(table, needed.when);
      for (const auto text : needed.texts)
        EXPECT_THAT(when->allowed, testing::Contains(text)) << table.name;
    }
    for (const Follows& follows : table.follows)
      EXPECT_TRUE(columns.contains(follows.later) && columns.contains(follows.earlier));
  }
  EXPECT_EQ(FindTable("raw.shoes"), nullptr);
}

TEST(RawCheck, GoodRecordsPass) {
  EXPECT_EQ(OfEvent(ShopEvent()), "");
  EXPECT_EQ(OfStock(Stock()), "");
  EXPECT_EQ(Refusal("raw.product_catalog", {{"product_id", std::int64_t{1}},
                                            {"product_name", "Söckchen"},
                                            {"category_id", "c1"},
                                            {"price", std::int64_t{20}},
                                            {"weight_lbs", std::int64_t{1}},
                                            {"launched_on", base::Date{}}}),
            "");
  EXPECT_EQ(OfEvent(With(With(ShopEvent(), "event_type", "order_complete"), "order_id", "o1")), "");
}

TEST(RawCheck, WhatIsMissingIsNamedWhetherAbsentOrNull) {
  EXPECT_EQ(OfEvent(Without(ShopEvent(), "visitor_id")), "visitor_id | visitor_id: missing");
  EXPECT_EQ(OfEvent(With(ShopEvent(), "visitor_id", std::monostate{})),
            "visitor_id | visitor_id: missing");
  EXPECT_EQ(OfEvent(Without(ShopEvent(), "event_id")), "event_id | event_id: missing") << "the key";
  EXPECT_EQ(OfEvent(With(ShopEvent(), "event_type", "pos_purchase")),
            "order_id | order_id: missing in a purchase");
}

TEST(RawCheck, AValueOfAnotherTypeOrOutOfRangeIsShown) {
  EXPECT_EQ(OfStock(With(Stock(), "qty_on_hand", "many")),
            "qty_on_hand | qty_on_hand: 'many' is not INTEGER");
  EXPECT_EQ(OfStock(With(Stock(), "qty_on_hand", std::int64_t{1} << 31U)),
            "qty_on_hand | qty_on_hand: '2147483648' is not INTEGER");
  EXPECT_EQ(OfStock(With(Stock(), "product_id", "SKU-7")),
            "product_id | product_id: 'SKU-7' is not BIGINT");
  EXPECT_EQ(OfStock(With(Stock(), "qty_on_hand", 1.5)),
            "qty_on_hand | qty_on_hand: '1.5' is not INTEGER");
  EXPECT_EQ(OfEvent(With(ShopEvent(), "product_price", Cents{1'000'000'000'000})),
            "product_price | product_price: '10000000000.00' is not DECIMAL(12,2)");
  EXPECT_EQ(OfEvent(With(ShopEvent(), "product_price", std::int64_t{10'000'000'000})),
            "product_price | product_price: '10000000000' is not DECIMAL(12,2)");
  EXPECT_EQ(OfEvent(With(ShopEvent(), "product_price", std::int64_t{9'999'999'999})), "");
  EXPECT_EQ(OfEvent(With(ShopEvent(), "product_price", std::numeric_limits<std::int64_t>::min())),
            "product_price | product_price: '-9223372036854775808' is not DECIMAL(12,2)");
  EXPECT_THAT(OfEvent(With(ShopEvent(), "event_timestamp", base::Timestamp::min())),
              HasSubstr("is not TIMESTAMP"));
  EXPECT_THAT(OfEvent(With(ShopEvent(), "event_timestamp", base::Date{})),
              HasSubstr("'1970-01-01' is not TIMESTAMP"));
  EXPECT_EQ(OfEvent(With(ShopEvent(), "session_id", "a\xFF")),
            "session_id | session_id: '(bytes)' is not VARCHAR");
  EXPECT_EQ(OfEvent(With(ShopEvent(), "session_id", std::string("a\0b", 3))),
            "session_id | session_id: '(bytes)' is not VARCHAR");
  for (const double odd : {std::nan(""), -std::nan("")}) {
    EXPECT_EQ(
        Refusal("raw.product_catalog", {{"product_id", std::int64_t{1}}, {"weight_lbs", odd}}),
        "weight_lbs | weight_lbs: 'nan' is not DOUBLE");
  }
}

TEST(RawCheck, ANumberTooSmallIsShownAsTheDatabaseWouldWriteIt) {
  EXPECT_EQ(OfStock(With(Stock(), "qty_on_hand", std::int64_t{-1})),
            "qty_on_hand | qty_on_hand: '-1' is below 0");
  EXPECT_EQ(OfEvent(With(ShopEvent(), "product_price", Cents{-5})),
            "product_price | product_price: '-0.05' is below 0");
  EXPECT_EQ(Refusal("raw.product_catalog", {{"weight_lbs", -1.0}}),
            "weight_lbs | weight_lbs: '-1.0' is below 0");
}

TEST(RawCheck, ATextThatIsNotAllowedIsAnsweredWithThoseThatAre) {
  EXPECT_EQ(OfStock(With(Stock(), "region", "Nowhere")),
            "region | region: 'Nowhere' is none of Northeast, Southeast, Midwest, South, West");
  EXPECT_THAT(OfEvent(With(ShopEvent(), "event_type", "teleport")),
              StartsWith("event_type | event_type: 'teleport' is none of page_view, product_view"));
}

TEST(RawCheck, RegionsAndTiersAreThoseOfTheRetailer) {
  domain::RetailerShape::Parts parts = domain::RetailerShape::Quickstart().All();
  for (int i = 0; i < 40; ++i) parts.regions.push_back({"R" + std::to_string(i), "W"});
  parts.tiers.push_back({"T5", "Diamond", {9'000'00}});
  const auto shape = domain::RetailerShape::Make(parts);
  ASSERT_TRUE(shape) << shape.error().message;
  EXPECT_TRUE(Check(*FindTable("raw.inventory"), With(Stock(), "region", "R39"), *shape));
  const Status stock = Check(*FindTable("raw.inventory"), With(Stock(), "region", "R40"), *shape);
  ASSERT_FALSE(stock);
  EXPECT_EQ(stock.error().field, "region");
  EXPECT_THAT(stock.error().message, StartsWith("region: 'R40' is none of Northeast, Southeast,"));
  EXPECT_THAT(stock.error().message, HasSubstr(", R23, R24 and 15 more"));
  const Row customer = {{"customer_id", std::int64_t{1}}, {"loyalty_tier", "Diamond"}};
  EXPECT_TRUE(Check(*FindTable("raw.customers"), customer, *shape));
  EXPECT_EQ(Refusal("raw.customers", customer),
            "loyalty_tier | loyalty_tier: 'Diamond' is none of Bronze, Silver, Gold, Platinum");
}

TEST(RawCheck, ALongTextIsRefusedAndNotShownWhole) {
  std::string text = std::string(199, 'a') + "é" + std::string(kTextBytesMax, 'b');
  const std::string refusal = OfEvent(With(ShopEvent(), "session_id", text));
  EXPECT_THAT(refusal, HasSubstr("aaa…' is longer than 65536 bytes"));
  text.resize(kTextBytesMax);
  EXPECT_EQ(OfEvent(With(ShopEvent(), "session_id", text)), "");
}

TEST(RawCheck, ColumnsThatAreUnknownTwiceOrOursAreRefused) {
  EXPECT_EQ(OfStock(With(Stock(), "qty", std::int64_t{1})),
            "qty | qty: no column of raw.inventory; it has product_id, region, warehouse_name, "
            "qty_on_hand, est_delivery_days, last_updated");
  Row twice = Stock();
  twice.push_back(twice.front());
  EXPECT_EQ(OfStock(twice), "product_id | product_id: given twice");
  EXPECT_EQ(OfEvent(With(ShopEvent(), "loaded_at", kNow)),
            "loaded_at | loaded_at: set when it is loaded");
}

TEST(RawCheck, AnEndMustComeAfterItsBeginning) {
  const auto refusal = [](Value from, Value to) {
    return Refusal("raw.price_history", {{"product_id", std::int64_t{1}},
                                         {"price", Cents{1}},
                                         {"valid_from", std::move(from)},
                                         {"valid_to", std::move(to)}});
  };
  EXPECT_EQ(refusal(kNow, kNow), "valid_to | valid_to: not after valid_from");
  EXPECT_EQ(refusal(kNow, kNow + base::kDay), "");
  EXPECT_EQ(refusal(kNow, std::monostate{}), "");
}

}  // namespace
}  // namespace aisle::raw
