// The champion of a model, ready to make scorers of.
//
//   errors   LoadChampion: kNotFound when there is none (it says what to run); kInternal: damaged,
//            with its path; kFailedPrecondition: made for another build.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "ranking/ranking.h"
#include "registry/registry.h"

namespace aisle::publish {

struct Champion {
  ranking::ModelSpec spec;
  int version = 0;
};

Result<Champion> LoadChampion(const registry::Registry& registry, const std::string& model);
// No champion is an answer: nothing.
Result<std::optional<Champion>> FindChampion(const registry::Registry& registry,
                                             const std::string& model);

}  // namespace aisle::publish
