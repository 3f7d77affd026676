#include "raw/reasons.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace aisle::raw {

std::string Missing(std::string_view column) { return fmt::format("{}: missing", column); }
std::string MissingWhen(const NeededWhen& needed) {
  return fmt::format("{}: missing {}", needed.column, needed.why);
}
std::string DoesNotFollow(const Follows& follows) {
  return fmt::format("{}: not after {}", follows.later, follows.earlier);
}

std::string BeforeValue(std::string_view column) { return fmt::format("{}: '", column); }
std::string IsNot(Type type) { return fmt::format("' is not {}", TypeName(type)); }
std::string IsNoneOf(const std::vector<std::string_view>& allowed) {
  constexpr std::size_t kShown = 30;
  const std::size_t shown = std::min(kShown, allowed.size());
  const std::string list = fmt::format(
      "' is none of {}",
      fmt::join(allowed.begin(), allowed.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown == allowed.size()) return list;
  return fmt::format("{} and {} more", list, allowed.size() - shown);
}
std::string IsBelow(std::int64_t least) { return fmt::format("' is below {}", least); }
std::string IsTooFine(const domain::Currency& money) {
  return fmt::format("' is finer than {}, which has {} digits behind the point", money.code,
                     money.minor_unit);
}

domain::Cents SmallestAmount(const domain::Currency& money) {
  return {money.minor_unit == 0 ? 100 : money.minor_unit == 1 ? 10 : 1};
}

}  // namespace aisle::raw
