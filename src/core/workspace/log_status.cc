#include "workspace/log_status.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "events/events.h"

namespace aisle::workspace {
namespace {

using events::EventLog;

// What the worker will say of a record: its body has a format of its own.
Status Readable(const std::string& bytes) {
  AISLE_TRY(const events::Envelope envelope, events::DecodeEnvelope(bytes));
  if (envelope.kind == events::Kind::kImpression) {
    AISLE_CHECK(events::DecodeImpression(bytes));
  } else {
    AISLE_CHECK(events::DecodeChange(bytes));
  }
  return {};
}

// How long the first record has waited that the warehouse has not taken in.
std::string Late(const EventLog& log, std::uint64_t mark, std::uint64_t waiting,
                 const std::string& records, const Settings& settings) {
  const auto first = log.Read(mark, 1);
  if (!first || first->empty()) return "";
  const std::string& bytes = first->front().bytes;
  const Status readable = Readable(bytes);
  if (!readable && readable.error().code == ErrorCode::kFailedPrecondition) {
    return fmt::format("{} {} wait for the program that logged them: {}", waiting, records,
                       readable.error().message);
  }
  const auto envelope = events::DecodeEnvelope(bytes);
  const std::chrono::minutes target{settings.refresh_target_lag_minutes};
  if (!envelope || base::Now() - envelope->time <= target) return "";
  return fmt::format(
      "{} {} are late: the first waits since {}, the target lag is {} min; `aisle worker` takes "
      "them in",
      waiting, records,
      base::FormatTimestamp(std::chrono::floor<std::chrono::seconds>(envelope->time)),
      target.count());
}

Status Fill(const std::filesystem::path& folder, const std::string& records,
            const Settings& settings, LogStatus& status) {
  AISLE_TRY(const EventLog log, EventLog::Open(folder, EventLog::Access::kRead));
  AISLE_TRY(status.logged, log.LastPosition());
  AISLE_TRY(const auto readers, log.Readers());
  for (const events::LogReader& reader : readers) {
    status.waiting_by_reader[reader.name] = reader.waiting;
    if (reader.name != events::kWarehouseReader) continue;
    status.waiting = reader.waiting;
    status.late = Late(log, reader.mark, reader.waiting, records, settings);
  }
  return {};
}

}  // namespace

LogStatus ReadLog(const std::filesystem::path& folder, const LogNames& names,
                  const Settings& settings) {
  LogStatus status;
  status.lost = events::LostLogs(folder);
  for (const events::LostLog& lost : status.lost) {
    status.problems.push_back(
        fmt::format("{} was set aside as {}: {}; remove the folder when you are done with it",
                    names.log, lost.folder.string(), lost.words));
  }
  Status read = events::CheckLog(folder, EventLog::Access::kRead);
  const bool damaged = !read && read.error().code == ErrorCode::kInternal;
  if (read) read = Fill(folder, names.records, settings, status);
  if (read || read.error().code == ErrorCode::kNotFound) return status;
  status.unread = true;
  status.problems.push_back(
      read.error().message +
      (damaged ? "; a server sets it aside when it starts, so start it again" : ""));
  return status;
}

}  // namespace aisle::workspace
