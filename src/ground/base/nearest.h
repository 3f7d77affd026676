// The name that was probably meant by one that nobody knows.
//
// A name is near when few letters differ (one of three, two of longer ones, a third of long ones), or when its words,
// parted by _ or -, stand in another order. The nearest wins; of several, the first.
//
//   missing  none is near: nothing. Names of more than 64 bytes are near to none.
//   errors   none.
//   cost     length times length for each known name.
//   source   Levenshtein (1966).
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace aisle::base {

std::optional<std::string_view> Nearest(std::string_view written,
                                        std::span<const std::string_view> known);

}  // namespace aisle::base
