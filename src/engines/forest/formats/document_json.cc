#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "forest/formats/document.h"

namespace aisle::forest {
namespace {

class Reader {
 public:
  Reader(std::string_view bytes, Decimals decimals)
      : bytes_(bytes), decimals_(decimals), values_left_(ValuesMax(bytes.size())) {}

  Result<Value> ReadAll() {
    Value root;
    AISLE_CHECK(Read(0, root));
    if (Peek() != 0 || at_ != bytes_.size()) return Bad("text after the end of the model");
    return root;
  }

 private:
  std::unexpected<Error> Bad(std::string_view what) const {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("JSON, byte {}: {}", at_, what));
  }

  std::unexpected<Error> TooMany() const {
    return Bad(fmt::format("more than {} values, too many for the file", ValuesMax(bytes_.size())));
  }

  // The next character that is no space; 0 at the end.
  char Peek() {
    while (at_ < bytes_.size() && (bytes_[at_] == ' ' || bytes_[at_] == '\n' ||
                                   bytes_[at_] == '\r' || bytes_[at_] == '\t')) {
      ++at_;
    }
    return at_ < bytes_.size() ? bytes_[at_] : '\0';
  }

  Status Expect(char wanted) {
    const char found = Peek();
    if (at_ == bytes_.size()) return Bad("the file ends in the middle of the model");
    if (found != wanted) return Bad(fmt::format("'{}' expected", wanted));
    ++at_;
    return {};
  }

  bool Eat(std::string_view word) {
    if (!bytes_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  Status Read(int depth, Value& out) {
    if (depth > kNestingMax) return Bad(fmt::format("nested deeper than {}", kNestingMax));
    if (values_left_-- == 0) return TooMany();
    switch (Peek()) {
      case '{':
        return ReadObject(depth, out);
      case '[':
        return ReadArray(depth, out);
      case '"': {
        out.kind = Value::Kind::kString;
        AISLE_TRY(out.text, Text());
        return {};
      }
      default:
        return ReadScalar(out);
    }
  }

  Status ReadScalar(Value& out) {
    if (Eat("null")) return {};
    if (Eat("true")) {
      out.kind = Value::Kind::kBool;
      out.number = 1;
      return {};
    }
    if (Eat("false")) {
      out.kind = Value::Kind::kBool;
      return {};
    }
    out.kind = Value::Kind::kNumber;
    AISLE_TRY(out.number, Number());
    return {};
  }

  Result<double> Number() {
    if (Eat("NaN")) return std::numeric_limits<double>::quiet_NaN();
    if (Eat("Infinity")) return std::numeric_limits<double>::infinity();
    if (Eat("-Infinity")) return -std::numeric_limits<double>::infinity();
    const char* const begin = bytes_.data() + at_;
    const char* const end = bytes_.data() + bytes_.size();
    if (begin == end) return Bad("the file ends in the middle of the model");
    const char first = *begin == '-' && begin + 1 != end ? begin[1] : *begin;
    if (first < '0' || first > '9') return Bad("not a value");
    const char* token_end = begin + 1;
    bool decimal = false;
    for (; token_end != end; ++token_end) {
      const char c = *token_end;
      const bool mark = c == '.' || c == 'e' || c == 'E';
      if (!mark && (c < '0' || c > '9') && c != '-' && c != '+') break;
      decimal = decimal || mark;
    }
    double exact = 0;
    float rounded = 0;
    auto [stop, code] = decimal && decimals_ == Decimals::kFloat
                            ? std::from_chars(begin, token_end, rounded)
                            : std::from_chars(begin, token_end, exact);
    if (decimal && decimals_ == Decimals::kFloat) exact = static_cast<double>(rounded);
    // Too large or too small for a float: the double goes on, and whoever needs a float looks at it again.
    if (code == std::errc::result_out_of_range) {
      const auto again = std::from_chars(begin, token_end, exact);
      stop = again.ptr;
      code = again.ec;
    }
    if (code == std::errc::result_out_of_range) return Bad("a number beyond what a double holds");
    if (code != std::errc()) return Bad("not a number");
    at_ += static_cast<std::size_t>(stop - begin);
    return exact;
  }

  Status ReadObject(int depth, Value& out) {
    out.kind = Value::Kind::kObject;
    ++at_;
    if (Peek() == '}') {
      ++at_;
      return {};
    }
    for (;;) {
      if (Peek() != '"') return Bad("a member's name expected");
      AISLE_TRY(std::string key, Text());
      if (out.keys.size() >= 1000) return Bad("an object of more than 1000 members");
      if (out.Find(key) != nullptr) return Bad(fmt::format("'{}' stands twice", key));
      AISLE_CHECK(Expect(':'));
      out.keys.push_back(std::move(key));
      AISLE_CHECK(Read(depth + 1, out.items.emplace_back()));
      if (Peek() == ',') {
        ++at_;
        continue;
      }
      return Expect('}');
    }
  }

  Status ReadArray(int depth, Value& out) {
    ++at_;
    const char first = Peek();
    if (first == ']') {
      out.kind = Value::Kind::kNumbers;
      ++at_;
      return {};
    }
    const auto starts_number = [](char c) {
      return c == '-' || (c >= '0' && c <= '9') || c == 'N' || c == 'I';
    };
    bool numbers = starts_number(first);
    out.kind = numbers ? Value::Kind::kNumbers : Value::Kind::kArray;
    for (;;) {
      if (numbers && !starts_number(Peek())) {
        AISLE_CHECK(NumbersToItems(out));
        numbers = false;
      }
      if (numbers) {
        AISLE_TRY(const double number, Number());
        out.numbers.push_back(number);
      } else {
        AISLE_CHECK(Read(depth + 1, out.items.emplace_back()));
      }
      if (Peek() == ',') {
        ++at_;
        continue;
      }
      return Expect(']');
    }
  }

  // An array that started with numbers goes on with something else.
  Status NumbersToItems(Value& array) {
    if (array.numbers.size() > values_left_) return TooMany();
    values_left_ -= array.numbers.size();
    array.kind = Value::Kind::kArray;
    array.items.resize(array.numbers.size());
    for (std::size_t i = 0; i < array.numbers.size(); ++i) {
      array.items[i].kind = Value::Kind::kNumber;
      array.items[i].number = array.numbers[i];
    }
    array.numbers = {};
    return {};
  }

  Result<std::string> Text() {
    ++at_;
    std::string text;
    for (;;) {
      if (at_ == bytes_.size()) return Bad("the file ends in the middle of a text");
      const char c = bytes_[at_++];
      if (c == '"') return text;
      if (static_cast<unsigned char>(c) < 0x20) return Bad("a control character in a text");
      if (c != '\\') {
        text.push_back(c);
        continue;
      }
      AISLE_CHECK(Escape(text));
    }
  }

  Status Escape(std::string& text) {
    if (at_ == bytes_.size()) return Bad("the file ends in the middle of a text");
    const char c = bytes_[at_++];
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    if (const std::size_t i = kFrom.find(c); i != std::string_view::npos) {
      text.push_back(kTo[i]);
      return {};
    }
    if (c != 'u') return Bad("an unknown escape in a text");
    AISLE_TRY(unsigned code, Hex4());
    if (code >= 0xd800 && code < 0xdc00) {
      if (!Eat("\\u")) return Bad("half of a surrogate pair");
      AISLE_TRY(const unsigned low, Hex4());
      if (low < 0xdc00 || low > 0xdfff) return Bad("half of a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10U) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code <= 0xdfff) {
      return Bad("half of a surrogate pair");
    }
    AppendUtf8(code, text);
    return {};
  }

  Result<unsigned> Hex4() {
    unsigned code = 0;
    if (bytes_.size() - at_ < 4) return Bad("the file ends in the middle of a text");
    const char* const begin = bytes_.data() + at_;
    if (std::from_chars(begin, begin + 4, code, 16).ptr != begin + 4) {
      return Bad("four hexadecimal digits expected");
    }
    at_ += 4;
    return code;
  }

  static void AppendUtf8(unsigned code, std::string& text) {
    const auto put = [&](unsigned byte) { text.push_back(static_cast<char>(byte)); };
    if (code < 0x80) return put(code);
    if (code < 0x800) {
      put(0xc0 | code >> 6U);
    } else if (code < 0x10000) {
      put(0xe0 | code >> 12U);
      put(0x80 | (code >> 6U & 0x3f));
    } else {
      put(0xf0 | code >> 18U);
      put(0x80 | (code >> 12U & 0x3f));
      put(0x80 | (code >> 6U & 0x3f));
    }
    put(0x80 | (code & 0x3f));
  }

  std::string_view bytes_;
  Decimals decimals_;
  std::size_t at_ = 0;
  std::size_t values_left_;
};

}  // namespace

Result<Value> ReadJson(std::string_view bytes, Decimals decimals) {
  if (bytes.size() > kJsonBytesMax) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("model file of {} bytes; at most {}", bytes.size(), kJsonBytesMax));
  }
  return Reader(bytes, decimals).ReadAll();
}

}  // namespace aisle::forest
