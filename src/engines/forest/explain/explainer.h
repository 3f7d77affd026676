// Exact contributions of inputs to margins: the Shapley values of trees ("path-dependent TreeSHAP"), as the libraries
// themselves give them (XGBoost's pred_contribs, LightGBM's pred_contrib, CatBoost's ShapValues).
//
// Build an Explainer once per forest, share it among threads, and ask for the contributions of the few rows that
// somebody wants to know about. What they mean: an input whose value is not known sends a row both ways at a split, by
// the shares of the training data that went there (Model::covers); an input's contribution is what its value adds to
// the margin so expected, averaged over all orders in which the values could become known.
//
//   shapes   rows is row-major, as forest.h has it. contributions[(i * GroupCount() + g) * Width() + f]; the last
//            place of each Width() is the bias: what the margin is expected to be when nothing is known.
//   order    doubles throughout. A row's sum takes trees in the model's order, within a tree nodes in the order in
//            which a walk, left before right, leaves them; so a row gets the same bits alone or among others,
//            on every CPU.
//   units    margins. Contributions and bias of a group add up to its margin, but for rounding: where the forest sums
//            floats, by as much as that sum is off.
//   missing  a NaN goes the node's default way and contributes as any other value.
//   threads  const members may be called from any number of threads.
//   errors   Build: kFailedPrecondition, in words: the file does not say how much data came through its nodes, or what
//            it says cannot be (below zero, not finite, a child with more than twice its parent's); a path through
//            more than kPathInputsMax different inputs; tables or paths beyond the limits below. Shapes are asserted.
//   cost     O(rows x nodes x inputs on the longest path / 2): eight rows side by side, a few operations per node and
//            point. Tables of 16 bytes and 32 a point for each node, made by Build; a call keeps one walk's memory.
//   source   Lundberg et al., "Consistent Individualized Feature Attribution for Tree Ensembles" (2018). The weights
//            k!(d-1-k)!/d! are integrals of t^k (1-t)^(d-1-k), so a leaf's sum over subsets is the integral of a
//            product, a polynomial of degree d-1 in t; Gauss and Legendre's points give it exactly, and products pass
//            from node to node (explain_tables.h).
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/result.h"
#include "forest/forest.h"

namespace aisle::forest {

inline constexpr std::size_t kPathInputsMax = 128;
inline constexpr std::size_t kExplainTableBytesMax = std::size_t{4} << 30U;
inline constexpr std::size_t kExplainWalkBytesMax = std::size_t{256} << 20U;

class Explainer {
 public:
  static Result<Explainer> Build(const Forest& forest);

  void Contributions(std::span<const float> rows, std::span<double> contributions) const;
  // Of rows of doubles: compared as they are by a model with double_inputs, rounded to floats for any other.
  void Contributions(std::span<const double> rows, std::span<double> contributions) const;

  // One more than there are inputs.
  std::size_t Width() const;
  std::size_t GroupCount() const;
  // Memory of its tables.
  std::size_t Bytes() const;

  struct Impl;

 private:
  explicit Explainer(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace aisle::forest
