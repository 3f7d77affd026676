// For tests: a small shop in memory whose customers mostly buy what they looked at last.
//
// Before every cutoff each customer has looked at one product; in the window after it they buy it
// with probability one half, and now and then something else. Everything is a function of (customer,
// cutoff), so any cutoff can be asked for, and what was asked for is written down.
#pragma once

#include <algorithm>
#include <vector>

#include "base/random.h"
#include "gold/activity_index.h"
#include "training/source.h"

namespace aisle::training {

class FakeShop {
 public:
  static constexpr int kProducts = 30;
  static constexpr int kCategories = 3;
  explicit FakeShop(int customers) : customers_(customers) {}

  std::size_t records_read = 0;
  std::vector<base::Timestamp> asked;         // Every as_of.
  base::Timestamp latest = features::kNever;  // The end of the latest window.
  base::Timestamp begins = features::kNever;  // Nothing is known before.

  static features::Catalogue MakeCatalogue(base::Timestamp as_of) {
    features::Catalogue catalogue;
    catalogue.as_of = as_of;
    catalogue.categories = {
        {"CAT-001", "Shirts", "Apparel"}, {"CAT-002", "Pans", "Home"}, {"CAT-003", "Mugs", "Home"}};
    catalogue.brands = {"A", "B"};
    for (int i = 0; i < kProducts; ++i) {
      features::ProductRecord product;
      product.product = {100 + i};
      product.category = static_cast<std::uint16_t>(i % kCategories);
      product.brand = static_cast<std::uint16_t>(i % 2);
      product.price = {1'000 + 700 * i};
      product.purchases_90d = 2 + i % 7;
      product.views_28d = 10;
      catalogue.products.push_back(product);
    }
    return catalogue;
  }

  features::CustomerRecord MakeRecord(int customer, base::Timestamp as_of) const {
    features::CustomerRecord record;
    record.customer = {1'000 + customer};
    record.as_of = as_of;
    record.customer_since = *base::ParseDate("2025-01-01");
    record.total_orders = 1 + customer % 4;
    record.lifetime_spend = {5'000 * record.total_orders};
    record.sessions = 5;
    const int seen = Seen(customer, as_of);
    record.categories = {{static_cast<std::uint16_t>(seen % kCategories), 2, 1, 0,
                          as_of - 3 * base::kDay, features::kNever}};
    record.brands = {{static_cast<std::uint16_t>(seen % 2), 1}};
    features::PairHistory pair;
    pair.product = {100 + seen};
    pair.views = pair.views_28d = 2;
    pair.last_view = as_of - 3 * base::kDay;
    record.pairs = {pair};
    return record;
  }

  std::vector<gold::Activity> MakeActivity(base::Timestamp from) const {
    std::vector<gold::Activity> activity;
    for (int c = 0; c < customers_; ++c) {
      base::Stream stream = Of(c, from, 2);
      const int seen = Seen(c, from);
      const bool buys = stream.Chance(0.5);
      activity.push_back({{1'000 + c}, {100 + seen}, 1, buys ? 1 : 0, buys ? 1 : 0});
      const int other = static_cast<int>(stream.Below(kProducts));
      if (stream.Chance(0.2) && other != seen)
        activity.push_back({{1'000 + c}, {100 + other}, 0, 0, 1});
    }
    std::sort(activity.begin(), activity.end(), [](const auto& a, const auto& b) {
      return std::pair(a.customer, a.product) < std::pair(b.customer, b.product);
    });
    return activity;
  }

  training::Source Source() {
    training::Source source;
    source.catalogue = [this](base::Timestamp as_of) -> Result<features::Catalogue> {
      asked.push_back(as_of);
      return as_of < begins ? features::Catalogue{} : MakeCatalogue(as_of);
    };
    source.customer_ids = [this](base::Timestamp) -> Result<gold::CustomerIds> {
      gold::CustomerIds ids;
      for (int c = 0; c < customers_; ++c) ids.push_back({1'000 + c});
      return ids;
    };
    source.customers = [this](const features::Catalogue&, base::Timestamp as_of,
                              const TakeCustomer& take,
                              const std::optional<gold::CustomerIds>& only) -> Status {
      asked.push_back(as_of);
      for (int c = 0; c < customers_; ++c) {
        const domain::CustomerId customer{1'000 + c};
        if (only && std::ranges::find(*only, customer) == only->end()) continue;
        ++records_read;
        AISLE_CHECK(take(MakeRecord(c, as_of)));
      }
      return {};
    };
    source.activity = [this](base::Timestamp from,
                             base::Timestamp until) -> Result<std::vector<gold::Activity>> {
      latest = std::max(latest, until);
      return MakeActivity(from);
    };
    source.fingerprint = [](const std::string&) -> Result<std::string> { return "fake"; };
    return source;
  }

 private:
  static base::Stream Of(int customer, base::Timestamp at, std::uint64_t purpose) {
    return base::Stream(static_cast<std::uint64_t>(base::ToMicros(at)),
                        static_cast<std::uint64_t>(customer), purpose);
  }
  static int Seen(int customer, base::Timestamp at) {
    return static_cast<int>(Of(customer, at, 1).Below(kProducts));
  }
  int customers_;
};

}  // namespace aisle::training
