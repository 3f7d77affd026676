#include "ingest/read_shape.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ingest/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {
namespace {

using domain::RetailerShape;
using warehouse::Connection;
using warehouse::RowReader;

std::unexpected<Error> DoesNotFit(const std::string& table, const std::string& what) {
  return Fail(ErrorCode::kFailedPrecondition, table + ": " + what);
}

// Hands each row of the query, whose columns `bind` asks for, to what `bind` returns; none where the table is not
// there.
template <typename Bind>
Status ForEachRow(Connection& connection, std::string_view table, base::NamedText query,
                  const Bind& bind) {
  AISLE_TRY(const bool there, connection.HasTable(table));
  if (!there) return {};
  AISLE_TRY(auto rows, RowReader::Open(connection, query));
  const auto take = bind(rows);
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return {};
    AISLE_CHECK(take());
  }
}

Status ReadPlaces(Connection& connection, RetailerShape::Parts& parts) {
  std::vector<RetailerShape::RegionPart> regions;
  std::vector<domain::PostalRule> rules;
  std::vector<domain::PostalFormat> formats;
  AISLE_CHECK(ForEachRow(connection, "raw.regions", sql::kReadRegions, [&](RowReader& rows) {
    return [&rows, &regions, region = rows.Text("region"),
            house = rows.Text("warehouse_name")]() -> Status {
      regions.push_back({std::string(rows[region]), std::string(rows[house])});
      return {};
    };
  }));
  AISLE_CHECK(
      ForEachRow(connection, "raw.postal_regions", sql::kReadPostalRegions, [&](RowReader& rows) {
        return [&rows, &rules, country = rows.Text("country"), prefix = rows.Text("prefix"),
                region = rows.Text("region")]() -> Status {
          rules.push_back(
              {std::string(rows[country]), std::string(rows[prefix]), std::string(rows[region])});
          return {};
        };
      }));
  AISLE_CHECK(
      ForEachRow(connection, "raw.postal_formats", sql::kReadPostalFormats, [&](RowReader& rows) {
        return [&rows, &formats, country = rows.Text("country"),
                format = rows.Text("format")]() -> Status {
          formats.push_back({std::string(rows[country]), std::string(rows[format])});
          return {};
        };
      }));
  if (regions.empty() && rules.empty() && formats.empty()) return {};
  if (rules.empty()) {
    return DoesNotFit(
        regions.empty() ? "raw.postal_formats" : "raw.regions",
        "has rows, but raw.postal_regions has none that lead from a postal code to a region");
  }
  if (!regions.empty()) parts.regions = std::move(regions);
  parts.postal_rules = std::move(rules);
  parts.postal_formats = std::move(formats);
  return {};
}

Status ReadTiers(Connection& connection, RetailerShape::Parts& parts) {
  std::vector<RetailerShape::TierPart> tiers;
  AISLE_CHECK(ForEachRow(connection, "raw.loyalty_tiers", sql::kReadTiers, [&](RowReader& rows) {
    return [&rows, &tiers, id = rows.Text("tier_id"), name = rows.Text("tier_name"),
            floor = rows.Int("floor_cents")]() -> Status {
      if (rows[floor] < 0) {
        return DoesNotFit("raw.loyalty_tiers",
                          fmt::format("tier '{}' has no min_annual_spend of 0 or more, by which "
                                      "tiers are ordered",
                                      rows[name]));
      }
      tiers.push_back({std::string(rows[id]), std::string(rows[name]), {rows[floor]}});
      return {};
    };
  }));
  if (!tiers.empty()) parts.tiers = std::move(tiers);
  return {};
}

Result<std::optional<std::string>> ReadSetting(Connection& connection, std::string_view key) {
  AISLE_TRY(const bool there, connection.HasTable("raw.about"));
  if (!there) return std::nullopt;
  AISLE_TRY(auto rows, RowReader::Open(connection, sql::kGetAbout, {{"key", std::string(key)}}));
  const auto value = rows.Text("value");
  AISLE_TRY(const bool more, rows.Next());
  if (!more) return std::nullopt;
  return std::string(rows[value]);
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
