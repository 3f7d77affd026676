// ReadCustomers: three sorted streams, merged by customer.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_map>

#include "gold/feature_stream.h"
#include "gold/raw_tables.h"
#include "gold/rows.h"
#include "gold/sql.h"

namespace aisle::gold {
namespace {

using features::Catalogue;
using features::CustomerRecord;

// A stream sorted by customer in its first column, one row ahead.
class Side {
 public:
  static Result<Side> Open(warehouse::Connection& connection, base::NamedText query,
                           const warehouse::Parameters& parameters) {
    AISLE_TRY(Rows rows, Rows::Open(connection, query, parameters));
    Side side(std::move(rows));
    AISLE_CHECK(side.Step());
    return side;
  }

  // Calls `take` for each row of the customer. Rows of customers before it (they joined after as_of,
  // or nobody knows them) are passed over.
  template <typename Take>
  Status TakeRows(std::int64_t customer, Take&& take) {
    while (more_ && rows_.Int(0) <= customer) {
      if (rows_.Int(0) == customer) take(rows_);
      AISLE_CHECK(Step());
    }
    return {};
  }

 private:
  explicit Side(Rows rows) : rows_(std::move(rows)) {}
  Status Step() {
    AISLE_TRY(more_, rows_.Next());
    return {};
  }
  Rows rows_;
  bool more_ = false;
};

CustomerRecord MakeRecord(const Rows& rows, base::Timestamp as_of) {
  CustomerRecord record;
  record.customer = {rows.Int(0)};
  record.as_of = as_of;
  record.has_birth_date = !rows.IsNull(1);
  if (record.has_birth_date) record.date_of_birth = rows.Day(1);
  record.customer_since =
      rows.IsNull(2) ? std::chrono::floor<std::chrono::days>(as_of) : rows.Day(2);
  if (!rows.IsNull(3))
    record.tier = domain::TierByName(rows.Text(3)).value_or(domain::Tier::kBronze);
  record.has_app = rows.Bool(4);
  record.email_subscriber = rows.Bool(5);
  record.zip_code.fill('0');
  if (!rows.IsNull(9)) {
    const std::string_view zip = rows.Text(9);
    if (const auto region = domain::RegionOfZip(zip)) {
      record.region = *region;
      std::copy_n(zip.begin(), record.zip_code.size(), record.zip_code.begin());
    }
  }
  record.events = rows.Int32(10);
  record.store_events = rows.Int32(11);
  record.last_event = rows.TimeOrNever(12);
  record.last_purchase = rows.TimeOrNever(13);
  record.total_orders = rows.Int32(14);
  record.lifetime_spend = {rows.Cents(15)};
  record.categories_purchased = rows.Int32(16);
  record.browse_events = rows.Int32(17);
  record.sessions = rows.Int32(18);
  record.browsed_price_sum = {rows.Cents(20)};
  record.browsed_price_count = rows.Int32(21);
  record.add_to_cart_count = rows.Int32(22);
  record.carts_started = rows.Int32(23);
  record.carts_abandoned = rows.Int32(24);
  record.points_earned = rows.Int(25);
  return record;
}

features::PairHistory MakePair(const Rows& rows) {
  features::PairHistory pair;
  pair.product = {rows.Int(1)};
  pair.views = rows.Int32(2);
  pair.carts = rows.Int32(3);
  pair.purchases = rows.Int32(4);
  pair.views_28d = rows.Int32(5);
  pair.purchases_90d = rows.Int32(6);
  pair.last_view = rows.TimeOrNever(7);
  pair.last_cart = rows.TimeOrNever(8);
  pair.last_purchase = rows.TimeOrNever(9);
  return pair;
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
  AISLE_TRY(Rows rows, Rows::Open(connection, sql::kCustomerIds, {{"as_of", as_of}}));
  CustomerIds ids;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return ids;
    ids.push_back({rows.Int(0)});
  }
}

Status ReadCustomers(warehouse::Database& database, const Catalogue& catalogue,
                     base::Timestamp as_of, const std::function<Status(CustomerRecord&&)>& take,
                     const std::optional<CustomerIds>& only) {
  AISLE_TRY(warehouse::Connection customers, Snapshot(database, only));
  AISLE_TRY(warehouse::Connection categories, Snapshot(database, only));
  AISLE_TRY(warehouse::Connection pairs, Snapshot(database, only));
  AISLE_CHECK(CheckRawTables(customers));
  std::unordered_map<std::string, std::uint16_t> category_of;
  for (std::size_t c = 0; c < catalogue.categories.size(); ++c)
    category_of.emplace(catalogue.categories[c].id, static_cast<std::uint16_t>(c));

  const warehouse::Parameters parameters = {
      {"as_of", as_of}, {"customers", warehouse::Table{only ? kChosen : kEverybody}}};
  AISLE_TRY(Rows rows, Rows::Open(customers, sql::kCustomerState, parameters));
  AISLE_TRY(Side category_side, Side::Open(categories, sql::kCustomerCategory, parameters));
  AISLE_TRY(Side pair_side, Side::Open(pairs, sql::kCustomerProduct, parameters));
  std::string category;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return {};
    CustomerRecord record = MakeRecord(rows, as_of);
    const std::int64_t customer = record.customer.value;
    AISLE_CHECK(category_side.TakeRows(customer, [&](const Rows& row) {
      category.assign(row.Text(1));
      const auto known = category_of.find(category);
      if (known == category_of.end()) return;
      record.categories.push_back({known->second, row.Int32(2), row.Int32(3), row.Int32(4),
                                   row.TimeOrNever(5), row.TimeOrNever(6)});
    }));
    AISLE_CHECK(pair_side.TakeRows(
        customer, [&](const Rows& row) { record.pairs.push_back(MakePair(row)); }));
    // Categories come in the engine's text order; the record wants the catalogue's.
    std::sort(record.categories.begin(), record.categories.end(),
              [](const auto& a, const auto& b) { return a.category < b.category; });
    SetTouched(catalogue, record);
    AISLE_CHECK(take(std::move(record)));
  }
}

}  // namespace aisle::gold
