// The inputs that a shipped recipe trains with, for benchmarks of models of that kind.
//
//   order    the model's.
//   errors   asserts that the recipe is there and whole.
#pragma once

#include <string>
#include <vector>

#include "training/recipe.h"
#include "training/training.h"

namespace aisle {

inline std::vector<std::string> RecipeInputs(const std::string& name) {
  const auto text = training::RecipeText(name);
  AISLE_ASSERT(text);
  const auto recipe = training::ParseRecipe(*text, name);
  AISLE_ASSERT(recipe);
  return recipe->inputs;
}

}  // namespace aisle
