#include "domain/retailer_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "domain/limits.h"
#include "domain/name.h"

namespace aisle::domain {
namespace {

using Parts = RetailerShape::Parts;

std::unexpected<Error> Wrong(std::string what) {
  return Fail(ErrorCode::kInvalidArgument, std::move(what));
}

Status CheckCount(std::string_view what, std::size_t count, std::size_t most) {
  if (count >= 1 && count <= most) return {};
  return Wrong(fmt::format("{} {}s; 1 to {} are possible", count, what, most));
}

Status CheckRegions(const Parts& parts) {
  AISLE_CHECK(CheckCount("region", parts.regions.size(), kRegionsMax));
  std::set<std::string_view> names;
  for (const auto& region : parts.regions) {
    AISLE_CHECK(CheckName("a region", region.name));
    AISLE_CHECK(CheckName(fmt::format("the warehouse of {}", region.name), region.warehouse));
    if (!names.insert(region.name).second)
      return Wrong(fmt::format("two regions are called '{}'", region.name));
  }
  return {};
}

Status CheckTiers(const Parts& parts) {
  AISLE_CHECK(CheckCount("tier", parts.tiers.size(), kTiersMax));
  std::set<std::string_view> names;
  std::set<std::string_view> ids;
  for (const auto& tier : parts.tiers) {
    AISLE_CHECK(CheckName("a tier", tier.name));
    AISLE_CHECK(CheckName(fmt::format("the id of tier {}", tier.name), tier.id));
    if (!names.insert(tier.name).second)
      return Wrong(fmt::format("two tiers are called '{}'", tier.name));
    if (!ids.insert(tier.id).second)
      return Wrong(fmt::format("two tiers have the id '{}'", tier.id));
  }
  if (parts.tiers.front().floor.value != 0) {
    return Wrong(
        fmt::format("the lowest tier, {}, begins at a spend of {}; it must begin at 0, "
                    "since every customer has a tier",
                    parts.tiers.front().name, parts.currency.Text(parts.tiers.front().floor)));
  }
  for (std::size_t i = 1; i < parts.tiers.size(); ++i) {
    const auto& below = parts.tiers[i - 1];
    const auto& tier = parts.tiers[i];
    if (tier.floor > below.floor) continue;
    return Wrong(fmt::format("tier {} begins at a spend of {}, which is not above the {} of {}",
                             tier.name, parts.currency.Text(tier.floor),
                             parts.currency.Text(below.floor), below.name));
  }
  return {};
}

// Whether a database knows the zone is the importer's question; this keeps texts out that cannot be one.
Status CheckTimeZone(const std::string& zone) {
  const auto possible = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  };
  if (!zone.empty() && zone.size() <= kNameBytesMax && std::ranges::all_of(zone, possible))
    return {};
  return Wrong(
      fmt::format("time zone '{}': accepted are names like America/Toronto, and UTC", zone));
}

Parts QuickstartParts() {
  Parts parts;
  parts.regions = {{"Northeast", "WH-NE-01"},
                   {"Southeast", "WH-SE-01"},
                   {"Midwest", "WH-MW-01"},
                   {"South", "WH-SO-01"},
                   {"West", "WH-WE-01"}};
  parts.postal_formats = {{"US", "99999"}};
  // Two first digits each, in the order of the regions.
  for (int digit = 0; digit < 10; ++digit) {
    parts.postal_rules.push_back(
        {"US", fmt::to_string(digit), parts.regions[static_cast<std::size_t>(digit / 2)].name});
  }
  parts.tiers = {{"TIER-001", "Bronze", {0}},
                 {"TIER-002", "Silver", {500'00}},
                 {"TIER-003", "Gold", {1500'00}},
                 {"TIER-004", "Platinum", {5000'00}}};
  return parts;
}

template <typename Part, typename Index>
const Part& At(const std::vector<Part>& parts, Index index) {
  AISLE_ASSERT(static_cast<std::size_t>(index) < parts.size());
  return parts[static_cast<std::size_t>(index)];
}

}  // namespace

RetailerShape::RetailerShape(Parts parts, PostalCodes codes)
    : parts_(std::move(parts)), codes_(std::move(codes)) {
  for (std::size_t i = 0; i < parts_.regions.size(); ++i)
    regions_.emplace(parts_.regions[i].name, static_cast<Region>(i));
  for (std::size_t i = 0; i < parts_.tiers.size(); ++i)
    tiers_.emplace(parts_.tiers[i].name, static_cast<Tier>(i));
}

Result<RetailerShape> RetailerShape::Make(Parts parts) {
  AISLE_CHECK(parts.currency.Check());
  AISLE_CHECK(CheckTimeZone(parts.time_zone));
  AISLE_CHECK(CheckRegions(parts));
  AISLE_CHECK(CheckTiers(parts));
  std::vector<std::string_view> names;
  for (const RegionPart& region : parts.regions) names.push_back(region.name);
  AISLE_TRY(auto codes, PostalCodes::Make(parts.postal_formats, parts.postal_rules, names));
  return RetailerShape(std::move(parts), std::move(codes));
}

const RetailerShape& RetailerShape::Quickstart() {
  static const RetailerShape kShape = [] {
    auto shape = Make(QuickstartParts());
    AISLE_ASSERT(shape);
    return *std::move(shape);
  }();
  return kShape;
}

const std::string& RetailerShape::RegionName(Region region) const {
  return At(parts_.regions, region).name;
}
const std::string& RetailerShape::Warehouse(Region region) const {
  return At(parts_.regions, region).warehouse;
}
const std::string& RetailerShape::TierName(Tier tier) const { return At(parts_.tiers, tier).name; }
std::vector<std::string> RetailerShape::TierNames() const {
  std::vector<std::string> names;
  for (const TierPart& tier : parts_.tiers) names.push_back(tier.name);
  return names;
}

std::optional<Region> RetailerShape::FindRegion(std::string_view name) const {
  const auto found = regions_.find(name);
  return found == regions_.end() ? std::nullopt : std::optional(found->second);
}
std::optional<Tier> RetailerShape::FindTier(std::string_view name) const {
  const auto found = tiers_.find(name);
  return found == tiers_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace aisle::domain
