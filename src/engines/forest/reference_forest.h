// The forest in obvious lines: the oracle that every other engine must equal bit by bit, for ever.
//
//   order    trees in the model's order, each leaf added as a float to the sum so far.
//   missing  NaN follows default_left.
#pragma once

#include <cmath>
#include <memory>
#include <span>

#include "forest/forest.h"

namespace aisle::forest {

class ReferenceForest final : public Scorer {
 public:
  explicit ReferenceForest(std::shared_ptr<const Model> model) : model_(std::move(model)) {}

  void Margins(std::span<const float> rows, std::span<float> margins) const override {
    for (std::size_t i = 0; i < margins.size(); ++i) {
      const float* const row = rows.data() + i * model_->feature_count;
      float sum = model_->base_margin;
      for (std::size_t tree = 0; tree < model_->TreeCount(); ++tree) sum += LeafOf(tree, row);
      margins[i] = sum;
    }
  }

 private:
  float LeafOf(std::size_t tree, const float* row) const {
    const Node* const root = &model_->nodes[model_->tree_begin[tree]];
    const Node* node = root;
    while (node->left != 0) {
      const float x = row[node->feature];
      const bool go_left = std::isnan(x) ? node->default_left : x < node->value;
      node = root + node->left + (go_left ? 0 : 1);
    }
    return node->value;
  }

  std::shared_ptr<const Model> model_;
};

}  // namespace aisle::forest
