#include "web/target.h"

#include <fmt/format.h>

#include "web/json_text.h"

namespace aisle::web {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Status Refuse(std::string_view what, std::size_t at) {
  return Fail(ErrorCode::kInvalidArgument, fmt::format("{} at byte {} of the target", what, at));
}

// Decodes target[begin, end) into `out`.
Status Decode(std::string_view target, std::size_t begin, std::size_t end, bool plus_is_space,
              std::string& out) {
  out.clear();
  for (std::size_t i = begin; i < end; ++i) {
    char c = target[i];
    if (c <= ' ' || c > '~') return Refuse("a character that must be percent-encoded", i);
    if (c == '%') {
      const int high = i + 2 < end ? HexDigit(target[i + 1]) : -1;
      const int low = i + 2 < end ? HexDigit(target[i + 2]) : -1;
      if (high < 0 || low < 0) return Refuse("a percent sign without two hexadecimal digits", i);
      c = static_cast<char>(high * 16 + low);
      if ((c >= 0 && c < ' ') || c == '\x7F') return Refuse("an encoded control character", i);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    out += c;
  }
  if (!IsUtf8(out)) return Refuse("text that is not UTF-8", begin);
  return {};
}

// The character at `at` of a segment that is known to be sound; `at` moves behind it.
char NextOf(std::string_view raw, std::size_t& at) {
  const char c = raw[at++];
  if (c != '%') return c;
  at += 2;
  AISLE_ASSERT(at <= raw.size());
  return static_cast<char>(HexDigit(raw[at - 2]) * 16 + HexDigit(raw[at - 1]));
}

}  // namespace

Status DecodeTarget(std::string_view target, std::string& path, std::vector<Parameter>& query) {
  query.clear();
  if (target.empty() || target[0] != '/')
    return Fail(ErrorCode::kInvalidArgument, "the target must begin with a slash");
  const std::size_t path_end = RawPath(target).size();
  AISLE_CHECK(Decode(target, 0, path_end, false, path));
  std::size_t begin = path_end + 1;
  while (begin < target.size()) {
    const std::size_t end = std::min(target.find('&', begin), target.size());
    if (end > begin) {
      const std::size_t equals = std::min(target.find('=', begin), end);
      Parameter& parameter = query.emplace_back();
      AISLE_CHECK(Decode(target, begin, equals, true, parameter.name));
      if (equals < end) AISLE_CHECK(Decode(target, equals + 1, end, true, parameter.value));
      if (query.size() > kParametersMax) {
        return Fail(ErrorCode::kInvalidArgument,
                    fmt::format("more than {} query parameters", kParametersMax));
      }
    }
    begin = end + 1;
  }
  return {};
}

std::string_view RawPath(std::string_view target) { return target.substr(0, target.find('?')); }

std::string DecodeSegment(std::string_view raw) {
  std::string out;
  for (std::size_t at = 0; at < raw.size();) out += NextOf(raw, at);
  return out;
}

bool SegmentEquals(std::string_view raw, std::string_view text) {
  if (raw.find('%') == std::string_view::npos) return raw == text;
  std::size_t at = 0;
  for (const char expected : text) {
    if (at == raw.size() || NextOf(raw, at) != expected) return false;
  }
  return at == raw.size();
}

}  // namespace aisle::web
