// Results for people on standard output: aligned tables, grouped numbers, ages in words.
//
//   order    rows as they were added.
//   units    widths are characters of UTF-8, not bytes.
//   threads  one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace aisle::app {

enum class Align : std::uint8_t { kLeft, kRight };

struct TextColumn {
  std::string name;
  Align align = Align::kLeft;
};

class TextTable {
 public:
  explicit TextTable(std::vector<TextColumn> columns) : columns_(std::move(columns)) {}
  // As many cells as there are columns.
  void Add(std::vector<std::string> cells);
  std::size_t RowCount() const { return rows_.size(); }
  // Header, a rule, the rows.
  std::string Text() const;

 private:
  std::vector<TextColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

std::size_t Width(std::string_view utf8);
// The text cut to `width` characters, with "…" as the last one if something was cut.
std::string Shorten(std::string_view utf8, std::size_t width);
std::string Grouped(std::int64_t value);  // 4012345 -> "4,012,345"
// "just now", "12 min", "3 h 12 min", "5 d 3 h"; negative times count as "just now".
std::string Age(base::Microseconds age);
std::string Wait(std::chrono::seconds wait);  // "now", "1 s", "90 s", "30 min", "1 d 6 h"
std::string Moment(base::Timestamp time);     // "2026-11-24 05:03:52", whole seconds.
std::string Seconds(double seconds);          // "0.04 s", "3.1 s", "2 min 5 s"
bool IsNumber(std::string_view text);
void PrintOut(std::string_view text);  // To standard output.

}  // namespace aisle::app
