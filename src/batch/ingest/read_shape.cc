#include "ingest/read_shape.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ingest/sql.h"

namespace aisle::ingest {
namespace {

using domain::RetailerShape;
using warehouse::Connection;
using TextRows = std::vector<std::vector<std::string>>;

std::unexpected<Error> DoesNotFit(const std::string& table, const std::string& what) {
  return Fail(ErrorCode::kFailedPrecondition, table + ": " + what);
}

// Nothing where the table is not there.
Result<TextRows> RowsOf(Connection& connection, std::string_view table, base::NamedText query) {
  AISLE_TRY(const bool there, connection.HasTable(table));
  if (!there) return TextRows{};
  return connection.QueryText(query);
}

Status ReadPlaces(Connection& connection, RetailerShape::Parts& parts) {
  AISLE_TRY(const auto regions, RowsOf(connection, "raw.regions", sql::kReadRegions));
  AISLE_TRY(const auto rules, RowsOf(connection, "raw.postal_regions", sql::kReadPostalRegions));
  AISLE_TRY(const auto formats, RowsOf(connection, "raw.postal_formats", sql::kReadPostalFormats));
  if (regions.empty() && rules.empty() && formats.empty()) return {};
  if (rules.empty()) {
    return DoesNotFit(
        regions.empty() ? "raw.postal_formats" : "raw.regions",
        "has rows, but raw.postal_regions has none that lead from a postal code to a region");
  }
  if (!regions.empty()) parts.regions.clear();
  for (const auto& row : regions) parts.regions.push_back({row[0], row[1]});
  parts.postal_rules.clear();
  for (const auto& row : rules) parts.postal_rules.push_back({row[0], row[1], row[2]});
  parts.postal_formats.clear();
  for (const auto& row : formats) parts.postal_formats.push_back({row[0], row[1]});
  return {};
}

Status ReadTiers(Connection& connection, RetailerShape::Parts& parts) {
  AISLE_TRY(const auto rows, RowsOf(connection, "raw.loyalty_tiers", sql::kReadTiers));
  if (!rows.empty()) parts.tiers.clear();
  for (const auto& row : rows) {
    std::int64_t cents = 0;
    std::from_chars(row[2].data(), row[2].data() + row[2].size(), cents);
    if (cents < 0) {
      return DoesNotFit("raw.loyalty_tiers",
                        fmt::format("tier '{}' has no min_annual_spend of 0 or more, by which "
                                    "tiers are ordered",
                                    row[1]));
    }
    parts.tiers.push_back({row[0], row[1], {cents}});
  }
  return {};
}

Result<std::optional<std::string>> ReadSetting(Connection& connection, std::string_view key) {
  AISLE_TRY(const bool there, connection.HasTable("raw.about"));
  if (!there) return std::nullopt;
  AISLE_TRY(const auto rows, connection.QueryText(sql::kGetAbout, {{"key", std::string(key)}}));
  if (rows.empty()) return std::nullopt;
  return rows[0][0];
}

}  // namespace

Result<domain::Currency> ReadCurrency(Connection& connection) {
  domain::Currency currency = RetailerShape::Quickstart().Money();
  AISLE_TRY(const auto code, ReadSetting(connection, kCurrencyKey));
  AISLE_TRY(const auto minor_unit, ReadSetting(connection, kMinorUnitKey));
  if (code) currency.code = *code;
  if (!minor_unit) return currency;
  const char* const end = minor_unit->data() + minor_unit->size();
  const auto [stop, failed] = std::from_chars(minor_unit->data(), end, currency.minor_unit);
  if (failed == std::errc() && stop == end) return currency;
  return DoesNotFit("raw.about",
                    fmt::format("{} is '{}', which is no number", kMinorUnitKey, *minor_unit));
}

Result<RetailerShape> ReadShape(Connection& connection) {
  RetailerShape::Parts parts = RetailerShape::Quickstart().All();
  AISLE_CHECK(ReadPlaces(connection, parts));
  AISLE_CHECK(ReadTiers(connection, parts));
  AISLE_TRY(parts.currency, ReadCurrency(connection));
  AISLE_TRY(const auto time_zone, ReadSetting(connection, kTimeZoneKey));
  if (time_zone) parts.time_zone = *time_zone;
  auto shape = RetailerShape::Make(std::move(parts));
  if (!shape) return DoesNotFit("the retailer's shape", shape.error().message);
  return shape;
}

}  // namespace aisle::ingest
