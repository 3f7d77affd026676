#include "ingest/import.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "ingest/earlier_imports.h"
#include "ingest/embedded.h"
#include "ingest/enough_rows.h"
#include "ingest/fill_table.h"
#include "ingest/history.h"
#include "ingest/id_check.h"
#include "ingest/ingest.h"
#include "ingest/mapping.h"
#include "ingest/mapping_values.h"
#include "ingest/only_tables.h"
#include "ingest/part_files.h"
#include "ingest/read_shape.h"
#include "ingest/reject_groups.h"
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
constexpr Shipped kShipped[] = {{"complete-journey", embedded::kCompleteJourney}};

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

Result<Spellings> FindSpellings(Connection& connection) {
  Spellings found;
  AISLE_TRY(auto rows, RowReader::Open(connection, sql::kSpellings));
  const auto spellings = rows.Int("spellings");
  const auto first = rows.Text("first_spelling");
  const auto last = rows.Text("last_spelling");
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) break;
    if (found.categories++ == 0) found.first = fmt::format("'{}', '{}'", rows[first], rows[last]);
    found.spellings += rows[spellings];
  }
  AISLE_TRY(found.all, connection.QueryInt(sql::kCountCategories));
  return found;
}

// What people should look at, of all that is there now.
Status Look(Connection& connection, const Mapping& mapping, const ImportOptions& options,
            ImportReport& report) {
  AISLE_TRY(report.rejects, GroupRejects(connection, mapping));
  AISLE_TRY(report.spellings, FindSpellings(connection));
  AISLE_TRY(const std::int64_t last, connection.QueryInt(sql::kLastEvent));
  if (last < 0) return {};
  report.last_event = base::FromMicros(last);
  AISLE_TRY(report.events_after_now,
            connection.QueryInt(sql::kEventsAfter, {{"now", options.loaded_at}}));
  AISLE_TRY(report.events_known_late,
            connection.QueryInt(sql::kKnownLate, {{"until", EndOfData(report.last_event)}}));
  return {};
}

// Of earlier imports: all, or those of the tables that are filled now.
Status ForgetRejects(Connection& connection, const Mapping& mapping, bool only) {
  if (!only) {
    AISLE_CHECK(connection.Execute(sql::kForgetRejects, {{"mapping", mapping.name}}));
    return {};
  }
  for (const TableStep& step : mapping.tables) {
    AISLE_CHECK(connection.Execute(sql::kForgetTableRejects,
                                   {{"mapping", mapping.name}, {"table_name", step.table}}));
  }
  return {};
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
  AISLE_CHECK(ForgetRejects(connection, mapping, !options.only.empty()));
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
  AISLE_CHECK(FollowImport(connection, options.loaded_at));
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
  AISLE_CHECK(Look(connection, mapping, options, report));
  AISLE_CHECK(AddOtherDefaults(connection, mapping, report.defaults));
  say("committing");
  return {};
}

}  // namespace

bool ImportedTable::Gives(std::string_view column) const {
  return std::ranges::find(columns, column) != columns.end();
}

base::Timestamp EndOfData(const std::optional<base::Timestamp>& last_event) {
  if (!last_event) return {};
  return std::chrono::floor<std::chrono::hours>(*last_event) + std::chrono::hours{1};
}

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
  AISLE_TRY(Mapping mapping, ReadMapping(mapping_name));
  AISLE_TRY(const warehouse::Parameters values, ValuesOf(mapping, options));
  if (!options.only.empty()) {
    AISLE_TRY(mapping, OnlyTables(std::move(mapping), options.only));
  }
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
