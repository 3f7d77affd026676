// What the files of the screen share. Private to this module.
//
//   threads  any.
//   errors   none.
#pragma once

#include <cstddef>
#include <cstdint>

#include "forest/bitsliced/bitsliced_tables.h"

namespace aisle::forest {

inline constexpr std::size_t kNarrowRows = 64;       // That the exact kernel takes at once.
inline constexpr std::size_t kMaskedGroupsMax = 64;  // With more groups each row has a byte.

// Memory of at least so many bytes; what was in it is lost when it grows.
inline void Grow(LineBytes& bytes, std::size_t size) {
  if (bytes.size() < size) bytes = LineBytes(size);
}

inline std::uint8_t* BytesOf(LineBytes& bytes) {
  return reinterpret_cast<std::uint8_t*>(bytes.data());
}

}  // namespace aisle::forest
