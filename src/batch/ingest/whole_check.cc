#include "ingest/whole_check.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "domain/limits.h"
#include "ingest/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {

using warehouse::Connection;

Status CheckSizes(Connection& connection) {
  struct Limit {
    std::string_view column;
    std::string_view what;
    std::size_t most;
  };
  constexpr Limit kLimits[] = {
      {"categories", "categories in raw.product_categories", domain::kCategoriesMax},
      {"brands", "brands in raw.product_catalog", domain::kBrandsMax},
      {"products", "products in raw.product_catalog", domain::kProductsMax},
      {"customers", "customers in raw.customers", domain::kCustomersMax}};
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kSizes));
  std::array<warehouse::IntColumn, std::size(kLimits)> columns;
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = rows.Int(kLimits[i].column);
  AISLE_TRY(const bool there, rows.Next());
  AISLE_ASSERT(there);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Limit& limit = kLimits[i];
    const std::int64_t count = rows[columns[i]];
    if (count <= static_cast<std::int64_t>(limit.most)) continue;
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} {}; at most {} are possible", count, limit.what, limit.most));
  }
  return {};
}

Status CheckNamedParts(Connection& connection, const domain::RetailerShape& shape) {
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kNamedParts));
  const auto table = rows.Text("table_name");
  const auto kind = rows.Text("kind");
  const auto name = rows.Text("name");
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return {};
    const bool region = rows[kind] == "region";
    const bool known =
        region ? shape.FindRegion(rows[name]).has_value() : shape.FindTier(rows[name]).has_value();
    if (known) continue;
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} has rows of an earlier import with the {} '{}', which is not in "
                            "{}; give --replace to drop what is there",
                            rows[table], rows[kind], rows[name],
                            region ? "raw.regions" : "raw.loyalty_tiers"));
  }
}

Result<UnknownPostalCodes> FindUnknownPostalCodes(Connection& connection,
                                                  const domain::RetailerShape& shape) {
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kPostalCodes));
  const auto zip_code = rows.Text("zip_code");
  const auto customers = rows.Int("customers");
  UnknownPostalCodes unknown;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return unknown;
    const std::string_view code = rows[zip_code];
    if (shape.RegionOfPostalCode(code)) continue;
    if (unknown.codes == 0) unknown.first = code;
    ++unknown.codes;
    unknown.customers += rows[customers];
  }
}

}  // namespace aisle::ingest
