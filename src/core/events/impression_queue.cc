#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "events/events.h"

namespace aisle::events {
namespace {

// How long the first impression of a batch waits for others: each batch costs two syncs of the disk.
constexpr std::chrono::milliseconds kLinger{10};
constexpr std::size_t kBatchMax = 4096;  // Impressions in one transaction.

}  // namespace

struct ImpressionQueue::Impl {
  Impl(EventLog event_log, std::size_t queue_capacity)
      : log(std::move(event_log)), capacity(queue_capacity) {}

  EventLog log;
  const std::size_t capacity;
  std::mutex mutex;  // waiting, writing_count, stopping
  std::condition_variable changed;
  std::vector<Impression> waiting;
  std::size_t writing_count = 0;  // Taken out of `waiting`, not on disk yet.
  bool stopping = false;
  std::atomic<std::uint64_t> written = 0;
  std::atomic<std::uint64_t> dropped = 0;
  bool failing = false;  // The last batch was refused. The writer thread's own.
  std::thread writer;

  // Empty: there will be no more.
  std::vector<Impression> Take() {
    std::unique_lock lock(mutex);
    writing_count = 0;
    changed.wait(lock, [&] { return stopping || !waiting.empty(); });
    changed.wait_for(lock, kLinger, [&] { return stopping || waiting.size() >= kBatchMax; });
    std::vector<Impression> taken = std::exchange(waiting, {});
    writing_count = taken.size();
    return taken;
  }

  void WriteBatch(std::span<const Impression> batch) {
    const Status status = log.Append(batch);
    if (status) {
      if (failing) base::LogInfo("impressions are written again");
      failing = false;
      written += batch.size();
      return;
    }
    if (!failing) base::LogError("impressions are dropped: {}", status.error().message);
    failing = true;
    dropped += batch.size();
  }

  void Run() {
    for (;;) {
      const std::vector<Impression> taken = Take();
      if (taken.empty()) return;
      std::span<const Impression> rest = taken;
      while (!rest.empty()) {
        const std::size_t count = std::min(rest.size(), kBatchMax);
        WriteBatch(rest.first(count));
        rest = rest.subspan(count);
      }
    }
  }
};

ImpressionQueue::ImpressionQueue(EventLog log, std::size_t capacity)
    : impl_(std::make_unique<Impl>(std::move(log), capacity)) {
  impl_->writer = std::thread([impl = impl_.get()] { impl->Run(); });
}

ImpressionQueue::~ImpressionQueue() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
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

}  // namespace aisle::events
