// What the tests of changes share: a shop of two products and a customer, records of its log, and their intake.
//
// Private to the tests of this module.
//
//   units    records are so many minutes after noon.
//   threads  one; the folder is removed at the end of the test.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "events/events.h"
#include "events/log_testing.h"
#include "ingest/ingest.h"
#include "ingest/warehouse_testing.h"

namespace aisle::ingest {

inline const base::Timestamp kNoon = *base::ParseTimestamp("2026-11-29 12:00:00");
inline constexpr base::Microseconds kMinute{60'000'000};

class ChangesTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    ASSERT_TRUE(CreateTables(*connection_));
    Rows("INSERT INTO raw.product_categories (category_id) VALUES ('c1'), ('c2'), ('c3')");
    Rows(
        "INSERT INTO raw.product_catalog (product_id, product_name, category_id, brand, price) "
        "VALUES (7, 'Soap', 'c1', 'Olive', 12.00), (8, 'Tea', 'c2', NULL, 5.00)");
    Rows(
        "INSERT INTO raw.inventory VALUES (7, 'West', 'WH-W', 5, 2, NULL), "
        "(7, 'South', 'WH-S', 9, 3, NULL)");
    Rows(
        "INSERT INTO raw.customers (customer_id, zip_code, loyalty_tier, has_app) VALUES "
        "(1, '10001', 'Bronze', true)");
  }

  static std::string Record(events::Kind kind, int minute, raw::Row row) {
    return events::EncodeChange(
        {{kind, fmt::format("c{}", minute), kNoon + minute * kMinute}, std::move(row)});
  }
  static std::string Stock(int minute, std::int64_t product, const std::string& region,
                           std::int64_t pieces) {
    return Record(events::Kind::kStock, minute,
                  {{"product_id", product}, {"region", region}, {"qty_on_hand", pieces}});
  }
  static std::string Price(int minute, std::int64_t product, std::int64_t cents) {
    const base::Timestamp at = kNoon + minute * kMinute;
    return Record(events::Kind::kPrice, minute,
                  {{"product_id", product}, {"price", domain::Cents{cents}}, {"valid_from", at}});
  }
  static std::string Soap(int minute, raw::Row more) {
    raw::Row row = {{"product_id", std::int64_t{7}},
                    {"product_name", "Soap"},
                    {"category_id", "c1"},
                    {"price", domain::Cents{1200}}};
    for (raw::Field& field : more) {
      std::erase_if(row, [&](const raw::Field& one) { return one.column == field.column; });
      row.push_back(std::move(field));
    }
    return Record(events::Kind::kProduct, minute, std::move(row));
  }
  static std::string Customer(int minute, raw::Row row) {
    row.push_back({"customer_id", std::int64_t{1}});
    return Record(events::Kind::kCustomer, minute, std::move(row));
  }

  void Append(const std::vector<std::string>& records) {
    // As a server opens it: the log has an id from then on.
    ASSERT_TRUE(events::EventLog::Open(Log(), events::EventLog::Access::kWrite));
    const Status status = events::AppendBytes(Log(), records);
    ASSERT_TRUE(status) << status.error().message;
  }
  std::filesystem::path Log() const { return folder_ / "changes"; }
  // Records moved, or -1 with the error printed.
  std::int64_t Collect() {
    const auto moved = CollectChanges(*connection_, Log());
    if (!moved) ADD_FAILURE() << moved.error().message;
    return moved ? *moved : -1;
  }
  std::uint64_t Mark() {
    const auto log = events::EventLog::Open(Log(), events::EventLog::Access::kRead);
    return log ? log->Mark(events::kWarehouseReader).value_or(99) : 99;
  }
  // As a worker leaves it that was killed after its commit: the log's reader is where it was.
  void PutMarkBack() {
    for (const auto& file : std::filesystem::directory_iterator(Log() / "readers"))
      ASSERT_TRUE(base::WriteFileAtomic(file.path(), "0\n"));
    ASSERT_EQ(Mark(), 0U);
  }
  std::string StockHistory() {
    return Rows(
        "SELECT product_id, region, qty_on_hand, est_delivery_days, valid_from, valid_to "
        "FROM raw.inventory_history ORDER BY ALL");
  }
  std::string Everything() {
    std::string text;
    for (const char* table :
         {"raw.inventory", "raw.inventory_history", "raw.product_catalog", "raw.price_history",
          "raw.customers", "raw.customer_history", "raw.about", "raw.rejects"})
      text += table + (":\n" + Rows(fmt::format("SELECT * FROM {} ORDER BY ALL", table)));
    return text;
  }
};

}  // namespace aisle::ingest
