// Changes (products, stock, prices, customers) on their way from their log into the raw tables.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "events/events.h"
#include "ingest/history.h"
#include "ingest/ingest.h"
#include "ingest/log_intake.h"
#include "ingest/read_shape.h"
#include "ingest/sql.h"
#include "warehouse/row_reader.h"

namespace aisle::ingest {
namespace {

using events::Change;
using events::EventLog;
using events::Kind;
using events::LogRecord;
using warehouse::Connection;

constexpr std::string_view kLogName = "log of changes";

// Where a kind's records go; nothing: no table takes it in yet.
std::optional<Dated> PlaceOf(Kind kind) {
  switch (kind) {
    case Kind::kStock:
      return Dated::kStock;
    case Kind::kProduct:
    case Kind::kPrice:
      return Dated::kPrice;
    case Kind::kCustomer:
      return Dated::kCustomer;
    case Kind::kImpression:
    case Kind::kShopEvent:
      return std::nullopt;
  }
  return std::nullopt;
}

std::unexpected<Error> ForANewerProgram(std::string what) {
  return Fail(
      ErrorCode::kFailedPrecondition,
      std::move(what) + " is not taken into the warehouse by this build; use a newer aisle");
}

Status Known(const LogRecord& record) {
  const auto envelope = events::DecodeEnvelope(record.bytes);
  if (envelope && !PlaceOf(envelope->kind))
    return ForANewerProgram(fmt::format("kind '{}'", events::KindName(envelope->kind)));
  const auto change = events::DecodeChange(record.bytes);
  if (!change) {
    if (change.error().code == ErrorCode::kFailedPrecondition)
      return std::unexpected(change.error());
    return {};
  }
  const raw::Table& table = *events::TableOf(change->envelope.kind);
  for (const raw::Field& field : change->row) {
    if (raw::FindColumn(table, field.column) == nullptr)
      return ForANewerProgram(fmt::format("column '{}' of {}", field.column, table.name));
  }
  return {};
}

std::string_view TableNameOf(const LogRecord& record) {
  const auto envelope = events::DecodeEnvelope(record.bytes);
  const raw::Table* table = envelope ? events::TableOf(envelope->kind) : nullptr;
  return table == nullptr ? "" : table->name;
}

// What the record says of a row of its dated table. Whatever else it names, it holds from its own time on.
raw::Row RowOf(Change change) {
  std::erase_if(change.row, [](const raw::Field& field) {
    return field.column == "last_updated" || field.column == "valid_from" ||
           field.column == "valid_to";
  });
  return std::move(change.row);
}

// How far the tables have come in a log, as they say themselves.
struct Position {
  bool known = false;  // The tables know of this log at all.
  bool named = false;  // It is the one that generations name.
  std::uint64_t until = 0;
};

Result<std::string> About(Connection& connection, std::string_view key) {
  AISLE_TRY(const auto rows, connection.QueryText(sql::kGetAbout, {{"key", std::string(key)}}));
  return rows.empty() ? std::string() : rows[0][0];
}

std::uint64_t Number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string KeyOf(std::string_view log) { return std::string(kAboutChangesOf).append(log); }

Result<Position> ReadPosition(Connection& connection, const std::string& log) {
  AISLE_TRY(const std::string own, About(connection, KeyOf(log)));
  AISLE_TRY(const std::string named, About(connection, kAboutChangesLog));
  AISLE_TRY(const std::string until, About(connection, kAboutChangesUntil));
  Position position{
      .known = !own.empty(), .named = named.empty() || named == log, .until = Number(own)};
  // A program that knows of one log only has no line for it, or has gone on without that.
  if (named == log && !until.empty()) {
    position.known = true;
    position.until = std::max(position.until, Number(until));
  }
  return position;
}

Status WritePosition(Connection& connection, const std::string& log, const Position& position) {
  const auto set = [&](std::string_view key, const std::string& value) -> Status {
    AISLE_CHECK(connection.Execute(sql::kSetAbout, {{"key", std::string(key)}, {"value", value}}));
    return {};
  };
  const std::string until = fmt::to_string(position.until);
  AISLE_CHECK(set(KeyOf(log), until));
  if (!position.named) return {};
  AISLE_CHECK(set(kAboutChangesLog, log));
  return set(kAboutChangesUntil, until);
}

using Categories = std::set<std::string, std::less<>>;

Result<Categories> ReadCategories(Connection& connection) {
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kCategoryIds));
  const auto category = rows.Text("category_id");
  Categories categories;
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return categories;
    categories.emplace(rows[category]);
  }
}

// What was right when it was appended may be wrong now: a region or a category that is no more.
Status StillHolds(const Change& change, const domain::RetailerShape& shape,
                  const Categories& categories) {
  AISLE_CHECK(events::CheckChange(change, shape));
  if (change.envelope.kind != Kind::kProduct) return {};
  const raw::Value* value = raw::Find(change.row, "category_id");
  const auto* category = value == nullptr ? nullptr : std::get_if<std::string>(value);
  if (category == nullptr || categories.contains(*category)) return {};
  return FailField(ErrorCode::kInvalidArgument, "category_id",
                   fmt::format("category_id: there is no category '{}'", *category));
}

Status Move(Connection& connection, const domain::RetailerShape& shape,
            const Categories& categories, std::span<const LogRecord> records) {
  std::map<Dated, std::vector<DatedRow>> rows;
  for (const LogRecord& record : records) {
    auto change = events::DecodeChange(record.bytes);
    const Status good =
        change ? StillHolds(*change, shape, categories) : Status(std::unexpected(change.error()));
    if (!good) {
      AISLE_CHECK(
          RejectRecord(connection, kLogName, TableNameOf(record), record, good.error().message));
      continue;
    }
    const base::Timestamp at = change->envelope.time;
    rows[*PlaceOf(change->envelope.kind)].push_back(
        {.position = record.position, .at = at, .row = RowOf(*std::move(change))});
  }
  for (const DatedTable& table : kDatedTables)
    AISLE_CHECK(WriteRows(connection, table, std::move(rows[table.kind])));
  return {};
}

}  // namespace

Result<std::int64_t> CollectChanges(Connection& connection, const std::filesystem::path& change_log,
                                    const MovedSoFar& progress, Named named) {
  auto log = EventLog::Open(change_log, EventLog::Access::kRead);
  if (!log && log.error().code == ErrorCode::kNotFound) return 0;
  if (!log) return std::unexpected(std::move(log).error());
  return CollectChanges(connection, *log, progress, named);
}

Result<std::int64_t> CollectChanges(Connection& connection, events::Log& log,
                                    const MovedSoFar& progress, Named named) {
  AISLE_CHECK(CreateTables(connection));
  AISLE_CHECK(log.Register(events::kWarehouseReader));  // If somebody had it forgotten.
  AISLE_TRY(Position position, ReadPosition(connection, log.Id()));
  AISLE_TRY(const std::uint64_t mark, log.Mark(events::kWarehouseReader));
  AISLE_TRY(const std::uint64_t last, log.LastPosition());
  const bool anew = !position.known || position.until > last;
  // The tables know nothing of this log, or of a longer one that was put back: what its reader is past is in them.
  if (anew) position.until = mark;
  const bool renamed = named == Named::kThisLog && !position.named;
  position.named = position.named || renamed;
  if (anew || renamed) {
    AISLE_CHECK(warehouse::InTransaction(
        connection, [&] { return WritePosition(connection, log.Id(), position); }));
  }
  // Killed between the two.
  if (mark < position.until) AISLE_CHECK(log.Advance(events::kWarehouseReader, position.until));
  AISLE_TRY(const domain::RetailerShape shape, ReadShape(connection));
  AISLE_TRY(const Categories categories, ReadCategories(connection));
  const LogIntake intake{
      .log = kLogName, .known = Known, .move = [&](std::span<const LogRecord> records) -> Status {
        AISLE_CHECK(Move(connection, shape, categories, records));
        position.until = records.back().position;
        return WritePosition(connection, log.Id(), position);
      }};
  const std::uint64_t from = position.until;
  return TakeInLog(connection, log, from, intake, progress);
}

Status FollowImport(Connection& connection, base::Timestamp begun) {
  AISLE_TRY(const auto logs, connection.QueryText(sql::kKnownLogs));
  // Without changes histories are the files' own.
  return logs.empty() ? Status() : FollowFiles(connection, begun);
}

}  // namespace aisle::ingest
