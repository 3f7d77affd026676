// For tests: customers of a small world with their lives and diaries, one at a time.
//
//   order  customers by index; the world is as of 2026-11-24 unless told otherwise.
#pragma once

#include <functional>
#include <vector>

#include "synth/diary.h"
#include "synth/oracle.h"

namespace aisle::synth {

struct Sample {
  const Retailer::World& world;
  Person person;
  const Taste& taste;
  const Life& life;
  const std::vector<Event>& events;

  const Product& ProductOf(const Event& event) const {
    return world.products[static_cast<std::size_t>(event.product)];
  }
  std::string Where(const Event& event) const;  // For messages of failed tests.
};

Options SampleOptions(std::uint64_t seed, std::int64_t customers);
void ForEach(const Retailer::World& world, std::int64_t first, std::int64_t last,
             const std::function<void(const Sample&)>& visit);
// Hash of everything in the events, in order.
std::uint64_t Fingerprint(const std::vector<Event>& events);

}  // namespace aisle::synth
