// Random models, catalogues and requests that the sweep takes, hostile numbers included. Private to this
// module's tests.
//
//   units    thresholds of constants lie on a grid of eighths, or `fine`, of some 1/4000, so that there are many.
//   order    inputs: constants, the axis, one that rises with it, one that makes classes, two quotients, and
//            one of the pair's own that no split uses.
//   missing  everywhere, the axis of some products included.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "forest/model/random_model_testing.h"
#include "forest/sweep/sweep.h"

namespace aisle::forest {

struct RandomSweep {
  Model model;
  SweepCatalogue catalogue;
  std::size_t constants = 0;

  std::size_t Axis() const { return constants; }
  std::size_t Ratio(std::size_t i) const { return constants + 3 + i; }

  // The row that a Forest scores for one product.
  std::vector<float> Row(const std::vector<float>& request, std::size_t product) const {
    std::vector<float> row = request;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const SweepInput& input = catalogue.inputs[i];
      if (input.role == InputRole::kProductStatic) row[i] = input.values[product];
      if (input.role == InputRole::kPairMonotone)
        row[i] = std::min(catalogue.axis[product] / request[i], input.cap);
    }
    return row;
  }
};

inline float OneStepFrom(base::Stream& stream, float x) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (stream.Chance(0.6)) return x;
  return std::nextafter(x, stream.Chance(0.5) ? kInfinity : -kInfinity);
}

// Prices with two digits, many of them twice; `wild`: some are 0, negative, huge, or missing.
inline float RandomPrice(base::Stream& stream, bool wild) {
  if (wild && stream.Chance(0.1)) {
    constexpr std::array kWild = {0.0F,
                                  -0.0F,
                                  -3.5F,
                                  1e-40F,
                                  1e-30F,
                                  1e30F,
                                  3e38F,
                                  std::numeric_limits<float>::infinity(),
                                  std::numeric_limits<float>::quiet_NaN()};
    return kWild[stream.Below(kWild.size())];
  }
  return static_cast<float>(stream.Between(1, 400)) / 4.0F;
}

inline void AddInputs(base::Stream& stream, std::size_t products, bool wild, RandomSweep& made) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  made.catalogue.inputs.assign(made.constants, {});
  auto& axis = made.catalogue.axis;
  for (std::size_t p = 0; p < products; ++p) axis.push_back(RandomPrice(stream, wild));
  if (wild) axis[0] = 7;  // One at least has a row.
  SweepInput same{.role = InputRole::kProductStatic, .values = axis};
  SweepInput rising = same;
  for (float& x : rising.values) x = x < 20 ? -1.0F : x < 60 ? 0.5F : 2.0F;
  SweepInput classes = same;
  const std::uint64_t class_count = 1 + stream.Below(8);
  for (float& x : classes.values) {
    const auto c = stream.Below(class_count);
    x = c == 7 ? kNan : c == 6 ? std::numeric_limits<float>::infinity() : static_cast<float>(c) - 2;
  }
  made.catalogue.inputs.push_back(std::move(same));
  made.catalogue.inputs.push_back(std::move(rising));
  made.catalogue.inputs.push_back(std::move(classes));
  made.catalogue.inputs.push_back({.role = InputRole::kPairMonotone});
  made.catalogue.inputs.push_back({.role = InputRole::kPairMonotone, .cap = 5});
  made.catalogue.inputs.push_back({.role = InputRole::kPair});
}

inline float RandomThreshold(base::Stream& stream, const RandomSweep& made, std::size_t input,
                             bool fine) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (stream.Chance(0.02)) return stream.Chance(0.5) ? kInfinity : -kInfinity;
  const auto& axis = made.catalogue.axis;
  if (input == made.Axis()) {
    const float x = axis[stream.Below(axis.size())];
    return std::isnan(x) ? 10.0F : OneStepFrom(stream, x);
  }
  if (input >= made.Ratio(0)) {
    if (stream.Chance(0.05)) return stream.Chance(0.5) ? 0.0F : -1.5F;
    return OneStepFrom(stream, static_cast<float>(stream.Between(1, 48)) / 8.0F);
  }
  if (fine && input < made.constants)
    return static_cast<float>(stream.Between(-8192, 8192)) / 4096.0F;
  return static_cast<float>(stream.Between(-16, 16)) / 8.0F;
}

inline RandomSweep MakeRandomSweep(std::uint64_t seed, std::size_t trees, unsigned depth,
                                   std::size_t products, bool wild, bool fine = false) {
  base::Stream stream(seed, trees, 77);
  RandomSweep made;
  made.constants = fine ? 5 : stream.Below(6);
  AddInputs(stream, products, wild, made);
  const auto used = static_cast<std::uint32_t>(made.catalogue.inputs.size() - 1);
  made.model = RandomModel(seed, trees, depth, used, stream.Chance(0.5) ? 0.15 : 0.0);
  made.model.feature_count = used + 1;
  for (Node& node : made.model.nodes) {
    if (node.left != 0) {
      node.value = RandomThreshold(stream, made, node.feature, fine);
    } else if (node.value != 0) {
      node.value = static_cast<float>(stream.Normal() * std::exp(2 * stream.Normal()) / 8);
    }
  }
  return made;
}

inline std::vector<float> RandomRequest(base::Stream& stream, const RandomSweep& made) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr std::array kDenominators = {kNan,  0.0F,      -0.0F, 1.0F,  1e-30F, 1e-44F, 1e30F,
                                        3e38F, kInfinity, -2.0F, 0.25F, 8.0F,   16.0F,  3.0F};
  std::vector<float> request(made.catalogue.inputs.size(), kNan);
  for (std::size_t i = 0; i < made.constants; ++i) {
    request[i] = OneStepFrom(stream, static_cast<float>(stream.Between(-17, 17)) / 8.0F);
    if (stream.Chance(0.15)) request[i] = kNan;
    if (stream.Chance(0.05)) request[i] = stream.Chance(0.5) ? kInfinity : -kInfinity;
  }
  for (std::size_t i = 0; i < 2; ++i) {
    request[made.Ratio(i)] = stream.Chance(0.5)
                                 ? kDenominators[stream.Below(kDenominators.size())]
                                 : static_cast<float>(std::exp(2 * stream.Normal() + 2));
  }
  return request;
}

}  // namespace aisle::forest
