// The walk that every AUC with ties is made of: rows in runs of equal scores, from the lowest up.
//
// WalkTies sums what an AUC needs, for whoever has rows in order and knows what each weighs (metrics.h, which sorts
// them; a bootstrap, which weighs the same rows anew a thousand times). Who needs more than the value visits the runs
// (training: how far each row moves it).
//
//   shapes   row_of(i) for i in [0, count), in rising order of score.
//   units    weights; a row of weight 0 is as if it were not there.
//   missing  AucSums::Value() is NaN without a positive or without a negative.
//   errors   none.
//   cost     each row twice at most.
//   source   Mann and Whitney: the share of (positive, negative) pairs in which the positive scores higher, ties half.
#pragma once

#include <cstddef>
#include <limits>

namespace aisle::ranking {

struct TieRow {
  float score = 0;
  bool positive = false;
  double weight = 1;
};

// A run of equal scores, rows [first, last): the weight of what is in it, and of what scores less.
struct Tie {
  std::size_t first = 0, last = 0;
  double positives = 0, negatives = 0;
  double positives_below = 0, negatives_below = 0;
};

struct AucSums {
  double won = 0;  // Weight of pairs.
  double positives = 0, negatives = 0;
  double Value() const {
    if (positives <= 0 || negatives <= 0) return std::numeric_limits<double>::quiet_NaN();
    return won / (positives * negatives);
  }
};

template <typename RowOf, typename Visit>
AucSums WalkTies(std::size_t count, const RowOf& row_of, const Visit& visit) {
  AucSums sums;
  for (std::size_t first = 0; first < count;) {
    Tie tie{.first = first,
            .last = first,
            .positives_below = sums.positives,
            .negatives_below = sums.negatives};
    const float score = row_of(first).score;
    for (; tie.last < count; ++tie.last) {
      const TieRow row = row_of(tie.last);
      if (tie.last > first && row.score != score) break;
      (row.positive ? tie.positives : tie.negatives) += row.weight;
    }
    visit(tie);
    sums.won += tie.positives * (sums.negatives + tie.negatives / 2);
    sums.positives += tie.positives;
    sums.negatives += tie.negatives;
    first = tie.last;
  }
  return sums;
}

template <typename RowOf>
AucSums WalkTies(std::size_t count, const RowOf& row_of) {
  return WalkTies(count, row_of, [](const Tie&) {});
}

}  // namespace aisle::ranking
