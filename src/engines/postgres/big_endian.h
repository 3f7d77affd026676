// Numbers as the server's binary formats have them: big-endian, times counted from 2000. Private.
//
//   missing  infinity: Timestamp::max() and Date::max() are 'infinity', min() are '-infinity'.
//   errors   Read of too few bytes is an assertion. ToServer: a time beyond the server's range
//            is an assertion; base::Timestamp reaches further than any shop event.
#pragma once

#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace aisle::postgres {

// Of 16, 32 or 64 bits.
template <std::unsigned_integral Number>
Number Swapped(Number value) {
  if constexpr (sizeof(Number) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(Number) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(Number) == 8) return __builtin_bswap64(value);
}
static_assert(std::endian::native == std::endian::little);

template <typename Number>
void Append(std::string& bytes, Number value) {
  using Bits =
      std::conditional_t<sizeof(Number) == 2, std::uint16_t,
                         std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint64_t>>;
  const Bits swapped = Swapped(std::bit_cast<Bits>(value));
  bytes.append(reinterpret_cast<const char*>(&swapped), sizeof swapped);
}

// Of the first bytes.
template <typename Number>
Number Read(std::string_view bytes) {
  using Bits =
      std::conditional_t<sizeof(Number) == 2, std::uint16_t,
                         std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint64_t>>;
  Bits swapped;
  AISLE_ASSERT(bytes.size() >= sizeof swapped);
  bytes.copy(reinterpret_cast<char*>(&swapped), sizeof swapped);
  return std::bit_cast<Number>(Swapped(swapped));
}

inline constexpr base::Timestamp kServerEpoch =
    std::chrono::sys_days{std::chrono::year{2000} / std::chrono::January / 1};

inline std::int64_t ToServer(base::Timestamp time) {
  if (time == base::Timestamp::max()) return std::numeric_limits<std::int64_t>::max();
  if (time == base::Timestamp::min()) return std::numeric_limits<std::int64_t>::min();
  AISLE_ASSERT(time > base::Timestamp::min() + kServerEpoch.time_since_epoch());
  return (time - kServerEpoch).count();
}

inline base::Timestamp TimeOfServer(std::int64_t micros) {
  if (micros == std::numeric_limits<std::int64_t>::max()) return base::Timestamp::max();
  if (micros == std::numeric_limits<std::int64_t>::min()) return base::Timestamp::min();
  // The server's last moment is far below the overflow; a hostile one may say more.
  std::int64_t since_1970 = 0;
  if (__builtin_add_overflow(micros, base::ToMicros(kServerEpoch), &since_1970))
    return base::Timestamp::max();
  return base::FromMicros(since_1970);
}

inline std::int32_t ToServer(base::Date day) {
  if (day == base::Date::max()) return std::numeric_limits<std::int32_t>::max();
  if (day == base::Date::min()) return std::numeric_limits<std::int32_t>::min();
  return static_cast<std::int32_t>(
      (day - std::chrono::time_point_cast<std::chrono::days>(kServerEpoch)).count());
}

inline base::Date DayOfServer(std::int32_t days) {
  if (days == std::numeric_limits<std::int32_t>::max()) return base::Date::max();
  if (days == std::numeric_limits<std::int32_t>::min()) return base::Date::min();
  const std::int64_t since_1970 =
      std::int64_t{days} +
      std::chrono::time_point_cast<std::chrono::days>(kServerEpoch).time_since_epoch().count();
  if (since_1970 > std::numeric_limits<std::int32_t>::max()) return base::Date::max();
  return base::Date{std::chrono::days{since_1970}};
}

}  // namespace aisle::postgres
