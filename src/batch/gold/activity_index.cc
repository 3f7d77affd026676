#include "gold/activity_index.h"

#include <algorithm>
#include <utility>

namespace aisle::gold {

ActivityIndex::ActivityIndex(std::vector<Activity> activity) : activity_(std::move(activity)) {
  const auto before = [](const Activity& a, const Activity& b) {
    return std::pair(a.customer, a.product) < std::pair(b.customer, b.product);
  };
  if (!std::is_sorted(activity_.begin(), activity_.end(), before))
    std::sort(activity_.begin(), activity_.end(), before);
}

std::span<const Activity> ActivityIndex::Of(domain::CustomerId customer) const {
  const auto first =
      std::lower_bound(activity_.begin(), activity_.end(), customer,
                       [](const Activity& a, domain::CustomerId c) { return a.customer < c; });
  auto last = first;
  while (last != activity_.end() && last->customer == customer) ++last;
  return {first, last};
}

std::int64_t ActivityIndex::Buyers(const features::Catalogue& catalogue) const {
  std::int64_t buyers = 0;
  const Activity* counted = nullptr;
  for (const Activity& activity : activity_) {
    if (activity.lines <= 0 || catalogue.Find(activity.product) < 0) continue;
    if (counted != nullptr && counted->customer == activity.customer) continue;
    counted = &activity;
    ++buyers;
  }
  return buyers;
}

}  // namespace aisle::gold
