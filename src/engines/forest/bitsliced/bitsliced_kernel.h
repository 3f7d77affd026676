// What the bit-sliced engine and its kernels say to each other: plain data and function pointers.
//
// A kernel is compiled in a file of its own, with that file's instructions. This header and what the kernels
// include beside it must therefore emit no function with linkage: the linker could pick a copy with AVX-512
// in it for everybody. Private to this module.
//
//   shapes   a plane is plane_bytes bytes: one bit for each of block_rows rows; planes stand side by side.
//   order    row r of a block has the bit position(r) of every plane (bit i: byte i / 8, bit i % 8 of it);
//            sums[r] belongs to row r.
//   missing  spread(): a plane's missing_right says where rows without a value go.
//   threads  kernels have no state.
//   errors   none; depth is at most kDepthMax.
//   cost     score(): about 1 to 3 ns per row and tree of depth 8 by 64-bit words, a tenth by AVX-512.
#pragma once

#include <cstddef>
#include <cstdint>

namespace aisle::forest {

inline constexpr unsigned kDepthMax = 8;           // A leaf's number is a byte.
inline constexpr std::size_t kBlockRowsMax = 512;  // The widest plane.
inline constexpr std::size_t kPlaneBytesMax = kBlockRowsMax / 8;

// One tree, filled up to a complete one of its depth. A tree of depth 0 is one leaf.
struct SlicedTree {
  std::uint32_t program =
      0;  // programs[program]: 2^depth - 1 byte offsets of planes, root, left, right.
  std::uint32_t leaves = 0;  // leaves[leaves]: what pack_leaves() wrote.
  std::uint32_t depth = 0;
};

struct SlicedForest {
  const SlicedTree* trees = nullptr;
  std::size_t tree_count = 0;
  const std::uint32_t* programs = nullptr;
  const std::byte* leaves = nullptr;
  float base_margin = 0;
};

// The rising keys (float_key.h) of an input's questions, for a search in two or three steps: how many pivots,
// all compared, are not above the value; then how many of sixteen keys. keys[] goes on with the highest
// integer up to a multiple of sixteen, and at least once; so does middle[].
//
// A missing value takes part as that highest integer: it is not below the filling, and so finds a rank that no
// number has.
struct SearchTable {
  const std::int32_t* pivots =
      nullptr;  // Every sixteenth of middle, or of keys where there is none.
  const std::int32_t* middle = nullptr;  // Null, or every sixteenth key.
  const std::int32_t* keys = nullptr;
  std::uint32_t pivot_count = 0;
  std::uint32_t middle_count = 0;
  std::uint32_t count = 0;         // Of keys, without the filling.
  std::uint32_t missing_rank = 0;  // Above count.
};

// Where a row's bit stands in a plane.
struct Place {
  std::uint16_t byte = 0;
  std::uint8_t bit = 0;
};

struct Kernel {
  std::uint32_t plane_bytes = 0;
  std::uint32_t block_rows = 0;
  std::uint32_t (*position)(std::uint32_t row) = nullptr;
  // How many bytes the 2^depth leaves of a tree become, a multiple of 64, and these bytes.
  std::size_t (*leaf_bytes)(std::uint32_t depth) = nullptr;
  void (*pack_leaves)(std::uint32_t depth, const float* leaves, std::byte* packed) = nullptr;
  // ranks[i]: how many keys are not above values[i], or missing_rank.
  void (*rank)(const SearchTable& table, const float* values, std::size_t value_count,
               std::uint32_t* ranks) = nullptr;
  // Sets the bit of row i, at places[i], in the bucket of values[i * stride]'s rank. True: some are missing.
  bool (*fill)(const SearchTable& table, const Place* places, const float* values,
               std::size_t stride, std::size_t row_count, std::byte* buckets) = nullptr;
  // Turns buckets[0..count], each holding the rows of which so many thresholds are not above the value, into
  // planes[0..count - 1]: plane k has the rows of the buckets above k. Leaves the buckets zero. `missing` is
  // null or a plane of the rows without a value, which stand in no bucket.
  void (*spread)(std::byte* buckets, std::size_t count, const std::byte* missing,
                 const std::uint8_t* missing_right, std::byte* planes) = nullptr;
  void (*score)(const SlicedForest& forest, const std::byte* planes, float* sums) = nullptr;
};

extern const Kernel kWordsKernel;   // Any CPU.
extern const Kernel kNarrowKernel;  // Any CPU; 64 rows, for few of them.
extern const Kernel kAvx2Kernel;    // The others only where cpu.h says so.
extern const Kernel kAvx512Kernel;
extern const Kernel kNarrowAvx512Kernel;
extern const Kernel kVbmiKernel;

}  // namespace aisle::forest
