// The text of the sweep's kernels, compiled once for each kind of CPU: the file that includes it says how wide
// a vector is (AISLE_SWEEP_BYTES) and what the compiler may use. Private to this module.
//
// Here is how a request becomes a table: leaves that can be reached, rows of thresholds, boxes, sums. What is
// done with the table stands in sweep_best_text.h; sweep_vectors.h says why nothing here has linkage.
//
//   shapes   as sweep_kernel.h says.
//   errors   none.
#pragma once

#include "forest/sweep/sweep_best_text.h"
#include "forest/sweep/sweep_vectors.h"

namespace aisle::forest {
namespace {

void ListReached(const SweepTables& tables, SweepWork& work) {
  std::uint32_t* const list = work.list;
  std::uint32_t count = 0;
  constexpr std::uint64_t kStop = std::uint64_t{1}
                                  << 63U;  // A full stop for words that run out of bits.
  for (int pattern = 0; pattern < kSweepPatterns; ++pattern) {
    for (std::uint32_t word = tables.pattern_word[pattern]; word < tables.pattern_word[pattern + 1];
         ++word) {
      std::uint64_t bits = work.reached[word];
      const std::uint32_t first = word * 64;
      std::uint32_t* out = list + count;
      count += static_cast<std::uint32_t>(__builtin_popcountll(bits));
      // Four at a time, some of them too many: a branch per four, and what is too much is written over.
      while (out < list + count) {
        for (int i = 0; i < 4; ++i) {
          out[i] = first + static_cast<std::uint32_t>(__builtin_ctzll(bits | kStop));
          bits &= bits - 1;
        }
        out += 4;
      }
    }
    work.segment_end[pattern] = count;
  }
  for (std::size_t i = 0; i < kSweepPad; ++i) list[count + i] = 0;  // Read ahead, never used.
}

void Reach(const SweepTables& tables, const std::uint64_t* const* rows, std::size_t count,
           SweepWork& work) {
  constexpr std::size_t kStep = 64 / sizeof(std::uint64_t);
  constexpr std::size_t kParts = 64 / kBytes;
  for (std::size_t i = 0; i < tables.words; i += kStep) {
    Words bits[kParts];
    for (Words& part : bits) part = ~Words{};
    for (std::size_t row = 0; row < count; ++row) {
      __builtin_prefetch(rows[row] + i +
                         8 * kStep);  // A row is too short for the hardware to warm up.
      for (std::size_t part = 0; part < kParts; ++part)
        bits[part] &= Load<Words>(rows[row] + i + part * kBytes / sizeof(std::uint64_t));
    }
    std::memcpy(work.reached + i, bits, sizeof(bits));
  }
  ListReached(tables, work);
  work.leaves_listed = false;
}

// Starts at a guess, which may be any row, and goes up or down while the quotient that the model would see
// says so: the answer does not depend on how the guess was rounded.
void RatioRows(const SweepTables& tables, const float* thresholds, std::size_t count,
               float denominator, float cap, std::uint16_t* rows) {
  const auto last = static_cast<std::int32_t>(tables.row_count);
  for (std::size_t i = 0; i < count; i += static_cast<std::size_t>(kFloats)) {
    const auto threshold = Load<Floats>(thresholds + i);  // Padded.
    const Floats guess = threshold * denominator;
    Ints key = (BitCast<Ints>(guess) >> tables.start_shift);
    key = Choose(guess > 0.0F, key, Ints{} + tables.start_first);
    key = Choose(key < tables.start_first, Ints{} + tables.start_first, key);
    key = Choose(key > tables.start_last, Ints{} + tables.start_last, key);
    Ints row;
    for (int lane = 0; lane < kFloats; ++lane)
      row[lane] = tables.start[key[lane] - tables.start_first];
    row = Choose(threshold > cap, Ints{} + last, row);
    for (;;) {
      Floats at, before;
      for (int lane = 0; lane < kFloats; ++lane) {
        at[lane] = tables.axis[row[lane]];  // The last row is padding.
        before[lane] = tables.axis[row[lane] - (row[lane] > 0 ? 1 : 0)];
      }
      at /= denominator;
      before /= denominator;
      at = cap < at ? Floats{} + cap : at;
      before = cap < before ? Floats{} + cap : before;
      const Ints up = (row < last) & (at < threshold);
      const Ints down = ~up & (row > 0) & ~(before < threshold);
      row -= up;
      row += down;
      const Ints moved = up | down;
      std::int32_t any = 0;
      for (int lane = 0; lane < kFloats; ++lane) any |= moved[lane];
      if (any == 0) break;
    }
    for (int lane = 0; lane < kFloats; ++lane)
      rows[i + static_cast<std::size_t>(lane)] = static_cast<std::uint16_t>(row[lane]);
  }
}

// Leaves [begin, end) of the list, which are all of one pattern. Those without a lower bound are summed in
// `from_start`.
template <int kLanes, int kLower, int kUpper, bool kMasked>
AISLE_INLINE void Boxes(const SweepTables& tables, SweepWork& work, std::uint32_t begin,
                        typename LanesOf<kLanes>::Sums& from_start) {
  using Sums = typename LanesOf<kLanes>::Sums;
  constexpr int kPattern = SweepPattern(kLower, kUpper, kMasked);
  constexpr std::size_t kStride = SweepStride(kLower, kUpper, kMasked);
  constexpr std::uint32_t kAhead = 16;  // Records are asked for so many leaves early.
  const std::uint32_t end = work.segment_end[kPattern];
  const std::uint32_t* const list = work.list;
  const std::uint32_t first = tables.pattern_word[kPattern] * 64;
  const std::uint8_t* const records = tables.records + tables.record_begin[kPattern];
  const std::uint16_t* const lower = work.lower;
  const std::uint16_t* const upper = work.upper;
  Sums* const difference = reinterpret_cast<Sums*>(work.difference);
  Sums sums = from_start;
  if constexpr (!kMasked) std::memset(work.classes + begin, 0xff, end - begin);
  for (std::uint32_t j = begin; j < end; ++j) {
    __builtin_prefetch(records + std::size_t{list[j + kAhead] - first} * kStride);
    const std::uint8_t* const record = records + std::size_t{list[j] - first} * kStride;
    Sums value = Sums{} + std::int64_t{Load<std::int32_t>(record)};
    if constexpr (kMasked) {
      const auto classes = Load<std::uint16_t>(record + kStride - 2);
      const Sums bits = LanesOf<kLanes>::kBits;
      value &= ((Sums{} + std::int64_t{classes}) & bits) == bits;
      work.classes[j] = static_cast<std::uint8_t>(classes);
    }
    std::uint32_t low = 0;
    std::uint32_t high = tables.row_count;
    for (std::size_t bound = 0; bound < kLower; ++bound)
      low = Larger(low, lower[Load<std::uint16_t>(record + 4 + 2 * bound)]);
    for (std::size_t bound = 0; bound < kUpper; ++bound)
      high = Smaller(high, upper[Load<std::uint16_t>(record + 4 + 2 * (kLower + bound))]);
    if constexpr (kLower > 0 && kUpper > 0) high = Larger(low, high);
    work.spans[j] = low | high << 16U;
    if constexpr (kLower > 0) {
      difference[low] += value;
    } else {
      sums += value;
    }
    if constexpr (kUpper > 0) difference[high] -= value;
  }
  from_start = sums;
}

template <int kLanes, int kLower, int kUpper>
AISLE_INLINE void BothMasks(const SweepTables& tables, SweepWork& work,
                            typename LanesOf<kLanes>::Sums& from_start) {
  constexpr int kPattern = SweepPattern(kLower, kUpper, false);
  const std::uint32_t begin =
      kPattern == 0 ? 0 : work.segment_end[kPattern == 0 ? 0 : kPattern - 1];
  Boxes<kLanes, kLower, kUpper, false>(tables, work, begin, from_start);
  Boxes<kLanes, kLower, kUpper, true>(tables, work, work.segment_end[kPattern], from_start);
}
template <int kLanes, int kLower>
AISLE_INLINE void AllUppers(const SweepTables& tables, SweepWork& work,
                            typename LanesOf<kLanes>::Sums& from_start) {
  static_assert(kSweepBoundsMax == 3);
  BothMasks<kLanes, kLower, 0>(tables, work, from_start);
  BothMasks<kLanes, kLower, 1>(tables, work, from_start);
  BothMasks<kLanes, kLower, 2>(tables, work, from_start);
  BothMasks<kLanes, kLower, 3>(tables, work, from_start);
}

// From differences to margins; the table is left as it must be found: 0.
template <int kLanes>
AISLE_INLINE void SumUp(const SweepTables& tables, SweepWork& work,
                        typename LanesOf<kLanes>::Sums sums) {
  using Sums = typename LanesOf<kLanes>::Sums;
  using Doubles = typename LanesOf<kLanes>::Doubles;
  using Margins = typename LanesOf<kLanes>::Margins;
  // An integer below 2^51 as a double, without an instruction that not every CPU has: 2^52 + 2^51 + x has x in
  // its low bits.
  constexpr std::int64_t kMagicBits = 0x4338000000000000;
  constexpr double kMagic = 6755399441055744.0;
  Sums* const difference = reinterpret_cast<Sums*>(work.difference);
  const auto base = static_cast<double>(tables.base);
  for (std::uint32_t row = 0; row < tables.row_count; ++row) {
    sums += difference[row];
    difference[row] = Sums{};
    const Doubles sum = BitCast<Doubles>(sums + kMagicBits) - kMagic;
    const Doubles margins = sum * tables.unit + base;
    const auto rounded = __builtin_convertvector(margins, Margins);
    std::memcpy(work.margins + std::size_t{row} * kLanes, &rounded, sizeof(rounded));
  }
  difference[tables.row_count] = Sums{};
}

template <int kLanes>
void AllBoxes(const SweepTables& tables, SweepWork& work) {
  // Boxes jump about in it, and would wait for it where it has left the caches.
  const std::size_t cells = std::size_t{tables.row_count} * kLanes;
  for (std::size_t i = 0; i < cells && i < 32'768; i += 8)
    __builtin_prefetch(work.difference + i, 1);
  typename LanesOf<kLanes>::Sums from_start = {};
  AllUppers<kLanes, 0>(tables, work, from_start);
  AllUppers<kLanes, 1>(tables, work, from_start);
  AllUppers<kLanes, 2>(tables, work, from_start);
  AllUppers<kLanes, 3>(tables, work, from_start);
  SumUp<kLanes>(tables, work, from_start);
}

constexpr SweepKernels kKernels = {
    .reach = Reach,
    .ratio_rows = RatioRows,
    .boxes = {AllBoxes<2>, AllBoxes<4>, AllBoxes<8>},
    .exact = Exact,
    .exact_all = ExactAll,
    .probabilities = Probabilities,
    .block_maxima = BlockMaxima,
};

}  // namespace
}  // namespace aisle::forest
