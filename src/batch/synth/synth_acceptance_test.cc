// Is the world worth learning? The oracle must be good but not perfect, popularity poor, a
// customer's own history useful, and the oracle's expectation must come true.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "synth/sample_testing.h"

namespace aisle::synth {
namespace {

constexpr std::int64_t kCustomers = 8000;
constexpr int kTop = 10;

// Purchase lines of the twelve weeks before the cutoff.
std::vector<double> Popularity(const Retailer::World& world) {
  std::vector<double> lines(kProducts, 0.0);
  ForEach(world, 0, kCustomers, [&](const Sample& s) {
    for (const Event& e : s.events) {
      if (e.line_cents >= 0 && e.at < kCutoff && e.at >= kCutoff - 84 * kDaySeconds)
        ++lines[static_cast<std::size_t>(e.product)];
    }
  });
  return lines;
}

// What the customer met lately: views count 1, carts and purchases 3, fading over four weeks.
std::vector<double> Frequency(const Sample& s, const std::vector<double>& popularity) {
  std::vector<double> score(kProducts);
  const double most = *std::max_element(popularity.begin(), popularity.end());
  for (std::size_t p = 0; p < kProducts; ++p) score[p] = 1e-3 * popularity[p] / most;
  for (const Event& e : s.events) {
    const bool view = e.type == EventType::kProductView;
    const bool strong = e.type == EventType::kAddToCart || e.line_cents >= 0;
    if (e.at >= kCutoff || (!view && !strong)) continue;
    const double days = static_cast<double>(kCutoff - e.at) / kDaySeconds;
    score[static_cast<std::size_t>(e.product)] += (view ? 1 : 3) * std::exp(-days / 28);
  }
  return score;
}

double Gain(int lines) { return std::min(lines, 3); }

// NDCG at 10 of a ranking of `products` by `score`; -1 if nothing among them was bought.
double Ndcg(const Forecast& forecast, std::vector<int> products, const std::vector<double>& score) {
  std::vector<double> ideal;
  for (const int p : products) {
    if (forecast.bought[static_cast<std::size_t>(p)] > 0)
      ideal.push_back(Gain(forecast.bought[static_cast<std::size_t>(p)]));
  }
  if (ideal.empty()) return -1;
  std::sort(ideal.rbegin(), ideal.rend());
  std::partial_sort(products.begin(), products.begin() + kTop, products.end(), [&](int a, int b) {
    const double x = score[static_cast<std::size_t>(a)], y = score[static_cast<std::size_t>(b)];
    return x != y ? x > y : a < b;
  });
  double dcg = 0, best = 0;
  for (std::size_t i = 0; i < kTop; ++i) {
    const double discount = 1 / std::log2(static_cast<double>(i) + 2);
    dcg += Gain(forecast.bought[static_cast<std::size_t>(products[i])]) * discount;
    if (i < ideal.size()) best += ideal[i] * discount;
  }
  return dcg / best;
}

struct Means {
  double oracle = 0, popular = 0, frequent = 0;
  int buyers = 0;
  void Add(const Forecast& forecast, const std::vector<int>& products,
           const std::vector<double>& popularity, const std::vector<double>& frequency) {
    const double value = Ndcg(forecast, products, forecast.expected);
    if (value < 0) return;
    oracle += value;
    popular += Ndcg(forecast, products, popularity);
    frequent += Ndcg(forecast, products, frequency);
    ++buyers;
  }
};

class Acceptance : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, Acceptance, testing::Values(1, 2, 3));

TEST_P(Acceptance, TheWorldIsWorthLearning) {
  const auto world = MakeWorld(SampleOptions(GetParam(), kCustomers));
  const std::vector<double> popularity = Popularity(*world);
  Means all, fresh;
  double expected = 0, hidden = 0, actual = 0;
  Forecast forecast;
  ForEach(*world, 0, kCustomers, [&](const Sample& s) {
    Foresee(s.world, s.person, s.taste, s.life, forecast);
    expected += forecast.total;
    hidden += forecast.total_hidden;
    actual += forecast.actual;
    if (forecast.actual == 0) return;
    const std::vector<double> frequency = Frequency(s, popularity);
    std::vector<int> products, untouched;
    for (int p = 0; p < kProducts; ++p) {
      if (s.world.products[static_cast<std::size_t>(p)].launch_period >= kPeriods - 1) continue;
      products.push_back(p);
      if (!forecast.touched[static_cast<std::size_t>(p)]) untouched.push_back(p);
    }
    all.Add(forecast, products, popularity, frequency);
    fresh.Add(forecast, untouched, popularity, frequency);
  });
  const double oracle = all.oracle / all.buyers;
  std::printf(
      "seed %d: O %.3f, popularity %.3f, personal frequency %.3f of it, expected/actual %.3f, "
      "hidden %.3f, buyers %d of %d | new pairs: O %.3f, popularity %.3f\n",
      static_cast<int>(GetParam()), oracle, all.popular / all.oracle, all.frequent / all.oracle,
      expected / actual, hidden / actual, all.buyers, static_cast<int>(kCustomers),
      fresh.oracle / fresh.buyers, fresh.popular / fresh.oracle);
  EXPECT_GE(oracle, 0.32);
  EXPECT_LE(oracle, 0.40);
  EXPECT_LE(all.popular / all.oracle, 0.20);
  EXPECT_GE(all.frequent / all.oracle, 0.68);
  EXPECT_LE(all.frequent / all.oracle, 0.82);
  EXPECT_NEAR(expected / actual, 1.0, 0.05);
  EXPECT_NEAR(hidden / actual, 1.0, 0.05);
}

TEST(Oracle, NamesTheLikeliestFirstAndOnlyUntouchedProductsAsNew) {
  const auto world = MakeWorld(SampleOptions(1, 50));
  Forecast forecast;
  ForEach(*world, 0, 50, [&](const Sample& s) {
    Foresee(s.world, s.person, s.taste, s.life, forecast);
    const auto expected = [&](int p) { return forecast.expected[static_cast<std::size_t>(p)]; };
    const std::vector<int> best = Best(forecast, 20, false), fresh = Best(forecast, 20, true);
    ASSERT_EQ(best.size(), 20U);
    ASSERT_EQ(fresh.size(), 20U);
    EXPECT_EQ(expected(best.front()),
              *std::max_element(forecast.expected.begin(), forecast.expected.end()));
    EXPECT_TRUE(std::is_sorted(best.begin(), best.end(),
                               [&](int a, int b) { return expected(a) > expected(b); }));
    for (const int p : fresh) {
      for (const Event& e : s.events) {
        // A purchase in the first minutes after the cutoff is led up to before it.
        const bool met = e.product == p && e.at < kCutoff - 3600;
        EXPECT_FALSE(met) << s.Where(e);
      }
    }
  });
}

}  // namespace
}  // namespace aisle::synth
