// Which way a number goes at a split: the rule that the reference and the explainer share.
//
//   missing  NaN follows default_left, whatever the split asks.
//   errors   none: the model has passed CheckModel(), and the node is a split.
//   cost     a comparison; a binary search where the split asks for a set.
#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "forest/model/model.h"

namespace aisle::forest {

// Requires x >= 0.
template <typename Number>
bool IsInSet(const Model& model, std::uint32_t set, Number x) {
  if (x >= static_cast<Number>(kCategoriesMax)) return false;
  const auto begin = model.categories.begin();
  return std::binary_search(begin + model.set_begin[set], begin + model.set_begin[set + 1],
                            static_cast<std::uint32_t>(x));
}

// `place` is the node's among all nodes. Doubles: of a model with double_inputs.
template <typename Number>
bool GoesLeft(const Model& model, std::size_t place, Number x) {
  const Node& node = model.nodes[place];
  if (std::isnan(x)) return node.default_left;
  switch (node.split) {
    case Split::kBelow:
      break;
    case Split::kAny:
      return true;
    case Split::kBelowZeroMissing:
      if (std::abs(x) <= static_cast<Number>(kZeroMax)) return node.default_left;
      break;
    case Split::kInSet:
      return x >= 0 && IsInSet(model, node.set, x);
    case Split::kInSetNegativeHalf:
      return x > -1 && IsInSet(model, node.set, std::max(x, Number{0}));
  }
  if constexpr (std::is_same_v<Number, double>) {
    return x < model.wide_values[place];
  } else {
    return x < node.value;
  }
}

}  // namespace aisle::forest
