// A row's margin summed in doubles, which what rounds on the way is measured against. For tests.
//
//   shapes   row: one value per input of a plain binary or regression model.
#pragma once

#include <cmath>
#include <cstddef>

#include "forest/model/model.h"

namespace aisle::forest {

inline double DoubleSum(const Model& model, const float* row) {
  auto sum = static_cast<double>(model.base_margin);
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    const Node* const root = &model.nodes[model.tree_begin[tree]];
    const Node* node = root;
    while (node->left != 0) {
      const float x = row[node->feature];
      const bool left = std::isnan(x) ? node->default_left : x < node->value;
      node = root + node->left + (left ? 0 : 1);
    }
    sum += static_cast<double>(node->value);
  }
  return sum;
}

}  // namespace aisle::forest
