// Loyalty tiers by spend of the 365 days before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/ids.h"

namespace aisle::domain {

enum class Tier : std::uint8_t { kBronze, kSilver, kGold, kPlatinum };

inline constexpr std::size_t kTierCount = 4;
// Lowest annual spend of each tier, in cents; a tier reaches up to the next one's, which is not
// included.
inline constexpr std::array<std::int64_t, kTierCount> kTierFloorCents = {0, 500'00, 1500'00,
                                                                         5000'00};

std::string_view TierName(Tier tier);  // "Bronze"
std::optional<Tier> TierByName(std::string_view name);
Tier TierOfSpend(Cents trailing_spend);

}  // namespace aisle::domain
