// Fits probability = sigmoid(slope * margin + offset) to labels.
//
//   shapes   one margin, label and weight per row.
//   missing  rows of one label only, or margins that are all equal: slope 1 and the offset that meets
//            the mean (none for no row of one kind).
//   cost     a few passes over the rows.
//   source   Platt (1999), by Newton's method with step halving.
#pragma once

#include <span>

namespace aisle::training {

struct Calibration {
  double slope = 1;
  double offset = 0;
};

Calibration FitCalibration(std::span<const float> margins, std::span<const float> labels,
                           std::span<const float> weights);

// Weighted sum of probabilities.
double Expected(std::span<const float> margins, std::span<const float> weights,
                const Calibration& calibration);

// Weighted sum of probabilities / weighted sum of labels; NaN without a positive label.
double ExpectedOverActual(std::span<const float> margins, std::span<const float> labels,
                          std::span<const float> weights, const Calibration& calibration);

}  // namespace aisle::training
