#include "synth/life.h"

#include <algorithm>
#include <cmath>

namespace aisle::synth {
namespace {

using World = Retailer::World;

constexpr Second kOrderWindow = kDaySeconds;  // Lines due within it make one order.

// A line that falls due, before it is known in which order it ends.
struct Due {
  Second at = 0;
  std::int16_t product = 0;
  bool online = true;
  int visit = -1;
  bool add_on = false;
};

class Year {
 public:
  Year(const World& world, const Person& person, const Taste& taste, Life& life)
      : world_(world),
        person_(person),
        taste_(taste),
        rules_(Classes()[static_cast<std::size_t>(person.shopping_class)]),
        life_(life),
        visits_(StreamOf(world.options.seed, person.index, Purpose::kVisits)),
        chain_(StreamOf(world.options.seed, person.index, Purpose::kLines)),
        till_(StreamOf(world.options.seed, person.index, Purpose::kOrders)) {}

  void Run() {
    for (int period = 0; period < kPeriods; ++period) {
      if (person_.first_second >= (1 + (period + 1) * kPeriodDays) * kDaySeconds) continue;
      LivePeriod(period);
    }
    for (std::size_t i = 0; i < due_.size(); ++i) FollowUp(due_[i]);
    Collect(true);
    Collect(false);
    std::stable_sort(life_.orders.begin(), life_.orders.end(),
                     [](const Order& a, const Order& b) { return a.at < b.at; });
    PayAndRise();
  }

 private:
  // Days are drawn by weekday weights: 28 days are four whole weeks, so a period's sum is the same
  // whatever weekday it starts on.
  Second DrawMoment(int period) {
    const int first = period == 0 ? 0 : 1 + period * kPeriodDays;
    const int days = period == 0 ? kPeriodDays + 1 : kPeriodDays;
    for (;;) {
      const int day = first + static_cast<int>(visits_.Below(static_cast<std::uint64_t>(days)));
      const double weight = world_.weekday[static_cast<std::size_t>(world_.WeekdayOf(day))];
      if (visits_.Uniform() * 1.25 < weight) return day * kDaySeconds + TimeOfDay(visits_);
    }
  }

  void LivePeriod(int period) {
    const double days = period == 0 ? kPeriodDays + 1 : kPeriodDays;
    const double years =
        days / kLogDays * person_.intensity * world_.level[static_cast<std::size_t>(period)];
    for (int n = visits_.Poisson(rules_.views / Habits::kViewsPerVisit * years); n > 0; --n)
      Look(period);
    for (int n = visits_.Poisson(rules_.impulse * years); n > 0; --n) {
      const Second at = DrawMoment(period);
      const int product = taste_.Draw(period, visits_);
      const bool online = visits_.Chance(OnlineShare(person_, at));
      if (at >= person_.first_second + 3600)
        due_.push_back({at, static_cast<std::int16_t>(product), online, -1});
    }
  }

  // One visit of fresh views. Everything is drawn before it is dropped for being too early or too
  // late: customers' streams stay in step.
  void Look(int period) {
    const Second begin = DrawMoment(period);
    const int category = taste_.DrawCategory(period, visits_);
    const int count = 1 + visits_.Poisson(Habits::kViewsPerVisit - 1);
    if (begin < person_.first_second) return;
    Visit visit{begin, begin, category, static_cast<int>(life_.views.size()), count};
    const auto index = static_cast<int>(life_.visits.size());
    Second clock = begin;
    for (int i = 0; i < count; ++i) clock = LookAt(period, category, clock);
    visit.end = clock;
    life_.visits.push_back(visit);
    const auto first = static_cast<std::size_t>(visit.first_view);
    for (std::size_t v = first; v < first + static_cast<std::size_t>(count); ++v) Intend(v, index);
  }

  // Returns when the look is over.
  Second LookAt(int period, int category, Second clock) {
    View view;
    view.at = clock + static_cast<Second>(visits_.Between(10, 90));
    const bool noise = visits_.Chance(Habits::kNoiseViews);
    view.product = static_cast<std::int16_t>(noise ? DrawPopular(world_, period, category, visits_)
                                                   : taste_.DrawProduct(period, category, visits_));
    view.intent = !noise && visits_.Chance(rules_.intent);
    view.buys = view.intent && visits_.Chance(rules_.conversion);
    view.at_once = view.intent && visits_.Chance(Habits::kAtOnce);
    const bool cart = visits_.Chance(view.intent ? Habits::kCartOfIntent : Habits::kCartOfOther);
    view.ends = view.at;
    Second end = view.at + static_cast<Second>(visits_.Between(5, 60));
    if (cart) {
      view.cart_at = end;
      end += static_cast<Second>(visits_.Between(2, 20));
    }
    view.open = static_cast<float>(OpenAfterVisit(period, view, cart));
    life_.views.push_back(view);
    return end;
  }

  double OpenAfterVisit(int period, const View& view, bool cart) const {
    const double by_taste = (1 - Habits::kNoiseViews) * taste_.Share(period, view.product);
    const double by_noise = Habits::kNoiseViews * PopularShare(world_, period, view.product);
    const double intent = rules_.intent * by_taste / (by_taste + by_noise);
    const double like = cart ? Habits::kCartOfIntent : 1 - Habits::kCartOfIntent;
    const double unlike = cart ? Habits::kCartOfOther : 1 - Habits::kCartOfOther;
    const double open = intent * like * (1 - Habits::kAtOnce);
    const double over = intent * like * Habits::kAtOnce * (1 - rules_.conversion);
    return open / (open + over + (1 - intent) * unlike);
  }

  void Intend(std::size_t index, int visit) {
    View& view = life_.views[index];
    if (!view.intent) return;
    if (view.at_once) {
      if (view.buys) due_.push_back({life_.visits.back().end, view.product, true, visit});
      return;
    }
    const double days = Habits::kIntentDays * visits_.Exponential();
    const double raw = view.at + days * kDaySeconds;
    // An intent that outlives the log is cut there: nothing of it is seen afterwards.
    Second ends = raw >= kLogEnd ? kLogEnd : static_cast<Second>(raw);
    const bool online = visits_.Chance(OnlineShare(person_, std::min(ends, kLogEnd - 1)));
    if (view.buys && ends < kLogEnd) {
      ends = SameDay(ends, view.at + 1800, online);
      due_.push_back({ends, view.product, online, -1});
    }
    view.ends = ends;
    const double open_days = static_cast<double>(ends - view.at) / kDaySeconds;
    for (int n = visits_.Poisson(Habits::kReviewsPerDay * open_days); n > 0; --n) {
      const auto at = view.at + static_cast<Second>(visits_.Uniform() * (ends - view.at));
      const bool cart = visits_.Chance(Habits::kCartOfReview);
      if (at > view.at + 900 && at < ends - 900)
        life_.reviews.push_back({at, static_cast<std::int32_t>(index), cart});
    }
  }

  // Another time on the same day, when shops are open or people awake, but after `earliest`.
  Second SameDay(Second at, Second earliest, bool online) {
    const Second other =
        at / kDaySeconds * kDaySeconds + (online ? TimeOfDay(visits_) : ShopHours(visits_));
    return std::max(other > earliest ? other : at, earliest);
  }

  // What a purchase brings with it: an add-on, and the next purchase of a perishable. Both are
  // appended to the list that is being walked.
  void FollowUp(const Due due) {  // By value: the list may move.
    if (due.at >= kLogEnd) return;
    const int period = PeriodOf(due.at);
    if (!due.add_on && chain_.Chance(Habits::kAddOn)) {
      const int product = taste_.Draw(period, chain_);
      due_.push_back({due.at, static_cast<std::int16_t>(product), due.online, due.visit, true});
    }
    const Product& product = world_.products[static_cast<std::size_t>(due.product)];
    if (!product.perishable) return;
    const bool continues = chain_.Chance(Habits::kRepurchase);
    life_.links.push_back({due.at, due.product, continues});
    if (!continues) return;
    const double days = chain_.Gamma(Habits::kCycleShape, product.cycle_days / Habits::kCycleShape);
    const double next = due.at + days * kDaySeconds;
    const bool online = chain_.Chance(OnlineShare(person_, due.at));
    if (next < kLogEnd) due_.push_back({static_cast<Second>(next), due.product, online, -1});
  }

  // Makes orders out of the due lines of one kind. Lines of a visit make one order at its end;
  // others wait up to a day for company. What the region's warehouse lacks is bought in a shop.
  void Collect(bool online) {
    std::vector<Due> lines;
    for (const Due& due : due_)
      if (due.online == online && due.at < kLogEnd) lines.push_back(due);
    std::stable_sort(lines.begin(), lines.end(), [](const Due& a, const Due& b) {
      return a.visit != b.visit ? a.visit < b.visit : a.at < b.at;
    });
    for (std::size_t begin = 0; begin < lines.size();) {
      std::size_t end = begin + 1;
      while (end < lines.size() && lines[end].visit == lines[begin].visit &&
             (lines[begin].visit >= 0 || lines[end].at < lines[begin].at + kOrderWindow))
        ++end;
      Bundle(std::span(lines).subspan(begin, end - begin), online);
      begin = end;
    }
  }

  void Bundle(std::span<const Due> lines, bool online) {
    Order order;
    order.online = online;
    order.visit = lines.front().visit;
    order.at = lines.back().at;
    // Room for looking at each line and for the till.
    if (order.visit >= 0) {
      order.at +=
          90 + 60 * static_cast<Second>(lines.size()) + static_cast<Second>(till_.Between(0, 60));
    }
    order.first_line = static_cast<int>(life_.lines.size());
    for (const Due& due : lines) {
      const bool twice = std::any_of(life_.lines.begin() + order.first_line, life_.lines.end(),
                                     [&](const OrderLine& l) { return l.product == due.product; });
      const int quantity = DrawQuantity(person_, till_);
      if (twice || order.at >= kLogEnd) continue;
      const domain::Region region = person_.RegionAt(order.at);
      if (online && world_.StockAt(due.product, region, order.at).quantity == 0) {
        due_.push_back({order.at + 3 * 3600, due.product, false, -1});
        continue;
      }
      OrderLine line;
      line.product = due.product;
      line.quantity = static_cast<std::int8_t>(quantity);
      line.unit_cents = world_.PriceAt(due.product, order.at);
      life_.lines.push_back(line);
    }
    order.line_count = static_cast<int>(life_.lines.size()) - order.first_line;
    if (order.line_count > 0) life_.orders.push_back(order);
  }

  int ChoosePromotion(const Order& order, domain::Tier tier) {
    constexpr int kVip = 6, kFreeShipping = 7;
    int seasonal = -1;
    for (int i = 0; i < kVip; ++i) {
      const Promotion& promotion = world_.promotions[static_cast<std::size_t>(i)];
      if (order.at >= promotion.from && order.at < promotion.until) seasonal = i;
    }
    const bool vip = tier >= domain::Tier::kGold;
    const double luck = till_.Uniform(), kind = till_.Uniform();
    if (luck >= (seasonal >= 0 ? 0.20 : 0.11)) return -1;
    if (seasonal >= 0 && kind < 0.75) return seasonal;
    if (vip && kind < 0.90) return kVip;
    return order.online ? kFreeShipping : seasonal;
  }

  void PayAndRise() {
    std::size_t next = 0;
    std::int64_t spent = 0;
    const int first_day = person_.first_second / kDaySeconds;
    const domain::RetailerShape& shape = Shape();
    domain::Tier tier = shape.TierOfSpend({person_.Opening(first_day)});
    life_.tier_steps.push_back({0, tier});
    const auto settle = [&](Second at, int day) {
      const domain::Tier now = shape.TierOfSpend({spent + person_.Opening(day)});
      const bool up = now > tier;
      if (now != tier) life_.tier_steps.push_back({at, now});
      tier = now;
      return up;
    };
    for (int day = first_day; day < kLogDays; ++day) {
      if (day > first_day) settle(day * kDaySeconds, day);
      for (; next < life_.orders.size() && life_.orders[next].at < (day + 1) * kDaySeconds;
           ++next) {
        Order& order = life_.orders[next];
        Pay(order, tier);
        spent += order.total_cents;
        order.upgrades = settle(order.at, day);
        order.tier = tier;
      }
    }
  }

  void Pay(Order& order, domain::Tier tier) {
    order.promotion = ChoosePromotion(order, tier);
    const int discount =
        order.promotion < 0
            ? 0
            : world_.promotions[static_cast<std::size_t>(order.promotion)].discount_pct;
    for (int i = order.first_line; i < order.first_line + order.line_count; ++i) {
      OrderLine& line = life_.lines[static_cast<std::size_t>(i)];
      line.total_cents = (line.unit_cents * line.quantity * (100 - discount) + 50) / 100;
      order.total_cents += line.total_cents;
    }
  }

  const World& world_;
  const Person& person_;
  const Taste& taste_;
  const ClassRules& rules_;
  Life& life_;
  base::Stream visits_, chain_, till_;
  std::vector<Due> due_;
};

}  // namespace

Second TimeOfDay(base::Stream& stream) {
  constexpr std::array<double, 24> kHours = {.25, .15, .10, .10, .10, .15, .30, .50,
                                             .60, .70, .80, .85, 1.0, .90, .80, .75,
                                             .80, .90, 1.0, 1.0, 1.0, .95, .75, .45};
  for (;;) {
    const auto second = static_cast<Second>(stream.Below(kDaySeconds));
    if (stream.Uniform() < kHours[static_cast<std::size_t>(second / 3600)]) return second;
  }
}

Second ShopHours(base::Stream& stream) {
  return 9 * 3600 + static_cast<Second>(stream.Below(11 * 3600 + 1800));
}

int DrawQuantity(const Person& person, base::Stream& stream) {
  return 1 + static_cast<int>(stream.Weighted(
                 Classes()[static_cast<std::size_t>(person.shopping_class)].quantity));
}

double OnlineShare(const Person& person, Second t) { return person.HasApp(t) ? 0.60 : 0.45; }

void Live(const World& world, const Person& person, const Taste& taste, Life& life) {
  life.visits.clear();
  life.views.clear();
  life.reviews.clear();
  life.orders.clear();
  life.lines.clear();
  life.links.clear();
  life.tier_steps.clear();
  Year(world, person, taste, life).Run();
}

}  // namespace aisle::synth
