// Sixteen rows walk one tree in step, so that the CPU waits for sixteen loads at once instead of one.
//
// Values and thresholds become integers that order like the floats do; every input used by the model gets
// two cells per row, which differ for a missing value only: one is below every threshold, one above. A node
// names the cell of its default side, so no step asks whether a value is missing, and no step branches.
// Leaves point at themselves until the deepest leaf of the tree is reached.
//
//   order    trees outermost over a block of rows; each row's sum still adds trees in the model's order.
//   threads  immutable.
//   cost     8 bytes per node while trees have fewer than 65,536 nodes and the model uses fewer than 32,767
//            inputs, else 12; plus 4 per node for the leaves.
#pragma once

#include <memory>

#include "forest/model/model.h"
#include "forest/scorers/scorer.h"

namespace aisle::forest {

// The model has been checked, and is not needed afterwards.
std::shared_ptr<const Scorer> MakeInterleavedForest(const Model& model);

}  // namespace aisle::forest
