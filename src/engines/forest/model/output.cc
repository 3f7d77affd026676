#include "forest/model/output.h"

#include <algorithm>
#include <cmath>

#include "forest/forest.h"

namespace aisle::forest {
namespace {

float Sigmoid(const Model& /*model*/, float margin) { return Probability(margin); }
double Sigmoid(const Model& model, double margin) {
  return 1.0 / (1.0 + std::exp(-model.sigmoid_slope * margin));
}

// The sum is a double in both libraries; XGBoost divides by it as a float.
template <typename Number>
void Softmax(std::span<const Number> margins, std::span<Number> probabilities) {
  const Number largest = *std::ranges::max_element(margins);
  double sum = 0;
  for (std::size_t g = 0; g < margins.size(); ++g) {
    probabilities[g] = std::exp(margins[g] - largest);
    sum += static_cast<double>(probabilities[g]);
  }
  for (Number& probability : probabilities) probability /= static_cast<Number>(sum);
}

template <typename Number>
void Apply(const Model& model, std::span<const Number> margins, std::span<Number> predictions) {
  const std::size_t groups = model.group_count;
  const std::size_t outputs = model.OutputCount();
  AISLE_ASSERT(margins.size() % groups == 0 &&
               predictions.size() == margins.size() / groups * outputs);
  for (std::size_t i = 0; i * groups < margins.size(); ++i) {
    const auto in = margins.subspan(i * groups, groups);
    const auto out = predictions.subspan(i * outputs, outputs);
    switch (model.objective) {
      case Objective::kLogistic:
        std::ranges::transform(in, out.begin(), [&](Number x) { return Sigmoid(model, x); });
        break;
      case Objective::kLogLink:
        std::ranges::transform(in, out.begin(), [](Number x) { return std::exp(x); });
        break;
      case Objective::kSoftprob:
        Softmax(in, out);
        break;
      case Objective::kSoftmax:
        out[0] = static_cast<Number>(std::ranges::max_element(in) - in.begin());
        break;
      case Objective::kLogitRaw:
      case Objective::kRegression:
      case Objective::kRanking:
        std::ranges::copy(in, out.begin());
        break;
    }
  }
}

}  // namespace

void ApplyObjective(const Model& model, std::span<const float> margins,
                    std::span<float> predictions) {
  Apply(model, margins, predictions);
}

void ApplyObjective(const Model& model, std::span<const double> margins,
                    std::span<double> predictions) {
  Apply(model, margins, predictions);
}

}  // namespace aisle::forest
