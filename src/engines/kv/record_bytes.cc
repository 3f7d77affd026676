#include "kv/record_bytes.h"

#include <fmt/format.h>

#include <bit>

namespace aisle::kv {
namespace {

std::uint64_t Micros(base::Timestamp time) {
  return static_cast<std::uint64_t>(base::ToMicros(time));
}

}  // namespace

void RecordWriter::Float(float value) { Fixed(std::bit_cast<std::uint32_t>(value), 4); }
void RecordWriter::Double(double value) { Fixed(std::bit_cast<std::uint64_t>(value), 8); }

// 0 is "never", everything else one more than the zigzag distance. The distance wraps around, so
// that no pair of times can overflow; the one distance that would become 0 is 292,471 years.
void RecordWriter::Time(base::Timestamp time, base::Timestamp origin) {
  if (time == base::Timestamp::min()) return Unsigned(0);
  const auto distance = static_cast<std::int64_t>(Micros(origin) - Micros(time));
  AISLE_ASSERT(distance != std::numeric_limits<std::int64_t>::min());
  Unsigned(
      ((static_cast<std::uint64_t>(distance) << 1U) ^ static_cast<std::uint64_t>(distance >> 63U)) +
      1);
}

std::uint64_t RecordReader::LongUnsigned() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at_ == end_) return FailHere();
    const auto byte = static_cast<std::uint8_t>(*at_++);
    // The tenth byte has room for one bit; a last byte of 0 would be a second way to write a number.
    if ((shift == 63 && byte > 1) || (shift > 0 && byte == 0)) return FailHere();
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (byte < 0x80U) return value;
  }
  return FailHere();
}

std::uint64_t RecordReader::Fixed(std::size_t byte_count) {
  const std::string_view raw = Raw(byte_count);
  std::uint64_t value = 0;
  for (std::size_t i = raw.size(); i-- > 0;)
    value = value << 8U | static_cast<std::uint8_t>(raw[i]);
  return value;
}

float RecordReader::Float() { return std::bit_cast<float>(static_cast<std::uint32_t>(Fixed(4))); }
double RecordReader::Double() { return std::bit_cast<double>(Fixed(8)); }

std::string_view RecordReader::Raw(std::uint64_t size) {
  if (size > static_cast<std::uint64_t>(end_ - at_)) {
    FailHere();
    return {};
  }
  const std::string_view raw(at_, static_cast<std::size_t>(size));
  at_ += size;
  return raw;
}

std::size_t RecordReader::Count(std::size_t entry_bytes_min) {
  const std::uint64_t count = Unsigned();
  if (count > static_cast<std::uint64_t>(end_ - at_) / entry_bytes_min)
    return static_cast<std::size_t>(FailHere());
  return static_cast<std::size_t>(count);
}

std::uint64_t RecordReader::FailHere() {
  if (!Failed()) failed_at_ = static_cast<std::size_t>(at_ - begin_);
  at_ = end_;
  return 0;
}

Status RecordReader::Finish(std::string_view what) const {
  if (Failed()) {
    return Fail(ErrorCode::kInternal,
                fmt::format("{} is damaged near byte {} of {}", what, failed_at_, end_ - begin_));
  }
  if (at_ != end_) {
    return Fail(ErrorCode::kInternal,
                fmt::format("{} is damaged: {} bytes are left over", what, end_ - at_));
  }
  return {};
}

}  // namespace aisle::kv
