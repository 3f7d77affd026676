#include "training/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace aisle::training {
namespace {

struct Drawn {
  std::vector<float> margins, labels, weights;
};

// Labels whose log-odds are slope * margin + offset.
Drawn Draw(double slope, double offset, int count) {
  base::Stream stream(3, 1, 4);
  Drawn drawn;
  for (int i = 0; i < count; ++i) {
    const double margin = 2 * stream.Normal() - 3;
    drawn.margins.push_back(static_cast<float>(margin));
    drawn.labels.push_back(stream.Chance(1 / (1 + std::exp(-(slope * margin + offset)))) ? 1.0F
                                                                                         : 0.0F);
    drawn.weights.push_back(1);
  }
  return drawn;
}

TEST(Calibration, FindsTheSlopeAndOffsetTheLabelsWereDrawnWith) {
  const Drawn drawn = Draw(0.5, 1.0, 100'000);
  const Calibration fit = FitCalibration(drawn.margins, drawn.labels, drawn.weights);
  EXPECT_NEAR(fit.slope, 0.5, 0.02);
  EXPECT_NEAR(fit.offset, 1.0, 0.05);
  EXPECT_NEAR(ExpectedOverActual(drawn.margins, drawn.labels, drawn.weights, fit), 1, 1e-6);
}

TEST(Calibration, AWeightCountsLikeThatManyRows) {
  Drawn drawn = Draw(1, 0, 2'000);
  Drawn twice = drawn;
  for (std::size_t i = 0; i < drawn.margins.size(); i += 3) {
    drawn.weights[i] = 2;
    twice.margins.push_back(drawn.margins[i]);
    twice.labels.push_back(drawn.labels[i]);
    twice.weights.push_back(1);
  }
  const Calibration a = FitCalibration(drawn.margins, drawn.labels, drawn.weights);
  const Calibration b = FitCalibration(twice.margins, twice.labels, twice.weights);
  EXPECT_NEAR(a.slope, b.slope, 1e-6);
  EXPECT_NEAR(a.offset, b.offset, 1e-6);
}

TEST(Calibration, RowsOfOneLabelOrOneMarginDoNotBreakIt) {
  const std::vector<float> margins = {-1, -1, -1, -1};
  const std::vector<float> weights = {1, 1, 1, 1};
  const Calibration none = FitCalibration(margins, std::vector<float>{0, 0, 0, 0}, weights);
  EXPECT_EQ(none.slope, 1);
  EXPECT_EQ(none.offset, 0);
  const std::vector<float> labels = {1, 0, 0, 0};
  const Calibration one = FitCalibration(margins, labels, weights);
  EXPECT_NEAR(ExpectedOverActual(margins, labels, weights, one), 1, 1e-6);
}

}  // namespace
}  // namespace aisle::training
