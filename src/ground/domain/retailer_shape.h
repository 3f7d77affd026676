// What is particular to one retailer: its regions with their warehouses, which postal codes belong to
// them, its loyalty tiers, its currency and its time zone.
//
// Everything that depends on them asks a shape; a Region and a Tier are positions in one, and mean
// nothing without it. It is data: raw tables hold it, a generation carries it, and what a data set does not say
// is the quickstart's.
//
//   order    regions as given; tiers from the lowest spend to the highest.
//   units    spend in Cents of the shape's currency, over the 365 days before.
//   missing  a name or a code that the shape does not know is nullopt: callers say what they do then.
//   errors   Make: kInvalidArgument, naming the part that does not fit with the others.
//   threads  immutable.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/currency.h"
#include "domain/ids.h"
#include "domain/postal_codes.h"
#include "domain/region.h"
#include "domain/tier.h"

namespace aisle::domain {

class RetailerShape {
 public:
  struct RegionPart {
    std::string name;
    std::string warehouse;
    friend bool operator==(const RegionPart&, const RegionPart&) = default;
  };
  struct TierPart {
    std::string id;
    std::string name;
    Cents
        floor;  // Lowest annual spend. A tier reaches up to the next one's, which is not included.
    friend bool operator==(const TierPart&, const TierPart&) = default;
  };
  struct Parts {
    std::vector<RegionPart> regions;
    std::vector<PostalFormat> postal_formats;
    std::vector<PostalRule> postal_rules;
    std::vector<TierPart> tiers;
    Currency currency;
    std::string time_zone = "UTC";  // Of times that name none.
    friend bool operator==(const Parts&, const Parts&) = default;
  };

  // Refused are: no region, postal rule or tier, or more than limits.h allows; an empty or repeated name; a rule
  // for a region that is not there; floors that do not rise, or the lowest above 0 (every customer has a tier).
  static Result<RetailerShape> Make(Parts parts);
  // Five regions of the United States by the first digit of the zip code, four tiers, US dollars, UTC.
  static const RetailerShape& Quickstart();

  std::size_t RegionCount() const { return parts_.regions.size(); }
  const std::string& RegionName(Region region) const;
  const std::string& Warehouse(Region region) const;
  std::optional<Region> FindRegion(std::string_view name) const;
  std::optional<Region> RegionOfPostalCode(std::string_view code) const {
    return codes_.RegionOf(code);
  }
  // What RegionOfPostalCode takes: `five digits, such as "10001"`.
  const std::string& AcceptedPostalCodes() const { return codes_.Accepted(); }

  std::size_t TierCount() const { return parts_.tiers.size(); }
  const std::string& TierName(Tier tier) const;
  std::vector<std::string> TierNames() const;  // In order.
  std::optional<Tier> FindTier(std::string_view name) const;
  Tier TierOfSpend(Cents trailing_spend) const {
    std::size_t tier = parts_.tiers.size() - 1;
    while (tier > 0 && trailing_spend < parts_.tiers[tier].floor) --tier;
    return static_cast<Tier>(tier);
  }

  const Currency& Money() const { return parts_.currency; }
  const std::string& TimeZone() const { return parts_.time_zone; }
  // As given to Make.
  const Parts& All() const { return parts_; }

  friend bool operator==(const RetailerShape& a, const RetailerShape& b) {
    return a.parts_ == b.parts_;
  }

 private:
  template <typename Index>
  using ByName = std::map<std::string, Index, std::less<>>;

  RetailerShape(Parts parts, PostalCodes codes);

  Parts parts_;
  PostalCodes codes_;
  ByName<Region> regions_;
  ByName<Tier> tiers_;
};

}  // namespace aisle::domain
