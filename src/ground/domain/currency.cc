#include "domain/currency.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace aisle::domain {

Status Currency::Check() const {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (code.size() != 3 || !std::ranges::all_of(code, capital)) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("currency '{}': accepted are codes of three capital letters, such as CAD",
                    code));
  }
  if (minor_unit < 0 || minor_unit > 2) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("currency {}: minor unit {}; accepted are 0 to 2, because amounts are "
                            "kept with two digits behind the point",
                            code, minor_unit));
  }
  return {};
}

std::string Currency::Text(Cents amount) const {
  const std::int64_t step = minor_unit == 0 ? 100 : minor_unit == 1 ? 10 : 1;
  const bool negative = amount.value < 0;
  // Unsigned, so that the smallest value has an absolute one.
  const std::uint64_t cents = negative ? -static_cast<std::uint64_t>(amount.value)
                                       : static_cast<std::uint64_t>(amount.value);
  const std::uint64_t units = (cents + static_cast<std::uint64_t>(step) / 2) / step;
  const std::uint64_t whole = 100 / static_cast<std::uint64_t>(step);
  const std::string digits =
      minor_unit == 0 ? fmt::format("{}", units)
                      : fmt::format("{}.{:0{}}", units / whole, units % whole, minor_unit);
  const std::string_view sign = negative && units != 0 ? "-" : "";
  return code == "USD" ? fmt::format("{}${}", sign, digits)
                       : fmt::format("{} {}{}", code, sign, digits);
}

}  // namespace aisle::domain
