// What raw tables hold, as JSON: the same text stands in raw.about and in about.json.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "workspace/workspace.h"

namespace aisle::workspace {

std::string AboutToJson(const AboutData& about);
// kInternal: not such a text; kFailedPrecondition: of a newer format.
Result<AboutData> AboutFromJson(std::string_view text);

}  // namespace aisle::workspace
