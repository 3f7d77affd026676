// A customer's year written down as the shop's events.
//
// Visits become sessions of views, carts and checkouts; orders bring shipments, deliveries, returns,
// reviews, points and tier upgrades; visits that lead nowhere fill the rest. Nothing written here
// tells more about what the customer will buy than the life behind it: idle events do not depend on
// purchases.
//
//   order    events by time; ties in the order they happened.
//   missing  an index of -1, cents of -1, a count of 0: the column is NULL.
//   threads  pure: the same world, person and life give the same events.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "domain/event_kind.h"
#include "synth/life.h"

namespace aisle::synth {

using EventType = domain::EventKind;

enum class Channel : std::uint8_t { kWeb, kApp, kStore };
std::string_view ChannelName(Channel channel);
enum class Device : std::uint8_t { kNone, kMobile, kDesktop, kTablet, kPos };
std::string_view DeviceName(Device device);

struct Event {
  Second at = 0;
  EventType type{};
  Channel channel{};
  Device device{};
  std::int8_t category = -1;
  std::int8_t promotion = -1;
  std::int8_t quantity = 0;
  std::int8_t order_line = 0;  // From 1.
  std::int16_t product = -1;
  std::int16_t store = -1;
  std::int32_t session = -1, cart = -1, order = -1;  // Numbers within the customer.
  std::int32_t points_earned = 0, points_redeemed = 0;
  std::int64_t price_cents = -1, cart_cents = -1, line_cents = -1, order_cents = -1;
  friend bool operator==(const Event&, const Event&) = default;
};

// `events` is emptied first.
void WriteDiary(const Retailer::World& world, const Person& person, const Life& life,
                std::vector<Event>& events);

}  // namespace aisle::synth
