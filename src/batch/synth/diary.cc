#include "synth/diary.h"

#include <algorithm>
#include <array>

namespace aisle::synth {
namespace {

using World = Retailer::World;

constexpr double kWishlist = 0.04;    // A view ends on the wish list, whatever it means.
constexpr double kShowCart = 0.20;    // A cart is looked at.
constexpr double kThinkAgain = 0.15;  // One of several things in a cart is taken out.
constexpr double kReturns = 0.07, kReviewsOfLine = 0.10;
constexpr double kMemberCard = 0.75;  // An order earns points.
constexpr double kRedeems = 0.15;
constexpr int kShopsNearby = 3;

// A session on one device, and its cart.
struct Session {
  int number = -1;
  Channel channel{};
  Device device{};
  int cart = -1;
  std::int64_t cart_cents = 0;
  Second last_add = 0;
  std::vector<std::int16_t> viewed, added;
};

class Writer {
 public:
  Writer(const World& world, const Person& person, const Life& life, std::vector<Event>& events)
      : world_(world),
        person_(person),
        life_(life),
        events_(events),
        stream_(StreamOf(world.options.seed, person.index, Purpose::kDiary)) {}

  void Run() {
    order_of_visit_.assign(life_.visits.size(), -1);
    channel_of_order_.assign(life_.orders.size(), Channel::kStore);
    for (std::size_t i = 0; i < life_.orders.size(); ++i) {
      if (life_.orders[i].visit >= 0)
        order_of_visit_[static_cast<std::size_t>(life_.orders[i].visit)] = static_cast<int>(i);
    }
    for (std::size_t i = 0; i < life_.visits.size(); ++i) WriteVisit(i);
    for (const Review& review : life_.reviews) WriteReview(review);
    for (std::size_t i = 0; i < life_.orders.size(); ++i) WriteOrder(static_cast<int>(i));
    for (std::size_t i = 0; i < life_.orders.size(); ++i) Reward(static_cast<int>(i));
    WriteIdle();
    std::erase_if(events_, [](const Event& event) { return event.at >= kLogEnd; });
    std::stable_sort(events_.begin(), events_.end(),
                     [](const Event& a, const Event& b) { return a.at < b.at; });
  }

 private:
  Session OpenSession(Second at) {
    Session session;
    session.number = ++sessions_;
    const bool app = stream_.Chance(0.5) && person_.HasApp(at);
    const double luck = stream_.Uniform();
    session.channel = app ? Channel::kApp : Channel::kWeb;
    if (app) {
      session.device = luck < 0.85 ? Device::kMobile : Device::kTablet;
    } else {
      session.device = luck < 0.5   ? Device::kDesktop
                       : luck < 0.9 ? Device::kMobile
                                    : Device::kTablet;
    }
    return session;
  }

  Event& Add(const Session& session, Second at, EventType type) {
    Event& event = events_.emplace_back();
    event.at = at;
    event.type = type;
    event.channel = session.channel;
    event.device = session.device;
    event.session = session.number;
    return event;
  }

  void SetProduct(Event& event, int product) const {
    event.product = static_cast<std::int16_t>(product);
    event.category =
        static_cast<std::int8_t>(world_.products[static_cast<std::size_t>(product)].category);
    event.price_cents = world_.PriceAt(product, event.at);
  }

  void LookAt(Session& session, Second at, int product) {
    SetProduct(Add(session, at, EventType::kProductView), product);
    session.viewed.push_back(static_cast<std::int16_t>(product));
  }

  void PutIntoCart(Session& session, Second at, int product, int quantity) {
    if (session.cart < 0) session.cart = ++carts_;
    Event& event = Add(session, at, EventType::kAddToCart);
    SetProduct(event, product);
    event.quantity = static_cast<std::int8_t>(quantity);
    event.cart = session.cart;
    session.cart_cents += event.price_cents * quantity;
    event.cart_cents = session.cart_cents;
    session.added.push_back(static_cast<std::int16_t>(product));
    session.last_add = at;
  }

  // A cart that nothing came of.
  void LeaveCart(Session& session) {
    const bool shows = stream_.Chance(kShowCart), thinks = stream_.Chance(kThinkAgain);
    if (session.cart < 0) return;
    if (shows) {
      Event& event = Add(session, session.last_add + 15, EventType::kCartView);
      event.cart = session.cart;
      event.cart_cents = session.cart_cents;
    }
    if (thinks && session.added.size() > 1 && session.added.back() != session.added.front()) {
      Event& event = Add(session, session.last_add + 25, EventType::kRemoveFromCart);
      SetProduct(event, session.added.back());
      event.cart = session.cart;
    }
    Session later = session;
    later.number = -1;
    Event& event = Add(later, session.last_add + kDaySeconds, EventType::kAbandonedCart);
    SetProduct(event, session.added.front());
    event.cart = session.cart;
    event.cart_cents = session.cart_cents;
  }

  const OrderLine* LineOf(int order_index, int product) const {
    if (order_index < 0) return nullptr;
    const Order& order = life_.orders[static_cast<std::size_t>(order_index)];
    for (int i = order.first_line; i < order.first_line + order.line_count; ++i) {
      if (life_.lines[static_cast<std::size_t>(i)].product == product)
        return &life_.lines[static_cast<std::size_t>(i)];
    }
    return nullptr;
  }

  // What leads to the products: a start page, a search, a category.
  void Arrive(Session& session, Second at, int category) {
    const double luck = stream_.Uniform();
    if (luck < 0.10) {
      Add(session, at, EventType::kPageView);
    } else if (luck < 0.26) {
      Add(session, at, luck < 0.18 ? EventType::kCategoryBrowse : EventType::kSearch).category =
          static_cast<std::int8_t>(category);
    }
  }

  void WriteVisit(std::size_t index) {
    const Visit& visit = life_.visits[index];
    const int order_index = order_of_visit_[index];
    Session session = OpenSession(visit.begin);
    Arrive(session, visit.begin, visit.category);
    for (int v = visit.first_view; v < visit.first_view + visit.view_count; ++v) {
      const View& view = life_.views[static_cast<std::size_t>(v)];
      LookAt(session, view.at, view.product);
      if (stream_.Chance(kWishlist))
        SetProduct(Add(session, view.at + 3, EventType::kAddToWishlist), view.product);
      const int quantity = DrawQuantity(person_, stream_);
      const OrderLine* line = LineOf(order_index, view.product);
      if (view.cart_at > 0)
        PutIntoCart(session, view.cart_at, view.product, line ? line->quantity : quantity);
    }
    if (order_index >= 0) {
      CheckOut(session, order_index);
    } else {
      LeaveCart(session);
    }
  }

  void WriteReview(const Review& review) {
    const View& view = life_.views[static_cast<std::size_t>(review.view)];
    const int category = world_.products[static_cast<std::size_t>(view.product)].category;
    Session session = OpenSession(review.at);
    Arrive(session, review.at - 20, category);
    LookAt(session, review.at, view.product);
    const int quantity = DrawQuantity(person_, stream_);
    if (review.cart) PutIntoCart(session, review.at + 20, view.product, quantity);
    LeaveCart(session);
  }

  void WriteOrder(int index) {
    const Order& order = life_.orders[static_cast<std::size_t>(index)];
    if (!order.online) {
      WriteShopOrder(index);
    } else if (order.visit < 0) {
      Session session = OpenSession(order.at);
      CheckOut(session, index);
    }
  }

  void CheckOut(Session& session, int index) {
    const Order& order = life_.orders[static_cast<std::size_t>(index)];
    const auto has = [](const std::vector<std::int16_t>& list, std::int16_t product) {
      return std::find(list.begin(), list.end(), product) != list.end();
    };
    Second clock = order.at - 60 - 50 * order.line_count;
    for (int i = order.first_line; i < order.first_line + order.line_count; ++i, clock += 50) {
      const OrderLine& line = life_.lines[static_cast<std::size_t>(i)];
      if (!has(session.viewed, line.product)) LookAt(session, clock, line.product);
      if (!has(session.added, line.product))
        PutIntoCart(session, clock + 20, line.product, line.quantity);
    }
    if (stream_.Chance(kShowCart)) {
      Event& event = Add(session, order.at - 50, EventType::kCartView);
      event.cart = session.cart;
      event.cart_cents = session.cart_cents;
    }
    Add(session, order.at - 40, EventType::kCheckoutStart).cart = session.cart;
    Event& payment = Add(session, order.at - 10, EventType::kPayment);
    payment.cart = session.cart;
    payment.order = index;
    WriteLines(session, index, -1);
    Deliver(session, order, index);
    channel_of_order_[static_cast<std::size_t>(index)] = session.channel;
  }

  void WriteShopOrder(int index) {
    const Order& order = life_.orders[static_cast<std::size_t>(index)];
    Session session;
    session.number = ++sessions_;
    session.channel = Channel::kStore;
    session.device = Device::kPos;
    const int store = NearbyShop(order.at);
    const auto stay = static_cast<Second>(stream_.Between(5, 50)) * 60;
    const Second in = std::max(order.at - stay, person_.first_second);
    Add(session, in, EventType::kStoreVisit).store = static_cast<std::int16_t>(store);
    WriteLines(session, index, store);
  }

  void WriteLines(const Session& session, int index, int store) {
    const Order& order = life_.orders[static_cast<std::size_t>(index)];
    for (int i = 0; i < order.line_count; ++i) {
      const OrderLine& line =
          life_.lines[static_cast<std::size_t>(order.first_line) + static_cast<std::size_t>(i)];
      Event& event = Add(session, order.at,
                         order.online ? EventType::kOrderComplete : EventType::kPosPurchase);
      SetProduct(event, line.product);
      event.quantity = line.quantity;
      event.order = index;
      event.order_line = static_cast<std::int8_t>(i + 1);
      event.line_cents = line.total_cents;
      event.order_cents = order.total_cents;
      event.promotion = static_cast<std::int8_t>(order.promotion);
      event.store = static_cast<std::int16_t>(store);
      event.cart = order.online ? session.cart : -1;
    }
  }

  // Shipments and what follows. The news comes by itself: no session, no device.
  void Deliver(Session session, const Order& order, int index) {
    session.number = -1;
    session.device = Device::kNone;
    const auto hours = [&](std::int64_t low, std::int64_t high) {
      return static_cast<Second>(stream_.Between(low * 60, high * 60)) * 60;
    };
    const OrderLine& first = life_.lines[static_cast<std::size_t>(order.first_line)];
    const int days =
        world_.StockAt(first.product, person_.RegionAt(order.at), order.at).delivery_days;
    const Second shipped = order.at + hours(4, 22);
    const Second delivered =
        std::max(shipped + 3 * 3600, order.at + days * kDaySeconds) + hours(-2, 2);
    Add(session, shipped, EventType::kOrderShipped).order = index;
    Add(session, delivered, EventType::kOrderDelivered).order = index;
    for (int i = 0; i < order.line_count; ++i) {
      const OrderLine& line =
          life_.lines[static_cast<std::size_t>(order.first_line) + static_cast<std::size_t>(i)];
      const auto after = [&](double probability, EventType type, std::int64_t days_max) {
        const bool happens = stream_.Chance(probability);
        const Second at = delivered + hours(10, 24 * days_max);
        if (!happens) return;
        Event& event = Add(session, at, type);
        event.product = line.product;
        event.category = static_cast<std::int8_t>(
            world_.products[static_cast<std::size_t>(line.product)].category);
        event.quantity = type == EventType::kReturnInitiated ? line.quantity : std::int8_t{0};
        event.order = index;
        event.order_line = static_cast<std::int8_t>(i + 1);
      };
      after(kReturns, EventType::kReturnInitiated, 14);
      after(kReviewsOfLine, EventType::kReviewSubmitted, 21);
    }
  }

  void Reward(int index) {
    constexpr std::array<double, kTierCount> kMultiplier = {1.0, 1.25, 1.5, 2.0};
    const Order& order = life_.orders[static_cast<std::size_t>(index)];
    Session session;
    session.channel = channel_of_order_[static_cast<std::size_t>(index)];
    const bool member = stream_.Chance(kMemberCard), redeems = stream_.Chance(kRedeems);
    const auto wish = static_cast<int>(stream_.Between(50, 500));
    if (member) {
      Event& event = Add(session, order.at + 60, EventType::kPointsEarned);
      event.order = index;
      event.points_earned = 1 + static_cast<int>(static_cast<double>(order.total_cents) / 100.0 *
                                                 kMultiplier[static_cast<std::size_t>(order.tier)]);
      points_ += event.points_earned;
    }
    if (redeems && points_ >= wish) {
      Event& event = Add(session, order.at + 120, EventType::kPointsRedeemed);
      event.order = index;
      event.points_redeemed = wish;
      points_ -= wish;
    }
    if (order.upgrades) Add(session, order.at + 1, EventType::kTierUpgrade).order = index;
  }

  int NearbyShop(Second at) {
    const auto& shops = world_.stores_of_city[static_cast<std::size_t>(person_.CityAt(at))];
    // Three shops of the city, a customer's own; most often the first.
    const double luck = stream_.Uniform();
    const int which = luck < 0.6 ? 0 : luck < 0.85 ? 1 : kShopsNearby - 1;
    const std::uint64_t own =
        base::Mix(static_cast<std::uint64_t>(person_.index * kShopsNearby + which));
    return shops[own % shops.size()];
  }

  Second AnyMoment(bool shop) {
    const auto day = static_cast<Second>(stream_.Below(kLogDays));
    return day * kDaySeconds + (shop ? ShopHours(stream_) : TimeOfDay(stream_));
  }

  void WriteIdle() {
    const ClassRules& rules = Classes()[static_cast<std::size_t>(person_.shopping_class)];
    // Who has the app looks in more often and drops in less.
    const bool app = person_.HasApp(person_.first_second);
    for (int n = stream_.Poisson(rules.idle_visits * (app ? 1.25 : 0.85) * person_.intensity);
         n > 0; --n) {
      const Second at = AnyMoment(false);
      const int pages = 1 + stream_.Poisson(0.3);
      Session session = OpenSession(at);
      if (at < person_.first_second) continue;
      for (int i = 0; i < pages; ++i) Add(session, at + 35 * i, EventType::kPageView);
    }
    const double shops = rules.idle_store_visits * (app ? 0.55 : 1.3);
    for (int n = stream_.Poisson(shops * person_.intensity); n > 0; --n) {
      const Second at = AnyMoment(true);
      const int store = NearbyShop(at);
      if (at < person_.first_second) continue;
      Session session;
      session.number = ++sessions_;
      session.channel = Channel::kStore;
      session.device = Device::kPos;
      Add(session, at, EventType::kStoreVisit).store = static_cast<std::int16_t>(store);
    }
  }

  const World& world_;
  const Person& person_;
  const Life& life_;
  std::vector<Event>& events_;
  base::Stream stream_;
  std::vector<int> order_of_visit_;
  std::vector<Channel> channel_of_order_;
  int sessions_ = 0, carts_ = 0;
  std::int64_t points_ = 0;
};

}  // namespace

std::string_view ChannelName(Channel channel) {
  return channel == Channel::kWeb ? "Web" : channel == Channel::kApp ? "App" : "Store";
}

std::string_view DeviceName(Device device) {
  constexpr std::array<std::string_view, 5> kDevices = {"", "Mobile", "Desktop", "Tablet", "POS"};
  return kDevices[static_cast<std::size_t>(device)];
}

void WriteDiary(const World& world, const Person& person, const Life& life,
                std::vector<Event>& events) {
  events.clear();
  Writer(world, person, life, events).Run();
}

}  // namespace aisle::synth
