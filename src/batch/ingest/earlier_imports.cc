#include "ingest/earlier_imports.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <variant>

#include "ingest/read_shape.h"
#include "ingest/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {
namespace {

using warehouse::Connection;
using warehouse::RowReader;

// In raw.about: when the days begin that became times. Not there: at midnight UTC (before decision 0018).
constexpr std::string_view kDaysKey = "days";

std::string AsText(const warehouse::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::to_string(*number);
  return std::get<std::string>(value);
}

std::string AboutKey(const Mapping& mapping, const std::string& rest) {
  return fmt::format("import.{}.{}", mapping.name, rest);
}

// What the mapping says of money, or the quickstart's.
domain::Currency Money(const Mapping& mapping) {
  domain::Currency money = domain::RetailerShape::Quickstart().Money();
  money.code = mapping.retailer.currency.value_or(money.code);
  money.minor_unit = static_cast<int>(mapping.retailer.minor_unit.value_or(money.minor_unit));
  return money;
}

// Amounts that are there are not converted: in another currency they would be other amounts.
Status CheckMoneyStays(Connection& connection, const Mapping& mapping) {
  AISLE_TRY(const domain::Currency held, ReadCurrency(connection));
  const domain::Currency given = Money(mapping);
  if (given == held) return {};
  AISLE_TRY(const std::int64_t holds, connection.QueryInt(sql::kHoldsAmounts));
  if (holds == 0) return {};
  const bool code = given.code != held.code;
  return Fail(
      ErrorCode::kFailedPrecondition,
      fmt::format(
          "{}: {} is {}, and the amounts that are there have {}; none is converted, so import "
          "into another --data folder, or give --replace to drop what is there",
          mapping.file, code ? kCurrencyKey : kMinorUnitKey,
          code ? given.code : fmt::to_string(given.minor_unit),
          code ? held.code : fmt::to_string(held.minor_unit)));
}

}  // namespace

Result<std::int64_t> ParseInteger(const Parameter& parameter, const std::string& text) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} '{}' is not a whole number", parameter.name, text));
  }
  if (value < parameter.at_least.value_or(value) || value > parameter.at_most.value_or(value)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} {} is out of range: {} to {}", parameter.name, value,
                            parameter.at_least ? fmt::to_string(*parameter.at_least) : "any",
                            parameter.at_most ? fmt::to_string(*parameter.at_most) : "any"));
  }
  return value;
}

Result<std::vector<std::string>> CheckOthers(Connection& connection, const Mapping& mapping,
                                             bool add) {
  AISLE_TRY(const std::int64_t other, connection.QueryInt(sql::kOtherRetailer));
  if (other != 0) {
    return Fail(
        ErrorCode::kFailedPrecondition,
        "the warehouse holds another retailer's tables (a generated one?), and ids would mix; "
        "import into another --data folder, or give --replace to drop what is there");
  }
  AISLE_TRY(auto rows,
            RowReader::Open(connection, sql::kOtherMappings, {{"mapping", mapping.name}}));
  const auto name = rows.Text("mapping");
  const auto loaded_at = rows.Text("loaded_at");
  std::vector<std::string> names;
  std::vector<std::string> held;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) break;
    names.emplace_back(rows[name]);
    held.push_back(fmt::format("{} (imported {})", rows[name], rows[loaded_at]));
  }
  if (names.empty() || add) return names;
  return Fail(ErrorCode::kFailedPrecondition,
              fmt::format("the warehouse holds what another mapping brought, {}, and {} would be "
                          "counted together with it; import into another --data folder, give "
                          "--replace to drop what is there, or --add if both are one retailer's",
                          fmt::join(held, ", "), mapping.name));
}

Status AddOtherDefaults(Connection& connection, const Mapping& mapping,
                        std::vector<std::string>& defaults) {
  AISLE_TRY(auto rows,
            RowReader::Open(connection, sql::kOtherDefaults, {{"mapping", mapping.name}}));
  const auto value = rows.Text("value");
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return {};
    defaults.emplace_back(rows[value]);
  }
}

Status CheckOnlyGrows(Connection& connection, const Mapping& mapping,
                      const warehouse::Parameters& values) {
  for (const Parameter& parameter : mapping.parameters) {
    if (!parameter.only_grows) continue;
    const std::string key = AboutKey(mapping, "parameter." + parameter.name);
    AISLE_TRY(auto rows, RowReader::Open(connection, sql::kGetAbout, {{"key", key}}));
    const auto held = rows.Text("value");
    AISLE_TRY(const bool more, rows.Next());
    if (!more) continue;
    const auto value =
        std::ranges::find(values, parameter.name, [](const auto& v) { return v.first; });
    const std::int64_t now = std::get<std::int64_t>(value->second);
    AISLE_TRY(const std::int64_t before, ParseInteger(parameter, std::string(rows[held])));
    if (now < before) {
      return Fail(ErrorCode::kFailedPrecondition,
                  fmt::format("{} {}: the warehouse already holds {} up to {}, and an import takes "
                              "nothing away; use another --data folder, or run `aisle clean` first",
                              parameter.name, now, mapping.name, before));
    }
  }
  return {};
}

Status CheckDays(Connection& connection, const Mapping& mapping,
                 const std::vector<ImportedTable>& tables) {
  const auto known = [&](const std::string& rest) -> Result<bool> {
    AISLE_TRY(auto rows,
              RowReader::Open(connection, sql::kGetAbout, {{"key", AboutKey(mapping, rest)}}));
    return rows.Next();
  };
  AISLE_TRY(const bool again, known("loaded_at"));
  AISLE_TRY(const bool same_days, known(std::string(kDaysKey)));
  const auto changed = std::ranges::find(tables, true, &ImportedTable::days_of_a_clock);
  if (!again || same_days || changed == tables.end()) return {};
  return Fail(ErrorCode::kFailedPrecondition,
              fmt::format("{}: {} has rows of an earlier import whose days begin at midnight UTC, "
                          "and they begin at "
                          "midnight of their source now; give --replace once to drop what is there",
                          mapping.file, changed->table));
}

Status WriteAbout(Connection& connection, const Mapping& mapping,
                  const warehouse::Parameters& values, base::Timestamp loaded_at) {
  AISLE_CHECK(connection.Execute(sql::kForgetImport, {{"prefix", AboutKey(mapping, "")}}));
  const auto set = [&](const std::string& key, const std::string& value) -> Status {
    AISLE_CHECK(connection.Execute(sql::kSetAbout, {{"key", key}, {"value", value}}));
    return {};
  };
  AISLE_CHECK(set("source", mapping.about));
  AISLE_CHECK(set(AboutKey(mapping, "loaded_at"), base::FormatIso(loaded_at)));
  AISLE_CHECK(set(AboutKey(mapping, std::string(kDaysKey)), "of their source"));
  for (const auto& [name, value] : values)
    AISLE_CHECK(set(AboutKey(mapping, "parameter." + name), AsText(value)));
  for (const Source& source : mapping.sources)
    AISLE_CHECK(set(AboutKey(mapping, "time_zone." + source.file), source.time_zone));
  for (std::size_t i = 0; i < mapping.defaults.size(); ++i)
    AISLE_CHECK(set(AboutKey(mapping, fmt::format("default.{:02}", i + 1)), mapping.defaults[i]));
  return {};
}

Status WriteSettings(Connection& connection, const Mapping& mapping, bool beside_others) {
  const RetailerSettings& given = mapping.retailer;
  std::vector<std::pair<std::string_view, std::string>> settings;
  if (given.currency) settings.emplace_back(kCurrencyKey, *given.currency);
  if (given.minor_unit) settings.emplace_back(kMinorUnitKey, fmt::to_string(*given.minor_unit));
  if (given.time_zone) settings.emplace_back(kTimeZoneKey, *given.time_zone);
  if (!beside_others) {
    AISLE_CHECK(CheckMoneyStays(connection, mapping));
    AISLE_CHECK(connection.Execute(sql::kForgetImport, {{"prefix", "retailer."}}));
    for (const auto& [key, value] : settings) {
      AISLE_CHECK(
          connection.Execute(sql::kSetAbout, {{"key", std::string(key)}, {"value", value}}));
    }
    return {};
  }
  AISLE_TRY(const auto held, ReadShape(connection));
  for (const auto& [key, value] : settings) {
    const std::string is = key == kCurrencyKey    ? held.Money().code
                           : key == kMinorUnitKey ? fmt::to_string(held.Money().minor_unit)
                                                  : held.TimeZone();
    if (is == value) continue;
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{}:{}: {} is {}, and what is there has {}; one retailer has one, so "
                            "import into another --data folder",
                            mapping.file, given.line, key, value, is));
  }
  return {};
}

}  // namespace aisle::ingest
