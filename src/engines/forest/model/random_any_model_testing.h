// Random valid models of every kind: groups, splits by set, zeros that are missing, sums of doubles. Private to the
// tests of this module; random_model_testing.h makes the plain ones.
//
//   units    thresholds on a small grid, so that values can sit on them; categories below 40.
//   errors   none: what comes out passes CheckModel().
#pragma once

#include <algorithm>

#include "forest/model/random_model_testing.h"

namespace aisle::forest {

inline Model RandomAnyModel(std::uint64_t seed) {
  base::Stream stream(seed, 77, 77);
  const auto features = static_cast<std::uint32_t>(1 + stream.Below(9));
  Model model = RandomModel(seed, stream.Below(9), static_cast<unsigned>(stream.Below(8)), features,
                            stream.Uniform(0, 0.4));
  if (stream.Chance(0.5)) {
    model.group_count = static_cast<std::uint32_t>(1 + stream.Below(5));
    for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
      model.tree_group.push_back(static_cast<std::uint32_t>(stream.Below(model.group_count)));
    }
    for (std::uint32_t g = 0; g < model.group_count && model.group_count > 1 && seed % 2 == 0;
         ++g) {
      model.base_margins.push_back(static_cast<float>(stream.Normal()));
    }
  }
  const auto set_count = static_cast<std::uint32_t>(stream.Below(4));
  for (std::uint32_t set = 0; set < set_count; ++set) {
    for (std::uint32_t category = 0; category < 40; ++category) {
      if (stream.Chance(0.3)) model.categories.push_back(category);
    }
    model.set_begin.push_back(static_cast<std::uint32_t>(model.categories.size()));
  }
  for (Node& node : model.nodes) {
    if (node.left == 0 || seed % 3 == 0) continue;
    node.split = static_cast<Split>(stream.Below(set_count == 0 ? 3 : 5));
    if (set_count != 0) node.set = static_cast<std::uint32_t>(stream.Below(set_count));
  }
  if (stream.Chance(0.3)) {
    model.wide = true;
    model.double_inputs = stream.Chance(0.5);
    for (const Node& node : model.nodes) {
      // A threshold for doubles lies just below that for floats, by less than a float's step, or on it.
      const auto value = static_cast<double>(node.value);
      const double step =
          node.left == 0 ? stream.Normal() * 1e-9
          : stream.Chance(0.3)
              ? 0
              : -stream.Uniform(0, 0.9) *
                    (value - static_cast<double>(std::nextafter(
                                 node.value, -std::numeric_limits<float>::infinity())));
      model.wide_values.push_back(value + step);
    }
    model.scale = stream.Normal();
    model.biases.assign(model.group_count, stream.Normal());
  }
  constexpr Objective kAll[] = {Objective::kLogistic, Objective::kRegression, Objective::kLogLink,
                                Objective::kSoftprob, Objective::kSoftmax};
  model.objective = kAll[stream.Below(5)];
  return model;
}

}  // namespace aisle::forest
