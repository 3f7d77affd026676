// What stands in the event log: an envelope that all records have, and a body by their kind.
//
// An impression has a body of its own (events/events.h). All other kinds are rows of a raw table, the
// one that TableOf() says: what they may hold is said there (raw/tables.h) and checked when they are
// appended. An envelope is read first, and for itself: whoever does not know what to do with its kind
// still knows what the record is.
//
//   order    little-endian; a record begins with its format and its kind, so that each can be told.
//   missing  a column that a row does not give is left as it is by whoever applies the record; one that
//            is there without a value becomes NULL.
//   threads  pure functions.
//   errors   decoders believe nothing: kInternal for what is damaged; kFailedPrecondition for a newer
//            format, or a kind that this build does not know, if it is one of the next sixteen (farther ahead is
//            damage); kInvalidArgument for a record of another kind
//            than the one asked for. CheckChange: as raw::Check (a product or a customer may
//            be a part of its row), and for an id that is none.
//   source   format 1 had impressions alone, without an envelope; they are read as what they are.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "raw/check.h"

namespace aisle::events {

// The numbers stand in records, for good.
enum class Kind : std::uint8_t {
  kImpression = 1,
  kShopEvent = 2,
  kProduct = 3,
  kStock = 4,
  kPrice = 5,
  kCustomer = 6
};
inline constexpr std::array kKinds = {Kind::kImpression, Kind::kShopEvent, Kind::kProduct,
                                      Kind::kStock,      Kind::kPrice,     Kind::kCustomer};

std::string_view KindName(Kind kind);  // "shop event"
// The table whose rows are the kind's records; nullptr for impressions.
const raw::Table* TableOf(Kind kind);

inline constexpr std::size_t kIdBytesMax = 256;

struct Envelope {
  Kind kind = Kind::kImpression;
  // What makes it one with another that says the same: readers take the first of equal kind and id. The
  // log itself keeps both. A shop event's is its event_id.
  std::string id;
  base::Timestamp time{};  // When it was taken in; of an impression, when it was served.
};

// One row of the raw table of its kind.
struct Change {
  Envelope envelope;
  raw::Row row;
};

// `shape` is the retailer's, whose regions and tiers a row may name.
Status CheckChange(const Change& change, const domain::RetailerShape& shape);

std::string EncodeChange(const Change& change);
Result<Envelope> DecodeEnvelope(std::string_view bytes);
Result<Change> DecodeChange(std::string_view bytes);

}  // namespace aisle::events
