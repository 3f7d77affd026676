#include "evaluation/slices.h"

#include <algorithm>
#include <cmath>

namespace aisle::evaluation {
namespace {

constexpr double kBinsPerDecade = 4;
constexpr std::array<const char*, 4> kOrders = {"none", "1 or 2", "3 to 9", "10 or more"};

}  // namespace

std::size_t BinOf(float score) {
  if (!(score > 0)) return 0;
  const double place = kCalibrationBins + kBinsPerDecade * std::log10(static_cast<double>(score));
  return static_cast<std::size_t>(
      std::clamp(std::floor(place), 0.0, static_cast<double>(kCalibrationBins - 1)));
}

void Add(Curve& curve, float score, bool positive, double weight) {
  CalibrationBin& bin = curve[BinOf(score)];
  bin.count += weight;
  bin.expected += weight * static_cast<double>(score);
  bin.actual += positive ? weight : 0;
}

void Add(Curve& curve, const Curve& other) {
  for (std::size_t i = 0; i < curve.size(); ++i) {
    curve[i].count += other[i].count;
    curve[i].expected += other[i].expected;
    curve[i].actual += other[i].actual;
  }
}

SliceIds SlicesOf(const features::CustomerRecord& customer) {
  const std::int32_t orders = customer.total_orders;
  const std::uint16_t history = orders == 0 ? 0 : orders <= 2 ? 1 : orders <= 9 ? 2 : 3;
  return {history, static_cast<std::uint16_t>(customer.tier),
          static_cast<std::uint16_t>(customer.region)};
}

std::size_t SliceCount(std::size_t slicing, const domain::RetailerShape& shape) {
  return slicing == 0 ? kOrders.size() : slicing == 1 ? shape.TierCount() : shape.RegionCount();
}

std::string SliceName(std::size_t slicing, std::size_t slice, const domain::RetailerShape& shape) {
  if (slicing == 0) return kOrders[slice];
  return slicing == 1 ? shape.TierName(static_cast<domain::Tier>(slice))
                      : shape.RegionName(static_cast<domain::Region>(slice));
}

}  // namespace aisle::evaluation
