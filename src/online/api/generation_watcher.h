// Looks for a newer generation again and again, on a thread of its own, and hands over what opens.
//
// Opening reads files and may take a while, so it never happens on an event loop; and a generation
// that has been replaced is destroyed here, not on the loop that let go of it last. One that was fetched
// ahead (serving/generation/fetched.h) is opened ahead, and handed over as soon as it is current.
//
//   order    `publish` is called with one generation after the other, first from Start()'s thread, and again
//            with the same when it begins or ceases to stand in for the current one.
//   threads  state and reason may be asked from any; a call of `publish` that is under way at Stop() may end after
//            it, before the destructor does; it is made without a lock, so nobody who asks or stops waits for it.
//   errors   none leave: a generation that does not open is logged once (and tried again, quietly);
//            what was open stays, and at the start the newest whole one stands in.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "serving/state/serving_state.h"

namespace aisle::api {

using StatePointer = std::shared_ptr<const serving::ServingState>;

class GenerationWatcher {
 public:
  // `stands_in`: for which generation, in words for whoever asks over HTTP: no paths. Empty: it is current.
  using Publish = std::function<void(const StatePointer&, const std::string& stands_in)>;

  // `upkeep`: called after a look, at most twice a second, on the same thread.
  GenerationWatcher(std::filesystem::path root, Publish publish, std::function<void()> upkeep = {});
  ~GenerationWatcher();
  GenerationWatcher(const GenerationWatcher&) = delete;
  GenerationWatcher& operator=(const GenerationWatcher&) = delete;

  // Opens the current generation on this thread, then begins to watch.
  void Start(std::chrono::milliseconds every = std::chrono::milliseconds{500});
  // Does not wait for the thread; the destructor does.
  void Stop();

  StatePointer State() const;  // Null: nothing has opened yet.
  // Why there is no newer state than State(): empty when all is well.
  std::string Reason() const;

 private:
  void Watch(std::chrono::milliseconds every);
  void Look();
  void OpenAhead(std::int64_t current);
  void Note(std::int64_t generation, const std::string& reason);
  void Take(const StatePointer& state, const std::string& stands_in, const std::string& reason);
  // What is open goes on, or the newest whole one begins, in place of one that does not open.
  void StandIn(std::int64_t generation);

  const std::filesystem::path root_;
  const Publish publish_;
  const std::function<void()> upkeep_;
  mutable std::mutex mutex_;  // state_, stands_in_, reason_, stopping_
  std::condition_variable wake_;
  StatePointer state_;
  std::string stands_in_;
  std::string reason_;
  bool stopping_ = false;
  // Of the watching thread.
  std::vector<StatePointer> replaced_;
  StatePointer ahead_;                 // Null: none was fetched, or it does not open.
  std::int64_t ahead_generation_ = 0;  // That this was tried for.
  std::int64_t failed_generation_ = -1;
  std::chrono::steady_clock::time_point try_again_{};
  std::chrono::steady_clock::time_point next_upkeep_{};
  std::thread thread_;
};

}  // namespace aisle::api
