// What the explainer makes of a model: per tree its nodes in the order of a walk, with all numbers that do not depend
// on the row. Private to this module; explain_kernel.h says what they mean.
//
//   shapes   steps, splits and numbers of all trees one after the other.
//   order    trees as in the model.
//   missing  a node that no training data came through shares what comes evenly.
//   errors   MakeExplainTables: kFailedPrecondition, as Explainer::Build.
//   cost     linear in nodes times points.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "forest/explain/explain_kernel.h"
#include "forest/model/model.h"

namespace aisle::forest {

// A split as a walk asks it.
struct ExplainSplit {
  std::uint32_t place = 0;  // Among the model's nodes.
  std::uint32_t feature = 0;
  float below = 0;
  bool plain = false;  // Asks x < below.
  bool default_left = false;
};

// A tree with a split.
struct ExplainTree {
  std::uint32_t group = 0;
  std::size_t first_step = 0, step_count = 0;
  std::size_t first_split = 0, split_count = 0;
  std::size_t first_number = 0;
  std::size_t points = 0;
};

struct ExplainTables {
  std::vector<ExplainTree> trees;
  std::vector<ExplainStep> steps;
  std::vector<ExplainSplit> splits;
  std::vector<double> numbers;
  std::vector<double>
      expected;  // Per group what its trees give when nothing is known, without bases.
  std::size_t splits_max = 0;  // Of a tree.
  std::size_t depth_max = 0;
  std::size_t level_numbers_max = 0;  // Of all levels of a tree.

  std::size_t Bytes() const;
};

Result<ExplainTables> MakeExplainTables(const Model& model);

// Points in (0, 1), rising, and weights that integrate polynomials of a degree below 2 * count exactly over [0, 1].
struct Quadrature {
  std::vector<double> points;
  std::vector<double> weights;
};
Quadrature GaussLegendre(std::size_t count);

}  // namespace aisle::forest
