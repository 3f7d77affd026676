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
// The same into a vector that keeps its memory from call to call.
void SelectTop(std::span<const float> scores, std::span<const std::uint32_t> candidates,
               std::size_t count, std::vector<std::uint32_t>& best);

}  // namespace aisle::ranking
