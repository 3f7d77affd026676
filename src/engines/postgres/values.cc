#include "postgres/values.h"

#include "base/result.h"
#include "postgres/big_endian.h"
#include "postgres/statement.h"

namespace aisle::postgres {
namespace {

// One dimension, no NULLs, lower bound 1.
void AppendArrayHead(std::string& bytes, Type element, std::size_t count) {
  Append(bytes, std::int32_t{count == 0 ? 0 : 1});
  Append(bytes, std::int32_t{0});
  Append(bytes, static_cast<std::uint32_t>(element));
  if (count == 0) return;
  Append(bytes, static_cast<std::int32_t>(count));
  Append(bytes, std::int32_t{1});
}

void AppendStrings(std::string& bytes, Type element, std::span<const std::string> values) {
  AppendArrayHead(bytes, element, values.size());
  for (const std::string& value : values) {
    Append(bytes, static_cast<std::int32_t>(value.size()));
    bytes.append(value);
  }
}

}  // namespace

Parameters& Parameters::Ended(Type type, bool is_null) {
  types_.push_back(type);
  ends_.push_back({static_cast<std::uint32_t>(bytes_.size()), is_null});
  return *this;
}

std::string_view Parameters::BytesOf(std::size_t index) const {
  const std::size_t start = index == 0 ? 0 : ends_[index - 1].offset;
  return std::string_view(bytes_).substr(start, ends_[index].offset - start);
}

Parameters& Parameters::Bool(bool value) {
  bytes_.push_back(value ? '\1' : '\0');
  return Ended(Type::kBool);
}
Parameters& Parameters::Int2(std::int16_t value) {
  Append(bytes_, value);
  return Ended(Type::kInt2);
}
Parameters& Parameters::Int4(std::int32_t value) {
  Append(bytes_, value);
  return Ended(Type::kInt4);
}
Parameters& Parameters::Int8(std::int64_t value) {
  Append(bytes_, value);
  return Ended(Type::kInt8);
}
Parameters& Parameters::Float4(float value) {
  Append(bytes_, value);
  return Ended(Type::kFloat4);
}
Parameters& Parameters::Float8(double value) {
  Append(bytes_, value);
  return Ended(Type::kFloat8);
}
Parameters& Parameters::Text(std::string_view value) {
  bytes_.append(value);
  return Ended(Type::kText);
}
Parameters& Parameters::Bytes(std::string_view value) {
  bytes_.append(value);
  return Ended(Type::kBytes);
}
Parameters& Parameters::Time(base::Timestamp value) {
  Append(bytes_, ToServer(value));
  return Ended(Type::kTimestamptz);
}
Parameters& Parameters::Day(base::Date value) {
  Append(bytes_, ToServer(value));
  return Ended(Type::kDate);
}

Parameters& Parameters::Int8s(std::span<const std::int64_t> values) {
  AppendArrayHead(bytes_, Type::kInt8, values.size());
  for (const std::int64_t value : values) {
    Append(bytes_, static_cast<std::int32_t>(sizeof value));
    Append(bytes_, value);
  }
  return Ended(Type::kInt8Array);
}
Parameters& Parameters::Float8s(std::span<const double> values) {
  AppendArrayHead(bytes_, Type::kFloat8, values.size());
  for (const double value : values) {
    Append(bytes_, static_cast<std::int32_t>(sizeof value));
    Append(bytes_, value);
  }
  return Ended(Type::kFloat8Array);
}
Parameters& Parameters::Texts(std::span<const std::string> values) {
  AppendStrings(bytes_, Type::kText, values);
  return Ended(Type::kTextArray);
}
Parameters& Parameters::BytesArray(std::span<const std::string> values) {
  AppendStrings(bytes_, Type::kBytes, values);
  return Ended(Type::kBytesArray);
}
Parameters& Parameters::Times(std::span<const base::Timestamp> values) {
  AppendArrayHead(bytes_, Type::kTimestamptz, values.size());
  for (const base::Timestamp value : values) {
    Append(bytes_, static_cast<std::int32_t>(sizeof(std::int64_t)));
    Append(bytes_, ToServer(value));
  }
  return Ended(Type::kTimestamptzArray);
}
Parameters& Parameters::Null(Type type) { return Ended(type, true); }

std::string QuoteName(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted.push_back('"');
    quoted.push_back(c);
  }
  return quoted + '"';
}

}  // namespace aisle::postgres
