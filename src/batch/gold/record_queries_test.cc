// Queries and C++ meet by the names of columns: in another order they say the same, and what is missing is named.
#include "gold/record_queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gold/raw_tables.h"
#include "gold/records_testing.h"
#include "gold/shop_testing.h"
#include "gold/sql.h"

namespace aisle::gold {
namespace {

// Another query around one of ours, its columns listed by `list`; it keeps the text that it names.
struct Wrapped {
  Wrapped(base::NamedText query, std::string_view list, std::string_view order)
      : name(query.name),
        text(fmt::format("SELECT {} FROM (\n{}\n) asked ORDER BY {}", list, query.text, order)) {}
  base::NamedText Get() const { return {name, text}; }
  std::string name, text;
};

class RecordQueriesTest : public testing::Test, public ShopFixture {
 protected:
  void SetUp() override {
    AddCustomer(1);
    AddCustomer(3, "2024-03-15", "1990-02-28", "94105", "Platinum");
    AddProduct(7, "10.00");
    AddProduct(9, "25.00", "CAT-002", "DATE '2026-11-01'");
    AddEvent({.type = "product_view", .at = "2026-11-20 10:00:00", .product = 7, .session = "S1"});
    AddEvent({.type = "add_to_cart", .at = "2026-11-20 10:01:00", .product = 7, .cart = "C1"});
    AddEvent({.customer = 3,
              .type = "pos_purchase",
              .at = "2026-11-21 10:00:00",
              .product = 9,
              .category = "CAT-002",
              .session = "S9",
              .order = "O1",
              .order_total = "25.00",
              .channel = "Store"});
  }

  // The column names of a query, last first.
  std::string Backwards(base::NamedText query) {
    const auto parameters = Must(ParametersOf(query, AsOf()));
    auto names = Must(Connection().Query(query, parameters)).ColumnNames();
    return fmt::format("{}", fmt::join(names.rbegin(), names.rend(), ", "));
  }

  Result<std::string> Read(const RecordQueries& queries) {
    return RecordsAsText(Connection(), Database(), queries, AsOf());
  }
};

TEST_F(RecordQueriesTest, TheOrderOfASelectListMeansNothing) {
  const RecordQueries ours = OverEvents();
  const Wrapped products(ours.products, Backwards(ours.products), "product_id");
  const Wrapped customers(ours.customers, Backwards(ours.customers), "customer_id");
  const Wrapped categories(ours.categories, Backwards(ours.categories), "customer_id, category_id");
  const Wrapped pairs(ours.pairs, Backwards(ours.pairs), "customer_id, product_id");
  RecordQueries turned = ours;
  turned.products = products.Get();
  turned.customers = customers.Get();
  turned.categories = categories.Get();
  turned.pairs = pairs.Get();
  const std::string expected = Must(Read(ours));
  EXPECT_THAT(expected, testing::HasSubstr("customer 3 born 1990-02-28 since 2024-03-15 Platinum"));
  EXPECT_EQ(Must(Read(turned)), expected);
}

TEST_F(RecordQueriesTest, AMissingColumnIsNamedWithItsQuery) {
  const RecordQueries ours = OverEvents();
  const auto error = [&](base::NamedText RecordQueries::* query, std::string_view list,
                         std::string_view order) {
    const Wrapped wrapped(ours.*query, list, order);
    RecordQueries queries = ours;
    queries.*query = wrapped.Get();
    const auto read = Read(queries);
    EXPECT_FALSE(read.has_value());
    return read ? Error{} : read.error();
  };
  const Error products = error(&RecordQueries::products, "* EXCLUDE (buyers)", "product_id");
  EXPECT_EQ(products.code, ErrorCode::kInternal);
  EXPECT_EQ(products.message, "gold/sql/product_state.sql: has no column 'buyers'");
  EXPECT_EQ(error(&RecordQueries::customers, "* EXCLUDE (has_app)", "customer_id").message,
            "gold/sql/customer_state.sql: has no column 'has_app'");
  EXPECT_EQ(
      error(&RecordQueries::categories, "* EXCLUDE (sessions), 'x' AS sessions", "customer_id")
          .message,
      "gold/sql/customer_category.sql: column 'sessions' is not an integer");
  EXPECT_EQ(error(&RecordQueries::pairs, "* EXCLUDE (last_cart_at)", "customer_id").message,
            "gold/sql/customer_product.sql: has no column 'last_cart_at'");
}

}  // namespace
}  // namespace aisle::gold
