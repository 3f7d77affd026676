// An integer that compares like the float it was made of.
//
//   missing  NaNs give keys beyond those of all numbers; ask for them before.
//   units    -0 and +0 are equal and have one key.
//   cost     a few instructions, none of them a branch worth its name.
#pragma once

#include <bit>
#include <cstdint>

namespace aisle::forest {

inline std::int32_t FloatKey(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x + 0.0F);
  return bits < 0 ? bits ^ 0x7fffffff : bits;
}

}  // namespace aisle::forest
