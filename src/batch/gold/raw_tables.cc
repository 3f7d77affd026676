#include "gold/raw_tables.h"

#include <fmt/format.h>

#include "gold/sql.h"

namespace aisle::gold {

Status CheckRawTables(warehouse::Connection& connection) {
  constexpr const char* kAdvice = "run `aisle generate` or `aisle import` first";
  for (const char* table :
       {"raw.customers", "raw.customer_history", "raw.product_catalog", "raw.product_categories",
        "raw.price_history", "raw.inventory", "raw.inventory_history", "raw.event_stream"}) {
    AISLE_TRY(const bool there, connection.HasTable(table));
    if (!there) {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("there is no table {}; {}", table, kAdvice));
    }
  }
  AISLE_TRY(const std::int64_t filled, connection.QueryInt(sql::kRawTables));
  if (filled == 0) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("the raw tables hold no customers, products or events; {}", kAdvice));
  }
  return {};
}

}  // namespace aisle::gold
