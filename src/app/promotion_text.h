// What was decided about a new version, for people; for programs: registry/promotion_json.h.
//
//   missing  a version from before decisions were kept: no text, and an empty decision.
//   errors   none.
#pragma once

#include <string>

#include "registry/registry.h"

namespace aisle::app {

// In one word or two: "champion", "challenger", "kept back", "champion, forced".
std::string Standing(const registry::Promotion& promotion);
// Lines that say why, how it compares with the champion of then, and what to do about it. `is_champion`: now, whatever
// was decided then.
std::string PromotionText(const std::string& name, const registry::Promotion& promotion,
                          bool is_champion);

}  // namespace aisle::app
