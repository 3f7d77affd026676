#include <algorithm>

#include "domain/region.h"
#include "domain/tier.h"

namespace aisle::domain {
namespace {
constexpr std::array<std::string_view, kRegionCount> kRegionNames = {"Northeast", "Southeast",
                                                                     "Midwest", "South", "West"};
constexpr std::array<std::string_view, kTierCount> kTierNames = {"Bronze", "Silver", "Gold",
                                                                 "Platinum"};

template <typename Value, std::size_t kCount>
std::optional<Value> ByName(const std::array<std::string_view, kCount>& names,
                            std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Value>(found - names.begin());
}
}  // namespace

std::string_view RegionName(Region region) {
  return kRegionNames[static_cast<std::size_t>(region)];
}
std::optional<Region> RegionByName(std::string_view name) {
  return ByName<Region>(kRegionNames, name);
}

std::optional<Region> RegionOfZip(std::string_view zip_code) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (zip_code.size() != 5 || !std::all_of(zip_code.begin(), zip_code.end(), digit))
    return std::nullopt;
  return kRegions[static_cast<std::size_t>((zip_code[0] - '0') / 2)];
}

std::string_view TierName(Tier tier) { return kTierNames[static_cast<std::size_t>(tier)]; }
std::optional<Tier> TierByName(std::string_view name) { return ByName<Tier>(kTierNames, name); }

Tier TierOfSpend(Cents trailing_spend) {
  std::size_t tier = kTierCount - 1;
  while (tier > 0 && trailing_spend.value < kTierFloorCents[tier]) --tier;
  return static_cast<Tier>(tier);
}

}  // namespace aisle::domain
