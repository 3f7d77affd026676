// Counts that must not be below 0, by name: for who checks customers and shelves. Private to this module.
//
//   missing  nothing is below 0: an empty text.
//   errors   none.
//   cost     one look at each count; names are for the one that is wrong.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace aisle::serving {

template <typename Record>
struct Count {
  const char* name;
  std::int32_t Record::* member;
};

// "views -1".
template <typename Record, std::size_t kCounts>
std::string NegativeOf(const Record& record, const Count<Record> (&counts)[kCounts]) {
  std::int32_t signs = 0;
  for (const auto& count : counts) signs |= record.*count.member;
  if (signs >= 0) return "";
  const auto negative =
      std::ranges::find_if(counts, [&](const auto& count) { return record.*count.member < 0; });
  return fmt::format("{} {}", negative->name, record.*(negative->member));
}

}  // namespace aisle::serving
