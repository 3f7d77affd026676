#include "postgres/copy_format.h"

#include <fmt/format.h>

#include "postgres/big_endian.h"

namespace aisle::postgres {
namespace {

constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t kHeadBytes = 19;  // The signature, flags, the length of what may follow.
constexpr std::uint32_t kHasOids = 1U << 16U;  // A flag of old servers.

std::unexpected<Error> Damaged(const std::string& what) {
  return Fail(ErrorCode::kInternal, "postgres: COPY: " + what);
}

}  // namespace

CopyEncoder::CopyEncoder(int column_count) : column_count_(column_count) {
  bytes_.append(kSignature);
  Append(bytes_, std::uint32_t{0});
  Append(bytes_, std::uint32_t{0});
}

CopyEncoder& CopyEncoder::Row() {
  AISLE_ASSERT(fields_left_ == 0 && !ended_);
  Append(bytes_, static_cast<std::int16_t>(column_count_));
  fields_left_ = column_count_;
  return *this;
}

void CopyEncoder::StartField(std::int32_t length) {
  AISLE_ASSERT(fields_left_ > 0);
  --fields_left_;
  Append(bytes_, length);
}

CopyEncoder& CopyEncoder::Bool(bool value) {
  StartField(1);
  bytes_.push_back(value ? '\1' : '\0');
  return *this;
}
CopyEncoder& CopyEncoder::Int2(std::int16_t value) {
  StartField(sizeof value);
  Append(bytes_, value);
  return *this;
}
CopyEncoder& CopyEncoder::Int4(std::int32_t value) {
  StartField(sizeof value);
  Append(bytes_, value);
  return *this;
}
CopyEncoder& CopyEncoder::Int8(std::int64_t value) {
  StartField(sizeof value);
  Append(bytes_, value);
  return *this;
}
CopyEncoder& CopyEncoder::Float4(float value) {
  StartField(sizeof value);
  Append(bytes_, value);
  return *this;
}
CopyEncoder& CopyEncoder::Float8(double value) {
  StartField(sizeof value);
  Append(bytes_, value);
  return *this;
}
CopyEncoder& CopyEncoder::Text(std::string_view value) { return Bytes(value); }
CopyEncoder& CopyEncoder::Bytes(std::string_view value) {
  AISLE_ASSERT(value.size() <= std::size_t{1} << 30U);
  StartField(static_cast<std::int32_t>(value.size()));
  bytes_.append(value);
  return *this;
}
CopyEncoder& CopyEncoder::Time(base::Timestamp value) { return Int8(ToServer(value)); }
CopyEncoder& CopyEncoder::Day(base::Date value) { return Int4(ToServer(value)); }
CopyEncoder& CopyEncoder::Null() {
  StartField(-1);
  return *this;
}

void CopyEncoder::End() {
  AISLE_ASSERT(fields_left_ == 0 && !ended_);
  Append(bytes_, std::int16_t{-1});
  ended_ = true;
}

std::string CopyEncoder::Take() { return std::exchange(bytes_, {}); }

void CopyDecoder::Feed(std::string_view bytes) {
  bytes_.erase(0, position_);
  position_ = 0;
  bytes_.append(bytes);
}

Result<bool> CopyDecoder::ReadHead() {
  const std::string_view rest = std::string_view(bytes_).substr(position_);
  if (rest.size() < kHeadBytes) return false;
  if (!rest.starts_with(kSignature)) return Damaged("no binary copy begins like this");
  const auto flags = Read<std::uint32_t>(rest.substr(kSignature.size()));
  const auto more = Read<std::uint32_t>(rest.substr(kSignature.size() + 4));
  if ((flags & ~std::uint32_t{0xffff}) != 0) {
    return Damaged((flags & kHasOids) != 0 ? "with oids, which no present server writes"
                                           : "a flag that changes what follows");
  }
  if (rest.size() - kHeadBytes < more) return false;
  position_ += kHeadBytes + more;
  head_read_ = true;
  return true;
}

Result<bool> CopyDecoder::Next() {
  if (at_end_) return false;
  if (!head_read_) {
    AISLE_TRY(const bool whole, ReadHead());
    if (!whole) return false;
  }
  const std::string_view all = bytes_;
  std::size_t at = position_;
  const auto has = [&](std::size_t count) { return all.size() - at >= count; };
  if (!has(2)) return false;
  const auto count = Read<std::int16_t>(all.substr(at));
  at += 2;
  if (count == -1) {
    at_end_ = true;
    position_ = at;
    return false;
  }
  if (count < 0 || static_cast<std::size_t>(count) != fields_.size())
    return Damaged(fmt::format("a row of {} fields, not {}", count, fields_.size()));
  for (Field& field : fields_) {
    if (!has(4)) return false;
    const auto length = Read<std::int32_t>(all.substr(at));
    at += 4;
    if (length < -1) return Damaged(fmt::format("a field of {} bytes", length));
    if (length > 0 && !has(static_cast<std::size_t>(length))) return false;
    field = {at, length};
    if (length > 0) at += static_cast<std::size_t>(length);
  }
  position_ = at;
  return true;
}

bool CopyDecoder::IsNull(int field) const {
  return fields_.at(static_cast<std::size_t>(field)).length < 0;
}

Result<std::string_view> CopyDecoder::Bytes(int field) const {
  const Field& at = fields_.at(static_cast<std::size_t>(field));
  if (at.length < 0) return Damaged(fmt::format("field {} is NULL", field));
  return std::string_view(bytes_).substr(at.offset, static_cast<std::size_t>(at.length));
}
Result<std::string_view> CopyDecoder::Text(int field) const { return Bytes(field); }

Result<bool> CopyDecoder::Bool(int field) const {
  AISLE_TRY(const std::string_view bytes, Bytes(field));
  if (bytes.size() != 1) return Damaged(fmt::format("field {} is no bool", field));
  return bytes[0] != '\0';
}
Result<std::int64_t> CopyDecoder::Int(int field) const {
  AISLE_TRY(const std::string_view bytes, Bytes(field));
  if (bytes.size() == 8) return Read<std::int64_t>(bytes);
  if (bytes.size() == 4) return Read<std::int32_t>(bytes);
  if (bytes.size() == 2) return Read<std::int16_t>(bytes);
  return Damaged(fmt::format("field {} of {} bytes is no integer", field, bytes.size()));
}
Result<double> CopyDecoder::Double(int field) const {
  AISLE_TRY(const std::string_view bytes, Bytes(field));
  if (bytes.size() == 8) return Read<double>(bytes);
  if (bytes.size() == 4) return static_cast<double>(Read<float>(bytes));
  return Damaged(fmt::format("field {} of {} bytes is no float", field, bytes.size()));
}
Result<base::Timestamp> CopyDecoder::Time(int field) const {
  AISLE_TRY(const std::string_view bytes, Bytes(field));
  if (bytes.size() != 8) return Damaged(fmt::format("field {} is no time", field));
  return TimeOfServer(Read<std::int64_t>(bytes));
}
Result<base::Date> CopyDecoder::Day(int field) const {
  AISLE_TRY(const std::string_view bytes, Bytes(field));
  if (bytes.size() != 4) return Damaged(fmt::format("field {} is no date", field));
  return DayOfServer(Read<std::int32_t>(bytes));
}

}  // namespace aisle::postgres
