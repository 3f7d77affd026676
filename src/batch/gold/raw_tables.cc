#include "gold/raw_tables.h"

#include <fmt/format.h>

#include <span>

#include "domain/event_kind.h"
#include "gold/shape_tables.h"
#include "gold/sql.h"

namespace aisle::gold {

Status CheckRawTables(warehouse::Connection& connection) {
  constexpr const char* kAdvice = "run `aisle generate` or `aisle import` first";
  AISLE_TRY(const auto there, connection.TableNames());
  for (const char* table :
       {"raw.customers", "raw.customer_history", "raw.product_catalog", "raw.product_categories",
        "raw.price_history", "raw.inventory", "raw.inventory_history", "raw.event_stream"}) {
    if (!there.contains(table)) {
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

warehouse::Parameters EventKinds() {
  const auto names = [](std::span<const domain::EventKind> kinds) {
    warehouse::Texts texts;
    for (const domain::EventKind kind : kinds) texts.values.emplace_back(EventKindName(kind));
    return texts;
  };
  return {{"browse_kinds", names(domain::kBrowseKinds)},
          {"purchase_kinds", names(domain::kPurchaseKinds)},
          {"pair_kinds", names(domain::kPairKinds)}};
}

Result<warehouse::Parameters> ParametersOf(base::NamedText query, base::Timestamp as_of,
                                           const char* customers) {
  warehouse::Parameters all = EventKinds();
  all.push_back({"as_of", as_of});
  all.push_back({"customers", warehouse::Table{customers}});
  all.push_back({"tiers", warehouse::Table{kTiers}});
  all.push_back({"postal_regions", warehouse::Table{kPostalRegions}});
  return warehouse::OnlyNamed(query, all);
}

}  // namespace aisle::gold
