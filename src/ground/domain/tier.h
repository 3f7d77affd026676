// A loyalty tier, by spend of the 365 days before.
//
// A Tier is a position in a RetailerShape (retailer_shape.h), 0 being the lowest, and means nothing without one. The
// names here are the quickstart's four, for its generator and for tests.
#pragma once

#include <cstdint>

namespace aisle::domain {

enum class Tier : std::uint8_t { kBronze, kSilver, kGold, kPlatinum };

}  // namespace aisle::domain
