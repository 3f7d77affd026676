#include <fmt/format.h>

#include "forest/formats/document.h"

namespace aisle::forest {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes), values_left_(ValuesMax(bytes.size())) {}

  Result<Value> ReadAll() {
    Value root;
    AISLE_TRY(const char type, Byte());
    AISLE_CHECK(Read(type, 0, root));
    if (at_ != bytes_.size()) return Bad("bytes after the end of the model");
    return root;
  }

 private:
  std::unexpected<Error> Bad(std::string_view what) const {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("UBJSON, byte {}: {}", at_, what));
  }

  Result<char> Byte() {
    if (at_ == bytes_.size()) return Bad("the file ends in the middle of the model");
    return bytes_[at_++];
  }

  Result<std::string_view> Take(std::size_t size) {
    if (size > bytes_.size() - at_) return Bad("the file ends in the middle of the model");
    const std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }

  // A scalar is an array of one element: decoded by the same code.
  Result<double> Number(char type) {
    const std::size_t width = NumberWidth(type);
    if (width == 0)
      return Bad(fmt::format("type {:#04x} is not a number", static_cast<std::uint8_t>(type)));
    Value one;
    one.kind = Value::Kind::kTyped;
    one.element_type = type;
    AISLE_TRY(one.bytes, Take(width));
    return *one.NumberAt(0);
  }

  // Lengths and counts. Whatever exceeds the bytes that are left cannot be right.
  Result<std::size_t> Length() {
    AISLE_TRY(const char type, Byte());
    if (type == 'd' || type == 'D') return Bad("a length is not an integer");
    AISLE_TRY(const double length, Number(type));
    if (length < 0 || length > static_cast<double>(bytes_.size() - at_)) {
      return Bad(fmt::format("length {} does not fit into the {} bytes left", length,
                             bytes_.size() - at_));
    }
    return static_cast<std::size_t>(length);
  }

  Result<std::string> Text() {
    AISLE_TRY(const std::size_t length, Length());
    AISLE_TRY(const std::string_view text, Take(length));
    return std::string(text);
  }

  Status Read(char type, int depth, Value& out) {
    if (depth > kNestingMax) return Bad(fmt::format("nested deeper than {}", kNestingMax));
    if (values_left_-- == 0) {
      return Bad(
          fmt::format("more than {} values, too many for the file", ValuesMax(bytes_.size())));
    }
    switch (type) {
      case '{':
        return ReadObject(depth, out);
      case '[':
        return ReadArray(depth, out);
      case 'S': {
        out.kind = Value::Kind::kString;
        AISLE_TRY(out.text, Text());
        return {};
      }
      case 'T':
      case 'F':
        out.kind = Value::Kind::kBool;
        out.number = type == 'T' ? 1 : 0;
        return {};
      case 'Z':
        return {};
      default: {
        out.kind = Value::Kind::kNumber;
        AISLE_TRY(out.number, Number(type));
        return {};
      }
    }
  }

  Status ReadObject(int depth, Value& out) {
    out.kind = Value::Kind::kObject;
    for (;;) {
      if (at_ == bytes_.size()) return Bad("the file ends in the middle of the model");
      if (bytes_[at_] == '}') {
        ++at_;
        return {};
      }
      AISLE_TRY(std::string key, Text());
      if (out.keys.size() >= 1000) return Bad("an object of more than 1000 members");
      if (out.Find(key) != nullptr) return Bad(fmt::format("'{}' stands twice", key));
      AISLE_TRY(const char type, Byte());
      out.keys.push_back(std::move(key));
      AISLE_CHECK(Read(type, depth + 1, out.items.emplace_back()));
    }
  }

  Status ReadArray(int depth, Value& out) {
    AISLE_TRY(char type, Byte());
    if (type == '$') return ReadTyped(out);
    out.kind = Value::Kind::kArray;
    if (type == '#') {
      AISLE_TRY(const std::size_t count, Length());
      for (std::size_t i = 0; i < count; ++i) {
        AISLE_TRY(type, Byte());
        AISLE_CHECK(Read(type, depth + 1, out.items.emplace_back()));
      }
      return {};
    }
    while (type != ']') {
      AISLE_CHECK(Read(type, depth + 1, out.items.emplace_back()));
      AISLE_TRY(type, Byte());
    }
    return {};
  }

  Status ReadTyped(Value& out) {
    out.kind = Value::Kind::kTyped;
    AISLE_TRY(out.element_type, Byte());
    const std::size_t width = NumberWidth(out.element_type);
    // Elements without bytes ('T', 'Z') would let ten bytes claim a million million values.
    if (width == 0) return Bad("a typed array of something else than numbers");
    AISLE_TRY(const char mark, Byte());
    if (mark != '#') return Bad("a typed array without a count");
    AISLE_TRY(const std::size_t count, Length());
    if (count > (bytes_.size() - at_) / width)
      return Bad("the file ends in the middle of an array");
    AISLE_TRY(out.bytes, Take(count * width));
    return {};
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t values_left_;
};

}  // namespace

Result<Value> ReadUbjson(std::string_view bytes) {
  if (bytes.size() > kUbjsonBytesMax) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("model file of {} bytes; at most {}", bytes.size(), kUbjsonBytesMax));
  }
  return Reader(bytes).ReadAll();
}

}  // namespace aisle::forest
