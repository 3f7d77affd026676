#include "forest/formats/document.h"

#include <bit>
#include <cstring>

namespace aisle::forest {
std::size_t NumberWidth(char type) {
  switch (type) {
    case 'i':
    case 'U':
      return 1;
    case 'I':
      return 2;
    case 'l':
    case 'd':
      return 4;
    case 'L':
    case 'D':
      return 8;
    default:
      return 0;
  }
}

namespace {

double Decode(char type, const char* at) {
  std::uint64_t bits = 0;
  const std::size_t width = NumberWidth(type);
  for (std::size_t i = 0; i < width; ++i) bits = bits << 8U | static_cast<std::uint8_t>(at[i]);
  switch (type) {
    case 'i':
      return static_cast<std::int8_t>(bits);
    case 'U':
      return static_cast<double>(bits);
    case 'I':
      return static_cast<std::int16_t>(bits);
    case 'l':
      return static_cast<std::int32_t>(bits);
    case 'L':
      return static_cast<double>(static_cast<std::int64_t>(bits));
    case 'd':
      return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    default:
      return std::bit_cast<double>(bits);
  }
}

}  // namespace

const Value* Value::Find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == key) return &items[i];
  }
  return nullptr;
}

std::optional<std::size_t> Value::Size() const {
  switch (kind) {
    case Kind::kNumbers:
      return numbers.size();
    case Kind::kTyped:
      return bytes.size() / NumberWidth(element_type);
    case Kind::kArray:
      return items.size();
    default:
      return std::nullopt;
  }
}

std::optional<double> Value::NumberAt(std::size_t index) const {
  if (index >= Size().value_or(0)) return std::nullopt;
  if (kind == Kind::kNumbers) return numbers[index];
  if (kind == Kind::kTyped) {
    return Decode(element_type, bytes.data() + index * NumberWidth(element_type));
  }
  const Value& item = items[index];
  if (item.kind == Kind::kNumber || item.kind == Kind::kBool) return item.number;
  return std::nullopt;
}

}  // namespace aisle::forest
