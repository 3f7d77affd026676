#include "ranking/select.h"

namespace aisle::ranking {

std::vector<std::uint32_t> SelectTop(std::span<const float> scores,
                                     std::span<const std::uint32_t> candidates, std::size_t count) {
  TopSelector selector;
  const auto best = selector.Select(scores, candidates, count);
  return {best.begin(), best.end()};
}

}  // namespace aisle::ranking
