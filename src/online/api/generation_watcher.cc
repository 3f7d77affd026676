#include "api/generation_watcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "serving/generation/fetched.h"
#include "serving/state/in_service.h"

namespace aisle::api {
namespace {

// A generation that did not open may have met a full table of descriptors; it is tried again.
constexpr std::chrono::seconds kTryAgainAfter{10};
constexpr std::chrono::milliseconds kUpkeepEvery{500};

}  // namespace

GenerationWatcher::GenerationWatcher(std::filesystem::path root, Publish publish,
                                     std::function<void()> upkeep)
    : root_(std::move(root)), publish_(std::move(publish)), upkeep_(std::move(upkeep)) {}

GenerationWatcher::~GenerationWatcher() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void GenerationWatcher::Start(std::chrono::milliseconds every) {
  Look();
  thread_ = std::thread([this, every] { Watch(every); });
}

void GenerationWatcher::Stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
}

StatePointer GenerationWatcher::State() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::string GenerationWatcher::Reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

void GenerationWatcher::Watch(std::chrono::milliseconds every) {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, every, [&] { return stopping_; })) return;
    }
    Look();
    const auto now = std::chrono::steady_clock::now();
    if (upkeep_ && now >= next_upkeep_) {
      next_upkeep_ = now + kUpkeepEvery;
      upkeep_();
    }
    std::erase_if(replaced_, [](const StatePointer& old) { return old.use_count() == 1; });
  }
}

void GenerationWatcher::Note(std::int64_t generation, const std::string& reason) {
  const bool news = generation != failed_generation_ || reason != this->Reason();
  failed_generation_ = generation;
  try_again_ = std::chrono::steady_clock::now() + kTryAgainAfter;
  if (!news) return;
  base::LogWarning("{}{}", reason, State() ? "; the generation in service stays" : "");
  const std::lock_guard lock(mutex_);
  reason_ = reason;
}

// `publish` may wait for a disk, and an event loop that stops waits for this lock: it is not held over it.
void GenerationWatcher::Take(const StatePointer& state, const std::string& stands_in,
                             const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    reason_ = reason;
    if (state == state_ && stands_in == stands_in_) return;
    if (state_ && state_ != state) replaced_.push_back(std::move(state_));
    state_ = state;
    stands_in_ = stands_in;
  }
  publish_(state, stands_in);
}

void GenerationWatcher::StandIn(std::int64_t generation) {
  StatePointer state = State();
  if (!state) {
    auto opened = serving::OpenInService(root_);
    if (!opened) return;
    state = std::move(opened->state);
    base::LogWarning("serving generation {} in place of the current one",
                     state->Manifest().generation);
  }
  const std::string what =
      generation > 0 ? fmt::format("generation {}", generation) : std::string("the current one");
  const std::string words = fmt::format("{} does not open, generation {} stands in: see the log",
                                        what, state->Manifest().generation);
  Take(state, words, Reason());
}

void GenerationWatcher::OpenAhead(std::int64_t current) {
  const std::int64_t next = serving::FetchedAhead(root_, current).value_or(0);
  if (next == ahead_generation_) return;
  ahead_generation_ = next;
  ahead_.reset();
  if (next == 0) return;
  // What is wrong with it is said when it is current.
  if (auto opened = serving::ServingState::Open(root_, next)) ahead_ = *std::move(opened);
}

void GenerationWatcher::Look() {
  const auto current = serving::CurrentGeneration(root_);
  const StatePointer before = State();
  if (current && before && before->Manifest().generation == *current && !before->IsReplaced()) {
    failed_generation_ = -1;
    Take(before, {}, {});
    OpenAhead(*current);
    return;
  }
  const StatePointer ahead = std::exchange(ahead_, nullptr);
  ahead_generation_ = 0;
  if (current && ahead && ahead->Manifest().generation == *current && !ahead->IsReplaced()) {
    base::LogInfo("serving generation {}, which was opened ahead", *current);
    failed_generation_ = -1;
    Take(ahead, {}, {});
    return;
  }
  const std::int64_t number = current.value_or(0);
  if (number == failed_generation_ && std::chrono::steady_clock::now() < try_again_) return;
  auto opened = serving::ServingState::OpenCurrent(root_);
  if (!opened) {
    Note(number, opened.error().message);
    StandIn(number);
    return;
  }
  base::LogInfo("serving generation {}", (*opened)->Manifest().generation);
  failed_generation_ = -1;
  Take(*opened, {}, {});
}

}  // namespace aisle::api
