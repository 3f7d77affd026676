#include "ingest/whole_check.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

#include "domain/limits.h"
#include "ingest/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {

using warehouse::Connection;

Status CheckSizes(Connection& connection) {
  AISLE_TRY(auto rows, connection.Query(sql::kSizes));
  AISLE_TRY(const auto batch, rows.Next());
  AISLE_ASSERT(batch && batch->RowCount() == 1);
  struct Limit {
    std::string_view what;
    std::size_t most;
  };
  constexpr Limit kLimits[] = {{"categories in raw.product_categories", domain::kCategoriesMax},
                               {"brands in raw.product_catalog", domain::kBrandsMax},
                               {"products in raw.product_catalog", domain::kProductsMax},
                               {"customers in raw.customers", domain::kCustomersMax}};
  for (int column = 0; column < static_cast<int>(std::size(kLimits)); ++column) {
    const Limit& limit = kLimits[column];
    const std::int64_t count = batch->Int(column, 0);
    if (count <= static_cast<std::int64_t>(limit.most)) continue;
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} {}; at most {} are possible", count, limit.what, limit.most));
  }
  return {};
}

Status CheckNamedParts(Connection& connection, const domain::RetailerShape& shape) {
  AISLE_TRY(const auto rows, connection.QueryText(sql::kNamedParts));
  for (const auto& row : rows) {
    const bool region = row[1] == "region";
    const bool known =
        region ? shape.FindRegion(row[2]).has_value() : shape.FindTier(row[2]).has_value();
    if (known) continue;
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} has rows of an earlier import with the {} '{}', which is not in "
                            "{}; give --replace to drop what is there",
                            row[0], row[1], row[2], region ? "raw.regions" : "raw.loyalty_tiers"));
  }
  return {};
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
