// A number as JSON writes it, taken apart while it was read, and what it is as a float or a double: correctly
// rounded.
//
// Nearly every number has few enough digits for one exact multiplication or division of doubles; what has not goes
// to std::from_chars, which is right for all and slower.
//
//   errors   false: beyond the largest finite number. What is too small becomes zero or a subnormal number.
//   cost     about 10 ns a number.
//   source   W. D. Clinger, How to read floating point numbers accurately (1990): digits below 2^53 and powers of
//            ten up to 22 are exact. A double that was rounded once gives the right float, unless it lies half
//            between two.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

namespace aisle::web {

struct JsonNumber {
  std::string_view text;     // As it was written; empty: none.
  std::uint64_t digits = 0;  // The number is digits * 10^exponent, if `exact`.
  std::int32_t exponent = 0;
  bool negative = false;
  bool exact = false;  // There were at most 19 digits.
};

// By std::from_chars.
bool ReadSlowly(const JsonNumber& number, float& out);
bool ReadSlowly(const JsonNumber& number, double& out);

inline constexpr std::array<double, 23> kExactPowers = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
inline constexpr std::uint64_t kExactDigitsMax = std::uint64_t{1} << 53U;

// Correctly rounded by one operation on exact doubles; nothing: it takes more.
inline std::optional<double> ReadQuickly(const JsonNumber& number) {
  if (!number.exact || number.digits > kExactDigitsMax) return std::nullopt;
  const auto digits = static_cast<double>(number.digits);
  const double sign = number.negative ? -1 : 1;
  if (number.exponent >= 0 && number.exponent < static_cast<int>(kExactPowers.size()))
    return sign * (digits * kExactPowers[static_cast<std::size_t>(number.exponent)]);
  if (number.exponent < 0 && -number.exponent < static_cast<int>(kExactPowers.size()))
    return sign * (digits / kExactPowers[static_cast<std::size_t>(-number.exponent)]);
  return std::nullopt;
}

// Half between two floats: which one is right depends on digits that a double has not kept.
inline bool IsHalfBetweenFloats(double value) {
  constexpr std::uint64_t kBelowFloat = (std::uint64_t{1} << 29U) - 1;
  return (std::bit_cast<std::uint64_t>(value) & kBelowFloat) == std::uint64_t{1} << 28U;
}

inline bool ReadNumber(const JsonNumber& number, double& out) {
  const auto value = ReadQuickly(number);
  if (!value) return ReadSlowly(number, out);
  out = *value;
  return true;
}

inline bool ReadNumber(const JsonNumber& number, float& out) {
  constexpr double kNormalMin = 0x1p-126;
  constexpr double kSafeMax = 0x1p127;
  const auto value = ReadQuickly(number);
  if (!value || IsHalfBetweenFloats(*value)) return ReadSlowly(number, out);
  const double size = std::abs(*value);
  if (size != 0 && (size < kNormalMin || size > kSafeMax)) return ReadSlowly(number, out);
  out = static_cast<float>(*value);
  return true;
}

}  // namespace aisle::web
