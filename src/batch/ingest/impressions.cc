// Impressions on their way from the event log into the warehouse.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arrow/batch.h"
#include "events/events.h"
#include "ingest/ingest.h"
#include "ingest/sql.h"
#include "raw/plain_text.h"

namespace aisle::ingest {
namespace {

using events::EventLog;
using events::Impression;
using events::LogRecord;
using warehouse::Connection;

constexpr std::size_t kRecordsPerRead = 5'000;

arrow::Schema ShownColumns() {
  using enum arrow::Type;
  return {{"position", kInt64},
          {"rank", kInt32},
          {"request_id", kString},
          {"served_at", kTimestamp},
          {"customer_id", kInt64},
          {"region", kString},
          {"product_id", kInt64},
          {"score", kDouble},
          {"source", kString},
          {"ranking_version", kInt32},
          {"propensity_version", kInt32},
          {"generation", kInt64},
          {"experiment_arm", kString},
          {"visitor_id", kString},
          {"is_batch", kBool}};
}

void AppendOrNull(arrow::BatchBuilder& rows, int column, const std::string& text) {
  if (text.empty()) {
    rows.AppendNull(column);
  } else {
    rows.AppendString(column, text);
  }
}

// One row per shown product; one without a product if none was.
void AppendRow(arrow::BatchBuilder& rows, std::uint64_t position, const Impression& impression,
               std::size_t rank) {
  rows.AppendInt(0, static_cast<std::int64_t>(position));
  rows.AppendInt(1, static_cast<std::int64_t>(rank) + 1);
  rows.AppendString(2, impression.request_id);
  rows.AppendTime(3, impression.served_at);
  if (impression.customer == events::kNobody) {
    rows.AppendNull(4);
  } else {
    rows.AppendInt(4, impression.customer.value);
  }
  rows.AppendString(5, impression.region);
  if (rank < impression.shown.size()) {
    const events::ShownProduct& shown = impression.shown[rank];
    rows.AppendInt(6, shown.product.value);
    rows.AppendDouble(7, static_cast<double>(shown.score));
    rows.AppendString(8, shown.source);
  } else {
    for (const int column : {6, 7, 8}) rows.AppendNull(column);
  }
  rows.AppendInt(9, impression.ranking_version);
  rows.AppendInt(10, impression.propensity_version);
  rows.AppendInt(11, impression.generation);
  AppendOrNull(rows, 12, impression.arm);
  AppendOrNull(rows, 13, impression.visitor);
  rows.AppendBool(14, impression.batch);
}

// A record that cannot be read must not hold up those after it.
Status Reject(Connection& connection, const LogRecord& record, const std::string& reason) {
  const std::string_view bytes = std::string_view(record.bytes).substr(0, 2'000);
  AISLE_CHECK(connection.Execute(
      sql::kAddReject,
      {{"source", std::string("event log")},
       {"table_name", std::string("raw.impressions")},
       {"line", static_cast<std::int64_t>(record.position)},
       {"reason", reason},
       {"row_text", raw::IsPlainText(bytes) ? std::string(bytes) : std::string("(bytes)")},
       {"rejected_at", base::Now()}}));
  return {};
}

// What a row can be made of, from the front; and why it ends where it ends, if not with the last.
struct Movable {
  std::span<const LogRecord> records;
  Status rest;
};

// Records of a newer program, and of kinds that no table takes in yet, stay in the log until a program
// comes that knows what to do with them. They are not passed over: what was acknowledged would be lost.
Movable MovableOf(std::span<const LogRecord> records) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto envelope = events::DecodeEnvelope(records[i].bytes);
    Status known;
    if (envelope && envelope->kind != events::Kind::kImpression) {
      known =
          Fail(ErrorCode::kFailedPrecondition,
               fmt::format("kind '{}' is not taken into the warehouse by this build; use a newer "
                           "aisle",
                           events::KindName(envelope->kind)));
    } else if (const auto impression = events::DecodeImpression(records[i].bytes);
               !impression && impression.error().code == ErrorCode::kFailedPrecondition) {
      known = std::unexpected(impression.error());
    }
    if (!known) {
      return {records.first(i),
              Within(fmt::format("event log: record {}", records[i].position), known.error())};
    }
  }
  return {records, {}};
}

Status Move(Connection& connection, std::span<const LogRecord> records) {
  arrow::BatchBuilder rows(ShownColumns());
  for (const LogRecord& record : records) {
    const auto impression = events::DecodeImpression(record.bytes);
    if (!impression) {
      AISLE_CHECK(Reject(connection, record, impression.error().message));
      continue;
    }
    const std::size_t count = std::max<std::size_t>(impression->shown.size(), 1);
    for (std::size_t rank = 0; rank < count; ++rank)
      AppendRow(rows, record.position, *impression, rank);
  }
  auto batch = std::make_shared<std::optional<arrow::Batch>>(rows.Finish());
  arrow::Stream stream =
      arrow::MakeStream(ShownColumns(), [batch]() -> Result<std::optional<arrow::Batch>> {
        return std::exchange(*batch, std::nullopt);
      });
  AISLE_CHECK(
      connection.Ingest("raw.aisle_shown", std::move(stream), warehouse::IngestMode::kReplace));
  AISLE_CHECK(connection.Execute(sql::kAddImpressions));
  return {};
}

}  // namespace

Result<std::int64_t> CollectImpressions(Connection& connection,
                                        const std::filesystem::path& event_log,
                                        const std::function<bool(std::int64_t)>& progress) {
  auto log = EventLog::Open(event_log, EventLog::Access::kRead);
  if (!log && log.error().code == ErrorCode::kNotFound) return 0;
  if (!log) return std::unexpected(std::move(log).error());
  AISLE_CHECK(CreateTables(connection));
  AISLE_CHECK(log->Register(events::kWarehouseReader));  // If somebody had it forgotten.
  AISLE_TRY(std::uint64_t position, log->Mark(events::kWarehouseReader));
  AISLE_TRY(const std::int64_t before, connection.QueryInt(sql::kCountImpressions));
  for (std::int64_t moved = 0;;) {
    AISLE_TRY(const std::vector<LogRecord> records, log->Read(position, kRecordsPerRead));
    if (records.empty()) break;
    const Movable movable = MovableOf(records);
    if (!movable.records.empty()) {
      AISLE_CHECK(
          warehouse::InTransaction(connection, [&] { return Move(connection, movable.records); }));
      position = movable.records.back().position;
      AISLE_CHECK(log->Advance(events::kWarehouseReader, position));
      moved += static_cast<std::int64_t>(movable.records.size());
    }
    AISLE_CHECK(movable.rest);
    if (progress && !progress(moved)) return Fail(ErrorCode::kUnavailable, "cancelled");
  }
  AISLE_TRY(const std::int64_t after, connection.QueryInt(sql::kCountImpressions));
  return after - before;
}

}  // namespace aisle::ingest
