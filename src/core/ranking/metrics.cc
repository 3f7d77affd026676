#include "ranking/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/result.h"
#include "ranking/ties.h"

namespace aisle::ranking {
namespace {

bool Holds(std::span<const std::uint32_t> relevant, std::uint32_t position) {
  return std::binary_search(relevant.begin(), relevant.end(), position);
}

std::size_t Hits(std::size_t k, std::span<const std::uint32_t> ranked,
                 std::span<const std::uint32_t> relevant) {
  std::size_t hits = 0;
  for (std::size_t i = 0; i < std::min(k, ranked.size()); ++i) hits += Holds(relevant, ranked[i]);
  return hits;
}

}  // namespace

double NdcgAt(std::size_t k, std::span<const std::uint32_t> ranked,
              std::span<const std::uint32_t> relevant) {
  double gain = 0;
  double ideal = 0;
  for (std::size_t i = 0; i < k; ++i) {
    const double discount = 1.0 / std::log2(static_cast<double>(i) + 2.0);
    if (i < relevant.size()) ideal += discount;
    if (i < ranked.size() && Holds(relevant, ranked[i])) gain += discount;
  }
  return ideal > 0 ? gain / ideal : 0;
}

double RecallAt(std::size_t k, std::span<const std::uint32_t> ranked,
                std::span<const std::uint32_t> relevant) {
  if (relevant.empty()) return 0;
  return static_cast<double>(Hits(k, ranked, relevant)) / static_cast<double>(relevant.size());
}

double HitAt(std::size_t k, std::span<const std::uint32_t> ranked,
             std::span<const std::uint32_t> relevant) {
  return Hits(k, ranked, relevant) > 0 ? 1 : 0;
}

double Auc(std::span<const float> scores, std::span<const float> labels,
           std::span<const float> weights) {
  AISLE_ASSERT(scores.size() == labels.size());
  AISLE_ASSERT(weights.empty() || weights.size() == labels.size());
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return scores[a] < scores[b]; });
  const auto row_of = [&](std::size_t place) {
    const std::uint32_t row = order[place];
    return TieRow{.score = scores[row],
                  .positive = labels[row] > 0,
                  .weight = weights.empty() ? 1.0 : static_cast<double>(weights[row])};
  };
  return WalkTies(order.size(), row_of).Value();
}

}  // namespace aisle::ranking
