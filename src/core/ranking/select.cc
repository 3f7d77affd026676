#include "ranking/select.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/result.h"

namespace aisle::ranking {
namespace {

// An integer that compares like the score; 0 for NaN, which is below every number. -0 is 0.
std::uint32_t Ordered(float score) {
  if (std::isnan(score)) return 0;
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0F);
  return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

}  // namespace

std::span<const std::uint32_t> TopSelector::Select(std::span<const float> scores,
                                                   std::span<const std::uint32_t> candidates,
                                                   std::size_t count) {
  AISLE_ASSERT(scores.size() == candidates.size());
  const auto finalist = [&](std::size_t i) {
    // Positions rise with product ids.
    return Finalist{std::uint64_t{Ordered(scores[i])} << 32U | ~candidates[i],
                    static_cast<std::uint32_t>(i)};
  };
  const auto better = [](const Finalist& a, const Finalist& b) { return a.key > b.key; };
  heap_.clear();
  best_.clear();
  count = std::min(count, scores.size());
  if (count == 0) return best_;
  for (std::size_t i = 0; i < count; ++i) heap_.push_back(finalist(i));
  // The best so far, with the worst of them on top: most candidates fall at one comparison.
  std::make_heap(heap_.begin(), heap_.end(), better);
  float worst = scores[heap_.front().index];
  for (std::size_t i = count; i < scores.size(); ++i) {
    if (scores[i] < worst) continue;
    const Finalist next = finalist(i);
    if (next.key <= heap_.front().key) continue;
    std::pop_heap(heap_.begin(), heap_.end(), better);
    heap_.back() = next;
    std::push_heap(heap_.begin(), heap_.end(), better);
    worst = scores[heap_.front().index];
  }
  std::sort_heap(heap_.begin(), heap_.end(), better);
  for (const Finalist& chosen : heap_) best_.push_back(chosen.index);
  return best_;
}

std::vector<std::uint32_t> SelectTop(std::span<const float> scores,
                                     std::span<const std::uint32_t> candidates, std::size_t count) {
  TopSelector selector;
  const auto best = selector.Select(scores, candidates, count);
  return {best.begin(), best.end()};
}

}  // namespace aisle::ranking
