#include "evaluation/pool.h"

#include <algorithm>
#include <thread>

namespace aisle::evaluation {
namespace {

constexpr std::size_t kBlock = 512;

std::size_t ThreadCount(int threads) {
  const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return static_cast<std::size_t>(std::clamp(threads == 0 ? cores : threads, 1, cores));
}

}  // namespace

Pool::Pool(const Examiner& examiner, const gold::ActivityIndex& happened, Tally& tally, int threads)
    : examiner_(&examiner), happened_(&happened), tally_(&tally), desks_(ThreadCount(threads)) {}

void Pool::Add(features::CustomerRecord&& customer) {
  block_.push_back(std::move(customer));
  if (block_.size() >= kBlock) Flush();
}

void Pool::Flush() {
  std::vector<Card> cards(block_.size());
  const auto work = [&](std::size_t thread) {
    for (std::size_t i = thread; i < block_.size(); i += desks_.size()) {
      cards[i] = examiner_->Examine(block_[i], happened_->Of(block_[i].customer), desks_[thread]);
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (std::size_t thread = 1; thread < desks_.size(); ++thread)
      helpers.emplace_back([&work, thread] { work(thread); });
    work(0);
  }
  for (const Card& card : cards) tally_->Add(card);
  block_.clear();
}

}  // namespace aisle::evaluation
