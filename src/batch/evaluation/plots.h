// Pieces of the report: texts, colours, and plots of intervals as SVG.
//
//   units    figures have four digits; a plot's axis holds 0, and its figures are round numbers.
//   missing  a value that is not finite is "-" in text and no mark in a plot.
//   threads  free functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evaluation/evaluation.h"

namespace aisle::evaluation {

std::string Escaped(std::string_view text);
const char* Colour(std::size_t i);
// Value and interval; with sign "+", those above 0 have it too.
std::string Figure(const Estimate& e, const char* sign = "");

// How many inputs are missing; "blend": only what is blended in.
std::string InputsText(const Blanked& without);

// A line of a plot of intervals: several estimates, one under the other.
struct PlotRow {
  std::string label;
  std::vector<Estimate> estimates;
  std::vector<std::size_t> colours;
};

// Values as dots with their intervals as lines, on one axis.
std::string DotPlot(const std::string& title, const std::vector<PlotRow>& rows);

}  // namespace aisle::evaluation
