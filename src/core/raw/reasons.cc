#include "raw/reasons.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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
std::string IsNoneOf(const Column& column) {
  return fmt::format("' is none of {}", fmt::join(column.allowed, ", "));
}
std::string IsBelow(std::int64_t least) { return fmt::format("' is below {}", least); }

}  // namespace aisle::raw
