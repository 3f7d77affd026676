// Calibration curves, and kinds of customers whose figures stand beside each other in a report.
//
//   shapes   bins are a quarter of a decade of the score wide; the first also holds what is below 1e-6.
//   units    sums of weights, of weighted scores and of weighted purchases.
//   missing  an empty bin has count 0.
//   threads  free functions; a Curve belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "features/records.h"

namespace aisle::evaluation {

struct CalibrationBin {
  double count = 0;
  double expected = 0;
  double actual = 0;
};
inline constexpr std::size_t kCalibrationBins = 24;
using Curve = std::array<CalibrationBin, kCalibrationBins>;

std::size_t BinOf(float score);
void Add(Curve& curve, float score, bool positive, double weight);
void Add(Curve& curve, const Curve& other);

// Orders before the cutoff, tier, region.
inline constexpr std::size_t kSlicings = 3;
inline constexpr std::array<const char*, kSlicings> kSlicingNames = {"orders before", "tier",
                                                                     "region"};
using SliceIds = std::array<std::uint16_t, kSlicings>;
SliceIds SlicesOf(const features::CustomerRecord& customer);
std::size_t SliceCount(std::size_t slicing, const domain::RetailerShape& shape);
std::string SliceName(std::size_t slicing, std::size_t slice, const domain::RetailerShape& shape);

}  // namespace aisle::evaluation
