// What the fuzz target and its committed corpus both do with foreign bytes: read them as a recipe.
// Private to the tests.
//
//   errors   none: a crash or a broken promise is an assertion.
#pragma once

#include <string_view>

#include "base/result.h"
#include "features/pair_row.h"
#include "training/recipe.h"

namespace aisle::training {

// True when the bytes are a recipe; then everything in it is in its range.
inline bool ExerciseRecipe(std::string_view bytes) {
  const auto recipe = ParseRecipe(bytes, "fuzz.toml");
  if (!recipe) {
    AISLE_ASSERT(recipe.error().code == ErrorCode::kInvalidArgument);
    AISLE_ASSERT(recipe.error().message.starts_with("fuzz.toml:"));
    return false;
  }
  AISLE_ASSERT(!recipe->name.empty() && !recipe->model.empty());
  AISLE_ASSERT(!recipe->cutoffs.empty() && recipe->cutoffs.front() > recipe->validation.cutoff);
  AISLE_ASSERT(recipe->validation.cutoff >= 2 && recipe->window_days >= 1);
  AISLE_ASSERT(recipe->EarliestCutoff() >= recipe->cutoffs.back());
  AISLE_ASSERT(recipe->propensity_blend >= 0 && recipe->propensity_blend < 1);
  AISLE_ASSERT(recipe->learner.rounds >= 1 && recipe->learner.max_depth <= 12);
  AISLE_ASSERT((recipe->ranks_products ? features::ResolvePairInputs(recipe->inputs)
                                       : features::ResolveCategoryInputs(recipe->inputs))
                   .has_value());
  return true;
}

}  // namespace aisle::training
