// What the fuzz targets and their committed corpus both do with bytes that claim to be a customer or
// a shelf: decode them, and if they are accepted, use them and go round once more. Private to the
// tests.
//
//   errors   none: a disagreement or a crash is an assertion. True: the bytes were accepted.
#pragma once

#include <memory>
#include <string_view>

#include "serving/generation/bytes.h"
#include "serving/state/serving_state.h"

namespace aisle::serving {

inline bool ExerciseCustomer(std::string_view bytes) {
  const auto record = DecodeCustomer(bytes);
  if (!record) {
    AISLE_ASSERT(!record.error().message.empty());
    return false;
  }
  const std::string written = EncodeCustomer(*record);
  const auto again = DecodeCustomer(written);
  AISLE_ASSERT(again && EncodeCustomer(*again) == written);
  // Lists cannot be larger than the bytes allow.
  AISLE_ASSERT(record->categories.size() + record->brands.size() + record->pairs.size() <=
               bytes.size());
  return true;
}

inline bool ExerciseShelf(std::string_view bytes) {
  auto shelf = DecodeShelf(bytes);
  if (!shelf) {
    AISLE_ASSERT(!shelf.error().message.empty());
    return false;
  }
  const std::string written = EncodeShelf(*shelf);
  const auto again = DecodeShelf(written);
  AISLE_ASSERT(again && EncodeShelf(*again) == written);
  const auto state = ServingState::FromParts({}, *std::move(shelf), {});
  AISLE_ASSERT(state);
  AISLE_ASSERT(EncodeShelf((*state)->PublishedShelf()) == written);
  return true;
}

}  // namespace aisle::serving
