// What the fuzz target and its committed corpus both do with bytes that claim to be a record of the
// event log: decode them in every way, and if they are accepted, go round once more. Private to the tests.
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

inline bool ExerciseChange(std::string_view bytes) {
  const auto change = DecodeChange(bytes);
  if (!change) {
    AISLE_ASSERT(!change.error().message.empty());
    return false;
  }
  AISLE_ASSERT(change->row.size() <= bytes.size());
  // What is whole as bytes may still break a rule, which is said with the field.
  const Status good = CheckChange(*change, domain::RetailerShape::Quickstart());
  AISLE_ASSERT(good || !good.error().field.empty());
  const std::string written = EncodeChange(*change);
  const auto again = DecodeChange(written);
  AISLE_ASSERT(again && EncodeChange(*again) == written);
  return true;
}

inline bool ExerciseRecord(std::string_view bytes) {
  const auto envelope = DecodeEnvelope(bytes);
  const bool impression = ExerciseImpression(bytes);
  const bool change = ExerciseChange(bytes);
  AISLE_ASSERT(!(impression && change));
  AISLE_ASSERT(envelope || (!impression && !change));
  AISLE_ASSERT(!impression || envelope->kind == Kind::kImpression);
  AISLE_ASSERT(!change || TableOf(envelope->kind) != nullptr);
  return impression || change;
}

}  // namespace aisle::events
