#include "synth/sample_testing.h"

#include <fmt/format.h>

namespace aisle::synth {

std::string Sample::Where(const Event& event) const {
  return fmt::format("customer {} second {} {} product {} order {}", person.index, event.at,
                     domain::EventKindName(event.type), event.product, event.order);
}

Options SampleOptions(std::uint64_t seed, std::int64_t customers) {
  Options options;
  options.seed = seed;
  options.customers = customers;
  options.as_of = base::Timestamp{base::Date{std::chrono::year{2026} / 11 / 24}};
  return options;
}

void ForEach(const Retailer::World& world, std::int64_t first, std::int64_t last,
             const std::function<void(const Sample&)>& visit) {
  Life life;
  std::vector<Event> events;
  for (std::int64_t index = first; index < last; ++index) {
    const Person person = MakePerson(world, index);
    const Taste taste(world, person);
    Live(world, person, taste, life);
    WriteDiary(world, person, life, events);
    visit(Sample{world, person, taste, life, events});
  }
}

std::uint64_t Fingerprint(const std::vector<Event>& events) {
  std::uint64_t hash = 0;
  const auto mix = [&](std::int64_t value) {
    hash = base::Mix(hash * 31 + static_cast<std::uint64_t>(value));
  };
  for (const Event& e : events) {
    for (const std::int64_t value :
         {std::int64_t{e.at}, static_cast<std::int64_t>(e.type),
          static_cast<std::int64_t>(e.channel), static_cast<std::int64_t>(e.device),
          std::int64_t{e.category}, std::int64_t{e.promotion}, std::int64_t{e.quantity},
          std::int64_t{e.order_line}, std::int64_t{e.product}, std::int64_t{e.store},
          std::int64_t{e.session}, std::int64_t{e.cart}, std::int64_t{e.order},
          std::int64_t{e.points_earned}, std::int64_t{e.points_redeemed}, e.price_cents,
          e.cart_cents, e.line_cents, e.order_cents})
      mix(value);
  }
  return hash;
}

}  // namespace aisle::synth
