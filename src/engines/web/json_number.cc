#include "web/json_number.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

namespace aisle::web {
namespace {

template <typename Number>
bool Slowly(std::string_view text, Number& out) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  if (result.ec == std::errc()) return true;
  // Out of range: 1e-50 is a float's zero, 1e50 none.
  const double value = std::strtod(std::string(text).c_str(), nullptr);
  out = static_cast<Number>(value);
  return std::isfinite(out);
}

}  // namespace

bool ReadSlowly(const JsonNumber& number, float& out) { return Slowly(number.text, out); }
bool ReadSlowly(const JsonNumber& number, double& out) { return Slowly(number.text, out); }

}  // namespace aisle::web
