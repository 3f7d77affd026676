// The same customer, three times: counted naively out of the event rows, read as a record, and
// refreshed into the feature view. All three must agree, at several moments.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "base/random.h"
#include "features/customer_inputs.h"
#include "gold/feature_stream.h"
#include "gold/refresh.h"
#include "ingest/ingest.h"
#include "synth/retailer.h"
#include "warehouse/warehouse.h"

namespace aisle {
namespace {

template <typename T>
T Must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().message);
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

struct EventRow {
  std::int64_t customer = 0;
  std::string type, session, category, order;
  base::Timestamp at{}, ingested{};
  std::int64_t product = 0;  // 0: none.
  std::int64_t order_total = 0;
};

class FeatureParity : public testing::Test {
 protected:
  static constexpr std::int64_t kCustomers = 250;

  void SetUp() override {
    synth::Options options;
    options.as_of = as_of_;
    options.customers = kCustomers;
    options.oracle_customers = 0;
    const synth::Retailer retailer = Must(synth::Retailer::Make(options));
    database_.emplace(Must(warehouse::Database::Open(":memory:")));
    connection_.emplace(Must(database_->Connect()));
    Must(ingest::CreateTables(*connection_));
    for (const std::string& table : synth::Retailer::Tables()) {
      if (!table.starts_with("raw.")) continue;
      Must(ingest::LoadTable(*connection_, table, Must(retailer.Open(table))));
    }
    ReadEvents(Must(retailer.Open("raw.event_stream")));
  }

  void ReadEvents(arrow::Stream stream) {
    for (;;) {
      const auto batch = Must(stream.Next());
      if (!batch) return;
      const auto column = [&](const char* name) { return batch->ColumnIndex(name); };
      const auto text = [&](int c, std::int64_t r) {
        return batch->IsNull(c, r) ? std::string() : std::string(batch->String(c, r));
      };
      const int customer = column("customer_id"), type = column("event_type"),
                at = column("event_timestamp"), ingested = column("ingested_at"),
                session = column("session_id"), product = column("product_id"),
                category = column("product_category"), order = column("order_id"),
                total = column("order_total");
      for (std::int64_t r = 0; r < batch->RowCount(); ++r) {
        events_.push_back({batch->Int(customer, r), text(type, r), text(session, r),
                           text(category, r), text(order, r), batch->Time(at, r),
                           batch->Time(ingested, r),
                           batch->IsNull(product, r) ? 0 : batch->Int(product, r),
                           batch->IsNull(total, r) ? 0 : batch->MoneyCents(total, r)});
      }
    }
  }

  std::map<std::int64_t, features::CustomerRecord> Records(base::Timestamp as_of) {
    catalogue_ = Must(gold::ReadCatalogue(*connection_, as_of));
    std::map<std::int64_t, features::CustomerRecord> records;
    Must(gold::ReadCustomers(*database_, catalogue_, as_of,
                             [&](features::CustomerRecord&& record) -> Status {
                               records.emplace(record.customer.value, std::move(record));
                               return {};
                             }));
    return records;
  }

  base::Timestamp as_of_ = Must(base::ParseTimestamp("2026-11-24"));
  std::optional<warehouse::Database> database_;
  std::optional<warehouse::Connection> connection_;
  features::Catalogue catalogue_;
  std::vector<EventRow> events_;
};

// What one customer did before a moment, counted the obvious way.
struct Counted {
  std::map<std::int64_t, features::PairHistory> pairs;
  std::map<std::string, std::set<std::string>> sessions, sessions_28d;
  std::map<std::string, int> category_purchases;
  std::map<std::string, std::int64_t> orders;
  std::set<std::string> browse_sessions, bought_categories;
  int browse = 0, events = 0;
  base::Timestamp last_event = features::kNever;
};

Counted Count(const std::vector<EventRow>& events, std::int64_t customer, base::Timestamp as_of) {
  Counted counted;
  std::map<std::string, std::map<std::string, base::Timestamp>> last_in_session;
  for (const EventRow& e : events) {
    if (e.customer != customer || e.at >= as_of || e.ingested >= as_of) continue;
    ++counted.events;
    counted.last_event = std::max(counted.last_event, e.at);
    const bool purchase = e.type == "order_complete" || e.type == "pos_purchase";
    if (e.type == "product_view" || e.type == "category_browse" || e.type == "search") {
      ++counted.browse;
      if (!e.session.empty()) counted.browse_sessions.insert(e.session);
    }
    if (purchase) counted.orders[e.order] = e.order_total;
    if (!e.category.empty()) {
      if (!e.session.empty()) {
        counted.sessions[e.category].insert(e.session);
        if (e.at >= as_of - std::chrono::days{28})
          counted.sessions_28d[e.category].insert(e.session);
      }
      if (purchase) {
        ++counted.category_purchases[e.category];
        counted.bought_categories.insert(e.category);
      }
    }
    if (e.product == 0) continue;
    if (e.type == "product_view") {
      auto& pair = counted.pairs[e.product];
      ++pair.views;
      pair.views_28d += e.at >= as_of - std::chrono::days{28} ? 1 : 0;
      pair.last_view = std::max(pair.last_view, e.at);
    } else if (e.type == "add_to_cart") {
      auto& pair = counted.pairs[e.product];
      ++pair.carts;
      pair.last_cart = std::max(pair.last_cart, e.at);
    } else if (purchase) {
      auto& pair = counted.pairs[e.product];
      ++pair.purchases;
      pair.purchases_90d += e.at >= as_of - std::chrono::days{90} ? 1 : 0;
      pair.last_purchase = std::max(pair.last_purchase, e.at);
    }
  }
  return counted;
}

TEST_F(FeatureParity, RecordsAreWhatCountingTheEventsGives) {
  for (const int days : {0, 28, 200}) {
    const base::Timestamp as_of = as_of_ - std::chrono::days{days};
    const auto records = Records(as_of);
    ASSERT_GT(records.size(), 200U);
    for (const auto& [id, record] : records) {
      const Counted counted = Count(events_, id, as_of);
      SCOPED_TRACE(fmt::format("customer {} {} days before", id, days));
      ASSERT_EQ(record.events, counted.events);
      EXPECT_EQ(record.last_event, counted.last_event);
      EXPECT_EQ(record.browse_events, counted.browse);
      EXPECT_EQ(static_cast<std::size_t>(record.sessions), counted.browse_sessions.size());
      EXPECT_EQ(static_cast<std::size_t>(record.total_orders), counted.orders.size());
      EXPECT_EQ(static_cast<std::size_t>(record.categories_purchased),
                counted.bought_categories.size());
      std::int64_t spend = 0;
      for (const auto& [order, cents] : counted.orders) spend += cents;
      EXPECT_EQ(record.lifetime_spend.value, spend);
      ASSERT_EQ(record.pairs.size(), counted.pairs.size());
      for (const features::PairHistory& pair : record.pairs) {
        const features::PairHistory& expected = counted.pairs.at(pair.product.value);
        EXPECT_EQ(pair.views, expected.views);
        EXPECT_EQ(pair.carts, expected.carts);
        EXPECT_EQ(pair.purchases, expected.purchases);
        EXPECT_EQ(pair.views_28d, expected.views_28d);
        EXPECT_EQ(pair.purchases_90d, expected.purchases_90d);
        EXPECT_EQ(pair.last_view, expected.last_view);
        EXPECT_EQ(pair.last_cart, expected.last_cart);
        EXPECT_EQ(pair.last_purchase, expected.last_purchase);
      }
      for (const features::CategoryHistory& category : record.categories) {
        const std::string& name = catalogue_.categories[category.category].id;
        EXPECT_EQ(static_cast<std::size_t>(category.sessions),
                  counted.sessions.contains(name) ? counted.sessions.at(name).size() : 0U);
        EXPECT_EQ(static_cast<std::size_t>(category.sessions_28d),
                  counted.sessions_28d.contains(name) ? counted.sessions_28d.at(name).size() : 0U);
        EXPECT_EQ(category.purchases, counted.category_purchases.contains(name)
                                          ? counted.category_purchases.at(name)
                                          : 0);
      }
    }
  }
}

TEST_F(FeatureParity, TheFeatureViewIsWhatTheModelInputsSay) {
  const auto records = Records(as_of_);
  Must(gold::Refresh(*connection_, as_of_));
  arrow::Stream stream = Must(connection_->Query(
      {"test",
       "SELECT customer_id, age, tenure_months, loyalty_tier_num, total_orders, "
       "lifetime_spend, avg_order_value, days_since_purchase, categories_purchased, "
       "total_browse_events, total_sessions, cart_abandonment_rate, engagement_score, "
       "avg_browsed_price FROM feature_store.customer_features ORDER BY customer_id"}));
  std::size_t seen = 0;
  while (const auto batch = Must(stream.Next())) {
    for (std::int64_t r = 0; r < batch->RowCount(); ++r) {
      const auto inputs = features::MakeCustomerInputs(records.at(batch->Int(0, r)), as_of_);
      const float expected[] = {inputs.age,
                                inputs.tenure_months,
                                inputs.loyalty_tier_num,
                                inputs.total_orders,
                                inputs.lifetime_spend,
                                inputs.avg_order_value,
                                inputs.days_since_purchase,
                                inputs.categories_purchased,
                                inputs.total_browse_events,
                                inputs.total_sessions,
                                inputs.cart_abandonment_rate,
                                inputs.engagement_score,
                                inputs.avg_browsed_price};
      for (int column = 1; column < batch->ColumnCount(); ++column) {
        const float want = expected[column - 1];
        if (batch->IsNull(column, r)) {
          EXPECT_TRUE(std::isnan(want)) << batch->ColumnName(column);
        } else {
          EXPECT_EQ(static_cast<float>(batch->Double(column, r)), want)
              << batch->Int(0, r) << " " << batch->ColumnName(column);
        }
      }
      ++seen;
    }
  }
  EXPECT_EQ(seen, records.size());
}

}  // namespace
}  // namespace aisle
