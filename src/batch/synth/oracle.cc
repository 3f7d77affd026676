#include "synth/oracle.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace aisle::synth {
namespace {

constexpr int kPeriod = kPeriods - 1;
constexpr double kHorizon = kPeriodDays;

double Days(Second span) { return static_cast<double>(span) / kDaySeconds; }

// Distribution function of a gamma of shape kCycleShape (an integer: Erlang's).
double CycleCdf(double days, double cycle_days) {
  if (days <= 0) return 0;
  const double x = days * Habits::kCycleShape / cycle_days;
  double term = 1, sum = 1;
  for (int i = 1; i < static_cast<int>(Habits::kCycleShape); ++i) {
    term *= x / i;
    sum += term;
  }
  return 1 - std::exp(-x) * sum;
}

// What the log says about each product before the cutoff.
struct Past {
  std::vector<Second> last_review = std::vector<Second>(kProducts, -1);
  std::vector<Second> last_buy = std::vector<Second>(kProducts, -1);
};

Past ReadLog(const Life& life, Forecast& forecast) {
  Past past;
  for (const View& view : life.views)
    if (view.at < kCutoff) forecast.touched[static_cast<std::size_t>(view.product)] = true;
  for (const Review& review : life.reviews) {
    const auto p =
        static_cast<std::size_t>(life.views[static_cast<std::size_t>(review.view)].product);
    if (review.at < kCutoff) past.last_review[p] = std::max(past.last_review[p], review.at);
  }
  for (const Order& order : life.orders) {
    if (order.at >= kCutoff) break;
    for (int i = order.first_line; i < order.first_line + order.line_count; ++i) {
      const auto p = static_cast<std::size_t>(life.lines[static_cast<std::size_t>(i)].product);
      past.last_buy[p] = order.at;
      forecast.touched[p] = true;
    }
  }
  return past;
}

struct Intents {
  std::vector<double> seen = std::vector<double>(kProducts, 0.0);    // By the observer.
  std::vector<double> hidden = std::vector<double>(kProducts, 0.0);  // In truth.
};

Intents OpenIntents(const Life& life, const Past& past, double conversion) {
  constexpr double kTau = Habits::kIntentDays;
  constexpr double kEnd = Habits::kReviewsPerDay + 1 / kTau;  // Rate of a sign or an end.
  const double buys = conversion * (1 - std::exp(-kHorizon / kTau));
  Intents intents;
  for (const View& view : life.views) {
    if (view.at >= kCutoff) continue;
    const auto p = static_cast<std::size_t>(view.product);
    if (view.intent && view.ends > kCutoff) intents.hidden[p] = buys;
    if (past.last_buy[p] >= view.at) continue;
    const bool again = past.last_review[p] > view.at;
    const double open = again ? 1.0 : static_cast<double>(view.open);
    const double silence = Days(kCutoff - (again ? past.last_review[p] : view.at));
    const double still = std::exp(-kEnd * silence);
    const double ended = open * (1 - conversion) / (kTau * kEnd) * (1 - still);
    const double alive = open * still / (open * still + ended + (1 - open));
    intents.seen[p] = std::max(intents.seen[p], alive * buys);
  }
  return intents;
}

void AddRepurchases(const Retailer::World& world, const Life& life, Intents& intents) {
  std::vector<const Link*> last(kProducts, nullptr);
  for (const Link& link : life.links) {
    const Link*& known = last[static_cast<std::size_t>(link.product)];
    if (link.at < kCutoff && (known == nullptr || known->at < link.at)) known = &link;
  }
  for (std::size_t p = 0; p < kProducts; ++p) {
    if (last[p] == nullptr) continue;
    const double cycle = world.products[p].cycle_days;
    const double age = Days(kCutoff - last[p]->at);
    const double before = CycleCdf(age, cycle), until = CycleCdf(age + kHorizon, cycle);
    intents.seen[p] += Habits::kRepurchase * (until - before) / (1 - Habits::kRepurchase * before);
    if (last[p]->continues) intents.hidden[p] += (until - before) / std::max(1 - before, 1e-3);
  }
}

// Lines per customer that visits of the 28 days will bring, bought within them.
double FreshLines(const Retailer::World& world, const Person& person) {
  const ClassRules& rules = Classes()[static_cast<std::size_t>(person.shopping_class)];
  constexpr double kTau = Habits::kIntentDays;
  const double in_time = 1 - kTau * (1 - std::exp(-kHorizon / kTau)) / kHorizon;
  const double per_view = (1 - Habits::kNoiseViews) * rules.intent * rules.conversion *
                          (Habits::kAtOnce + (1 - Habits::kAtOnce) * in_time);
  return (rules.views * per_view + rules.impulse) * kHorizon / kLogDays * person.intensity *
         world.level[kPeriod];
}

void CountBought(const Retailer::World& world, const Life& life, Forecast& forecast) {
  for (const Order& order : life.orders) {
    if (order.at < kCutoff) continue;
    for (int i = order.first_line; i < order.first_line + order.line_count; ++i) {
      const auto p = static_cast<std::size_t>(life.lines[static_cast<std::size_t>(i)].product);
      if (world.products[p].launch_period >= kPeriod) continue;
      ++forecast.bought[p];
      ++forecast.actual;
    }
  }
}

}  // namespace

void Foresee(const Retailer::World& world, const Person& person, const Taste& taste,
             const Life& life, Forecast& forecast) {
  forecast.expected.assign(kProducts, 0.0);
  forecast.touched.assign(kProducts, false);
  forecast.bought.assign(kProducts, 0);
  forecast.total = forecast.total_hidden = 0;
  forecast.actual = 0;
  const ClassRules& rules = Classes()[static_cast<std::size_t>(person.shopping_class)];
  const Past past = ReadLog(life, forecast);
  Intents intents = OpenIntents(life, past, rules.conversion);
  AddRepurchases(world, life, intents);
  const double fresh = FreshLines(world, person);
  const double seen = std::accumulate(intents.seen.begin(), intents.seen.end(), 0.0);
  const double hidden = std::accumulate(intents.hidden.begin(), intents.hidden.end(), 0.0);
  const double by_taste = fresh + Habits::kAddOn * (fresh + seen);
  const double by_taste_hidden = fresh + Habits::kAddOn * (fresh + hidden);
  std::array<double, kCategories> category_share{};
  for (int category = 0; category < kCategories; ++category)
    category_share[static_cast<std::size_t>(category)] = taste.CategoryShare(kPeriod, category);
  for (int product = 0; product < kProducts; ++product) {
    const auto p = static_cast<std::size_t>(product);
    if (world.products[p].launch_period >= kPeriod) continue;
    const double share = taste.Share(kPeriod, product) *
                         category_share[static_cast<std::size_t>(world.products[p].category)];
    forecast.expected[p] = share * by_taste + intents.seen[p];
    forecast.total += forecast.expected[p];
    forecast.total_hidden += share * by_taste_hidden + intents.hidden[p];
  }
  CountBought(world, life, forecast);
}

std::vector<int> Best(const Forecast& forecast, int count, bool only_new) {
  std::vector<int> products;
  products.reserve(kProducts);
  for (int p = 0; p < kProducts; ++p) {
    const auto i = static_cast<std::size_t>(p);
    if (forecast.expected[i] > 0 && !(only_new && forecast.touched[i])) products.push_back(p);
  }
  const auto better = [&](int a, int b) {
    const double x = forecast.expected[static_cast<std::size_t>(a)];
    const double y = forecast.expected[static_cast<std::size_t>(b)];
    return x != y ? x > y : a < b;
  };
  const auto keep = std::min(static_cast<std::size_t>(count), products.size());
  std::partial_sort(products.begin(), products.begin() + static_cast<std::ptrdiff_t>(keep),
                    products.end(), better);
  products.resize(keep);
  return products;
}

}  // namespace aisle::synth
