#include "forest/scorers/scorer.h"

#include "base/result.h"

namespace aisle::forest {

std::unique_ptr<const Scorer::Prepared> Scorer::Prepare(const RowPlan& /*plan*/) const {
  return nullptr;
}

void Scorer::Margins(const RowPlan& /*plan*/, const Prepared& /*prepared*/,
                     std::span<const Column> /*columns*/, std::span<float> /*margins*/) const {
  AISLE_ASSERT(false);
}

}  // namespace aisle::forest
