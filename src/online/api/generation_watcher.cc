#include "api/generation_watcher.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace aisle::api {
namespace {

// A generation that did not open may have met a full table of descriptors; it is tried again.
constexpr std::chrono::seconds kTryAgainAfter{10};

}  // namespace

GenerationWatcher::GenerationWatcher(std::filesystem::path root, Publish publish)
    : root_(std::move(root)), publish_(std::move(publish)) {}

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

void GenerationWatcher::Look() {
  const auto current = serving::CurrentGeneration(root_);
  if (!current) {
    Note(0, current.error().message);
    return;
  }
  const StatePointer before = State();
  if (before && before->Manifest().generation == *current) {
    failed_generation_ = -1;
    const std::lock_guard lock(mutex_);
    reason_.clear();
    return;
  }
  if (*current == failed_generation_ && std::chrono::steady_clock::now() < try_again_) return;
  auto opened = serving::ServingState::OpenCurrent(root_);
  if (!opened) {
    Note(*current, opened.error().message);
    return;
  }
  base::LogInfo("serving generation {}", (*opened)->Manifest().generation);
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  if (state_) replaced_.push_back(std::move(state_));
  state_ = *std::move(opened);
  reason_.clear();
  failed_generation_ = -1;
  publish_(state_);
}

}  // namespace aisle::api
