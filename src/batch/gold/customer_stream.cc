// ReadCustomers: three sorted streams, merged by customer.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_map>

#include "gold/feature_stream.h"
#include "gold/raw_tables.h"
#include "gold/record_queries.h"
#include "gold/sql.h"

namespace aisle::gold {
namespace {

using features::Catalogue;
using features::CustomerRecord;
using warehouse::BoolColumn;
using warehouse::DayColumn;
using warehouse::IntColumn;
using warehouse::MoneyColumn;
using warehouse::RowReader;
using warehouse::TextColumn;
using warehouse::TimeColumn;

Result<RowReader> OpenRows(warehouse::Connection& connection, base::NamedText query,
                           base::Timestamp as_of, const char* customers) {
  AISLE_TRY(const auto parameters, ParametersOf(query, as_of, customers));
  return RowReader::Open(connection, query, parameters);
}

// A stream sorted by customer, one row ahead. `Columns` binds what is read of a row, `customer` among them.
template <typename Columns>
class Side {
 public:
  static Result<Side> Open(Result<RowReader> rows) {
    if (!rows) return std::unexpected(std::move(rows).error());
    Side side(*std::move(rows));
    AISLE_CHECK(side.Step());
    return side;
  }

  // Calls `take` for each row of the customer. Rows of customers before it (they joined after as_of,
  // or nobody knows them) are passed over.
  template <typename Take>
  Status TakeRows(std::int64_t customer, Take&& take) {
    while (more_ && rows_[columns_.customer] <= customer) {
      if (rows_[columns_.customer] == customer) take(rows_, columns_);
      AISLE_CHECK(Step());
    }
    return {};
  }

 private:
  explicit Side(RowReader rows) : rows_(std::move(rows)), columns_(rows_) {}
  Status Step() {
    AISLE_TRY(more_, rows_.Next());
    return {};
  }
  RowReader rows_;
  Columns columns_;
  bool more_ = false;
};

struct StateColumns {
  explicit StateColumns(RowReader& rows)
      : customer(rows.Int("customer_id")),
        date_of_birth(rows.Day("date_of_birth")),
        customer_since(rows.Day("customer_since_date")),
        tier(rows.Text("loyalty_tier")),
        has_app(rows.Bool("has_app")),
        email_subscriber(rows.Bool("email_subscriber")),
        zip_code(rows.Text("zip_code")),
        events(rows.Int("events")),
        store_events(rows.Int("store_events")),
        last_event(rows.Time("last_event_at")),
        last_purchase(rows.Time("last_purchase_at")),
        total_orders(rows.Int("total_orders")),
        lifetime_spend(rows.Money("lifetime_spend")),
        browse_events(rows.Int("total_browse_events")),
        sessions(rows.Int("total_sessions")),
        browsed_price_sum(rows.Money("browsed_price_sum")),
        browsed_price_count(rows.Int("browsed_price_count")),
        add_to_cart_count(rows.Int("add_to_cart_count")),
        carts_started(rows.Int("carts_started")),
        carts_abandoned(rows.Int("carts_abandoned")),
        points_earned(rows.Int("total_points_earned")) {}
  IntColumn customer;
  DayColumn date_of_birth, customer_since;
  TextColumn tier;
  BoolColumn has_app, email_subscriber;
  TextColumn zip_code;
  IntColumn events, store_events;
  TimeColumn last_event, last_purchase;
  IntColumn total_orders;
  MoneyColumn lifetime_spend;
  IntColumn browse_events, sessions;
  MoneyColumn browsed_price_sum;
  IntColumn browsed_price_count, add_to_cart_count, carts_started, carts_abandoned, points_earned;
};

Result<CustomerRecord> MakeRecord(const RowReader& rows, const StateColumns& of,
                                  const domain::RetailerShape& shape, base::Timestamp as_of) {
  CustomerRecord record;
  record.customer = {rows[of.customer]};
  record.as_of = as_of;
  record.has_birth_date = !rows.IsNull(of.date_of_birth);
  if (record.has_birth_date) record.date_of_birth = rows[of.date_of_birth];
  record.customer_since =
      rows.OrElse(of.customer_since, std::chrono::floor<std::chrono::days>(as_of));
  if (!rows.IsNull(of.tier)) {
    const auto tier = shape.FindTier(rows[of.tier]);
    if (!tier) {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("customer {} is of tier '{}', which is none of the retailer's {} "
                              "(raw.loyalty_tiers)",
                              record.customer.value, rows[of.tier], shape.TierCount()));
    }
    record.tier = *tier;
  }
  record.has_app = rows[of.has_app];
  record.email_subscriber = rows[of.email_subscriber];
  if (!rows.IsNull(of.zip_code)) {
    if (const auto region = shape.RegionOfPostalCode(rows[of.zip_code])) {
      record.region = *region;
      record.postal_code = rows[of.zip_code];
    }
  }
  record.events = CountOf(rows, of.events);
  record.store_events = CountOf(rows, of.store_events);
  record.last_event = TimeOrNever(rows, of.last_event);
  record.last_purchase = TimeOrNever(rows, of.last_purchase);
  record.total_orders = CountOf(rows, of.total_orders);
  record.lifetime_spend = {rows[of.lifetime_spend]};
  record.browse_events = CountOf(rows, of.browse_events);
  record.sessions = CountOf(rows, of.sessions);
  record.browsed_price_sum = {rows[of.browsed_price_sum]};
  record.browsed_price_count = CountOf(rows, of.browsed_price_count);
  record.add_to_cart_count = CountOf(rows, of.add_to_cart_count);
  record.carts_started = CountOf(rows, of.carts_started);
  record.carts_abandoned = CountOf(rows, of.carts_abandoned);
  record.points_earned = rows[of.points_earned];
  return record;
}

struct CategoryColumns {
  explicit CategoryColumns(RowReader& rows)
      : customer(rows.Int("customer_id")),
        category(rows.Text("category_id")),
        sessions(rows.Int("sessions")),
        sessions_28d(rows.Int("sessions_28d")),
        purchases(rows.Int("purchases")),
        last_event(rows.Time("last_event_at")),
        last_purchase(rows.Time("last_purchase_at")) {}
  IntColumn customer;
  TextColumn category;
  IntColumn sessions, sessions_28d, purchases;
  TimeColumn last_event, last_purchase;
};

features::CategoryHistory MakeCategory(const RowReader& rows, const CategoryColumns& of,
                                       std::uint16_t category) {
  return {.category = category,
          .sessions = CountOf(rows, of.sessions),
          .sessions_28d = CountOf(rows, of.sessions_28d),
          .purchases = CountOf(rows, of.purchases),
          .last_event = TimeOrNever(rows, of.last_event),
          .last_purchase = TimeOrNever(rows, of.last_purchase)};
}

struct PairColumns {
  explicit PairColumns(RowReader& rows)
      : customer(rows.Int("customer_id")),
        product(rows.Int("product_id")),
        views(rows.Int("views")),
        carts(rows.Int("carts")),
        purchases(rows.Int("purchases")),
        views_28d(rows.Int("views_28d")),
        purchases_90d(rows.Int("purchases_90d")),
        last_view(rows.Time("last_view_at")),
        last_cart(rows.Time("last_cart_at")),
        last_purchase(rows.Time("last_purchase_at")) {}
  IntColumn customer, product, views, carts, purchases, views_28d, purchases_90d;
  TimeColumn last_view, last_cart, last_purchase;
};

features::PairHistory MakePair(const RowReader& rows, const PairColumns& of) {
  return {.product = {rows[of.product]},
          .views = CountOf(rows, of.views),
          .carts = CountOf(rows, of.carts),
          .purchases = CountOf(rows, of.purchases),
          .views_28d = CountOf(rows, of.views_28d),
          .purchases_90d = CountOf(rows, of.purchases_90d),
          .last_view = TimeOrNever(rows, of.last_view),
          .last_cart = TimeOrNever(rows, of.last_cart),
          .last_purchase = TimeOrNever(rows, of.last_purchase)};
}

// Brands touched and the price position follow from the products of the pairs, in their order.
void SetTouched(const Catalogue& catalogue, CustomerRecord& record) {
  for (const features::PairHistory& pair : record.pairs) {
    const std::ptrdiff_t position = catalogue.Find(pair.product);
    if (position < 0) continue;
    const features::ProductRecord& product = catalogue.products[static_cast<std::size_t>(position)];
    record.price_z_sum += product.price_z;
    ++record.price_z_count;
    const auto place = std::lower_bound(
        record.brands.begin(), record.brands.end(), product.brand,
        [](const features::BrandHistory& h, std::uint16_t brand) { return h.brand < brand; });
    if (place != record.brands.end() && place->brand == product.brand) {
      ++place->products;
    } else {
      record.brands.insert(place, {product.brand, 1});
    }
  }
}

constexpr const char* kChosen = "chosen_customers";

// Connections that see one state of the database: their transactions begin before the first query,
// while nobody else of this process writes. With `only`, each has a table of its own of the chosen.
Result<warehouse::Connection> Snapshot(warehouse::Database& database,
                                       const std::optional<CustomerIds>& only) {
  AISLE_TRY(warehouse::Connection connection, database.Connect());
  AISLE_CHECK(connection.Begin());
  if (!only) return connection;
  AISLE_CHECK(
      connection.Execute({"gold/customer_stream.cc",
                          fmt::format("CREATE TEMPORARY TABLE {} (customer_id BIGINT)", kChosen)}));
  // A statement must not grow with the shop.
  constexpr std::size_t kAtOnce = 10'000;
  for (std::size_t begin = 0; begin < only->size(); begin += kAtOnce) {
    std::string values;
    for (std::size_t i = begin; i < std::min(begin + kAtOnce, only->size()); ++i) {
      fmt::format_to(std::back_inserter(values), "{}({})", values.empty() ? "" : ", ",
                     (*only)[i].value);
    }
    AISLE_CHECK(connection.Execute(
        {"gold/customer_stream.cc", fmt::format("INSERT INTO {} VALUES {}", kChosen, values)}));
  }
  return connection;
}

}  // namespace

Result<CustomerIds> ReadCustomerIds(warehouse::Connection& connection, base::Timestamp as_of) {
  AISLE_CHECK(CheckRawTables(connection));
  AISLE_TRY(auto rows, RowReader::Open(connection, sql::kCustomerIds, {{"as_of", as_of}}));
  const IntColumn customer = rows.Int("customer_id");
  CustomerIds ids;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return ids;
    ids.push_back({rows[customer]});
  }
}

Status ReadCustomersFrom(warehouse::Database& database, const RecordQueries& queries,
                         const Catalogue& catalogue, base::Timestamp as_of,
                         const std::function<Status(CustomerRecord&&)>& take,
                         const std::optional<CustomerIds>& only) {
  AISLE_TRY(warehouse::Connection customers, Snapshot(database, only));
  AISLE_TRY(warehouse::Connection categories, Snapshot(database, only));
  AISLE_TRY(warehouse::Connection pairs, Snapshot(database, only));
  AISLE_CHECK(CheckRawTables(customers));
  std::unordered_map<std::string, std::uint16_t> category_of;
  for (std::size_t c = 0; c < catalogue.categories.size(); ++c)
    category_of.emplace(catalogue.categories[c].id, static_cast<std::uint16_t>(c));

  const char* const whom = only ? kChosen : kEverybody;
  AISLE_TRY(RowReader rows, OpenRows(customers, queries.customers, as_of, whom));
  const StateColumns state(rows);
  AISLE_TRY(auto category_side,
            Side<CategoryColumns>::Open(OpenRows(categories, queries.categories, as_of, whom)));
  AISLE_TRY(auto pair_side, Side<PairColumns>::Open(OpenRows(pairs, queries.pairs, as_of, whom)));
  std::string category;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return {};
    AISLE_TRY(CustomerRecord record, MakeRecord(rows, state, catalogue.shape, as_of));
    const std::int64_t customer = record.customer.value;
    AISLE_CHECK(category_side.TakeRows(customer, [&](const RowReader& row, const auto& of) {
      if (row[of.purchases] > 0) ++record.categories_purchased;
      category.assign(row[of.category]);
      const auto known = category_of.find(category);
      if (known != category_of.end())
        record.categories.push_back(MakeCategory(row, of, known->second));
    }));
    AISLE_CHECK(pair_side.TakeRows(customer, [&](const RowReader& row, const auto& of) {
      record.pairs.push_back(MakePair(row, of));
    }));
    // Categories come in the engine's text order; the record wants the catalogue's.
    std::sort(record.categories.begin(), record.categories.end(),
              [](const auto& a, const auto& b) { return a.category < b.category; });
    SetTouched(catalogue, record);
    AISLE_CHECK(take(std::move(record)));
  }
}

}  // namespace aisle::gold
