// A forest of several groups (classes) as one forest per group, so that an engine needs to know about one only.
//
//   shapes   margins[i * group_count + g].
//   order    each group's sum adds its trees in the model's order, from its own base margin: the bits of the
//            whole walked at once.
//   threads  as the engine's.
//   cost     the engine's, once per group, on that group's trees; one scratch column per call.
#pragma once

#include <functional>
#include <memory>

#include "forest/model/model.h"
#include "forest/scorers/scorer.h"

namespace aisle::forest {

// `make` builds the engine of a model of one group. The model has been checked and sums floats.
std::shared_ptr<const Scorer> MakeGroupedForest(
    const Model& model, const std::function<std::shared_ptr<const Scorer>(const Model&)>& make);

}  // namespace aisle::forest
