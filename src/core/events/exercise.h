// What the fuzz target and its committed corpus both do with bytes that claim to be an impression:
// decode them, and if they are accepted, go round once more. Private to the tests.
//
//   errors   none: a disagreement or a crash is an assertion. True: the bytes were accepted.
#pragma once

#include <string_view>

#include "events/events.h"

namespace aisle::events {

inline bool ExerciseImpression(std::string_view bytes) {
  const auto impression = DecodeImpression(bytes);
  if (!impression) {
    AISLE_ASSERT(!impression.error().message.empty());
    return false;
  }
  AISLE_ASSERT(impression->shown.size() <= bytes.size());
  const std::string written = EncodeImpression(*impression);
  const auto again = DecodeImpression(written);
  AISLE_ASSERT(again && EncodeImpression(*again) == written);
  return true;
}

}  // namespace aisle::events
