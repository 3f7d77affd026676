#include "domain/name.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "domain/limits.h"

namespace aisle::domain {
namespace {
std::unexpected<Error> Wrong(std::string what) {
  return Fail(ErrorCode::kInvalidArgument, std::move(what));
}
}  // namespace

Status CheckName(std::string_view what, std::string_view name) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (name.empty()) return Wrong(fmt::format("{} has no name", what));
  if (name.size() > kNameBytesMax) {
    return Wrong(fmt::format("{} has a name of {} bytes; at most {} are possible", what,
                             name.size(), kNameBytesMax));
  }
  if (name.front() == ' ' || name.back() == ' ' || std::ranges::any_of(name, control)) {
    return Wrong(
        fmt::format("{} is called '{}': a name neither begins nor ends with a blank, and "
                    "holds no control characters",
                    what, name));
  }
  return {};
}

}  // namespace aisle::domain
