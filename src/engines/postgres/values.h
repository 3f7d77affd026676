// Values on their way to the server, in its binary formats: the parameters of a statement.
//
//   Parameters().Int8(customer).Text(zip).Null(Type::kFloat8)
//
// The first one added is $1. Each has the type it was added as; the server converts nothing
// silently (an Int4 for a bigint column is cast, a Text for one is an error).
//
//   order    as added.
//   units    a Timestamp is microseconds UTC, a Date days since 1970; Timestamp::max() and min()
//            are 'infinity' and '-infinity', as are Date::max() and min(). NaN and infinities of
//            floats keep their bits.
//   missing  Null(type), or an empty optional.
//   errors   none; a time that Postgres cannot hold is an assertion.
//   cost     all values in one buffer, encoded as they are added.
//   source   the send and recv functions of PostgreSQL's types; big-endian.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace aisle::postgres {

// The numbers are the server's own (pg_type.oid of built-in types never change).
enum class Type : std::uint32_t {
  kBool = 16,
  kBytes = 17,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kFloat4 = 700,
  kFloat8 = 701,
  kDate = 1082,
  kTimestamptz = 1184,
  kTimestamptzArray = 1185,
  kInt8Array = 1016,
  kFloat8Array = 1022,
  kTextArray = 1009,
  kBytesArray = 1001,
};

class Parameters {
 public:
  Parameters& Bool(bool value);
  Parameters& Int2(std::int16_t value);
  Parameters& Int4(std::int32_t value);
  Parameters& Int8(std::int64_t value);
  Parameters& Float4(float value);
  Parameters& Float8(double value);
  Parameters& Text(std::string_view value);   // UTF-8; no byte 0.
  Parameters& Bytes(std::string_view value);  // Any bytes.
  Parameters& Time(base::Timestamp value);
  Parameters& Day(base::Date value);
  // For `= ANY($1)` and `unnest($1)`.
  Parameters& Int8s(std::span<const std::int64_t> values);
  Parameters& Float8s(std::span<const double> values);
  Parameters& Texts(std::span<const std::string> values);
  Parameters& BytesArray(std::span<const std::string> values);
  Parameters& Times(std::span<const base::Timestamp> values);
  Parameters& Null(Type type);

  std::size_t Count() const { return types_.size(); }
  // For the one who sends them.
  Type TypeOf(std::size_t index) const { return types_[index]; }
  bool IsNull(std::size_t index) const { return ends_[index].is_null; }
  std::string_view BytesOf(std::size_t index) const;

 private:
  struct End {
    std::uint32_t offset = 0;
    bool is_null = false;
  };
  Parameters& Ended(Type type, bool is_null = false);
  std::string bytes_;
  std::vector<Type> types_;
  std::vector<End> ends_;
};

}  // namespace aisle::postgres
