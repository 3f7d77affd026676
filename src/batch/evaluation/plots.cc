#include "evaluation/plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace aisle::evaluation {
namespace {

// Room for a label's letter at 16 units, which a narrow page asks for (the class "dots" in the style).
constexpr double kLetterWidth = 9.2;
constexpr double kPlotWidth = 460;
constexpr double kRowHeight = 22;
// Colours of contenders in their order, again from the first when there are more; they differ in lightness too.
constexpr std::array<const char*, 8> kColours = {"#1f5fa8", "#d9822b", "#3a9a5b", "#8a8a8a",
                                                 "#a04fa3", "#b8a12c", "#4fb3bf", "#c23b3b"};

struct Range {
  double low = 0, high = 0;
  // From the left edge of the plot.
  double Place(double value) const {
    return kPlotWidth * (value - low) / std::max(high - low, 1e-12);
  }
};

Range RangeOf(const std::vector<PlotRow>& rows) {
  Range range;  // 0 is always in it: bars and differences count from there.
  for (const PlotRow& row : rows) {
    for (const Estimate& e : row.estimates) {
      for (const double value : {e.value, e.low, e.high}) {
        if (!std::isfinite(value)) continue;
        range.low = std::min(range.low, value);
        range.high = std::max(range.high, value);
      }
    }
  }
  const double room = 0.04 * (range.high - range.low);
  if (range.low < 0) range.low -= room;
  range.high += room;
  return range;
}

double LabelWidth(const std::vector<PlotRow>& rows) {
  std::size_t letters = 0;
  for (const PlotRow& row : rows) letters = std::max(letters, row.label.size());
  return kLetterWidth * static_cast<double>(letters) + 10;
}

// Lines and figures at multiples of 1, 2 or 5 of a power of ten, three to seven of them; 0 is one.
std::string Axis(const Range& range, double left, double height) {
  const double width = std::max(range.high - range.low, 1e-12);
  const double decade = std::pow(10, std::floor(std::log10(width / 3)));
  double step = decade;
  for (const double times : {2.0, 5.0})
    if (width >= 3 * times * decade) step = times * decade;
  const int digits = std::clamp(-static_cast<int>(std::floor(std::log10(step) + 1e-9)), 0, 9);
  std::string axis;
  for (double tick = std::ceil(range.low / step); tick * step <= range.high; ++tick) {
    const double at = left + range.Place(tick * step);
    axis += fmt::format(
        "<line x1='{0:.1f}' x2='{0:.1f}' y1='0' y2='{1:.1f}' stroke='{2}'/>"
        "<text x='{0:.1f}' y='{3:.1f}' text-anchor='middle'>{4:.{5}f}</text>",
        at, height, tick == 0 ? "#999" : "#eee", height + 18, tick * step + 0.0, digits);
  }
  return axis;
}

}  // namespace

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

const char* Colour(std::size_t i) { return kColours[i % kColours.size()]; }

std::string Figure(const Estimate& e, const char* sign) {
  if (!std::isfinite(e.value)) return "-";
  const auto one = [&](double value) {
    return *sign == '+' ? fmt::format("{:+.4f}", value) : fmt::format("{:.4f}", value);
  };
  return fmt::format("{} [{} {}]", one(e.value), one(e.low), one(e.high));
}

std::string InputsText(const Blanked& without) {
  return without.inputs.empty() ? "blend" : fmt::format("{}", without.inputs.size());
}

std::string DotPlot(const std::string& title, const std::vector<PlotRow>& rows) {
  const Range range = RangeOf(rows);
  const double left = LabelWidth(rows);
  std::string marks;
  double y = 8;
  for (const PlotRow& row : rows) {
    const double height = kRowHeight + 9.0 * static_cast<double>(row.estimates.size() - 1);
    marks += fmt::format("<text x='{:.1f}' y='{:.1f}' text-anchor='end'>{}</text>", left - 10,
                         y + height / 2 + 4, Escaped(row.label));
    for (std::size_t i = 0; i < row.estimates.size(); ++i) {
      const Estimate& e = row.estimates[i];
      if (!std::isfinite(e.value)) continue;
      const double at = y + kRowHeight / 2 + 9.0 * static_cast<double>(i);
      const char* colour = Colour(row.colours[i]);
      if (std::isfinite(e.low) && std::isfinite(e.high)) {
        marks += fmt::format(
            "<line x1='{:.1f}' x2='{:.1f}' y1='{:.1f}' y2='{:.1f}' stroke='{}' stroke-width='2'/>",
            left + range.Place(e.low), left + range.Place(e.high), at, at, colour);
      }
      marks +=
          fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='4' fill='{}'><title>{}</title></circle>",
                      left + range.Place(e.value), at, colour, Figure(e));
    }
    y += height;
  }
  const double width = left + kPlotWidth + 30;
  return fmt::format(
      "<svg class='dots' role='img' aria-label='{}' viewBox='0 0 {:.0f} {:.0f}' "
      "width='{:.0f}'>{}{}</svg>\n",
      Escaped(title), width, y + 28, width, Axis(range, left, y), marks);
}

}  // namespace aisle::evaluation
