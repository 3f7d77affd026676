#include <fmt/format.h>

#include <random>

#include "base/files.h"
#include "events/events.h"
#include "events/log_options.h"

namespace aisle::events {

namespace {

constexpr const char* kIdFile = "id";

// The log's id; where it has none and may be written, a new one.
Result<std::string> IdOf(const std::filesystem::path& folder, EventLog::Access access) {
  const std::filesystem::path path = folder / kIdFile;
  auto text = base::ReadFile(path);
  if (text && text->ends_with('\n')) text->pop_back();
  if (text && !text->empty()) return *text;
  if (access == EventLog::Access::kRead) return std::string();
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", random());
  AISLE_CHECK(base::WriteFileAtomic(path, id + "\n"));
  return id;
}

}  // namespace

struct EventLog::Impl {
  kv::Queue queue;
  std::string id;
};

EventLog::EventLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventLog::EventLog(EventLog&&) noexcept = default;
EventLog& EventLog::operator=(EventLog&&) noexcept = default;
EventLog::~EventLog() = default;

Result<EventLog> EventLog::Open(const std::filesystem::path& folder, Access access) {
  const auto kind = access == Access::kWrite ? kv::Queue::Access::kWrite : kv::Queue::Access::kRead;
  auto queue = kv::Queue::Open(folder, kind, LogOptions());
  if (!queue) return Within("event log", queue.error());
  auto id = IdOf(folder, access);
  if (!id) return Within("event log", id.error());
  return EventLog(std::make_unique<Impl>(Impl{*std::move(queue), *std::move(id)}));
}

const std::string& EventLog::Id() const { return impl_->id; }

Status EventLog::Append(std::span<const Impression> impressions) {
  std::vector<std::string> records;
  records.reserve(impressions.size());
  for (const Impression& impression : impressions) records.push_back(EncodeImpression(impression));
  return impl_->queue.Append(records);
}

Status EventLog::Append(std::span<const Change> changes, const domain::RetailerShape& shape) {
  std::vector<std::string> records;
  records.reserve(changes.size());
  for (const Change& change : changes) {
    const auto& [kind, id, time] = change.envelope;
    if (const Status good = CheckChange(change, shape); !good)
      return Within(fmt::format("{} '{}'", KindName(kind), id), good.error());
    records.push_back(EncodeChange(change));
  }
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

Status EventLog::Verify(std::size_t count) const { return impl_->queue.Verify(count); }

Status EventLog::Register(std::string_view reader) { return impl_->queue.Register(reader); }
Status EventLog::Forget(std::string_view reader) { return impl_->queue.Forget(reader); }
Status EventLog::Advance(std::string_view reader, std::uint64_t position) {
  return impl_->queue.Advance(reader, position);
}
Result<std::uint64_t> EventLog::Mark(std::string_view reader) const {
  return impl_->queue.Mark(reader);
}

Result<std::vector<LogReader>> EventLog::Readers() const {
  AISLE_TRY(auto found, impl_->queue.Readers());
  AISLE_TRY(const std::uint64_t last,
            LastPosition());  // After the marks, so that none is beyond it.
  std::vector<LogReader> readers;
  readers.reserve(found.size());
  for (kv::QueueReader& reader : found)
    readers.push_back({std::move(reader.name), reader.mark, last - reader.mark});
  return readers;
}

}  // namespace aisle::events
