// From a margin to a score: calibration and blend, the same in every way of ranking.
//
//   units    scores are probabilities; a blend is (1 - share) * score + share * propensity.
//   missing  a NaN margin or propensity gives NaN.
//   errors   none.
#pragma once

#include <algorithm>
#include <limits>

#include "forest/forest.h"

namespace aisle::ranking {

// The calibrated probability of a margin. Without calibration it is the forest's own, bit by bit,
// but for one thing: a margin so large that a float says 1 gives the number below 1.
inline float Calibrated(float margin, double slope, double offset) {
  constexpr float kBelowOne = 1.0F - std::numeric_limits<float>::epsilon() / 2;
  if (slope != 1.0 || offset != 0.0)
    margin = static_cast<float>(slope * static_cast<double>(margin) + offset);
  return std::min(forest::Probability(margin), kBelowOne);
}

inline float Blended(float score, double share, float propensity) {
  return static_cast<float>((1.0 - share) * static_cast<double>(score) +
                            share * static_cast<double>(propensity));
}

}  // namespace aisle::ranking
