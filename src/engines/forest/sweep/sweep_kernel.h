// What the sweep's kernels read and write: plain pointers, so that a kernel, which is compiled for one kind of
// CPU, needs no other header and cannot leave code behind that another CPU would run. Private to this module.
//
// A leaf of the forest is a bit of one long string, ordered by its pattern (how many lower and upper bounds
// it has, and whether it is for some classes only) and then by how likely a request reaches it. Its record
// says its value, its bounds as numbers of edges, lower ones first, and its classes if it has a mask:
//
//   record of pattern (lower 1, upper 2, masked):
//     | value, int32 | edge | edge | edge | classes, uint16 |      edges are uint16; 4 + 2 * 3 + 2 = 12 bytes
//
// An edge is a row of the table: the first one that is not below the threshold. Static edges never change;
// those of a ratio are found anew for each request.
//
//   shapes   record of bit i of pattern p: records + record_begin[p] + (i - 64 * pattern_word[p]) * stride.
//            difference[row * lanes + class], row_count + 1 rows; margins[row * lanes + class], row_count rows.
//   order    axis rises strictly.
//   units    values, differences: leaf * 2^k as integers; their sums are exact.
//   threads  SweepTables is shared and constant, SweepWork belongs to one thread.
//   errors   none; everything has been checked when the tables were built.
#pragma once

#include <cstddef>
#include <cstdint>

namespace aisle::forest {

inline constexpr int kSweepBoundsMax = 3;  // On one side: the axis and two ratios.
inline constexpr int kSweepPatterns = (kSweepBoundsMax + 1) * (kSweepBoundsMax + 1) * 2;
inline constexpr std::size_t kSweepPad = 64;          // Elements that kernels may read past an end.
inline constexpr std::size_t kSweepScoresAtOnce = 8;  // Cells whose exact sums are added in step.

constexpr int SweepPattern(int lower, int upper, bool masked) {
  return (lower * (kSweepBoundsMax + 1) + upper) * 2 + (masked ? 1 : 0);
}
constexpr std::size_t SweepStride(int lower, int upper, bool masked) {
  return 4 + 2 * static_cast<std::size_t>(lower + upper) + (masked ? 2 : 0);
}

struct SweepLeaf {
  float value = 0;
  std::uint32_t tree = 0;
};

struct SweepTables {
  std::size_t words = 0;  // Of the bit string; a multiple of 8.
  std::uint32_t pattern_word[kSweepPatterns + 1] = {};
  std::size_t record_begin[kSweepPatterns] = {};
  const std::uint8_t* records = nullptr;
  const SweepLeaf* leaves = nullptr;  // One per bit: the float value, and whose it is.
  std::uint32_t row_count = 0;
  const float* axis = nullptr;
  // Where to start looking for a value x of the axis: start[(bits of x >> shift) - first_key], clamped.
  const std::uint16_t* start = nullptr;
  std::int32_t start_first = 0;
  std::int32_t start_last = 0;
  int start_shift = 0;
  std::uint32_t tree_count = 0;
  std::uint32_t lanes = 0;
  // Cells that some product has, those of one class side by side, rows rising: taken_cell[i] is the i-th one, and
  // taken_from[row * lanes + class] the first of the class at or after a row, row_count included.
  const std::uint32_t* taken_cell = nullptr;
  const std::uint32_t* taken_from = nullptr;
  std::uint32_t taken_count = 0;
  float base = 0;
  double unit = 0;  // 2^-k.
};

struct SweepWork {
  std::uint64_t* reached = nullptr;                // Bits of the leaves that the request can reach.
  std::uint32_t* list = nullptr;                   // Their numbers, and
  std::uint32_t segment_end[kSweepPatterns] = {};  // where each pattern's end.
  const std::uint16_t* lower =
      nullptr;  // Row of each edge as a lower bound, and as an upper one: they differ
  const std::uint16_t* upper = nullptr;  // for a ratio that is missing, whose edges bound nothing.
  std::int64_t* difference = nullptr;    // All 0 between calls.
  std::uint32_t* spans =
      nullptr;  // What became of each leaf of the list: rows [low, high), low | high << 16,
  std::uint8_t* classes = nullptr;  // of these classes.
  float* margins = nullptr;
  bool leaves_listed = false;
  SweepLeaf* leaves = nullptr;          // The leaves of the list, when `leaves_listed`.
  std::uint32_t* found = nullptr;       // Places in the list.
  float* by_tree = nullptr;             // kSweepScoresAtOnce per tree.
  std::uint32_t* tree_place = nullptr;  // Where the next leaf of a tree goes in `found`.
  float* taken = nullptr;               // The float sum of each taken cell.
};

struct SweepKernels {
  // reached = and of `count` rows of the bit string; list and segment_end.
  void (*reach)(const SweepTables&, const std::uint64_t* const* rows, std::size_t count,
                SweepWork&);
  // rows[i]: the first row whose min(axis / denominator, cap) is not below thresholds[i].
  void (*ratio_rows)(const SweepTables&, const float* thresholds, std::size_t count,
                     float denominator, float cap, std::uint16_t* rows);
  // Adds the leaves of the list to the difference table, and sums it up into margins: for 2, 4 and 8 classes.
  void (*boxes[3])(const SweepTables&, SweepWork&);
  // The float sums, in tree order, of cells (rows[i], classes[i]); count <= kSweepScoresAtOnce. Returns how
  // many leaves were found: one per cell and tree.
  std::size_t (*exact)(const SweepTables&, SweepWork&, const std::uint16_t* rows,
                       const std::uint8_t* classes, std::size_t count, float* sums);
  // margins[cell]: the float sums, in tree order, of all cells that some product has.
  void (*exact_all)(const SweepTables&, SweepWork&, float* margins);
  // out[i] = about 1 / (1 + exp(-(slope * margins[i] + offset))).
  void (*probabilities)(const float* margins, std::size_t count, float slope, float offset,
                        float* out);
  // out[i]: the largest a + b of `block` elements; block is a multiple of 16, and divides count.
  void (*block_maxima)(const float* a, const float* b, std::size_t count, std::size_t block,
                       float* out);
};

extern const SweepKernels kSweepPortable;
#if defined(__x86_64__)
extern const SweepKernels kSweepAvx2;
extern const SweepKernels kSweepAvx512;
#endif

}  // namespace aisle::forest
