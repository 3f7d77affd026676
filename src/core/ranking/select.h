// The best N of a request's candidates.
//
//   shapes   scores[i] belongs to candidates[i], a position in the catalogue's products; the result
//            holds indices i.
//   order    best first; ties go to the smaller position, which is the smaller product id.
//   missing  a NaN score sorts last.
//   errors   none; asserts that both spans have one length.
//   cost     O(candidates + selected log count) in random order, O(candidates log count) at worst.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace aisle::ranking {

// One of the best candidates: its index among them.
struct TopItem {
  std::uint32_t index = 0;
  float score = 0;
};

// A score and a position as one number: larger ranks before. -0 is 0, NaN is below every number.
inline std::uint64_t RankKey(float score, std::uint32_t position) {
  std::uint32_t ordered = 0;
  if (!std::isnan(score)) {
    const auto bits = std::bit_cast<std::uint32_t>(score + 0.0F);
    ordered = (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
  }
  return std::uint64_t{ordered} << 32U | ~position;
}

// All of them, sorted, when there are fewer than `count`.
std::vector<std::uint32_t> SelectTop(std::span<const float> scores,
                                     std::span<const std::uint32_t> candidates, std::size_t count);

// The same, with memory that is kept from call to call. One thread. Results are valid until the next call.
class TopSelector {
 public:
  std::span<const std::uint32_t> Select(std::span<const float> scores,
                                        std::span<const std::uint32_t> candidates,
                                        std::size_t count);
  // Among the indices i with allowed(i) alone, which is asked of promising ones only.
  template <typename Allowed>
  std::span<const std::uint32_t> SelectIf(std::span<const float> scores,
                                          std::span<const std::uint32_t> candidates,
                                          std::size_t count, Allowed&& allowed);

 private:
  struct Finalist {
    std::uint64_t key = 0;
    std::uint32_t index = 0;
  };
  std::vector<Finalist> heap_;
  std::vector<std::uint32_t> best_;
};

template <typename Allowed>
std::span<const std::uint32_t> TopSelector::SelectIf(std::span<const float> scores,
                                                     std::span<const std::uint32_t> candidates,
                                                     std::size_t count, Allowed&& allowed) {
  AISLE_ASSERT(scores.size() == candidates.size());
  const auto finalist = [&](std::size_t i) {
    return Finalist{RankKey(scores[i], candidates[i]), static_cast<std::uint32_t>(i)};
  };
  const auto better = [](const Finalist& a, const Finalist& b) { return a.key > b.key; };
  heap_.clear();
  best_.clear();
  if (count == 0) return best_;
  std::size_t i = 0;
  for (; i < scores.size() && heap_.size() < count; ++i) {
    if (allowed(i)) heap_.push_back(finalist(i));
  }
  if (heap_.empty()) return best_;
  // The best so far, with the worst of them on top: most candidates fall at one comparison.
  std::make_heap(heap_.begin(), heap_.end(), better);
  float worst = scores[heap_.front().index];
  for (; i < scores.size(); ++i) {
    if (scores[i] < worst) continue;
    const Finalist next = finalist(i);
    if (next.key <= heap_.front().key || !allowed(i)) continue;
    std::pop_heap(heap_.begin(), heap_.end(), better);
    heap_.back() = next;
    std::push_heap(heap_.begin(), heap_.end(), better);
    worst = scores[heap_.front().index];
  }
  std::sort_heap(heap_.begin(), heap_.end(), better);
  for (const Finalist& chosen : heap_) best_.push_back(chosen.index);
  return best_;
}

}  // namespace aisle::ranking
