#include "gold/record_queries.h"

#include "gold/made_tables.h"
#include "gold/raw_tables.h"
#include "gold/sql.h"

namespace aisle::gold {

RecordQueries OverEvents() {
  return {.products = sql::kProductState,
          .product_regions = sql::kProductRegion,
          .customers = sql::kCustomerState,
          .categories = sql::kCustomerCategory,
          .pairs = sql::kCustomerProduct};
}

RecordQueries OverTables() {
  constexpr std::string_view kName = "gold/record_queries.cc";
  return {
      .products = {kName, "SELECT * FROM gold.product_state ORDER BY product_id"},
      .product_regions = {kName,
                          "SELECT * FROM gold.product_region ORDER BY product_id, region_index"},
      .customers = {kName,
                    "SELECT * FROM gold.customer_state WHERE customer_id IN "
                    "(SELECT customer_id FROM $customers) ORDER BY customer_id"},
      .categories = {kName,
                     "SELECT * FROM gold.customer_category WHERE customer_id IN "
                     "(SELECT customer_id FROM $customers) ORDER BY customer_id, category_id"},
      .pairs = {kName,
                "SELECT * FROM gold.customer_product WHERE customer_id IN "
                "(SELECT customer_id FROM $customers) ORDER BY customer_id, product_id"}};
}

Result<RecordSource> FindRecords(warehouse::Connection& connection, base::Timestamp as_of) {
  AISLE_CHECK(CheckRawTables(connection));
  AISLE_TRY(const bool hold, TablesHold(connection, as_of));
  return RecordSource{.as_of = as_of, .from_tables = hold};
}

Result<features::Catalogue> ReadCatalogue(warehouse::Connection& connection,
                                          const RecordSource& source) {
  return ReadCatalogueFrom(connection, QueriesOf(source), source.as_of);
}
Result<features::Catalogue> ReadCatalogue(warehouse::Connection& connection,
                                          base::Timestamp as_of) {
  AISLE_TRY(const RecordSource source, FindRecords(connection, as_of));
  return ReadCatalogue(connection, source);
}

Status ReadCustomers(warehouse::Database& database, const features::Catalogue& catalogue,
                     const RecordSource& source,
                     const std::function<Status(features::CustomerRecord&&)>& take,
                     const std::optional<CustomerIds>& only) {
  return ReadCustomersFrom(database, QueriesOf(source), catalogue, source.as_of, take, only);
}
Status ReadCustomers(warehouse::Database& database, const features::Catalogue& catalogue,
                     base::Timestamp as_of,
                     const std::function<Status(features::CustomerRecord&&)>& take,
                     const std::optional<CustomerIds>& only) {
  AISLE_TRY(warehouse::Connection connection, database.Connect());
  AISLE_TRY(const RecordSource source, FindRecords(connection, as_of));
  return ReadCustomers(database, catalogue, source, take, only);
}

}  // namespace aisle::gold
