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
#include "ingest/log_intake.h"
#include "ingest/sql.h"

namespace aisle::ingest {
namespace {

using events::EventLog;
using events::Impression;
using events::LogRecord;
using warehouse::Connection;

constexpr std::string_view kLogName = "event log";

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

// Of kinds that are no impressions, and of newer programs, they wait in the log.
Status Known(const LogRecord& record) {
  const auto envelope = events::DecodeEnvelope(record.bytes);
  if (envelope && envelope->kind != events::Kind::kImpression) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("kind '{}' is not taken into the warehouse by this build; use a newer "
                            "aisle",
                            events::KindName(envelope->kind)));
  }
  const auto impression = events::DecodeImpression(record.bytes);
  if (!impression && impression.error().code == ErrorCode::kFailedPrecondition)
    return std::unexpected(impression.error());
  return {};
}

Status Move(Connection& connection, std::span<const LogRecord> records) {
  arrow::BatchBuilder rows(ShownColumns());
  for (const LogRecord& record : records) {
    const auto impression = events::DecodeImpression(record.bytes);
    if (!impression) {
      AISLE_CHECK(RejectRecord(connection, kLogName, "raw.impressions", record,
                               impression.error().message));
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
                                        const MovedSoFar& progress) {
  auto log = EventLog::Open(event_log, EventLog::Access::kRead);
  if (!log && log.error().code == ErrorCode::kNotFound) return 0;
  if (!log) return std::unexpected(std::move(log).error());
  return CollectImpressions(connection, *log, progress);
}

Result<std::int64_t> CollectImpressions(Connection& connection, events::Log& log,
                                        const MovedSoFar& progress) {
  AISLE_CHECK(CreateTables(connection));
  AISLE_CHECK(log.Register(events::kWarehouseReader));  // If somebody had it forgotten.
  AISLE_TRY(const std::uint64_t mark, log.Mark(events::kWarehouseReader));
  AISLE_TRY(const std::int64_t before, connection.QueryInt(sql::kCountImpressions));
  const LogIntake intake{
      .log = kLogName, .known = Known, .move = [&](std::span<const LogRecord> records) {
        return Move(connection, records);
      }};
  AISLE_CHECK(TakeInLog(connection, log, mark, intake, progress));
  AISLE_TRY(const std::int64_t after, connection.QueryInt(sql::kCountImpressions));
  return after - before;
}

}  // namespace aisle::ingest
