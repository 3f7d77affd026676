// Works on blocks on every core and hands the results on in the order in which the blocks came.
//
// One thread pushes blocks and takes results; `work` runs on threads of its own. Push waits for the
// oldest result once enough blocks are under way, so memory stays bounded whichever side is slower.
//
//   order    results are taken in the order of Push, on the thread that calls Push and Finish.
//   threads  Push, Finish and the destructor belong to one thread; `work` is told which of the
//            threads it runs on, 0-based, so that each can have memory of its own.
//   errors   what `take` fails with leaves Push and Finish, and so does kFailedPrecondition where a worker's memory
//            ran out; then only the destructor may follow, which waits for the blocks under way and drops the rest.
#pragma once

#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"

namespace aisle::gold {

// One per core that the calling thread may run on: `taskset` and a container's set of cores count, which
// hardware_concurrency() does not ask.
inline int WorkerCount() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (::sched_getaffinity(0, sizeof(cores), &cores) == 0) return std::max(1, CPU_COUNT(&cores));
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

template <typename Block, typename Made>
class OrderedBlocks {
 public:
  using Work = std::function<Made(const Block&, int worker)>;
  using Take = std::function<Status(Made&&)>;

  OrderedBlocks(int worker_count, Work work, Take take)
      : work_(std::move(work)), take_(std::move(take)) {
    AISLE_ASSERT(worker_count >= 1);
    for (int worker = 0; worker < worker_count; ++worker)
      threads_.emplace_back([this, worker] { Run(worker); });
  }
  ~OrderedBlocks() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    pushed_.notify_all();
  }
  OrderedBlocks(const OrderedBlocks&) = delete;
  OrderedBlocks& operator=(const OrderedBlocks&) = delete;

  Status Push(Block block) {
    {
      const std::lock_guard lock(mutex_);
      slots_.push_back(std::make_unique<Slot>(std::move(block), std::nullopt));
    }
    pushed_.notify_one();
    return TakeUntil(2 * threads_.size());
  }
  // Takes everything that is under way.
  Status Finish() { return TakeUntil(0); }

 private:
  struct Slot {
    Block block;
    std::optional<Made> made;
    bool out_of_memory = false;  // In place of `made`.
  };

  Status TakeUntil(std::size_t left) {
    for (;;) {
      std::unique_lock lock(mutex_);
      if (slots_.size() <= left) return {};
      made_.wait(lock,
                 [&] { return slots_.front()->made.has_value() || slots_.front()->out_of_memory; });
      const std::unique_ptr<Slot> slot = std::move(slots_.front());
      slots_.pop_front();
      --started_;
      lock.unlock();
      if (slot->out_of_memory) {
        return Fail(ErrorCode::kFailedPrecondition,
                    "memory ran out while this ran; a machine with more memory is needed");
      }
      AISLE_CHECK(take_(*std::move(slot->made)));
    }
  }

  void Run(int worker) {
    std::unique_lock lock(mutex_);
    for (;;) {
      pushed_.wait(lock, [&] { return closed_ || started_ < slots_.size(); });
      if (closed_) return;
      Slot& slot = *slots_[started_++];
      lock.unlock();
      std::optional<Made> made;
      try {
        made = work_(slot.block, worker);
      } catch (const std::bad_alloc&) {
        made.reset();  // Out of a thread it would end the process.
      }
      lock.lock();
      slot.made = std::move(made);
      slot.out_of_memory = !slot.made;
      made_.notify_one();
    }
  }

  Work work_;
  Take take_;
  std::mutex mutex_;
  std::condition_variable pushed_;
  std::condition_variable made_;
  std::deque<std::unique_ptr<Slot>> slots_;  // Pushed and not yet taken, oldest first.
  std::size_t started_ = 0;                  // Of these, how many a worker has begun.
  bool closed_ = false;
  std::vector<std::jthread> threads_;  // Last: they end before what they use.
};

}  // namespace aisle::gold
