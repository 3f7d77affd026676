#include "ranking/select.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/result.h"

namespace aisle::ranking {

std::vector<std::uint32_t> SelectTop(std::span<const float> scores,
                                     std::span<const std::uint32_t> candidates, std::size_t count) {
  AISLE_ASSERT(scores.size() == candidates.size());
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto better = [&](std::uint32_t a, std::uint32_t b) {
    const bool a_missing = std::isnan(scores[a]);
    const bool b_missing = std::isnan(scores[b]);
    if (a_missing != b_missing) return b_missing;
    if (!a_missing && scores[a] != scores[b]) return scores[a] > scores[b];
    return candidates[a] < candidates[b];  // Positions rise with product ids.
  };
  const std::size_t kept = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                    better);
  order.resize(kept);
  return order;
}

}  // namespace aisle::ranking
