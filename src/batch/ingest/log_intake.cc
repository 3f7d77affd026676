#include "ingest/log_intake.h"

#include <fmt/format.h>

#include <vector>

#include "base/log.h"
#include "ingest/sql.h"
#include "raw/plain_text.h"

namespace aisle::ingest {
namespace {

using events::LogRecord;

constexpr std::size_t kRecordsPerRead = 5'000;
constexpr std::size_t kBytesKept = 2'000;

// As Postgres writes bytes, and DuckDB's unhex() reads what comes after the first two.
std::string Hex(std::string_view bytes) {
  std::string text = "\\x";
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

// What can be moved, from the front; and why it ends where it ends, if not with the last.
struct Movable {
  std::span<const LogRecord> records;
  Status rest;
};

// Records of a newer program stay in the log until a program comes that knows what to do with them. They are not passed
// over: what was acknowledged would be lost.
Movable MovableOf(std::span<const LogRecord> records, const LogIntake& intake) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Status known = intake.known(records[i]);
    if (!known) {
      return {records.first(i),
              Within(fmt::format("{}: record {}", intake.log, records[i].position), known.error())};
    }
  }
  return {records, {}};
}

}  // namespace

Result<std::int64_t> TakeInLog(warehouse::Connection& connection, events::Log& log,
                               std::uint64_t position, const LogIntake& intake,
                               const std::function<bool(std::int64_t)>& progress) {
  for (std::int64_t moved = 0;;) {
    AISLE_TRY(const std::vector<LogRecord> records, log.Read(position, kRecordsPerRead));
    if (records.empty()) return moved;
    const Movable movable = MovableOf(records, intake);
    if (!movable.records.empty()) {
      AISLE_CHECK(
          warehouse::InTransaction(connection, [&] { return intake.move(movable.records); }));
      position = movable.records.back().position;
      AISLE_CHECK(log.Advance(events::kWarehouseReader, position));
      moved += static_cast<std::int64_t>(movable.records.size());
    }
    AISLE_CHECK(movable.rest);
    if (progress && !progress(moved)) return Fail(ErrorCode::kUnavailable, "cancelled");
  }
}

Status RejectRecord(warehouse::Connection& connection, std::string_view log, std::string_view table,
                    const LogRecord& record, const std::string& reason) {
  base::LogError("{}: record {} is set aside in raw.rejects: {}", log, record.position, reason);
  const std::string_view bytes = std::string_view(record.bytes).substr(0, kBytesKept);
  AISLE_CHECK(connection.Execute(
      sql::kAddReject, {{"source", std::string(log)},
                        {"table_name", std::string(table)},
                        {"line", static_cast<std::int64_t>(record.position)},
                        {"reason", reason},
                        {"row_text", raw::IsPlainText(bytes) ? std::string(bytes) : Hex(bytes)},
                        {"rejected_at", base::Now()}}));
  return {};
}

}  // namespace aisle::ingest
