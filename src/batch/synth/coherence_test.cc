// Each rule of a coherent shop, held over all events of a few thousand customers of three seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "synth/sample_testing.h"

namespace aisle::synth {
namespace {

class Coherence : public testing::TestWithParam<std::uint64_t> {
 protected:
  static constexpr std::int64_t kCustomers = 700;
  std::shared_ptr<const Retailer::World> world_ = MakeWorld(SampleOptions(GetParam(), kCustomers));

  void Check(const std::function<void(const Sample&)>& rule) {
    ForEach(*world_, 0, kCustomers, rule);
  }
};
INSTANTIATE_TEST_SUITE_P(Seeds, Coherence, testing::Values(1, 2, 3));

bool IsPurchase(const Event& event) {
  return event.type == EventType::kOrderComplete || event.type == EventType::kPosPurchase;
}

TEST_P(Coherence, EventsCarryTheirProductsCategoryAndThePriceOfTheMoment) {
  int priced = 0;
  Check([&](const Sample& s) {
    for (const Event& e : s.events) {
      if (e.product < 0) {
        EXPECT_LT(e.price_cents, 0) << s.Where(e);
        continue;
      }
      ASSERT_LT(e.product, kProducts);
      const Product& product = s.ProductOf(e);
      ASSERT_EQ(e.category, product.category) << s.Where(e);
      ASSERT_GE(s.world.At(e.at), base::Timestamp{product.launched_on}) << s.Where(e);
      if (e.price_cents < 0) continue;
      std::int64_t price = -1;
      for (const PriceStep& step : product.prices)
        if (step.from <= e.at) price = step.cents;
      ASSERT_EQ(e.price_cents, price) << s.Where(e);
      ++priced;
    }
  });
  EXPECT_GT(priced, 10'000);
}

TEST_P(Coherence, OnlineOrdersFollowAViewAndACartAndShopPurchasesMostlyAView) {
  int shop = 0, seen_before = 0;
  Check([&](const Sample& s) {
    std::set<int> viewed, carted;
    for (const Event& e : s.events) {
      if (e.type == EventType::kProductView) viewed.insert(e.product);
      if (e.type == EventType::kAddToCart) carted.insert(e.product);
      if (e.type == EventType::kOrderComplete) {
        ASSERT_TRUE(viewed.contains(e.product)) << s.Where(e);
        ASSERT_TRUE(carted.contains(e.product)) << s.Where(e);
      }
      if (e.type == EventType::kPosPurchase) {
        ++shop;
        seen_before += viewed.contains(e.product) ? 1 : 0;
      }
    }
  });
  EXPECT_GT(seen_before * 2, shop);
  EXPECT_LT(seen_before, shop);  // Some are impulses.
}

TEST_P(Coherence, WhatFollowsAnOrderBelongsToAnEarlierOrderAndComesInTurn) {
  int shipped = 0, returned = 0;
  Check([&](const Sample& s) {
    struct Known {
      std::map<int, int> lines;  // Line number to product.
      Second shipped = 0, delivered = 0;
    };
    std::map<int, Known> orders;
    for (const Event& e : s.events) {
      if (e.type == EventType::kOrderComplete) orders[e.order].lines[e.order_line] = e.product;
      const bool post = e.type >= EventType::kOrderShipped && e.type <= EventType::kReviewSubmitted;
      if (!post) continue;
      ASSERT_TRUE(orders.contains(e.order)) << s.Where(e);
      Known& order = orders[e.order];
      if (e.type == EventType::kOrderShipped) {
        ASSERT_EQ(order.shipped, 0) << s.Where(e);
        order.shipped = e.at;
        ++shipped;
      } else if (e.type == EventType::kOrderDelivered) {
        ASSERT_GT(order.shipped, 0) << s.Where(e);
        order.delivered = e.at;
      } else {
        ASSERT_GT(order.delivered, 0) << s.Where(e);
        ASSERT_EQ(order.lines[e.order_line], e.product) << s.Where(e);
        returned += e.type == EventType::kReturnInitiated ? 1 : 0;
      }
    }
  });
  EXPECT_GT(shipped, 500);
  EXPECT_GT(returned, 20);
}

TEST_P(Coherence, TierIsThatOfTheTrailingSpend) {
  int steps = 0, upgrades = 0;
  Check([&](const Sample& s) {
    // Spend by day of the log, from the events alone.
    std::map<Second, std::int64_t> spend;
    std::set<int> orders;
    for (const Event& e : s.events)
      if (IsPurchase(e) && orders.insert(e.order).second) spend[e.at] += e.order_cents;
    const auto tier_at = [&](Second at) {
      std::int64_t total = s.person.Opening(at / kDaySeconds);
      for (const auto& [when, cents] : spend) total += when <= at ? cents : 0;
      return Shape().TierOfSpend({total});
    };
    std::set<Second> rises;
    for (std::size_t i = 0; i < s.life.tier_steps.size(); ++i, ++steps) {
      const TierStep& step = s.life.tier_steps[i];
      const Second from = std::max(step.from, s.person.first_second);
      const Second until =
          i + 1 < s.life.tier_steps.size() ? s.life.tier_steps[i + 1].from : kLogEnd;
      if (step.from > 0) {
        ASSERT_NE(step.tier, s.life.tier_steps[i - 1].tier);
        if (step.tier > s.life.tier_steps[i - 1].tier) rises.insert(step.from);
      }
      if (i > 0 || !spend.contains(from)) {
        ASSERT_EQ(tier_at(from), step.tier);
      }
      ASSERT_EQ(tier_at(std::max(from, until - 1)), step.tier) << "customer " << s.person.index;
      ASSERT_EQ(tier_at(from + (until - from) / 2), step.tier) << "customer " << s.person.index;
    }
    for (const Event& e : s.events) {
      if (e.type != EventType::kTierUpgrade) continue;
      ++upgrades;
      ASSERT_TRUE(rises.contains(e.at - 1)) << s.Where(e);
    }
    // On the last day nothing is left from before the log: the events alone decide.
    ASSERT_EQ(s.person.Opening(kLogDays - 1), 0);
  });
  EXPECT_GT(steps, kCustomers * 3 / 2);
  EXPECT_GT(upgrades, 100);
}

TEST_P(Coherence, ZipStateShopsAndRegionAgree) {
  for (const Store& store : world_->stores) {
    const City& city = Cities()[static_cast<std::size_t>(store.city)];
    ASSERT_EQ(Shape().RegionOfPostalCode(store.zip_code), city.region) << store.code;
  }
  int visits = 0;
  Check([&](const Sample& s) {
    for (const Second at : {s.person.first_second, kLogEnd - 1})
      ASSERT_EQ(Shape().RegionOfPostalCode(s.person.Zip(at)), s.person.RegionAt(at));
    for (const Event& e : s.events) {
      ASSERT_EQ(e.store >= 0,
                e.channel == Channel::kStore && (IsPurchase(e) || e.type == EventType::kStoreVisit))
          << s.Where(e);
      if (e.store < 0) continue;
      ++visits;
      const Store& store = s.world.stores[static_cast<std::size_t>(e.store)];
      // A move between entering a shop and paying is forgiven.
      const bool here = store.city == s.person.CityAt(e.at) ||
                        store.city == s.person.CityAt(std::min(e.at + 3600, kLogEnd - 1));
      ASSERT_TRUE(here) << s.Where(e);
    }
  });
  EXPECT_GT(visits, 2000);
}

TEST_P(Coherence, NothingHappensBeforeTheCustomerJoinedOrOutsideTheLog) {
  int late = 0;
  Check([&](const Sample& s) {
    late += s.person.first_second > 0 ? 1 : 0;
    for (std::size_t i = 0; i < s.events.size(); ++i) {
      const Event& e = s.events[i];
      ASSERT_GE(s.world.At(e.at), base::Timestamp{s.person.since}) << s.Where(e);
      ASSERT_GE(e.at, 0) << s.Where(e);
      ASSERT_LT(e.at, kLogEnd) << s.Where(e);
      if (i > 0) {
        ASSERT_LE(s.events[i - 1].at, e.at) << s.Where(e);
      }
    }
  });
  EXPECT_GT(late, kCustomers / 20);  // About a tenth joins during the log.
}

TEST_P(Coherence, SessionsLastMinutesOnOneDevice) {
  Check([&](const Sample& s) {
    std::map<int, const Event*> first;
    for (const Event& e : s.events) {
      if (e.session < 0) continue;
      const auto [entry, opened] = first.try_emplace(e.session, &e);
      if (opened) continue;
      ASSERT_LE(e.at - entry->second->at, 3600) << s.Where(e);
      ASSERT_EQ(e.channel, entry->second->channel) << s.Where(e);
      ASSERT_EQ(e.device, entry->second->device) << s.Where(e);
      if (e.channel == Channel::kApp) {
        ASSERT_TRUE(s.person.HasApp(e.at)) << s.Where(e);
      }
    }
  });
}

TEST_P(Coherence, AbandonedCartsAreExactlyThoseWithoutAnOrderWithinADay) {
  int abandoned = 0, started = 0;
  Check([&](const Sample& s) {
    std::map<int, Second> last_add;
    std::set<int> ordered, left;
    for (const Event& e : s.events) {
      if (e.type == EventType::kAddToCart) last_add[e.cart] = e.at;
      if (e.type == EventType::kOrderComplete) ordered.insert(e.cart);
      if (e.type == EventType::kAbandonedCart) {
        ASSERT_TRUE(left.insert(e.cart).second) << s.Where(e);
        ASSERT_EQ(e.at, last_add.at(e.cart) + kDaySeconds) << s.Where(e);
      }
    }
    for (const auto& [cart, at] : last_add) {
      const bool expected = !ordered.contains(cart) && at + kDaySeconds < kLogEnd;
      ASSERT_EQ(left.contains(cart), expected) << "customer " << s.person.index << " cart " << cart;
    }
    ASSERT_LE(left.size(), last_add.size());
    abandoned += static_cast<int>(left.size());
    started += static_cast<int>(last_add.size());
  });
  EXPECT_GT(abandoned, started / 4);
  EXPECT_LT(abandoned, started);
}

TEST_P(Coherence, OrderLinesAddUpLessThePromotionOfTheirDay) {
  int promoted = 0, several = 0, orders_seen = 0;
  Check([&](const Sample& s) {
    std::map<int, std::vector<const Event*>> orders;
    std::map<int, std::set<int>> carts;
    for (const Event& e : s.events) {
      if (IsPurchase(e)) orders[e.order].push_back(&e);
      if (e.type == EventType::kAddToCart) carts[e.cart].insert(e.product);
    }
    for (const auto& [order, lines] : orders) {
      const Event& first = *lines.front();
      std::int64_t total = 0;
      std::set<int> products;
      for (std::size_t i = 0; i < lines.size(); ++i) {
        const Event& e = *lines[i];
        ASSERT_EQ(e.order_line, static_cast<int>(i) + 1) << s.Where(e);
        ASSERT_EQ(e.at, first.at) << s.Where(e);
        ASSERT_EQ(e.order_cents, first.order_cents) << s.Where(e);
        ASSERT_TRUE(products.insert(e.product).second) << s.Where(e);
        ASSERT_GE(e.quantity, 1);
        ASSERT_LE(e.quantity, 3);
        std::int64_t full = e.price_cents * e.quantity;
        if (e.promotion >= 0) {
          const Promotion& promotion = s.world.promotions[static_cast<std::size_t>(e.promotion)];
          const auto day = std::chrono::floor<std::chrono::days>(s.world.At(e.at));
          ASSERT_TRUE(day >= promotion.starts_on && day <= promotion.ends_on) << s.Where(e);
          full = (full * (100 - promotion.discount_pct) + 50) / 100;
        }
        ASSERT_EQ(e.line_cents, full) << s.Where(e);
        total += e.line_cents;
        if (e.type == EventType::kOrderComplete) {
          ASSERT_TRUE(carts[e.cart].contains(e.product)) << s.Where(e);
          const StockStep& stock = s.world.StockAt(e.product, s.person.RegionAt(e.at), e.at);
          ASSERT_GT(stock.quantity, 0) << s.Where(e);
        }
      }
      ASSERT_EQ(total, first.order_cents) << s.Where(first);
      ++orders_seen;
      promoted += first.promotion >= 0 ? 1 : 0;
      several += lines.size() > 1 ? 1 : 0;
    }
  });
  EXPECT_GT(several * 12, orders_seen);
  EXPECT_NEAR(static_cast<double>(promoted) / orders_seen, 0.15, 0.03);
}

TEST_P(Coherence, PointsAreEarnedBeforeTheyAreSpent) {
  int spent = 0;
  Check([&](const Sample& s) {
    std::int64_t points = 0;
    for (const Event& e : s.events) {
      points += e.points_earned - e.points_redeemed;
      spent += e.points_redeemed > 0 ? 1 : 0;
      ASSERT_GE(points, 0) << s.Where(e);
    }
  });
  EXPECT_GT(spent, 50);
}

TEST_P(Coherence, TheCatalogueIsSound) {
  std::set<std::string> names;
  int perishable = 0, launched = 0, changes = 0, in_stock = 0;
  for (std::size_t p = 0; p < kProducts; ++p) {
    const Product& product = world_->products[p];
    const Category& category = Categories()[static_cast<std::size_t>(product.category)];
    EXPECT_TRUE(names.insert(product.name).second) << product.name;
    for (std::size_t i = 0; i < product.prices.size(); ++i) {
      EXPECT_GE(product.prices[i].cents, category.min_cents) << product.name;
      EXPECT_LE(product.prices[i].cents, category.max_cents) << product.name;
      if (i > 0) {
        EXPECT_GT(product.prices[i].from, product.prices[i - 1].from);
      }
    }
    changes += static_cast<int>(product.prices.size()) - 1;
    perishable += product.perishable ? 1 : 0;
    launched += product.launch_period >= 0 ? 1 : 0;
    for (const auto& steps : product.stock) in_stock += steps.back().quantity > 0 ? 1 : 0;
  }
  EXPECT_NEAR(changes / static_cast<double>(kProducts), 2.9, 0.3);
  EXPECT_NEAR(perishable / static_cast<double>(kProducts), 0.05, 0.02);
  EXPECT_NEAR(launched / static_cast<double>(kProducts), 0.20, 0.03);
  EXPECT_NEAR(in_stock / (5.0 * kProducts), 0.842, 0.015);
}

TEST(CoherenceAtNoon, HoldsWhenTheLogEndsInTheMiddleOfADay) {
  Options options = SampleOptions(5, 200);
  options.as_of += std::chrono::hours{13} + std::chrono::minutes{7};
  const auto world = MakeWorld(options);
  ForEach(*world, 0, 200, [](const Sample& s) {
    for (const Event& e : s.events) {
      ASSERT_GE(s.world.At(e.at), base::Timestamp{s.person.since}) << s.Where(e);
      ASSERT_LT(s.world.At(e.at), s.world.options.as_of) << s.Where(e);
      if (e.promotion < 0) continue;
      const Promotion& promotion = s.world.promotions[static_cast<std::size_t>(e.promotion)];
      const auto day = std::chrono::floor<std::chrono::days>(s.world.At(e.at));
      ASSERT_TRUE(day >= promotion.starts_on && day <= promotion.ends_on) << s.Where(e);
    }
  });
}

}  // namespace
}  // namespace aisle::synth
