#include "publish/champion.h"

namespace aisle::publish {

Result<Champion> LoadChampion(const registry::Registry& registry, const std::string& model) {
  AISLE_TRY(const int version, registry.Resolve(model, registry::kChampion));
  AISLE_TRY(const registry::ModelVersion found, registry.Load(model, version));
  AISLE_TRY(ranking::ModelSpec spec, ranking::SpecOf(found));
  return Champion{std::move(spec), version};
}

Result<std::optional<Champion>> FindChampion(const registry::Registry& registry,
                                             const std::string& model) {
  // Only a missing alias means "none": a champion whose files are gone is an error.
  const auto version = registry.Resolve(model, registry::kChampion);
  if (!version && version.error().code == ErrorCode::kNotFound) return std::optional<Champion>();
  AISLE_TRY(Champion champion, LoadChampion(registry, model));
  return std::optional<Champion>(std::move(champion));
}

}  // namespace aisle::publish
