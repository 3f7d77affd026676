#include "ingest/read_shape.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
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

using Tables = std::set<std::string>;
using Settings = std::map<std::string, std::string, std::less<>>;

// Hands each row of the query, whose columns `bind` asks for, to what `bind` returns; none where the table is not
// there.
template <typename Bind>
Status ForEachRow(Connection& connection, const Tables& there, const char* table,
                  base::NamedText query, const Bind& bind) {
  if (!there.contains(table)) return {};
  AISLE_TRY(auto rows, RowReader::Open(connection, query));
  const auto take = bind(rows);
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return {};
    AISLE_CHECK(take());
  }
}

Status ReadPlaces(Connection& connection, const Tables& there, RetailerShape::Parts& parts) {
  std::vector<RetailerShape::RegionPart> regions;
  std::vector<domain::PostalRule> rules;
  std::vector<domain::PostalFormat> formats;
  AISLE_CHECK(ForEachRow(connection, there, "raw.regions", sql::kReadRegions, [&](RowReader& rows) {
    return [&rows, &regions, region = rows.Text("region"),
            house = rows.Text("warehouse_name")]() -> Status {
      regions.push_back({std::string(rows[region]), std::string(rows[house])});
      return {};
    };
  }));
  AISLE_CHECK(ForEachRow(
      connection, there, "raw.postal_regions", sql::kReadPostalRegions, [&](RowReader& rows) {
        return [&rows, &rules, country = rows.Text("country"), prefix = rows.Text("prefix"),
                region = rows.Text("region")]() -> Status {
          rules.push_back(
              {std::string(rows[country]), std::string(rows[prefix]), std::string(rows[region])});
          return {};
        };
      }));
  AISLE_CHECK(ForEachRow(
      connection, there, "raw.postal_formats", sql::kReadPostalFormats, [&](RowReader& rows) {
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

Status ReadTiers(Connection& connection, const Tables& there, RetailerShape::Parts& parts) {
  std::vector<RetailerShape::TierPart> tiers;
  AISLE_CHECK(
      ForEachRow(connection, there, "raw.loyalty_tiers", sql::kReadTiers, [&](RowReader& rows) {
        return [&rows, &tiers, id = rows.Text("tier_id"), name = rows.Text("tier_name"),
                floor = rows.Int("floor_cents")]() -> Status {
          if (rows[floor] < 0) {
            return DoesNotFit(
                "raw.loyalty_tiers",
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

Result<Settings> ReadSettings(Connection& connection, const Tables& there) {
  Settings settings;
  AISLE_CHECK(ForEachRow(connection, there, "raw.about", sql::kReadSettings, [&](RowReader& rows) {
    return [&rows, &settings, key = rows.Text("key"), value = rows.Text("value")]() -> Status {
      settings.emplace(rows[key], rows[value]);
      return {};
    };
  }));
  return settings;
}

Result<domain::Currency> CurrencyOf(const Settings& settings) {
  domain::Currency currency = RetailerShape::Quickstart().Money();
  if (const auto code = settings.find(kCurrencyKey); code != settings.end())
    currency.code = code->second;
  const auto minor_unit = settings.find(kMinorUnitKey);
  if (minor_unit == settings.end()) return currency;
  const std::string& text = minor_unit->second;
  const auto [stop, failed] =
      std::from_chars(text.data(), text.data() + text.size(), currency.minor_unit);
  if (failed == std::errc() && stop == text.data() + text.size()) return currency;
  return DoesNotFit("raw.about",
                    fmt::format("{} is '{}', which is no number", kMinorUnitKey, text));
}

}  // namespace

Result<domain::Currency> ReadCurrency(Connection& connection) {
  AISLE_TRY(const Tables there, connection.TableNames());
  AISLE_TRY(const Settings settings, ReadSettings(connection, there));
  return CurrencyOf(settings);
}

Result<RetailerShape> ReadShape(Connection& connection) {
  RetailerShape::Parts parts = RetailerShape::Quickstart().All();
  AISLE_TRY(const Tables there, connection.TableNames());
  AISLE_CHECK(ReadPlaces(connection, there, parts));
  AISLE_CHECK(ReadTiers(connection, there, parts));
  AISLE_TRY(const Settings settings, ReadSettings(connection, there));
  AISLE_TRY(parts.currency, CurrencyOf(settings));
  if (const auto zone = settings.find(kTimeZoneKey); zone != settings.end())
    parts.time_zone = zone->second;
  auto shape = RetailerShape::Make(std::move(parts));
  if (!shape) return DoesNotFit("the retailer's shape", shape.error().message);
  return shape;
}

}  // namespace aisle::ingest
