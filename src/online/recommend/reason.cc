#include "recommend/reason.h"

#include <fmt/format.h>

#include <algorithm>

namespace aisle::recommend {
namespace {

// A category or brand must have been met this often before it is called a liking.
constexpr int kOften = 3;

std::string Ago(base::Timestamp then, base::Timestamp now) {
  const std::int64_t days = std::max<std::int64_t>(0, base::WholeDays(then, now));
  if (days == 0) return "today";
  return days == 1 ? "yesterday" : fmt::format("{} days ago", days);
}

std::string Times(std::int32_t count) {
  if (count == 1) return "once";
  return count == 2 ? "twice" : fmt::format("{} times", count);
}

template <typename Entry, typename Key>
const Entry* FindBy(const std::vector<Entry>& entries, Key Entry::* key, const Key& wanted) {
  const auto found =
      std::ranges::find_if(entries, [&](const Entry& entry) { return entry.*key == wanted; });
  return found == entries.end() ? nullptr : &*found;
}

std::string OfThePair(const features::PairHistory& pair, base::Timestamp now) {
  if (pair.last_cart > pair.last_purchase)
    return fmt::format("in the cart {}, not bought", Ago(pair.last_cart, now));
  if (pair.last_view > pair.last_purchase)
    return fmt::format("viewed {}", Ago(pair.last_view, now));
  if (pair.purchases > 0) {
    return fmt::format("bought {}, last {}", Times(pair.purchases), Ago(pair.last_purchase, now));
  }
  return "";
}

std::string OfTheRegion(const features::Catalogue& catalogue, std::size_t position,
                        domain::Region region) {
  const std::int32_t sold = catalogue.RegionPurchases90d(position, region);
  const std::string& name = catalogue.shape.RegionName(region);
  if (sold == 0) return fmt::format("in stock in the {}", name);
  return fmt::format("popular in the {}: bought {} in 90 days", name, Times(sold));
}

}  // namespace

std::string Reason(const features::CustomerRecord* customer, const features::Catalogue& catalogue,
                   domain::ProductId product, domain::Region region, base::Timestamp now) {
  const std::ptrdiff_t position = catalogue.Find(product);
  if (position < 0) return "";
  const features::ProductRecord& record = catalogue.products[static_cast<std::size_t>(position)];
  if (customer == nullptr)
    return OfTheRegion(catalogue, static_cast<std::size_t>(position), region);
  if (const auto* pair = FindBy(customer->pairs, &features::PairHistory::product, product)) {
    if (std::string said = OfThePair(*pair, now); !said.empty()) return said;
  }
  const auto* category =
      FindBy(customer->categories, &features::CategoryHistory::category, record.category);
  if (category != nullptr && category->purchases >= kOften) {
    return fmt::format("buys {} often: {}", catalogue.categories[record.category].name,
                       Times(category->purchases));
  }
  if (category != nullptr && category->sessions_28d >= kOften) {
    return fmt::format("looks at {} these weeks", catalogue.categories[record.category].name);
  }
  const auto* brand = FindBy(customer->brands, &features::BrandHistory::brand, record.brand);
  if (brand != nullptr && brand->products >= kOften) {
    return fmt::format("knows {}: {} products", catalogue.brands[record.brand], brand->products);
  }
  return OfTheRegion(catalogue, static_cast<std::size_t>(position), region);
}

}  // namespace aisle::recommend
