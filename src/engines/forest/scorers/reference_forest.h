// The forest in obvious lines: the oracle that every other engine must equal bit by bit, for ever. It is
// also the only engine that takes every model.
//
//   shapes   margins[i * group_count + g] is row i's margin of group g.
//   order    trees in the model's order, each leaf added to the sum so far: of floats from the base margin,
//            or, in a wide model, of doubles from 0, scaled and shifted at the end.
//   missing  NaN follows default_left.
#pragma once

#include <algorithm>
#include <memory>
#include <span>

#include "forest/model/goes_left.h"
#include "forest/model/model.h"
#include "forest/scorers/scorer.h"

namespace aisle::forest {

class ReferenceForest final : public Scorer {
 public:
  explicit ReferenceForest(std::shared_ptr<const Model> model) : model_(std::move(model)) {}

  // The margins of a wide model are rounded to floats here; WideMargins() has them whole.
  void Margins(std::span<const float> rows, std::span<float> margins) const override {
    const std::size_t groups = model_->group_count;
    std::vector<double> wide(model_->wide ? groups : 0);
    for (std::size_t i = 0; i * groups < margins.size(); ++i) {
      const float* const row = rows.data() + i * model_->feature_count;
      if (model_->wide) {
        WideMargins(std::span<const float>(row, model_->feature_count), wide);
        for (std::size_t g = 0; g < groups; ++g) {
          margins[i * groups + g] = static_cast<float>(wide[g]);
        }
        continue;
      }
      float* const sums = margins.data() + i * groups;
      for (std::size_t g = 0; g < groups; ++g) {
        sums[g] = model_->base_margins.empty() ? model_->base_margin : model_->base_margins[g];
      }
      for (std::size_t tree = 0; tree < model_->TreeCount(); ++tree) {
        sums[model_->GroupOf(tree)] += model_->nodes[LeafOf(tree, row)].value;
      }
    }
  }

  // Requires a wide model; of rows of doubles, one with double_inputs.
  template <typename Number>
  void WideMargins(std::span<const Number> rows, std::span<double> margins) const {
    const std::size_t groups = model_->group_count;
    for (std::size_t i = 0; i * groups < margins.size(); ++i) {
      const Number* const row = rows.data() + i * model_->feature_count;
      double* const sums = margins.data() + i * groups;
      std::fill_n(sums, groups, 0.0);
      for (std::size_t tree = 0; tree < model_->TreeCount(); ++tree) {
        sums[model_->GroupOf(tree)] += model_->wide_values[LeafOf(tree, row)];
      }
      for (std::size_t g = 0; g < groups; ++g) {
        sums[g] = sums[g] * model_->scale + (model_->biases.empty() ? 0.0 : model_->biases[g]);
      }
    }
  }

 private:
  // The place of the leaf among all nodes.
  template <typename Number>
  std::size_t LeafOf(std::size_t tree, const Number* row) const {
    const std::size_t root = model_->tree_begin[tree];
    std::size_t at = root;
    while (model_->nodes[at].left != 0) {
      const Node& node = model_->nodes[at];
      at = root + node.left + (GoesLeft(*model_, at, row[node.feature]) ? 0 : 1);
    }
    return at;
  }

  std::shared_ptr<const Model> model_;
};

}  // namespace aisle::forest
