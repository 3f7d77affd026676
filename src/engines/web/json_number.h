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
#include <cstddef>
#include <cstdint>
#include <cstring>
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

// Up to eight digits at once.
struct DigitRun {
  std::uint64_t value = 0;
  int count = 0;
};

// The digits that `at` begins with; eight bytes must be there. Eight: there may be more.
inline DigitRun ReadDigits(const char* at) {
  static_assert(std::endian::native == std::endian::little, "the first digit is the lowest byte");
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, sizeof(bytes));
  bytes ^= 0x3030303030303030;  // A digit is its value now, all else is above 9.
  const std::uint64_t others = ((bytes + 0x7676767676767676) | bytes) & 0x8080808080808080;
  const int count = std::countr_zero(others) / 8;
  if (count == 0) return {};
  // Those digits as the last of eight, zeros before them; then pairs, fours, and all of them.
  bytes <<= static_cast<unsigned>(64 - 8 * count);
  bytes = (bytes * 10 + (bytes >> 8U)) & 0x00FF00FF00FF00FF;
  bytes = (bytes * 100 + (bytes >> 16U)) & 0x0000FFFF0000FFFF;
  bytes = (bytes * 10'000 + (bytes >> 32U)) & 0x00000000FFFFFFFF;
  return {.value = bytes, .count = count};
}

inline constexpr std::array<std::uint64_t, 9> kWholePowers = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};
// Of a plain number: a sign, eight digits, a point, two times eight, and what tells that it has ended.
inline constexpr std::ptrdiff_t kPlainBytesMax = 40;

// A plain number: at most seven digits, perhaps a point and at most fifteen behind it, and a comma, a bracket or a
// blank at its end. Where it ends; nullptr: it is something else. `at` has kPlainBytesMax bytes.
inline const char* ReadPlain(const char* at, JsonNumber& number) {
  number.negative = *at == '-';
  if (number.negative) ++at;
  const DigitRun whole = ReadDigits(at);
  if (whole.count == 0 || whole.count == 8 || (*at == '0' && whole.count > 1)) return nullptr;
  at += whole.count;
  number.digits = whole.value;
  number.exponent = 0;
  if (*at == '.') {
    const DigitRun first = ReadDigits(++at);
    if (first.count == 0) return nullptr;
    at += first.count;
    const DigitRun second = first.count == 8 ? ReadDigits(at) : DigitRun{};
    if (second.count == 8) return nullptr;
    at += second.count;
    number.digits =
        (whole.value * kWholePowers[static_cast<std::size_t>(first.count)] + first.value) *
            kWholePowers[static_cast<std::size_t>(second.count)] +
        second.value;
    if (whole.count + first.count + second.count > 19) return nullptr;
    number.exponent = -(first.count + second.count);
  }
  number.exact = true;
  return *at == ',' || *at == ']' || *at == ' ' ? at : nullptr;
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
