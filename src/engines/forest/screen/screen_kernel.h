// What the screen and its kernels say to each other: plain data and function pointers. Private to this module.
//
// As of bitsliced_kernel.h, kernels are compiled each with its own instructions, and what they include emits no
// function with linkage.
//
//   shapes   a plane is block_rows / 8 bytes, bit i of it row i of the block. Planes of all blocks stand at
//            planes + block * stride + plane * plane_bytes. Rank bytes: one per row, blocks * block_rows of them.
//            sums of a block: row i's at place(i).
//   units    leaves and sums in 1 / scale of a margin (screen.h).
//   missing  a rank is how many thresholds are not above the value. A value that is missing has two bytes: 255 among
//            the `right` ones, above every threshold, and 0 among the `left` ones, above none.
//   threads  kernels have no state.
//   errors   none; depth is at most kScreenDepthMax.
#pragma once

#include <cstddef>
#include <cstdint>

#include "forest/bitsliced/bitsliced_kernel.h"

namespace aisle::forest {

inline constexpr unsigned kScreenDepthMax =
    6;  // 64 leaves: those that a request reaches are a word.
inline constexpr std::size_t kScreenRanksMax = 254;
inline constexpr std::uint8_t kMissingRank = 255;
inline constexpr std::size_t kScreenBlockMax = 512;
inline constexpr std::size_t kShortLeafBytes = 128;  // Of every tree, however small.
// A search among so many thresholds is seven steps through tables of a register or two; among few, fewer.
inline constexpr std::size_t kStepRanksMax = 127;
inline constexpr std::size_t kStepWidth = 64;
inline constexpr std::size_t kSteps = 7;
inline constexpr std::size_t kStepsMin = 5;
inline constexpr std::int16_t kNoSum = -32768;  // Of a row that nobody wants.

struct ByteSearch {
  SearchTable table;
  // Of n steps, step l has every (2^n >> l)th key from the (2^n >> l + 1)th on, then the highest integer, kStepWidth of
  // them; null: too many thresholds.
  const std::int32_t* steps = nullptr;
  std::uint32_t step_count = kSteps;
};

// A residual tree in 16-bit leaves.
struct ShortTree {
  const std::uint32_t* program = nullptr;  // As SlicedTree's.
  const std::byte* leaves = nullptr;       // What pack() wrote.
};

// A question that some residual tree asks.
struct AskedPlane {
  std::uint32_t plane = 0;  // Byte offset within a block's planes.
  std::uint8_t rank = 0;    // A row is in the plane when its rank byte is above.
  std::uint8_t missing_right = 0;
};

struct PlaneBlocks {
  std::byte* planes = nullptr;
  std::size_t stride = 0;  // Bytes from block to block.
  std::size_t count = 0;
};

struct ScreenKernel {
  const Kernel* exact = nullptr;  // What scores finalists, 64 at a time.
  std::uint32_t block_rows = 0;
  // rank() goes by ByteSearch::steps where there are any, which beats looking thresholds up along an order.
  bool ranks_by_steps = false;
  std::uint32_t (*place)(std::uint32_t row) = nullptr;
  // leaves: 2^depth of them. packed: kShortLeafBytes.
  void (*pack)(std::uint32_t depth, const std::int16_t* leaves, std::byte* packed) = nullptr;
  // masks[t] = AND of rows[r][t] over r, of at least one row; word_count as of merge().
  void (*reach)(const std::uint64_t* const* rows, std::size_t row_count, std::size_t word_count,
                std::uint64_t* masks) = nullptr;
  void (*rank)(const ByteSearch& search, const float* values, std::size_t count,
               std::uint8_t* right, std::uint8_t* left) = nullptr;
  // to[w] = OR of sets[s][w] over s, of word_count words, a multiple of eight at cache lines.
  void (*merge)(const std::uint64_t* const* sets, std::size_t set_count, std::size_t word_count,
                std::uint64_t* to) = nullptr;
  // Planes that stand ready: of rank k at from + k * to.count planes, block by block.
  void (*copy)(const std::byte* from, const AskedPlane* asked, std::size_t asked_count,
               const PlaneBlocks& to) = nullptr;
  // Planes of rows with one byte each.
  void (*compare)(const std::uint8_t* right, const std::uint8_t* left, const AskedPlane* asked,
                  std::size_t asked_count, const PlaneBlocks& to) = nullptr;
  // Planes of rows in up to 64 groups; masks: of block b and group g at (b * group_count + g) * plane bytes. Asked by
  // falling rank; group bytes are 64.
  void (*grouped)(const std::uint8_t* right, const std::uint8_t* left, std::size_t group_count,
                  const std::byte* masks, const AskedPlane* asked, std::size_t asked_count,
                  const PlaneBlocks& to) = nullptr;
  // 64 rows: words[k] has bit i where right[i] (left[i], where missing_right[k] is 0) is above k.
  void (*words)(const std::uint8_t* right, const std::uint8_t* left,
                const std::uint8_t* missing_right, std::size_t count,
                std::uint64_t* words) = nullptr;
  // trees by depth: those of depth d are trees[ends[d - 1]] up to, not including, trees[ends[d]]; depth 0 adds nothing.
  void (*screen)(const ShortTree* trees, const std::uint32_t* ends, const std::byte* planes,
                 std::int16_t* sums) = nullptr;
  // The largest bar that at least `count` sums reach, kNoSum when there is none. sum_count: a multiple of block_rows.
  std::int16_t (*bar)(const std::int16_t* sums, std::size_t sum_count, std::size_t count) = nullptr;
  // Places of the sums that reach the bar, above kNoSum: at most `most`, rising. Gives how many there are.
  std::size_t (*reaching)(const std::int16_t* sums, std::size_t sum_count, std::int16_t bar,
                          std::uint32_t* places, std::size_t most) = nullptr;
};

extern const ScreenKernel kScreenAvx2Kernel;  // Each only where cpu.h says so.
extern const ScreenKernel kScreenAvx512Kernel;
extern const ScreenKernel kScreenVbmiKernel;

}  // namespace aisle::forest
