#include "app/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/result.h"

namespace aisle::app {
namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

void AppendCell(std::string& line, const std::string& cell, std::size_t width, Align align,
                bool last) {
  const std::size_t missing = width - std::min(width, Width(cell));
  if (align == Align::kRight) line.append(missing, ' ');
  line += cell;
  if (align == Align::kLeft && !last) line.append(missing, ' ');
  if (!last) line += "  ";
}

}  // namespace

void TextTable::Add(std::vector<std::string> cells) {
  AISLE_ASSERT(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::Text() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = Width(columns_[c].name);
    for (const auto& row : rows_) width = std::max(width, Width(row[c]));
    widths.push_back(width);
  }
  std::string text;
  std::string rule;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const bool last = c + 1 == columns_.size();
    AppendCell(text, columns_[c].name, widths[c], columns_[c].align, last);
    rule += std::string(widths[c], '-') + (last ? "\n" : "  ");
  }
  text += "\n" + rule;
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < columns_.size(); ++c)
      AppendCell(text, row[c], widths[c], columns_[c].align, c + 1 == columns_.size());
    text += '\n';
  }
  return text;
}

std::size_t Width(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return !IsContinuation(c); }));
}

std::string Shorten(std::string_view utf8, std::size_t width) {
  if (Width(utf8) <= width) return std::string(utf8);
  std::size_t end = 0;
  for (std::size_t seen = 0; end < utf8.size(); ++end) {
    if (!IsContinuation(utf8[end]) && ++seen == width) break;
  }
  return std::string(utf8.substr(0, end)) + "…";
}

std::string Grouped(std::int64_t value) {
  std::string digits = fmt::format("{}", value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string Age(base::Microseconds age) {
  const std::int64_t minutes = std::chrono::duration_cast<std::chrono::minutes>(age).count();
  if (minutes < 1) return "just now";
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes < 24 * 60) return fmt::format("{} h {} min", minutes / 60, minutes % 60);
  return fmt::format("{} d {} h", minutes / (24 * 60), minutes / 60 % 24);
}

std::string Wait(std::chrono::seconds wait) {
  if (wait < std::chrono::seconds{1}) return "now";
  if (wait < std::chrono::minutes{2}) return fmt::format("{} s", wait.count());
  return Age(wait);
}

std::string Moment(base::Timestamp time) {
  return base::FormatTimestamp(std::chrono::floor<std::chrono::seconds>(time));
}

std::string Seconds(double seconds) {
  if (seconds < 0.1) return fmt::format("{:.2f} s", seconds);
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  return fmt::format("{} min {} s", static_cast<int>(seconds) / 60, static_cast<int>(seconds) % 60);
}

bool IsNumber(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.front() >= '0' && text.front() <= '9' &&
         text.find_first_not_of("0123456789.e+-") == std::string_view::npos &&
         std::ranges::count(text, '-') <= 1;
}

void PrintOut(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace aisle::app
