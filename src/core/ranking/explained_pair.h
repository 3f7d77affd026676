// Why a pair has its score: what each input added to the margin, and how the margin became the score.
//
//   shapes   values and contributions have a place per input, in the order of the model's inputs.
//   order    margin and score are those that ranked, bit by bit; contributions and bias add up to the margin but for
//            the rounding of its float sum.
//   units    margins; probabilities.
//   missing  a value that is missing is NaN; propensity: none took part.
//   threads  ExplainOnce: any; the first call makes tables while others wait for it.
//   errors   as forest::Explainer::Build, at each call again.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "base/result.h"
#include "forest/explain/explainer.h"

namespace aisle::ranking {

struct ExplainedPair {
  std::vector<float> values;
  std::vector<double> contributions;
  double bias = 0;
  float margin = 0;
  float model_score = 0;            // Calibrated.
  std::optional<float> propensity;  // That was blended with it.
  float score = 0;
};

// score = (1 - propensity_share) * model_score + propensity_share * propensity, where
// model_score = sigmoid(slope * margin + offset).
struct BlendRule {
  double slope = 1;
  double offset = 0;
  double propensity_share = 0;
};

// A forest's explainer, made when somebody first asks.
class ExplainOnce {
 public:
  // Always of the same forest.
  Result<const forest::Explainer*> Of(const forest::Forest& forest) const;

 private:
  mutable std::once_flag once_;
  mutable std::optional<Result<forest::Explainer>> made_;
};

}  // namespace aisle::ranking
