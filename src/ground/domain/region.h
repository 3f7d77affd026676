// A region of the retailer: one warehouse, and the postal codes that it serves.
//
// A Region is a position in a RetailerShape (retailer_shape.h) and means nothing without one. The names here are the
// quickstart's five, for its generator and for tests.
#pragma once

#include <cstdint>

namespace aisle::domain {

enum class Region : std::uint8_t { kNortheast, kSoutheast, kMidwest, kSouth, kWest };

}  // namespace aisle::domain
