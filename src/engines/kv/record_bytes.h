// Fields of a record as bytes, and back: for values of tables and queues, and for files of our own.
//
// A RecordWriter appends fields; a RecordReader takes them in the same order and believes nothing:
// once something does not fit it is failed for good, every further field is 0 or empty, and Finish()
// says so. So a reader of a record asks once, at the end.
//
//   order    little-endian; whole numbers are LEB128 varints, signed ones zigzag first.
//   threads  plain values.
//   errors   Finish: kInternal, with the offset where the bytes stopped making sense.
//   cost     Count() bounds what a caller allocates by the bytes that are really there.
//   source   LEB128 as in DWARF; zigzag as in Protocol Buffers.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace aisle::kv {

class RecordWriter {
 public:
  void Reserve(std::size_t byte_count) { bytes_.reserve(byte_count); }
  void Byte(std::uint8_t value) { bytes_ += static_cast<char>(value); }
  void Unsigned(std::uint64_t value) {
    while (value >= 0x80U) {
      Byte(static_cast<std::uint8_t>(value | 0x80U));
      value >>= 7U;
    }
    Byte(static_cast<std::uint8_t>(value));
  }
  void Signed(std::int64_t value) {
    Unsigned((static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63U));
  }
  void Fixed(std::uint64_t value, std::size_t byte_count) {
    for (std::size_t i = 0; i < byte_count; ++i) {
      Byte(static_cast<std::uint8_t>(value));
      value >>= 8U;
    }
  }
  void Float(float value);
  void Double(double value);
  // Length, then the bytes.
  void Text(std::string_view text) {
    Unsigned(text.size());
    bytes_ += text;
  }
  void Raw(std::string_view bytes) { bytes_ += bytes; }
  // A time as its distance to `origin`; short when near, one byte for Timestamp::min() ("never").
  void Time(base::Timestamp time, base::Timestamp origin);

  std::size_t size() const { return bytes_.size(); }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class RecordReader {
 public:
  // `bytes` must outlive the reader and the views it hands out.
  explicit RecordReader(std::string_view bytes)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint8_t Byte() {
    if (at_ == end_) return static_cast<std::uint8_t>(FailHere());
    return static_cast<std::uint8_t>(*at_++);
  }
  bool Bool() {
    const std::uint8_t byte = Byte();
    if (byte > 1) FailHere();
    return byte == 1;
  }
  std::uint64_t Unsigned() {
    if (at_ != end_ && static_cast<std::uint8_t>(*at_) < 0x80U)
      return static_cast<std::uint8_t>(*at_++);
    return end_ - at_ >= 8 ? UnsignedOfEight() : LongUnsigned();
  }
  std::int64_t Signed() {
    const std::uint64_t value = Unsigned();
    return static_cast<std::int64_t>((value >> 1U) ^ (0 - (value & 1U)));
  }
  // A signed or unsigned number that must fit T.
  template <std::integral T>
  T Int() {
    if constexpr (std::signed_integral<T>) {
      const std::int64_t value = Signed();
      if (std::in_range<T>(value)) return static_cast<T>(value);
    } else {
      const std::uint64_t value = Unsigned();
      if (std::in_range<T>(value)) return static_cast<T>(value);
    }
    return static_cast<T>(FailHere());
  }
  std::uint64_t Fixed(std::size_t byte_count);
  float Float();
  double Double();
  std::string_view Text() { return Raw(Unsigned()); }
  std::string_view Raw(std::uint64_t size);
  base::Timestamp Time(base::Timestamp origin) {
    const std::uint64_t code = Unsigned();
    if (code == 0) return base::Timestamp::min();
    const std::uint64_t zigzag = code - 1;
    const std::uint64_t distance = (zigzag >> 1U) ^ (0 - (zigzag & 1U));
    const auto micros = static_cast<std::uint64_t>(base::ToMicros(origin)) - distance;
    return base::FromMicros(static_cast<std::int64_t>(micros));
  }
  // How many entries follow, each at least `entry_bytes_min` (> 0) long.
  std::size_t Count(std::size_t entry_bytes_min);

  // Marks the record as damaged: a field's value makes no sense to the caller. Returns 0.
  std::uint64_t FailHere();
  bool Failed() const { return failed_at_ != kNone; }
  // All bytes taken and none missing.
  Status Finish(std::string_view what) const;

 private:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  // A number of two to eight bytes at once: the groups of seven bits move together in three steps,
  // 7 -> 14 -> 28 -> 56. Eight bytes must be there.
  std::uint64_t UnsignedOfEight() {
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, at_, sizeof(bytes));
    const std::uint64_t stops = ~bytes & 0x8080'8080'8080'8080U;
    if (stops == 0) return LongUnsigned();
    const int last_bit = std::countr_zero(stops);  // The top bit of the number's last byte.
    bytes &= ~std::uint64_t{0} >> (63 - last_bit);
    if (bytes >> (last_bit - 7) == 0) return FailHere();  // See LongUnsigned.
    bytes &= 0x7f7f'7f7f'7f7f'7f7fU;
    bytes = (bytes & 0x007f'007f'007f'007fU) | (bytes & 0x7f00'7f00'7f00'7f00U) >> 1U;
    bytes = (bytes & 0x0000'3fff'0000'3fffU) | (bytes & 0x3fff'0000'3fff'0000U) >> 2U;
    bytes = (bytes & 0x0000'0000'0fff'ffffU) | (bytes & 0x0fff'ffff'0000'0000U) >> 4U;
    at_ += (last_bit + 1) / 8;
    return bytes;
  }
  std::uint64_t LongUnsigned();

  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t failed_at_ = kNone;
};

}  // namespace aisle::kv
