// A customer's year: visits, views, intents, purchases, orders and tiers, before anything is written
// down as events.
//
// A visit looks at products; a view may open an intent; an intent is looked at again now and then
// and ends, bought or not, after an exponential time. Perishables are bought again. Lines that fall
// due close together make one order. Tiers follow from the orders.
//
//   order    sessions, views by time within the list's making; orders and tier_steps by time.
//   units    Second of the log; money is cents.
//   threads  Live is pure: the same world and person give the same life.
#pragma once

#include <cstdint>
#include <vector>

#include "domain/tier.h"
#include "synth/taste.h"

namespace aisle::synth {

// What holds for everybody (set E).
struct Habits {
  static constexpr double kViewsPerVisit = 1.8;
  static constexpr double kNoiseViews = 0.1;     // Views that follow popularity and mean nothing.
  static constexpr double kAtOnce = 0.2;         // Intents that end within the visit.
  static constexpr double kIntentDays = 12.0;    // Mean life of the others.
  static constexpr double kReviewsPerDay = 0.1;  // Of an open intent.
  static constexpr double kCartOfIntent = 0.45, kCartOfOther = 0.04, kCartOfReview = 0.4;
  static constexpr double kAddOn = 0.15;       // A line brings another one with it.
  static constexpr double kRepurchase = 0.7;   // A perishable is bought again after its cycle.
  static constexpr double kCycleShape = 16.0;  // Gamma; coefficient of variation 0.25.
};

struct View {
  Second at = 0;
  Second cart_at = 0;  // 0: not put into the cart.
  std::int16_t product = 0;
  bool intent = false, buys = false, at_once = false;
  Second ends = 0;  // Of the intent; `at` if none.
  // Probability that an intent is open after the visit, for somebody who knows the customer's
  // tastes and sees view and cart, and that nothing was bought at once.
  float open = 0;
};
struct Visit {
  Second begin = 0, end = 0;
  int category = 0;
  int first_view = 0, view_count = 0;
};
struct Review {
  Second at = 0;
  std::int32_t view = 0;  // Index of the view that opened the intent.
  bool cart = false;
};
struct OrderLine {
  std::int16_t product = 0;
  std::int8_t quantity = 1;
  std::int64_t unit_cents = 0, total_cents = 0;
};
struct Order {
  Second at = 0;
  bool online = true;
  int visit = -1;  // Bought within this visit; -1: comes back for it.
  int promotion = -1;
  int first_line = 0, line_count = 0;
  std::int64_t total_cents = 0;
  bool upgrades = false;  // Lifts the customer into a higher tier.
  domain::Tier tier{};    // After the order.
};
// The purchase of a perishable and whether another one follows it.
struct Link {
  Second at = 0;
  std::int16_t product = 0;
  bool continues = false;
};
struct TierStep {
  Second from = 0;  // 0: held when the log (or the customer) began.
  domain::Tier tier{};
};

struct Life {
  std::vector<Visit> visits;
  std::vector<View> views;
  std::vector<Review> reviews;
  std::vector<Order> orders;
  std::vector<OrderLine> lines;
  std::vector<Link> links;
  std::vector<TierStep> tier_steps;  // Never empty.
};

// `life` is emptied first; passing the same one again saves allocations.
void Live(const Retailer::World& world, const Person& person, const Taste& taste, Life& life);

// A second of the day when people are awake, or shops open.
Second TimeOfDay(base::Stream& stream);
Second ShopHours(base::Stream& stream);
int DrawQuantity(const Person& person, base::Stream& stream);
// Chance that a purchase is made online, if in stock.
double OnlineShare(const Person& person, Second t);

}  // namespace aisle::synth
