// Manifests as JSON text and back. Private to this module.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "registry/registry.h"

namespace aisle::registry {

std::string ManifestToJson(const Manifest& manifest);
// kFailedPrecondition: a newer format; kInternal: not a manifest.
Result<Manifest> ManifestFromJson(std::string_view text);

// aliases.json: {"champion": 2, "previous": 1}.
std::string AliasesToJson(const std::map<std::string, int>& aliases);
Result<std::map<std::string, int>> AliasesFromJson(std::string_view text);

}  // namespace aisle::registry
