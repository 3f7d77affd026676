// The vectors that the sweep's kernels compute with: the compiler's own (vector_size), as wide as the file that
// includes it says (AISLE_SWEEP_BYTES). Private to the kernels' text.
//
// Everything stands in an unnamed namespace, and nothing of the standard library's templates is used: no code
// of one compilation can be taken by the linker for another.
//
//   source   operators work on all lanes; a comparison gives -1 or 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "forest/sweep/sweep_kernel.h"

namespace aisle::forest {
namespace {

#define AISLE_INLINE __attribute__((always_inline)) inline

constexpr std::size_t kBytes = AISLE_SWEEP_BYTES;
constexpr int kFloats = static_cast<int>(kBytes / sizeof(float));
typedef float Floats __attribute__((vector_size(kBytes)));
typedef std::int32_t Ints __attribute__((vector_size(kBytes)));
typedef std::uint64_t Words __attribute__((vector_size(kBytes)));
typedef float ScoreLanes __attribute__((vector_size(kSweepScoresAtOnce * sizeof(float))));

// One row of the table: a sum for each class.
typedef std::int64_t Lanes2 __attribute__((vector_size(16)));
typedef std::int64_t Lanes4 __attribute__((vector_size(32)));
typedef std::int64_t Lanes8 __attribute__((vector_size(64)));
typedef double Doubles2 __attribute__((vector_size(16)));
typedef double Doubles4 __attribute__((vector_size(32)));
typedef double Doubles8 __attribute__((vector_size(64)));
typedef float Margins2 __attribute__((vector_size(8)));
typedef float Margins4 __attribute__((vector_size(16)));
typedef float Margins8 __attribute__((vector_size(32)));
template <int kLanes>
struct LanesOf;
template <>
struct LanesOf<2> {
  using Sums = Lanes2;
  using Doubles = Doubles2;
  using Margins = Margins2;
  static constexpr Lanes2 kBits = {1, 2};
};
template <>
struct LanesOf<4> {
  using Sums = Lanes4;
  using Doubles = Doubles4;
  using Margins = Margins4;
  static constexpr Lanes4 kBits = {1, 2, 4, 8};
};
template <>
struct LanesOf<8> {
  using Sums = Lanes8;
  using Doubles = Doubles8;
  using Margins = Margins8;
  static constexpr Lanes8 kBits = {1, 2, 4, 8, 16, 32, 64, 128};
};

template <typename T>
AISLE_INLINE T Load(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}
template <typename To, typename From>
AISLE_INLINE To BitCast(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  return Load<To>(&from);
}
AISLE_INLINE std::uint32_t Larger(std::uint32_t a, std::uint32_t b) { return a > b ? a : b; }
AISLE_INLINE std::uint32_t Smaller(std::uint32_t a, std::uint32_t b) { return a < b ? a : b; }
AISLE_INLINE Ints Choose(const Ints& mask, const Ints& yes, const Ints& no) {
  return (mask & yes) | (~mask & no);
}

}  // namespace
}  // namespace aisle::forest
