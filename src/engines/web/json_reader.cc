#include "web/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "web/json_body.h"
#include "web/json_text.h"

namespace aisle::web {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// -1: no hexadecimal digit.
int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendUtf8(std::string& out, std::uint32_t code) {
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0U | (code >> 6U));
    add(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    add(0xE0U | (code >> 12U));
    add(0x80U | ((code >> 6U) & 0x3FU));
    add(0x80U | (code & 0x3FU));
  } else {
    add(0xF0U | (code >> 18U));
    add(0x80U | ((code >> 12U) & 0x3FU));
    add(0x80U | ((code >> 6U) & 0x3FU));
    add(0x80U | (code & 0x3FU));
  }
}

}  // namespace

bool JsonReader::Refuse(std::string detail) {
  if (!ok_) return false;
  ok_ = false;
  problem_.status = 400;
  problem_.type = "invalid-json";
  problem_.detail = std::move(detail);
  problem_.position = at_;
  return false;
}

bool JsonReader::BeginArray() {
  if (Next() != Kind::kArray) return Refuse("a list is missing here");
  ++at_;
  first_ = true;
  return true;
}

bool JsonReader::BeginObject() {
  if (Next() != Kind::kObject) return Refuse("an object is missing here");
  ++at_;
  first_ = true;
  return true;
}

bool JsonReader::RefuseMissingComma(char end) {
  return Refuse(fmt::format("',' or '{}' is missing here", end));
}

bool JsonReader::NextKey(std::string& key) {
  if (!ok_ || Close('}') || !ok_) return false;
  if (Next() != Kind::kString) return Refuse("a key is missing here");
  if (!String(key)) return false;
  SkipBlanks();
  if (at_ == text_.size() || text_[at_] != ':') return Refuse("':' is missing here");
  ++at_;
  return true;
}

bool JsonReader::AppendEscape(std::string& out) {
  static constexpr std::string_view kLetters = "\"\\/bfnrt";
  static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (at_ == text_.size()) return Refuse("the text is not complete");
  const char letter = text_[at_++];
  if (const std::size_t found = kLetters.find(letter); found != std::string_view::npos) {
    out += kMeanings[found];
    return true;
  }
  const auto four = [&](std::uint32_t& code) {
    code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const int digit = at_ < text_.size() ? HexDigit(text_[at_]) : -1;
      if (digit < 0) return false;
      code = (code << 4U) | static_cast<std::uint32_t>(digit);
    }
    return true;
  };
  std::uint32_t code = 0;
  if (letter != 'u' || !four(code)) return Refuse("an escape that JSON does not have");
  if (code >= 0xDC00 && code < 0xE000) return Refuse("half of a surrogate pair");
  if (code >= 0xD800 && code < 0xDC00) {
    std::uint32_t low = 0;
    if (!text_.substr(at_).starts_with("\\u")) return Refuse("half of a surrogate pair");
    at_ += 2;
    if (!four(low) || low < 0xDC00 || low > 0xDFFF) return Refuse("half of a surrogate pair");
    code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
  }
  AppendUtf8(out, code);
  return true;
}

bool JsonReader::String(std::string& out) {
  out.clear();
  if (Next() != Kind::kString) return Refuse("a text is missing here");
  ++at_;
  const std::size_t begin = at_;
  for (;;) {
    const std::size_t plain = at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= 0x20)
      ++at_;
    out.append(text_, plain, at_ - plain);
    if (at_ == text_.size()) return Refuse("the text is not complete");
    const char c = text_[at_];
    if (c != '"' && c != '\\') return Refuse("a control character in a text");
    ++at_;
    if (c == '"') break;
    if (!AppendEscape(out)) return false;
  }
  if (!IsUtf8(text_.substr(begin, at_ - begin))) return Refuse("a text that is not UTF-8");
  return true;
}

JsonNumber JsonReader::Number() {
  if (Next() != Kind::kNumber) {
    Refuse("a number is missing here");
    return {};
  }
  constexpr std::ptrdiff_t kDigitsMax = 19;  // All that fit into 64 bits.
  const char* const begin = text_.data() + at_;
  const char* const end = text_.data() + text_.size();
  const char* at = begin;
  JsonNumber number;
  const auto digits = [&] {
    const char* const from = at;
    for (; at != end && IsDigit(*at); ++at)
      number.digits = number.digits * 10 + static_cast<std::uint64_t>(*at - '0');
    return at - from;
  };
  if (*at == '-') {
    number.negative = true;
    ++at;
  }
  const bool zero = at != end && *at == '0';
  std::ptrdiff_t count = digits();
  bool sound = count > 0 && (!zero || count == 1);
  if (sound && at != end && *at == '.') {
    ++at;
    const std::ptrdiff_t behind = digits();
    sound = behind > 0;
    count += behind;
    number.exponent = -static_cast<std::int32_t>(std::min<std::ptrdiff_t>(behind, kDigitsMax + 1));
  }
  number.exact = count <= kDigitsMax;
  if (sound && at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    const bool down = at != end && *at == '-';
    if (at != end && (*at == '+' || *at == '-')) ++at;
    std::int32_t power = 0;
    const char* const from = at;
    for (; at != end && IsDigit(*at); ++at) power = std::min(power * 10 + (*at - '0'), 100'000);
    sound = at != from;
    number.exponent += down ? -power : power;
  }
  at_ += static_cast<std::size_t>(at - begin);
  if (!sound) {
    Refuse("a number that JSON does not have");
    return {};
  }
  number.text = {begin, static_cast<std::size_t>(at - begin)};
  return number;
}

bool JsonReader::Expect(std::string_view word) {
  if (!ok_ || !text_.substr(at_).starts_with(word)) return Refuse("no JSON value begins here");
  at_ += word.size();
  return true;
}

bool JsonReader::Bool(bool& out) {
  const Kind kind = Next();
  if (kind != Kind::kTrue && kind != Kind::kFalse) return Refuse("true or false is missing here");
  out = kind == Kind::kTrue;
  return Expect(out ? "true" : "false");
}

bool JsonReader::Null() {
  return Next() == Kind::kNull ? Expect("null") : Refuse("null is missing here");
}

bool JsonReader::SkipInside(int depth) {
  if (depth > kJsonDepthMax)
    return Refuse(fmt::format("the JSON value is nested deeper than {}", kJsonDepthMax));
  std::string text;
  switch (Next()) {
    case Kind::kObject: {
      std::vector<std::string> keys;
      BeginObject();
      while (NextKey(text)) {
        keys.push_back(text);
        if (!SkipInside(depth + 1)) return false;
      }
      std::ranges::sort(keys);
      if (const auto twice = std::ranges::adjacent_find(keys); twice != keys.end())
        return Refuse(fmt::format("the key \"{}\" stands twice in one object", *twice));
      return ok_;
    }
    case Kind::kArray:
      BeginArray();
      while (NextElement()) {
        if (!SkipInside(depth + 1)) return false;
      }
      return ok_;
    case Kind::kString:
      return String(text);
    case Kind::kNumber:
      return !Number().text.empty();
    case Kind::kTrue:
      return Expect("true");
    case Kind::kFalse:
      return Expect("false");
    case Kind::kNull:
      return Expect("null");
    case Kind::kNone:
      break;
  }
  return Refuse("no JSON value begins here");
}

std::string_view JsonReader::Skip() {
  SkipBlanks();
  const std::size_t begin = at_;
  return SkipInside(1) ? text_.substr(begin, at_ - begin) : std::string_view();
}

bool JsonReader::Finish() {
  SkipBlanks();
  return ok_ && (at_ == text_.size() || Refuse("the body goes on after the JSON value"));
}

}  // namespace aisle::web
