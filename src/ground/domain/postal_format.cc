#include "domain/postal_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "domain/limits.h"
#include "domain/postal_codes.h"

namespace aisle::domain {
namespace {

// The alphabet of codes is ASCII; <cctype> would ask the locale.
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
bool IsLetter(char c) { return Upper(c) >= 'A' && Upper(c) <= 'Z'; }
bool IsGap(char c) { return c == ' ' || c == '-'; }

}  // namespace

std::size_t WriteNormal(std::string_view code, std::span<char, kPostalCodeBytesMax> out) {
  if (code.empty() || code.size() > kPostalCodeBytesMax || IsGap(code.front()) ||
      IsGap(code.back()))
    return 0;
  std::size_t length = 0;
  for (const char c : code) {
    if (IsGap(c)) continue;
    if (!IsDigit(c) && !IsLetter(c)) return 0;
    out[length++] = Upper(c);
  }
  return length;
}

std::optional<std::string> NormalPostalCode(std::string_view code) {
  std::array<char, kPostalCodeBytesMax> buffer;
  const std::size_t length = WriteNormal(code, buffer);
  if (length == 0) return std::nullopt;
  return std::string(buffer.data(), length);
}

bool Fits(char format, char code) {
  if (format == '9') return IsDigit(code);
  if (format == 'A') return IsLetter(code);
  return Upper(format) == Upper(code);
}

bool Matches(std::string_view format, std::string_view code) {
  std::size_t at = 0;
  for (const char c : format) {
    if (c == ' ') {
      if (at < code.size() && IsGap(code[at])) ++at;
      continue;
    }
    if (at == code.size() || !Fits(c, code[at])) return false;
    ++at;
  }
  return at == code.size();
}

std::string Skeleton(std::string_view format) {
  std::string skeleton;
  for (const char c : format) {
    if (!IsGap(c)) skeleton += c;
  }
  return skeleton;
}

bool Begins(std::string_view skeleton, std::string_view prefix) {
  return prefix.size() <= skeleton.size() &&
         std::ranges::equal(skeleton.substr(0, prefix.size()), prefix, Fits);
}

bool Overlap(std::string_view format, std::string_view another, std::string_view prefix) {
  const std::string one = Skeleton(format);
  const std::string other = Skeleton(another);
  if (one.size() != other.size() || !Begins(one, prefix) || !Begins(other, prefix)) return false;
  for (std::size_t i = prefix.size(); i < one.size(); ++i) {
    const bool classes = (one[i] == '9' || one[i] == 'A') && (other[i] == '9' || other[i] == 'A');
    const bool common =
        classes ? one[i] == other[i] : Fits(one[i], other[i]) || Fits(other[i], one[i]);
    if (!common) return false;
  }
  return true;
}

std::string Example(std::string_view format, std::string_view prefix) {
  std::string code;
  std::size_t taken = 0;
  std::size_t last_digit = std::string::npos;
  for (const char c : format) {
    if (IsGap(c)) {
      code += c;
    } else if (taken < prefix.size()) {
      code += prefix[taken++];
    } else {
      if (c == '9') last_digit = code.size();
      // Nobody reads a code of zeros as one.
      code += c != '9' ? Upper(c) : code.empty() ? '1' : '0';
    }
  }
  if (last_digit != std::string::npos) code[last_digit] = '1';
  return code;
}

std::string DescribeFormat(std::string_view format) {
  constexpr std::array<std::string_view, 11> kWords = {
      "", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"};
  const bool digits = std::ranges::all_of(format, [](char c) { return c == '9'; });
  if (digits && format.size() == 1) return "one digit";
  if (digits && format.size() < kWords.size())
    return fmt::format("{} digits", kWords[format.size()]);
  return fmt::format("{} (9 a digit, A a letter)", format);
}

}  // namespace aisle::domain
