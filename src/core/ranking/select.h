// The best N of a request's candidates.
//
//   shapes   scores[i] belongs to candidates[i], a position in the catalogue's products; the result
//            holds indices i.
//   order    best first; ties go to the smaller position, which is the smaller product id.
//   missing  a NaN score sorts last.
//   errors   none; asserts that both spans have one length.
//   cost     O(candidates + selected log count) in random order, O(candidates log count) at worst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace aisle::ranking {

// All of them, sorted, when there are fewer than `count`.
std::vector<std::uint32_t> SelectTop(std::span<const float> scores,
                                     std::span<const std::uint32_t> candidates, std::size_t count);
// The same, with memory that is kept from call to call. One thread.
class TopSelector {
 public:
  // Valid until the next call.
  std::span<const std::uint32_t> Select(std::span<const float> scores,
                                        std::span<const std::uint32_t> candidates,
                                        std::size_t count);

 private:
  struct Finalist {
    std::uint64_t key = 0;  // Larger is better: the score, then the smaller position.
    std::uint32_t index = 0;
  };
  std::vector<Finalist> heap_;
  std::vector<std::uint32_t> best_;
};

}  // namespace aisle::ranking
