#include "gold/shape_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gold/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::gold {
namespace {

using Numbered = std::vector<std::pair<std::string, std::int64_t>>;

Result<Numbered> RegionsOfCodes(warehouse::Connection& connection,
                                const domain::RetailerShape& shape) {
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kZipCodes, {}));
  const warehouse::TextColumn zip_code = rows.Text("zip_code");
  Numbered homes;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return homes;
    const auto region = shape.RegionOfPostalCode(rows[zip_code]);
    if (region && *region != domain::Region{})
      homes.emplace_back(rows[zip_code], static_cast<std::int64_t>(*region));
  }
}

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

// A temporary table of two columns.
Status MakeTable(warehouse::Connection& connection, std::string_view table,
                 std::string_view columns, const Numbered& rows) {
  AISLE_CHECK(connection.Execute(
      {"gold/shape_tables.cc",
       fmt::format("CREATE OR REPLACE TEMPORARY TABLE {} ({})", table, columns)}));
  // A statement must not grow with the customers.
  constexpr std::size_t kAtOnce = 10'000;
  for (std::size_t begin = 0; begin < rows.size(); begin += kAtOnce) {
    std::string values;
    for (std::size_t i = begin; i < std::min(begin + kAtOnce, rows.size()); ++i) {
      fmt::format_to(std::back_inserter(values), "{}({}, {})", values.empty() ? "" : ", ",
                     Quoted(rows[i].first), rows[i].second);
    }
    AISLE_CHECK(connection.Execute(
        {"gold/shape_tables.cc", fmt::format("INSERT INTO {} VALUES {}", table, values)}));
  }
  return {};
}

}  // namespace

Status MakeShapeTables(warehouse::Connection& connection, const domain::RetailerShape& shape) {
  Numbered tiers;
  for (std::size_t t = 0; t < shape.TierCount(); ++t)
    tiers.emplace_back(shape.TierName(static_cast<domain::Tier>(t)), static_cast<std::int64_t>(t));
  AISLE_CHECK(MakeTable(connection, kTiers, "loyalty_tier STRING, loyalty_tier_num BIGINT", tiers));
  AISLE_TRY(const Numbered homes, RegionsOfCodes(connection, shape));
  return MakeTable(connection, kPostalRegions, "zip_code STRING, region_index BIGINT", homes);
}

}  // namespace aisle::gold
