#include "ranking/select.h"

namespace aisle::ranking {

std::span<const std::uint32_t> TopSelector::Select(std::span<const float> scores,
                                                   std::span<const std::uint32_t> candidates,
                                                   std::size_t count) {
  return SelectIf(scores, candidates, count, [](std::size_t) { return true; });
}

std::vector<std::uint32_t> SelectTop(std::span<const float> scores,
                                     std::span<const std::uint32_t> candidates, std::size_t count) {
  TopSelector selector;
  const auto best = selector.Select(scores, candidates, count);
  return {best.begin(), best.end()};
}

}  // namespace aisle::ranking
