// What the published generator's numbers look like in ours: counts, shares and means that were kept
// (docs/SYNTHETIC_RETAILER.md), within 3 points for shares and 3 % for means.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <set>

#include "synth/sample_testing.h"

namespace aisle::synth {
namespace {

constexpr std::int64_t kCustomers = 6000;
constexpr double kPoints = 0.03;

int GroupOf(EventType type) {
  if (type <= EventType::kAddToWishlist) return 0;
  if (type <= EventType::kAbandonedCart) return 1;
  if (type <= EventType::kOrderComplete) return 2;
  if (type <= EventType::kReviewSubmitted) return 3;
  if (type <= EventType::kTierUpgrade) return 4;
  return 5;
}

struct Tally {
  std::array<double, 4> customers{}, events{}, midyear{};
  // By whether the customer had the app at the end: the published weights differ in the last group.
  std::array<std::array<double, 6>, 2> groups{};
  std::array<double, 4> quantities{};
  std::array<double, 3> genders{};
  double app = 0, email = 0, sms = 0, orders = 0, promoted = 0, total = 0;
  std::array<double, 7> weekdays{};
  std::array<std::array<double, kCategories>, kPeriods> views{};
  double promoted_in_season = 0, orders_in_season = 0;
};

Tally Count(std::uint64_t seed, std::int64_t customers) {
  Tally tally;
  const auto world = MakeWorld(SampleOptions(seed, customers));
  ForEach(*world, 0, customers, [&](const Sample& s) {
    const auto tier = static_cast<std::size_t>(s.life.tier_steps.back().tier);
    ++tally.customers[tier];
    tally.events[tier] += static_cast<double>(s.events.size());
    tally.total += static_cast<double>(s.events.size());
    domain::Tier midyear{};
    for (const TierStep& step : s.life.tier_steps)
      if (step.from <= kLogEnd / 2) midyear = step.tier;
    ++tally.midyear[static_cast<std::size_t>(midyear)];
    ++tally.genders[static_cast<std::size_t>(s.person.gender)];
    const bool app = s.person.HasApp(kLogEnd - 1);
    tally.app += app;
    tally.email += s.person.Subscribed(0, kLogEnd - 1);
    tally.sms += s.person.Subscribed(1, kLogEnd - 1);
    for (const Event& e : s.events) {
      ++tally.groups[app ? 1 : 0][static_cast<std::size_t>(GroupOf(e.type))];
      ++tally.weekdays[static_cast<std::size_t>(s.world.WeekdayOf(e.at / kDaySeconds))];
      if (e.type == EventType::kAddToCart || e.line_cents >= 0)
        ++tally.quantities[static_cast<std::size_t>(e.quantity)];
      if (e.type == EventType::kProductView) {
        ++tally.views[static_cast<std::size_t>(PeriodOf(e.at))]
                     [static_cast<std::size_t>(e.category)];
      }
    }
    for (const Order& order : s.life.orders) {
      ++tally.orders;
      tally.promoted += order.promotion >= 0;
      bool season = false;
      for (std::size_t i = 0; i < 6; ++i)
        season |= order.at >= s.world.promotions[i].from && order.at < s.world.promotions[i].until;
      tally.orders_in_season += season;
      tally.promoted_in_season += season && order.promotion >= 0;
    }
  });
  return tally;
}

class Marginals : public testing::TestWithParam<std::uint64_t> {
 protected:
  // One count serves all tests of a seed.
  const Tally& Counts() const {
    static std::map<std::uint64_t, Tally> known;
    const auto found = known.find(GetParam());
    return found != known.end() ? found->second : known[GetParam()] = Count(GetParam(), kCustomers);
  }
};
INSTANTIATE_TEST_SUITE_P(Seeds, Marginals, testing::Values(1, 2, 3));

TEST_P(Marginals, TierSharesHoldAtTheEndAndInTheMiddle) {
  constexpr std::array<double, 4> kShares = {0.40, 0.30, 0.20, 0.10};
  for (std::size_t tier = 0; tier < 4; ++tier) {
    EXPECT_NEAR(Counts().customers[tier] / kCustomers, kShares[tier], kPoints) << tier;
    EXPECT_NEAR(Counts().midyear[tier] / kCustomers, kShares[tier], kPoints) << tier;
  }
}

// The published draw is 40, 70, 110 or 160 plus an integer of -20..30.
TEST_P(Marginals, EventsPerCustomerFollowTheTier) {
  constexpr std::array<double, 4> kEvents = {45, 75, 115, 165};
  // The whole shop: a few hundred customers of the higher tiers would be too few to tell 3 % from chance.
  constexpr std::int64_t kShop = 50'000;
  const Tally shop = Count(GetParam(), kShop);
  for (std::size_t tier = 0; tier < 4; ++tier) {
    EXPECT_NEAR(shop.events[tier] / shop.customers[tier] / kEvents[tier], 1.0, 0.03) << tier;
  }
  EXPECT_NEAR(shop.total / kShop, 80.0, 80.0 * 0.03);
}

TEST_P(Marginals, GroupSharesFollowThePublishedWeights) {
  constexpr std::array<double, 6> kWeights = {35, 15, 8, 5, 5, 12};
  for (std::size_t app = 0; app < 2; ++app) {
    std::array<double, 6> weights = kWeights;
    if (app == 1) weights[5] = 7;
    double events = 0, all = 0;
    for (std::size_t group = 0; group < 6; ++group) {
      events += Counts().groups[app][group];
      all += weights[group];
    }
    for (std::size_t group = 0; group < 6; ++group) {
      EXPECT_NEAR(Counts().groups[app][group] / events, weights[group] / all, kPoints)
          << "app " << app << " group " << group;
    }
  }
}

TEST_P(Marginals, QuantitiesPromotionsAndPeopleKeepTheirShares) {
  const double pieces = Counts().quantities[1] + Counts().quantities[2] + Counts().quantities[3];
  EXPECT_EQ(Counts().quantities[0], 0);
  EXPECT_NEAR(Counts().quantities[1] / pieces, 0.6, kPoints);
  EXPECT_NEAR(Counts().quantities[2] / pieces, 0.2, kPoints);
  EXPECT_NEAR(Counts().quantities[3] / pieces, 0.2, kPoints);
  EXPECT_NEAR(Counts().promoted / Counts().orders, 0.15, kPoints);
  EXPECT_NEAR(Counts().genders[0] / kCustomers, 0.55, kPoints);
  EXPECT_NEAR(Counts().genders[1] / kCustomers, 0.40, kPoints);
  EXPECT_NEAR(Counts().app / kCustomers, 0.45, kPoints);
  EXPECT_NEAR(Counts().email / kCustomers, 0.70, kPoints);
  EXPECT_NEAR(Counts().sms / kCustomers, 0.35, kPoints);
}

TEST_P(Marginals, WeeksSeasonsAndPromotionsShow) {
  EXPECT_GT(Counts().weekdays[6], 1.15 * Counts().weekdays[2]);  // Saturday against Tuesday.
  double widest = 0;
  for (std::size_t category = 0; category < kCategories; ++category) {
    double low = 1, high = 0;
    for (const auto& period : Counts().views) {
      double all = 0;
      for (const double n : period) all += n;
      low = std::min(low, period[category] / all);
      high = std::max(high, period[category] / all);
    }
    widest = std::max(widest, high / low);
  }
  EXPECT_GT(widest, 1.6);
  const double in_season = Counts().promoted_in_season / Counts().orders_in_season;
  const double outside = (Counts().promoted - Counts().promoted_in_season) /
                         (Counts().orders - Counts().orders_in_season);
  EXPECT_GT(in_season, 1.5 * outside);
}

}  // namespace
}  // namespace aisle::synth
