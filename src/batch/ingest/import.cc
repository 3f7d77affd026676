#include "ingest/import.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <variant>

#include "base/files.h"
#include "ingest/embedded.h"
#include "ingest/enough_rows.h"
#include "ingest/fill_table.h"
#include "ingest/id_check.h"
#include "ingest/ingest.h"
#include "ingest/mapping.h"
#include "ingest/part_files.h"
#include "ingest/read_shape.h"
#include "ingest/sources.h"
#include "ingest/sql.h"
#include "ingest/whole_check.h"
#include "raw/tables.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {
namespace {

using warehouse::Connection;
using warehouse::RowReader;

struct Shipped {
  std::string_view name;
  base::NamedText text;
};
// In raw.about: when the days begin that became times. Not there: at midnight UTC (before decision 0018).
constexpr std::string_view kDaysKey = "days";

constexpr Shipped kShipped[] = {{"complete-journey", embedded::kCompleteJourney}};

Result<Mapping> ReadMapping(const std::string& mapping) {
  if (!mapping.ends_with(".toml")) {
    AISLE_TRY(const std::string text, ShippedMapping(mapping));
    return ParseMapping({mapping, text});
  }
  AISLE_TRY(const std::string text, base::ReadFile(mapping));
  return ParseMapping({mapping, text});
}

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

Result<warehouse::Parameters> Values(const Mapping& mapping, const ImportOptions& options) {
  std::vector<std::string_view> known;
  for (const Parameter& parameter : mapping.parameters) known.push_back(parameter.name);
  for (const auto& [name, text] : options.parameters) {
    if (std::ranges::find(known, name) == known.end()) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("mapping {} has no parameter '{}'; it has {}", mapping.name, name,
                              known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
    }
  }
  warehouse::Parameters values;
  for (const Parameter& parameter : mapping.parameters) {
    const auto given = options.parameters.find(parameter.name);
    warehouse::Value value = parameter.standard;
    if (given != options.parameters.end()) {
      if (std::holds_alternative<std::int64_t>(parameter.standard)) {
        AISLE_TRY(value, ParseInteger(parameter, given->second));
      } else {
        value = given->second;
      }
    }
    values.emplace_back(parameter.name, std::move(value));
  }
  return values;
}

std::string AsText(const warehouse::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::to_string(*number);
  return std::get<std::string>(value);
}

std::string AboutKey(const Mapping& mapping, const std::string& rest) {
  return fmt::format("import.{}.{}", mapping.name, rest);
}

// Names of the other mappings whose imports are there; an error unless the import is to add to them.
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

// Before decision 0018 a day began at midnight UTC; its rows would stand beside those of today.
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

// A retailer has one currency and one zone: beside other mappings' imports they must be those that hold.
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

// The first row that tables of the shape lack because it was rejected, as what may be the cause of an error:
// raw.rejects goes with the transaction. Empty: none was.
Result<std::string> RejectedOfShape(Connection& connection, const Mapping& mapping) {
  std::vector<std::string> sources;
  for (const TableStep& step : mapping.tables) {
    const auto source = std::ranges::find(mapping.sources, step.from, &Source::name);
    if (raw::FindTable(step.table)->of_shape && source != mapping.sources.end())
      sources.push_back(RejectSource(mapping, source->file));
  }
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kFirstRejects,
                                                  {{"mapping", mapping.name}}));
  const auto source = rows.Text("source");
  const auto table = rows.Text("table_name");
  const auto line = rows.Int("line");
  const auto reason = rows.Text("reason");
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return std::string();
    const raw::Table* const of = raw::FindTable(rows[table]);
    const bool of_shape =
        of != nullptr ? of->of_shape : std::ranges::any_of(sources, [&](const std::string& one) {
          return MayBePart(rows[source], one);
        });
    if (of_shape) {
      return fmt::format("; a row of the shape was rejected: {}, line {}: {}", rows[source],
                         rows.OrElse(line, std::int64_t{0}), rows[reason]);
    }
  }
}

// An error about parts of the shape that are not there, with what may have kept one out.
Result<Error> WithRejected(Connection& connection, const Mapping& mapping, Error error) {
  AISLE_TRY(const std::string rejected, RejectedOfShape(connection, mapping));
  error.message += rejected;
  return error;
}

// As the raw tables say it now; an error is the mapping's if it brings any of it.
Result<domain::RetailerShape> ShapeFor(Connection& connection, const Mapping& mapping) {
  auto shape = ReadShape(connection);
  if (shape) return shape;
  const bool brings = std::ranges::any_of(
      mapping.tables, [](const TableStep& step) { return raw::FindTable(step.table)->of_shape; });
  AISLE_TRY(Error error, WithRejected(connection, mapping, std::move(shape).error()));
  if (brings) error.code = ErrorCode::kInvalidArgument;
  return Within(mapping.file, std::move(error));
}

// What the mapping no longer gives of the shape's tables that it brings; the first report of each says how much.
// Beside other mappings' imports it may be theirs, and stays.
Status Withdraw(Connection& connection, ImportReport& report) {
  std::vector<std::string_view> done;
  for (ImportedTable& table : report.tables) {
    if (std::ranges::find(done, table.table) != done.end()) continue;
    done.push_back(table.table);
    if (report.others.empty()) {
      AISLE_TRY(table.withdrawn, WithdrawRows(connection, table.table));
      table.held -= table.withdrawn;
    }
    AISLE_CHECK(ForgetGiven(connection, table.table));
  }
  return {};
}

Result<std::vector<UnknownIds>> FindUnknown(Connection& connection) {
  AISLE_TRY(auto rows, RowReader::Open(connection, sql::kUnknownIds));
  const auto kind = rows.Text("kind");
  const auto ids = rows.Int("ids");
  const auto events = rows.Int("events");
  const auto first = rows.Text("first_id");
  std::vector<UnknownIds> unknown;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return unknown;
    unknown.push_back({.kind = std::string(rows[kind]),
                       .events = rows[events],
                       .ids = rows[ids],
                       .first = std::string(rows[first])});
  }
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

Status Fill(Connection& connection, const Mapping& mapping, const warehouse::Parameters& values,
            const std::filesystem::path& folder, const ImportOptions& options,
            ImportReport& report) {
  const auto say = [&](const std::string& step) {
    if (options.progress) options.progress(step);
  };
  AISLE_TRY(report.others, CheckOthers(connection, mapping, options.add));
  AISLE_CHECK(CheckOnlyGrows(connection, mapping, values));
  AISLE_CHECK(WriteSettings(connection, mapping, !report.others.empty()));
  AISLE_CHECK(connection.Execute(sql::kForgetRejects, {{"mapping", mapping.name}}));
  AISLE_TRY(report.sources, OpenSources(connection, mapping, folder, options));
  AISLE_CHECK(CheckSourceRows(connection, mapping, report.sources));
  for (const Step& step : mapping.steps) {
    say(step.name);
    AISLE_CHECK(RunStep(connection, mapping, step, values));
  }
  const auto fill = [&](bool of_shape, const domain::RetailerShape& shape) -> Status {
    for (std::size_t i = 0; i < mapping.tables.size(); ++i) {
      const TableStep& step = mapping.tables[i];
      if (raw::FindTable(step.table)->of_shape != of_shape) continue;
      say(step.table);
      AISLE_TRY(ImportedTable table,
                FillTable(connection, mapping, step, values, shape, options.loaded_at));
      table.step = i;
      report.tables.push_back(std::move(table));
    }
    return {};
  };
  AISLE_CHECK(fill(true, domain::RetailerShape::Quickstart()));
  AISLE_CHECK(Withdraw(connection, report));
  AISLE_TRY(const domain::RetailerShape shape, ShapeFor(connection, mapping));
  AISLE_CHECK(fill(false, shape));
  AISLE_CHECK(CheckDays(connection, mapping, report.tables));
  for (const Step& step : mapping.steps) AISLE_CHECK(DropStep(connection, step));
  AISLE_CHECK(CloseSources(connection, mapping));
  AISLE_CHECK(WriteAbout(connection, mapping, values, options.loaded_at));
  AISLE_TRY(report.unknown, FindUnknown(connection));
  AISLE_CHECK(CheckSizes(connection));
  AISLE_CHECK(CheckIds(connection, options.loaded_at));
  if (Status named = CheckNamedParts(connection, shape); !named) {
    AISLE_TRY(Error error, WithRejected(connection, mapping, std::move(named).error()));
    return std::unexpected(std::move(error));
  }
  AISLE_CHECK(CheckTableRows(connection, mapping, report.tables));
  AISLE_TRY(report.unknown_postal_codes, FindUnknownPostalCodes(connection, shape));
  AISLE_TRY(const std::int64_t last, connection.QueryInt(sql::kLastEvent));
  if (last >= 0) report.last_event = base::FromMicros(last);
  AISLE_TRY(report.events_after_now,
            connection.QueryInt(sql::kEventsAfter, {{"now", options.loaded_at}}));
  AISLE_CHECK(AddOtherDefaults(connection, mapping, report.defaults));
  say("committing");
  return {};
}

}  // namespace

std::vector<std::string> ShippedMappings() {
  std::vector<std::string> names;
  for (const Shipped& shipped : kShipped) names.emplace_back(shipped.name);
  return names;
}

Result<std::string> ShippedMapping(std::string_view name) {
  for (const Shipped& shipped : kShipped) {
    if (shipped.name == name) return std::string(shipped.text.text);
  }
  return Fail(
      ErrorCode::kNotFound,
      fmt::format("no shipped mapping '{}'; there are {}; a mapping file's path ends in .toml",
                  name, fmt::join(ShippedMappings(), ", ")));
}

Result<ImportReport> Import(Connection& connection, const std::string& mapping_name,
                            const std::filesystem::path& folder, const ImportOptions& options) {
  AISLE_TRY(const Mapping mapping, ReadMapping(mapping_name));
  AISLE_TRY(const warehouse::Parameters values, Values(mapping, options));
  AISLE_CHECK(CreateTables(connection));
  ImportReport report;
  report.mapping = mapping.name;
  report.about = mapping.about;
  report.defaults = mapping.defaults;
  AISLE_CHECK(warehouse::InTransaction(
      connection, [&] { return Fill(connection, mapping, values, folder, options, report); }));
  return report;
}

}  // namespace aisle::ingest
