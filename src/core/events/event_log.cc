#include "events/events.h"
#include "kv/queue.h"

namespace aisle::events {

struct EventLog::Impl {
  kv::Queue queue;
};

EventLog::EventLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventLog::EventLog(EventLog&&) noexcept = default;
EventLog& EventLog::operator=(EventLog&&) noexcept = default;
EventLog::~EventLog() = default;

Result<EventLog> EventLog::Open(const std::filesystem::path& folder, Access access) {
  const auto kind = access == Access::kWrite ? kv::Queue::Access::kWrite : kv::Queue::Access::kRead;
  auto queue = kv::Queue::Open(folder, kind, kLogFormat);
  if (!queue) return Within("event log", queue.error());
  return EventLog(std::make_unique<Impl>(Impl{*std::move(queue)}));
}

Status EventLog::Append(std::span<const std::string> records) {
  return impl_->queue.Append(records);
}

Result<std::vector<LogRecord>> EventLog::Read(std::uint64_t position, std::size_t count) const {
  AISLE_TRY(auto found, impl_->queue.Read(position, count));
  std::vector<LogRecord> records;
  records.reserve(found.size());
  for (kv::QueueRecord& record : found)
    records.push_back({record.position, std::move(record.bytes)});
  return records;
}

Result<std::uint64_t> EventLog::LastPosition() const { return impl_->queue.LastPosition(); }
Status EventLog::Trim(std::uint64_t position) { return impl_->queue.Trim(position); }
Result<std::uint64_t> EventLog::TrimmedTo() const { return impl_->queue.TrimmedTo(); }

}  // namespace aisle::events
