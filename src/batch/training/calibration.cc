#include "training/calibration.h"

#include <cmath>
#include <limits>

#include "base/result.h"

namespace aisle::training {
namespace {

struct Sums {
  double loss = 0;
  double slope = 0, offset = 0;                                 // Gradient.
  double slope_slope = 0, slope_offset = 0, offset_offset = 0;  // Curvature.
};

Sums Sum(std::span<const float> margins, std::span<const float> labels,
         std::span<const float> weights, const Calibration& at) {
  Sums sums;
  for (std::size_t i = 0; i < margins.size(); ++i) {
    const double x = margins[i];
    const double z = at.slope * x + at.offset;
    const double p = 1 / (1 + std::exp(-z));
    const double y = labels[i] > 0 ? 1 : 0;
    const double w = weights[i];
    // log(1 + e^z) - y z, without overflow.
    sums.loss += w * ((z > 0 ? z : 0) + std::log1p(std::exp(-std::abs(z))) - y * z);
    const double error = w * (p - y);
    const double curve = w * p * (1 - p);
    sums.slope += error * x;
    sums.offset += error;
    sums.slope_slope += curve * x * x;
    sums.slope_offset += curve * x;
    sums.offset_offset += curve;
  }
  return sums;
}

}  // namespace

Calibration FitCalibration(std::span<const float> margins, std::span<const float> labels,
                           std::span<const float> weights) {
  AISLE_ASSERT(margins.size() == labels.size() && margins.size() == weights.size());
  Calibration best;
  bool positive = false;
  bool negative = false;
  for (const float label : labels) (label > 0 ? positive : negative) = true;
  if (!positive || !negative) return best;
  Sums sums = Sum(margins, labels, weights, best);
  for (int round = 0; round < 50; ++round) {
    const double determinant =
        sums.slope_slope * sums.offset_offset - sums.slope_offset * sums.slope_offset;
    double slope_step = 0;
    double offset_step = 0;
    if (determinant > 1e-12 * sums.slope_slope * sums.offset_offset) {
      slope_step =
          (sums.offset_offset * sums.slope - sums.slope_offset * sums.offset) / determinant;
      offset_step = (sums.slope_slope * sums.offset - sums.slope_offset * sums.slope) / determinant;
    } else if (sums.offset_offset > 0) {
      offset_step = sums.offset / sums.offset_offset;
    }
    double scale = 1;
    Calibration next;
    Sums after;
    for (; scale > 1e-6; scale /= 2) {
      next = {best.slope - scale * slope_step, best.offset - scale * offset_step};
      after = Sum(margins, labels, weights, next);
      if (after.loss <= sums.loss) break;
    }
    if (!(after.loss < sums.loss * (1 - 1e-12))) break;
    best = next;
    sums = after;
  }
  return best;
}

double Expected(std::span<const float> margins, std::span<const float> weights,
                const Calibration& calibration) {
  AISLE_ASSERT(margins.size() == weights.size());
  double expected = 0;
  for (std::size_t i = 0; i < margins.size(); ++i) {
    const double z = calibration.slope * static_cast<double>(margins[i]) + calibration.offset;
    expected += static_cast<double>(weights[i]) / (1 + std::exp(-z));
  }
  return expected;
}

double ExpectedOverActual(std::span<const float> margins, std::span<const float> labels,
                          std::span<const float> weights, const Calibration& calibration) {
  AISLE_ASSERT(margins.size() == labels.size());
  double actual = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    actual += labels[i] > 0 ? static_cast<double>(weights[i]) : 0;
  return actual > 0 ? Expected(margins, weights, calibration) / actual
                    : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace aisle::training
