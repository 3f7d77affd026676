// The kernel text of the bit-sliced engine, over a type of planes. Included by kernel files alone, after
// their instructions; everything is in an unnamed namespace and so is each file's own.
//
// A Plane type gives: Vector, kBytes (of one Vector), kPlaneBytes (a multiple of it), Load, Store, Zero, Or,
// Mux(s, one, zero) (bitwise: one where s is set), Position(row) within a Vector, LeafBytes, PackLeaves, and
// kLanes 32-bit integers as Ints, with Keys(values), None(), CountAbove(count, pivot, keys) and StoreInts;
// CountUpTo(sixteen, key), how many of the rising integers are not above the key; and
// AddLeaves<depth>(bits, leaves, sums), which adds to each row's sum the leaf whose number stands in the
// row's bits, the lowest bit in bits[0].
//
//   order    a tree's network is worked off depth first; of each multiplexer the left child is zero.
//   source   multiplexers over bit planes: Biham's bit slicing (1997), for trees.
#pragma once

#include "forest/bitsliced/bitsliced_kernel.h"

#define AISLE_INLINE inline __attribute__((always_inline))
#define AISLE_APART __attribute__((noinline))

namespace aisle::forest {
namespace {

typedef float FourFloats __attribute__((vector_size(16)));  // NOLINT: `using` drops the size.

// bits[0]: which child of the root; bits[1]: which child of that one; and so on.
template <class Plane, unsigned kDepth>
AISLE_INLINE void Network(const std::byte* planes, const std::uint32_t* program,
                          typename Plane::Vector* bits) {
  const typename Plane::Vector root = Plane::Load(planes + program[0]);
  if constexpr (kDepth > 1) {
    constexpr unsigned kBelow = kDepth - 1;
    typename Plane::Vector left[kBelow];
    typename Plane::Vector right[kBelow];
    Network<Plane, kBelow>(planes, program + 1, left);
    Network<Plane, kBelow>(planes, program + (1U << kBelow), right);
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kBelow; ++j) bits[j + 1] = Plane::Mux(root, right[j], left[j]);
  }
  bits[0] = root;
}

// Not inlined: one copy per depth, and compilers keep its values in registers better.
template <class Plane, unsigned kDepth>
AISLE_APART void ScoreTree(const std::byte* planes, const std::uint32_t* program,
                           const std::byte* leaves, float* sums) {
  for (std::size_t byte = 0; byte < Plane::kPlaneBytes; byte += Plane::kBytes) {
    typename Plane::Vector path[kDepth];
    Network<Plane, kDepth>(planes + byte, program, path);
    typename Plane::Vector bits[kDepthMax];
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kDepthMax; ++j)
      bits[j] = j < kDepth ? path[kDepth - 1 - j] : Plane::Zero();
    Plane::template AddLeaves<kDepth>(bits, leaves, sums + 8U * byte);
  }
}

template <class Plane>
void Score(const SlicedForest& forest, const std::byte* planes, float* sums) {
  constexpr unsigned kRows = 8 * Plane::kPlaneBytes;
  for (std::size_t row = 0; row < kRows; ++row) sums[row] = forest.base_margin;
  for (std::size_t i = 0; i < forest.tree_count; ++i) {
    const SlicedTree tree = forest.trees[i];
    const std::uint32_t* const program = forest.programs + tree.program;
    const std::byte* const leaves = forest.leaves + tree.leaves;
    switch (tree.depth) {
      case 1:
        ScoreTree<Plane, 1>(planes, program, leaves, sums);
        break;
      case 2:
        ScoreTree<Plane, 2>(planes, program, leaves, sums);
        break;
      case 3:
        ScoreTree<Plane, 3>(planes, program, leaves, sums);
        break;
      case 4:
        ScoreTree<Plane, 4>(planes, program, leaves, sums);
        break;
      case 5:
        ScoreTree<Plane, 5>(planes, program, leaves, sums);
        break;
      case 6:
        ScoreTree<Plane, 6>(planes, program, leaves, sums);
        break;
      case 7:
        ScoreTree<Plane, 7>(planes, program, leaves, sums);
        break;
      case 8:
        ScoreTree<Plane, 8>(planes, program, leaves, sums);
        break;
      default: {
        float leaf = 0;
        __builtin_memcpy(&leaf, leaves, sizeof leaf);
        const FourFloats all = {leaf, leaf, leaf, leaf};
        for (std::size_t row = 0; row < kRows; row += 4) {
          FourFloats four;
          __builtin_memcpy(&four, sums + row, sizeof four);
          four += all;
          __builtin_memcpy(sums + row, &four, sizeof four);
        }
      }
    }
  }
}

// Values ranked together: two vectors of them, so that each pivot is fetched for both.
template <class Plane>
constexpr unsigned kTogether = 2 * Plane::kLanes;

// Their ranks, as FloatKey() orders them (written out in Keys(): a function of a header may not be emitted
// here).
template <class Plane>
AISLE_INLINE void RankTogether(const SearchTable& table, const float* values,
                               std::uint32_t* ranks) {
  const typename Plane::Ints first = Plane::Keys(values);
  const typename Plane::Ints second = Plane::Keys(values + Plane::kLanes);
  typename Plane::Ints first_above = Plane::None();
  typename Plane::Ints second_above = Plane::None();
#pragma GCC unroll 4
  for (std::uint32_t i = 0; i < table.pivot_count; ++i) {
    first_above = Plane::CountAbove(first_above, table.pivots[i], first);
    second_above = Plane::CountAbove(second_above, table.pivots[i], second);
  }
  alignas(64) std::int32_t key[kTogether<Plane>];
  alignas(64) std::int32_t above[kTogether<Plane>];
  Plane::StoreInts(key, first);
  Plane::StoreInts(key + Plane::kLanes, second);
  Plane::StoreInts(above, first_above);
  Plane::StoreInts(above + Plane::kLanes, second_above);
#pragma GCC unroll 8
  for (std::size_t lane = 0; lane < kTogether<Plane>; ++lane) {
    std::uint32_t at = table.pivot_count - static_cast<std::uint32_t>(above[lane]);
    if (table.middle != nullptr) {
      const std::int32_t* const sixteen = table.middle + std::size_t{16} * at;
      at = 16 * at + Plane::CountUpTo(sixteen, key[lane]);
      at = at < table.middle_count ? at : table.middle_count;
    }
    ranks[lane] = 16 * at + Plane::CountUpTo(table.keys + std::size_t{16} * at, key[lane]);
  }
}

// Calls take(i, rank) for all values, every stride-th, kTogether at a time; the last are filled up.
template <class Plane, class Take>
AISLE_INLINE void RankAll(const SearchTable& table, const float* values, std::size_t stride,
                          std::size_t value_count, const Take& take) {
  constexpr unsigned kCount = kTogether<Plane>;
  alignas(64) float lanes[kCount];
  std::uint32_t ranks[kCount];
  std::size_t begin = 0;
  for (; begin + kCount <= value_count; begin += kCount) {
#pragma GCC unroll 8
    for (std::size_t lane = 0; lane < kCount; ++lane) lanes[lane] = values[(begin + lane) * stride];
    RankTogether<Plane>(table, lanes, ranks);
#pragma GCC unroll 8
    for (std::size_t lane = 0; lane < kCount; ++lane) take(begin + lane, ranks[lane]);
  }
  if (begin == value_count) return;
  for (std::size_t lane = 0; lane < kCount; ++lane)
    lanes[lane] = begin + lane < value_count ? values[(begin + lane) * stride] : 0.0F;
  RankTogether<Plane>(table, lanes, ranks);
  for (std::size_t lane = 0; begin + lane < value_count; ++lane) take(begin + lane, ranks[lane]);
}

template <class Plane>
void Rank(const SearchTable& table, const float* values, std::size_t value_count,
          std::uint32_t* ranks) {
  const auto keep = [ranks](std::size_t i, std::uint32_t rank)
                        __attribute__((always_inline)) { ranks[i] = rank; };
  RankAll<Plane>(table, values, 1, value_count, keep);
}

template <class Plane>
bool Fill(const SearchTable& table, const Place* places, const float* values, std::size_t stride,
          std::size_t row_count, std::byte* buckets) {
  std::uint32_t highest = 0;
  const auto drop = [&highest, places, buckets](std::size_t i,
                                                std::uint32_t rank) __attribute__((always_inline)) {
    const Place place = places[i];
    highest = highest > rank ? highest : rank;
    buckets[std::size_t{rank} * Plane::kPlaneBytes + place.byte] |= std::byte{place.bit};
  };
  RankAll<Plane>(table, values, stride, row_count, drop);
  return highest > table.count;
}

// Where a missing value goes is chosen by an address: a branch would be guessed wrong for every third plane.
template <class Plane>
void Spread(std::byte* buckets, std::size_t count, const std::byte* missing,
            const std::uint8_t* missing_right, std::byte* planes) {
  for (std::size_t byte = 0; byte < Plane::kPlaneBytes; byte += Plane::kBytes) {
    alignas(64) std::byte missing_rows[2 * Plane::kBytes];
    Plane::Store(missing_rows, Plane::Zero());
    if (missing != nullptr) Plane::Store(missing_rows + Plane::kBytes, Plane::Load(missing + byte));
    typename Plane::Vector above = Plane::Zero();
    for (std::size_t k = count; k-- > 0;) {
      std::byte* const bucket = buckets + (k + 1) * Plane::kPlaneBytes + byte;
      above = Plane::Or(above, Plane::Load(bucket));
      Plane::Store(bucket, Plane::Zero());
      typename Plane::Vector plane = above;
      if (missing != nullptr)
        plane = Plane::Or(plane, Plane::Load(missing_rows + missing_right[k] * Plane::kBytes));
      Plane::Store(planes + k * Plane::kPlaneBytes + byte, plane);
    }
    Plane::Store(buckets + byte, Plane::Zero());
  }
}

template <class Plane>
std::uint32_t Position(std::uint32_t row) {
  constexpr std::uint32_t kRows = 8 * Plane::kBytes;
  return row / kRows * kRows + Plane::Position(row % kRows);
}

template <class Plane>
constexpr Kernel MakeKernel() {
  return {.plane_bytes = Plane::kPlaneBytes,
          .block_rows = 8 * Plane::kPlaneBytes,
          .position = Position<Plane>,
          .leaf_bytes = Plane::LeafBytes,
          .pack_leaves = Plane::PackLeaves,
          .rank = Rank<Plane>,
          .fill = Fill<Plane>,
          .spread = Spread<Plane>,
          .score = Score<Plane>};
}

// Eight planes of leaf numbers become eight vectors of leaf numbers: byte k of vector b is the number of the
// row at bit 8 k + b. Three rounds of exchanges; each keeps what is on the diagonal.
template <class Plane>
AISLE_INLINE void TransposeBits(typename Plane::Vector* v) {
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) Plane::template Exchange<4>(v[j], v[j + 4]);
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j)
    Plane::template Exchange<2>(v[j / 2 * 4 + j % 2], v[j / 2 * 4 + j % 2 + 2]);
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) Plane::template Exchange<1>(v[2 * j], v[2 * j + 1]);
}

// The bytes that Exchange<shift>() keeps of its first argument.
constexpr std::uint64_t KeptBits(int shift) {
  return shift == 4   ? 0x0f0f0f0f0f0f0f0fULL
         : shift == 2 ? 0x3333333333333333ULL
                      : 0x5555555555555555ULL;
}

// Leaves as floats, 2^depth of them and at least 16.
constexpr std::size_t FloatLeafBytes(std::uint32_t depth) {
  return std::size_t{4} << (depth < 4 ? 4U : depth);
}
inline void PackFloatLeaves(std::uint32_t depth, const float* leaves, std::byte* packed) {
  __builtin_memcpy(packed, leaves, std::size_t{4} << depth);
}

// Leaves as bytes: of each `group` leaves the first bytes, then the second, third and fourth.
inline void PackLeafBytes(std::uint32_t depth, std::size_t group, const float* leaves,
                          std::byte* packed) {
  for (std::size_t i = 0; i < (std::size_t{1} << depth); ++i) {
    std::byte bytes[4];
    __builtin_memcpy(bytes, leaves + i, 4);
    for (std::size_t j = 0; j < 4; ++j)
      packed[i / group * group * 4 + j * group + i % group] = bytes[j];
  }
}

}  // namespace
}  // namespace aisle::forest
