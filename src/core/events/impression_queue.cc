#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "events/events.h"
#include "events/log_keeper.h"

namespace aisle::events {
namespace {

// How long the first impression of a batch waits for others: each batch costs two syncs of the disk.
constexpr std::chrono::milliseconds kLinger{10};
constexpr std::size_t kBatchMax = 4096;  // Impressions in one transaction.

// What becomes of a batch that the log refuses.
enum class Refused : std::uint8_t { kDropped, kKept };

std::string_view WordOf(Refused refused) {
  return refused == Refused::kDropped ? "dropped" : "kept in memory";
}

}  // namespace

struct ImpressionQueue::Impl {
  std::unique_ptr<Log> log =
      {};                   // None: it cannot be written now. From here on the writer thread's own.
  const OpenLog open = {};  // None: the log was given, and is not looked for again.
  const std::size_t capacity;
  const Refused refused = Refused::kDropped;
  const std::chrono::milliseconds again{};
  std::chrono::steady_clock::time_point try_at{};
  std::mutex mutex{};  // waiting, writing_count, stopping
  std::condition_variable changed{};
  std::vector<Impression> waiting{};
  std::size_t writing_count = 0;  // Taken out of `waiting`, not on disk yet.
  bool stopping = false;
  std::atomic<std::chrono::steady_clock::time_point> end_by =
      std::chrono::steady_clock::time_point::max();
  std::atomic<std::uint64_t> written = 0;
  std::atomic<std::uint64_t> dropped = 0;
  std::atomic<bool> failing = false;  // There is no log, or the last batch was refused.
  std::thread writer{};

  // Empty: there will be no more, or it is time to look for a log again.
  std::vector<Impression> Take() {
    std::unique_lock lock(mutex);
    writing_count = 0;
    const auto something = [&] { return stopping || !waiting.empty(); };
    // A log that is shared is opened when there is something for it.
    if (log || refused == Refused::kKept) {
      changed.wait(lock, something);
    } else {
      changed.wait_until(lock, try_at, something);
    }
    if (waiting.empty()) return {};
    changed.wait_for(lock, kLinger, [&] { return stopping || waiting.size() >= kBatchMax; });
    std::vector<Impression> taken = std::exchange(waiting, {});
    writing_count = taken.size();
    return taken;
  }

  bool Stopping() {
    const std::lock_guard lock(mutex);
    return stopping && waiting.empty();
  }

  // Until the log may be looked for again; false: there is no time for that, the queue ends.
  bool Pause() {
    std::unique_lock lock(mutex);
    return !changed.wait_until(lock, try_at, [&] { return stopping; });
  }

  void Fail(std::string_view why) {
    if (!failing.exchange(true)) base::LogError("impressions are {}: {}", WordOf(refused), why);
  }

  // Of a log that is shared: whether the queue has ended for so long that what is left is given up.
  bool TooLate() const { return std::chrono::steady_clock::now() >= end_by.load(); }

  // Looks whether the log can be written now, once in a while.
  void Reopen() {
    const auto now = std::chrono::steady_clock::now();
    if (log || !open || now < try_at) return;
    auto opened = open([this] { return TooLate(); });
    try_at = now + again;
    if (!opened) return Fail(opened.error().message);
    log = *std::move(opened);
    if (failing.exchange(false)) base::LogInfo("impressions are written again");
  }

  // A log that turns out damaged is closed, looked at as at the start, and the batch tried once more.
  Status Append(std::span<const Impression> batch) {
    Status status = log->Append(batch);
    if (status || !open || status.error().code != ErrorCode::kInternal) return status;
    base::LogError("{}", status.error().message);
    log.reset();
    try_at = {};
    Reopen();
    return log ? log->Append(batch) : status;
  }

  bool WriteBatch(std::span<const Impression> batch) {
    if (!log) return false;
    const Status status = Append(batch);
    if (!status) {
      Fail(status.error().message);
      return false;
    }
    if (failing.exchange(false)) base::LogInfo("impressions are written again");
    written += batch.size();
    return true;
  }

  // Until it is written, or given up: false, it was dropped.
  bool WriteOrDrop(std::span<const Impression> batch) {
    while (TooLate() || !WriteBatch(batch)) {
      if (refused == Refused::kDropped || !Pause()) {
        dropped += batch.size();
        return false;
      }
      Reopen();
      try_at = std::chrono::steady_clock::now() + again;
    }
    return true;
  }

  // At the end a log that has refused one batch is not asked for each of the others: it may hang each time.
  // `gone` were dropped with that batch already.
  void DropRest(std::size_t gone, std::size_t rest) {
    const std::lock_guard lock(mutex);
    rest += waiting.size();
    waiting.clear();
    dropped += rest;
    base::LogError("impressions: {} are dropped at the end", gone + rest);
  }

  bool IsTold() {
    const std::lock_guard lock(mutex);
    return stopping;
  }

  void Run() {
    for (;;) {
      const std::vector<Impression> taken = Take();
      if (taken.empty() && Stopping()) return;
      Reopen();
      std::span<const Impression> rest = taken;
      while (!rest.empty()) {
        const std::size_t count = std::min(rest.size(), kBatchMax);
        if (!WriteOrDrop(rest.first(count)) && IsTold())
          return DropRest(count, rest.size() - count);
        rest = rest.subspan(count);
      }
    }
  }
};

ImpressionQueue::ImpressionQueue(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->writer = std::thread([raw = impl_.get()] { raw->Run(); });
}

ImpressionQueue::ImpressionQueue(EventLog log, std::size_t capacity)
    : ImpressionQueue(std::unique_ptr<Impl>(
          new Impl{.log = std::make_unique<EventLog>(std::move(log)), .capacity = capacity})) {}

Result<std::shared_ptr<ImpressionQueue>> ImpressionQueue::Start(const std::filesystem::path& folder,
                                                                std::chrono::milliseconds again) {
  AISLE_TRY(KeptLog kept, OpenKept(folder));
  const auto open = [folder](const TooLate&) -> Result<std::unique_ptr<Log>> {
    AISLE_TRY(KeptLog found, OpenKept(folder));
    if (!found.log) return aisle::Fail(ErrorCode::kUnavailable, found.trouble);
    return std::make_unique<EventLog>(*std::move(found.log));
  };
  std::unique_ptr<Impl> impl(new Impl{.open = open,
                                      .capacity = kCapacity,
                                      .again = again,
                                      .try_at = std::chrono::steady_clock::now() + again});
  if (kept.log) impl->log = std::make_unique<EventLog>(*std::move(kept.log));
  if (!impl->log) impl->Fail(kept.trouble);
  return std::shared_ptr<ImpressionQueue>(new ImpressionQueue(std::move(impl)));
}

std::shared_ptr<ImpressionQueue> ImpressionQueue::StartShared(OpenLog open,
                                                              std::chrono::milliseconds again,
                                                              std::size_t capacity) {
  std::unique_ptr<Impl> impl(new Impl{
      .open = std::move(open), .capacity = capacity, .refused = Refused::kKept, .again = again});
  return std::shared_ptr<ImpressionQueue>(new ImpressionQueue(std::move(impl)));
}

ImpressionQueue::~ImpressionQueue() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    if (impl_->refused == Refused::kKept)
      impl_->end_by = std::chrono::steady_clock::now() + kEndWait;
  }
  impl_->changed.notify_all();
  impl_->writer.join();
}

bool ImpressionQueue::Offer(Impression impression) {
  bool wake = false;
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->waiting.size() + impl_->writing_count >= impl_->capacity) {
      ++impl_->dropped;
      return false;
    }
    impl_->waiting.push_back(std::move(impression));
    wake = impl_->waiting.size() == 1 || impl_->waiting.size() == kBatchMax;
  }
  if (wake) impl_->changed.notify_one();
  return true;
}

std::uint64_t ImpressionQueue::Written() const { return impl_->written; }
std::uint64_t ImpressionQueue::Dropped() const { return impl_->dropped; }
bool ImpressionQueue::Failing() const { return impl_->failing; }
std::string_view ImpressionQueue::WhenRefused() const { return WordOf(impl_->refused); }

}  // namespace aisle::events
