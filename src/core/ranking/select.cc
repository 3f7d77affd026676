#include "ranking/select.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/result.h"

namespace aisle::ranking {

void SelectTop(std::span<const float> scores, std::span<const std::uint32_t> candidates,
               std::size_t count, std::vector<std::uint32_t>& best) {
  AISLE_ASSERT(scores.size() == candidates.size());
  const auto better = [&](std::uint32_t a, std::uint32_t b) {
    const bool a_missing = std::isnan(scores[a]);
    const bool b_missing = std::isnan(scores[b]);
    if (a_missing != b_missing) return b_missing;
    if (!a_missing && scores[a] != scores[b]) return scores[a] > scores[b];
    return candidates[a] < candidates[b];  // Positions rise with product ids.
  };
  // A heap of the best so far with the worst of them on top: most candidates fall at one comparison.
  best.resize(std::min(count, scores.size()));
  std::iota(best.begin(), best.end(), 0U);
  if (best.empty()) return;
  std::make_heap(best.begin(), best.end(), better);
  for (auto i = static_cast<std::uint32_t>(best.size()); i < scores.size(); ++i) {
    if (scores[i] < scores[best.front()] || !better(i, best.front())) continue;
    std::pop_heap(best.begin(), best.end(), better);
    best.back() = i;
    std::push_heap(best.begin(), best.end(), better);
  }
  std::sort_heap(best.begin(), best.end(), better);
}

std::vector<std::uint32_t> SelectTop(std::span<const float> scores,
                                     std::span<const std::uint32_t> candidates, std::size_t count) {
  std::vector<std::uint32_t> best;
  SelectTop(scores, candidates, count, best);
  return best;
}

}  // namespace aisle::ranking
