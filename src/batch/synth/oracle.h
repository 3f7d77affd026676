// The ranking that nobody can beat by more than chance: expected purchases of the 28 days after the
// cutoff, for somebody who knows the customer's tastes and the shop's rules and sees the log.
//
// Three parts: what fresh visits will bring (tastes), what open intents will (the chance that each
// is still open is a closed form), what perishables will. Each line brings add-ons by taste. Told as
// hidden: the same for somebody who also knows which intents are open and who will buy again.
//
//   shapes   expected has kProducts entries; 0 for products launched at the cutoff or later.
//   units    purchase lines in the 28 days.
//   order    Best: by expected, ties to the smaller product.
//   source   prototype of set E. Small liberties: of several purchases of a perishable the last one
//            counts, of several intents in one product the likeliest.
#pragma once

#include <array>
#include <vector>

#include "synth/life.h"

namespace aisle::synth {

struct Forecast {
  std::vector<double> expected;
  std::vector<bool> touched;         // Viewed, carted or bought before the cutoff.
  std::vector<std::uint8_t> bought;  // Lines of the 28 days by product, those of `expected` only.
  double total = 0;
  double total_hidden = 0;
  int actual = 0;  // Sum of bought.
};

// The cutoff is kCutoff. `forecast` is emptied first.
void Foresee(const Retailer::World& world, const Person& person, const Taste& taste,
             const Life& life, Forecast& forecast);

// The `count` best products, only untouched ones if `only_new`.
std::vector<int> Best(const Forecast& forecast, int count, bool only_new);

}  // namespace aisle::synth
