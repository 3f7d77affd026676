// What an objective makes of a row's margins. Private to this module: Forest::Predict() is the way in.
//
//   shapes   margins[i * group_count + g]; predictions[i * OutputCount() + o].
//   units    probabilities, expected counts, a class number, or the margins themselves.
//   errors   none; the shapes are asserted.
//   source   floats: XGBoost's operations, in its order. Doubles: LightGBM's (CatBoost's own exponential is an
//            approximation; ours is the C library's, the difference is below 1e-14).
#pragma once

#include <span>

#include "forest/model/model.h"

namespace aisle::forest {

void ApplyObjective(const Model& model, std::span<const float> margins,
                    std::span<float> predictions);
void ApplyObjective(const Model& model, std::span<const double> margins,
                    std::span<double> predictions);

}  // namespace aisle::forest
