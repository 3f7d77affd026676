// A shop of a few rows in memory, for golden tests: rows in, rows out.
//
// Add* append rows; anything not named is NULL or a plain default. Times are text as SQL reads them.
//
//   errors  a statement that fails stops the test run.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "ingest/ingest.h"
#include "warehouse/warehouse.h"

namespace aisle::gold {

inline constexpr std::string_view kAsOfText = "2026-11-24 00:00:00";

class ShopFixture {
 public:
  ShopFixture() : database_(Must(warehouse::Database::Open(":memory:"))) {
    connection_.emplace(Must(database_.Connect()));
    Must(ingest::CreateTables(*connection_));
    Write(
        "INSERT INTO raw.product_categories VALUES ('CAT-001', 'Beauty', 'Skincare', 5, 100), "
        "('CAT-002', 'Home', 'Kitchen', 5, 200)");
  }

  warehouse::Database& Database() { return database_; }
  warehouse::Connection& Connection() { return *connection_; }

  void Write(const std::string& statement) { Must(connection_->Execute({"test", statement})); }

  std::vector<std::vector<std::string>> Rows(const std::string& query) {
    return Must(connection_->QueryText({"test", query}));
  }
  // One row as text, columns divided by '|'.
  std::vector<std::string> Lines(base::NamedText query, const warehouse::Parameters& parameters) {
    std::vector<std::string> lines;
    for (const auto& row : Must(connection_->QueryText(query, parameters)))
      lines.push_back(fmt::format("{}", fmt::join(row, "|")));
    return lines;
  }

  void AddCustomer(int id, const std::string& since = "2024-03-15",
                   const std::string& born = "1990-02-28", const std::string& zip = "10001",
                   const std::string& tier = "Bronze") {
    Write(
        fmt::format("INSERT INTO raw.customers (customer_id, first_name, last_name, email, gender, "
                    "date_of_birth, city, state, zip_code, customer_since_date, loyalty_tier, "
                    "has_app, email_subscriber, sms_subscriber) VALUES ({}, 'Ann', 'Lee', "
                    "'ann@example.com', 'Female', DATE '{}', 'New York', 'NY', '{}', DATE '{}', "
                    "'{}', true, false, false)",
                    id, born, zip, since, tier));
  }
  void AddHistory(int id, const std::string& from, const std::string& to, const std::string& tier,
                  const std::string& zip) {
    Write(
        fmt::format("INSERT INTO raw.customer_history VALUES ({}, '{}', false, true, false, "
                    "'Miami', 'FL', '{}', TIMESTAMP '{}', {})",
                    id, tier, zip, from, to.empty() ? "NULL" : "TIMESTAMP '" + to + "'"));
  }
  void AddProduct(int id, const std::string& price = "10.00",
                  const std::string& category = "CAT-001", const std::string& launched = "NULL") {
    Write(
        fmt::format("INSERT INTO raw.product_catalog VALUES ({0}, 'Product {0}', '{1}', 'Beauty', "
                    "'Skincare', 'GlowUp', {2}, 1.0, false, 'daily_staple', {3}, NULL)",
                    id, category, price, launched));
  }

  struct Event {
    int customer = 1;
    std::string type{};
    std::string at{};
    std::string ingested{};  // Empty: a second later.
    int product = 0;         // 0: NULL; else category and price are filled in.
    std::string category = "CAT-001";
    std::string price = "10.00";
    std::string session{}, cart{}, order{};
    std::string order_total{}, line_total{};
    std::string channel = "Web", device = "Mobile";
    int order_line = 1;
    int points = 0;
  };
  void AddEvent(const Event& e) {
    const auto text = [](const std::string& value) {
      return value.empty() ? std::string("NULL") : "'" + value + "'";
    };
    const auto number = [](const std::string& value) { return value.empty() ? "NULL" : value; };
    const bool has_product = e.product != 0;
    Write(fmt::format(
        "INSERT INTO raw.event_stream (event_id, customer_id, event_type, event_timestamp, "
        "channel, session_id, device_type, product_id, product_category, product_price, quantity, "
        "order_id, order_total, points_earned, points_redeemed, order_line, line_total, cart_id, "
        "visitor_id, ingested_at) VALUES ('E{}', {}, '{}', TIMESTAMP '{}', {}, {}, {}, {}, {}, {}, "
        "1, {}, {}, {}, {}, {}, {}, {}, 'V1', {})",
        ++events_, e.customer, e.type, e.at, text(e.channel), text(e.session), text(e.device),
        has_product ? std::to_string(e.product) : "NULL", has_product ? text(e.category) : "NULL",
        has_product ? e.price : "NULL", text(e.order), number(e.order_total),
        e.type == "points_earned" ? std::to_string(e.points) : "NULL",
        e.type == "points_redeemed" ? std::to_string(e.points) : "NULL",
        e.order.empty() ? "NULL" : std::to_string(e.order_line), number(e.line_total), text(e.cart),
        e.ingested.empty() ? "TIMESTAMP '" + e.at + "' + INTERVAL '1' SECOND"
                           : "TIMESTAMP '" + e.ingested + "'"));
  }

  static base::Timestamp AsOf(std::string_view text = kAsOfText) {
    return Must(base::ParseTimestamp(text));
  }

  template <typename T>
  static T Must(Result<T> result) {
    if (!result) {
      fmt::print(stderr, "{}\n", result.error().message);
      std::abort();
    }
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }

 private:
  warehouse::Database database_;
  std::optional<warehouse::Connection> connection_;
  int events_ = 0;
};

}  // namespace aisle::gold
