// What must hold of customers and of what they refer to. Private to this module; of a shelf: shelf/shelf.h.
//
// Checked when a generation is written, when a record is decoded, and when a state is made from parts, so that
// nothing behind them needs to doubt an index.
//
//   errors   the given code; the message names the customer and the value.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "features/records.h"

namespace aisle::serving {

// Lists sorted by their keys, each key once; an id and counts that are not negative; dates of ten millennia. Sums
// (spend, points) may be below 0.
Status CheckCustomer(const features::CustomerRecord& record, ErrorCode code);

// The largest references that customers made, to be compared with a catalogue once both are known.
class References {
 public:
  void Add(const features::CustomerRecord& record, std::span<const float> propensity);
  Status Check(const features::Catalogue& catalogue, ErrorCode code) const;

 private:
  // The largest tier and region referred to, and which customer did.
  std::size_t tier_ = 0;
  std::size_t region_ = 0;
  std::int64_t tier_customer_ = 0;
  std::int64_t region_customer_ = 0;
  // One past the largest index referred to, and which customer did.
  std::size_t categories_ = 0;
  std::size_t brands_ = 0;
  std::int64_t categories_customer_ = 0;
  std::int64_t brands_customer_ = 0;
  // Length of the propensities, 0 while there are none, and the first customer with another length.
  std::size_t propensity_ = 0;
  std::size_t other_propensity_ = 0;
  std::int64_t propensity_customer_ = 0;
};

}  // namespace aisle::serving
