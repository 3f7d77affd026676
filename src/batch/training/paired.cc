#include "training/paired.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/result.h"
#include "ranking/ties.h"

namespace aisle::training {
namespace {

constexpr double kStandardErrors = 1.96;

// The difference of which `influence` holds each customer's part: parts sum to about 0, and their spread is the error.
PairedDifference WithInterval(double ours, double theirs, std::span<const double> influence) {
  PairedDifference difference{.ours = ours, .theirs = theirs, .value = ours - theirs};
  difference.customers = static_cast<std::int64_t>(influence.size());
  double reach = std::numeric_limits<double>::infinity();
  if (influence.size() >= 2 && std::isfinite(difference.value)) {
    const auto count = static_cast<double>(influence.size());
    double squares = 0;
    for (const double part : influence) squares += part * part;
    reach = kStandardErrors * std::sqrt(squares * count / (count - 1));
  }
  const bool is_known = std::isfinite(reach);
  difference.low = is_known ? difference.value - reach : -reach;
  difference.high = is_known ? difference.value + reach : reach;
  return difference;
}

struct Auc {
  double value = std::numeric_limits<double>::quiet_NaN();
  // Of each row: how far it moves the value, itself being drawn once more.
  std::vector<double> influence;
};

Auc AucOf(std::span<const float> margins, std::span<const float> labels,
          std::span<const float> weights) {
  std::vector<std::uint32_t> order(margins.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::uint32_t row) { return margins[row]; });
  double positives = 0;
  double negatives = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    (labels[i] > 0 ? positives : negatives) += static_cast<double>(weights[i]);
  Auc auc{.influence = std::vector<double>(margins.size(), 0.0)};
  if (positives <= 0 || negatives <= 0) return auc;
  const auto row_of = [&](std::size_t place) {
    const std::uint32_t row = order[place];
    return ranking::TieRow{.score = margins[row],
                           .positive = labels[row] > 0,
                           .weight = static_cast<double>(weights[row])};
  };
  const auto visit = [&](const ranking::Tie& tie) {
    const double beaten = (tie.negatives_below + tie.negatives / 2) / negatives;
    const double beats = (positives - tie.positives_below - tie.positives / 2) / positives;
    for (std::size_t place = tie.first; place < tie.last; ++place)
      auc.influence[order[place]] = labels[order[place]] > 0 ? beaten : beats;
  };
  auc.value = ranking::WalkTies(order.size(), row_of, visit).Value();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    auc.influence[i] = (auc.influence[i] - auc.value) * static_cast<double>(weights[i]) /
                       (labels[i] > 0 ? positives : negatives);
  }
  return auc;
}

}  // namespace

PairedDifference PairedMean(std::span<const double> ours, std::span<const double> theirs) {
  AISLE_ASSERT(ours.size() == theirs.size());
  const auto count = static_cast<double>(ours.size());
  const double our_mean = std::accumulate(ours.begin(), ours.end(), 0.0) / count;
  const double their_mean = std::accumulate(theirs.begin(), theirs.end(), 0.0) / count;
  std::vector<double> influence;
  for (std::size_t i = 0; i < ours.size(); ++i)
    influence.push_back((ours[i] - theirs[i] - (our_mean - their_mean)) / count);
  return WithInterval(our_mean, their_mean, influence);
}

PairedDifference PairedAuc(std::span<const float> ours, std::span<const float> theirs,
                           std::span<const float> labels, std::span<const float> weights,
                           std::span<const std::uint32_t> customers) {
  AISLE_ASSERT(ours.size() == labels.size() && theirs.size() == labels.size());
  AISLE_ASSERT(weights.size() == labels.size() && customers.size() == labels.size());
  const Auc our_auc = AucOf(ours, labels, weights);
  const Auc their_auc = AucOf(theirs, labels, weights);
  std::vector<double> influence;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (i == 0 || customers[i] != customers[i - 1]) influence.push_back(0);
    influence.back() += our_auc.influence[i] - their_auc.influence[i];
  }
  return WithInterval(our_auc.value, their_auc.value, influence);
}

}  // namespace aisle::training
