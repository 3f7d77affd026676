// Five regions, one warehouse each, and which zip code belongs to which.
//
//   source   the quickstart's rule: the first digit of the zip code decides.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace aisle::domain {

enum class Region : std::uint8_t { kNortheast, kSoutheast, kMidwest, kSouth, kWest };

inline constexpr std::size_t kRegionCount = 5;
inline constexpr std::array<Region, kRegionCount> kRegions = {
    Region::kNortheast, Region::kSoutheast, Region::kMidwest, Region::kSouth, Region::kWest};

std::string_view RegionName(Region region);
std::optional<Region> RegionByName(std::string_view name);

// Nothing unless `zip_code` is five digits.
std::optional<Region> RegionOfZip(std::string_view zip_code);

}  // namespace aisle::domain
