// The text of the sweep's kernels, compiled once for each kind of CPU: the file that includes it says how wide
// a vector is (AISLE_SWEEP_BYTES) and what the compiler may use. Private to this module.
//
// Everything stands in an unnamed namespace, and nothing of the standard library's templates is used: no code
// of one compilation can be taken by the linker for another.
//
//   shapes   as sweep_kernel.h says.
//   errors   none.
//   source   vectors are the compiler's own (vector_size): operators work on all lanes; a comparison gives -1
//            or 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "forest/sweep_kernel.h"

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
    for (int bound = 0; bound < kLower; ++bound)
      low = Larger(low, lower[Load<std::uint16_t>(record + 4 + 2 * bound)]);
    for (int bound = 0; bound < kUpper; ++bound)
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

// Writes the places in the list of the leaves that hold the cell; returns how many.
std::uint32_t FindLeaves(SweepWork& work, std::uint32_t row, std::uint32_t classes) {
  const std::uint32_t count = work.segment_end[kSweepPatterns - 1];
  std::uint32_t* const found = work.found;
  std::uint32_t size = 0;
  std::uint32_t j = 0;
#if defined(__AVX2__)
  constexpr std::uint32_t kStop = 1U << 31U;
  const __m256i wanted = _mm256_set1_epi16(static_cast<short>(row));
  const __m256i inside = _mm256_set1_epi32(0xffff);
  const __m128i bit = _mm_set1_epi8(static_cast<char>(classes));
  // Of eight leaves: low <= row, which fills the lower half, and not high <= row, which leaves the upper one
  // empty.
  const auto eight = [&](std::uint32_t at) __attribute__((always_inline)) {
    const __m256i spans = Load<__m256i>(work.spans + at);
    const __m256i reached = _mm256_cmpeq_epi16(_mm256_min_epu16(spans, wanted), spans);
    return static_cast<std::uint32_t>(
        _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(reached, inside))));
  };
  for (; j + 16 <= count; j += 16) {
    const __m128i other =
        _mm_cmpeq_epi8(_mm_and_si128(Load<__m128i>(work.classes + j), bit), _mm_setzero_si128());
    std::uint32_t hits =
        (eight(j) | eight(j + 8) << 8U) & ~static_cast<std::uint32_t>(_mm_movemask_epi8(other));
    std::uint32_t* const out = found + size;
    const auto more = static_cast<std::uint32_t>(__builtin_popcount(hits));
    size += more;
    // Four are written whether they are there or not; more than four are rare.
    std::uint32_t i = 0;
    do {
      for (const std::uint32_t four = i + 4; i < four; ++i) {
        out[i] = j + static_cast<std::uint32_t>(__builtin_ctz(hits | kStop));
        hits &= hits - 1;
      }
    } while (i < more);
  }
#endif
  for (; j < count; ++j) {
    found[size] = j;
    const bool hit = (work.spans[j] & 0xffffU) <= row && row < work.spans[j] >> 16U &&
                     (work.classes[j] & classes) != 0;
    size += hit ? 1 : 0;
  }
  return size;
}

void ListLeaves(const SweepTables& tables, SweepWork& work) {
  if (work.leaves_listed) return;  // Once for all cells: they have most leaves in common.
  const std::uint32_t listed = work.segment_end[kSweepPatterns - 1];
  for (std::uint32_t j = 0; j < listed; ++j) work.leaves[j] = tables.leaves[work.list[j]];
  work.leaves_listed = true;
}

std::size_t Exact(const SweepTables& tables, SweepWork& work, const std::uint16_t* rows,
                  const std::uint8_t* classes, std::size_t count, float* sums) {
  ListLeaves(tables, work);
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t size = FindLeaves(work, rows[i], classes[i]);
    for (std::uint32_t j = 0; j < size; ++j) {
      const SweepLeaf leaf = work.leaves[work.found[j]];
      work.by_tree[std::size_t{leaf.tree} * kSweepScoresAtOnce + i] = leaf.value;
    }
    found += size;
  }
  ScoreLanes all;
  for (int i = 0; i < static_cast<int>(kSweepScoresAtOnce); ++i)
    all[i] = tables.base;  // -0 stays -0.
  for (std::uint32_t tree = 0; tree < tables.tree_count; ++tree)
    all += Load<ScoreLanes>(work.by_tree + std::size_t{tree} * kSweepScoresAtOnce);
  for (std::size_t i = 0; i < count; ++i) sums[i] = all[static_cast<int>(i)];
  return found;
}

// sums[begin..end) += value; whole vectors, the first and the last of which keep what is not in the range.
AISLE_INLINE void AddToRange(float* sums, std::uint32_t begin, std::uint32_t end, float value) {
  constexpr auto kWidth = static_cast<std::uint32_t>(kFloats);
  Ints lane;
  for (int i = 0; i < kFloats; ++i) lane[i] = i;
  const std::uint32_t first = begin / kWidth * kWidth;
  const std::uint32_t last = (end - 1) / kWidth * kWidth;
  const Ints from = lane >= static_cast<std::int32_t>(begin - first);
  const Ints until = lane < static_cast<std::int32_t>(end - last);
  const auto mixed = [&](std::uint32_t at, const Ints& mask) __attribute__((always_inline)) {
    const auto old = Load<Floats>(sums + at);
    const Floats sum = mask ? old + value : old;
    std::memcpy(sums + at, &sum, sizeof(sum));
  };
  if (first == last) {
    mixed(first, from & until);
    return;
  }
  mixed(first, from);
  for (std::uint32_t at = first + kWidth; at < last; at += kWidth) {
    const Floats sum = Load<Floats>(sums + at) + value;
    std::memcpy(sums + at, &sum, sizeof(sum));
  }
  mixed(last, until);
}

void ExactAll(const SweepTables& tables, SweepWork& work, float* margins) {
  ListLeaves(tables, work);
  const std::uint32_t listed = work.segment_end[kSweepPatterns - 1];
  // Into tree order, by counting.
  std::uint32_t* const place = work.tree_place;
  for (std::uint32_t tree = 0; tree <= tables.tree_count; ++tree) place[tree] = 0;
  for (std::uint32_t j = 0; j < listed; ++j) ++place[work.leaves[j].tree + 1];
  for (std::uint32_t tree = 0; tree < tables.tree_count; ++tree) place[tree + 1] += place[tree];
  for (std::uint32_t j = 0; j < listed; ++j) work.found[place[work.leaves[j].tree]++] = j;
  for (std::uint32_t i = 0; i < tables.taken_count; ++i) work.taken[i] = tables.base;
  for (std::uint32_t k = 0; k < listed; ++k) {
    const std::uint32_t j = work.found[k];
    const float value = work.leaves[j].value;
    const std::uint32_t* const from =
        tables.taken_from + std::size_t{work.spans[j] & 0xffffU} * tables.lanes;
    const std::uint32_t* const until =
        tables.taken_from + std::size_t{work.spans[j] >> 16U} * tables.lanes;
    std::uint32_t classes = work.classes[j] & ((1U << tables.lanes) - 1);
    for (; classes != 0; classes &= classes - 1) {
      const int c = __builtin_ctz(classes);
      if (from[c] < until[c]) AddToRange(work.taken, from[c], until[c], value);
    }
  }
  for (std::uint32_t i = 0; i < tables.taken_count; ++i)
    margins[tables.taken_cell[i]] = work.taken[i];
}

// exp(x) is 2^n * exp(r) with |r| <= ln(2) / 2, and exp(r) a polynomial of degree six, whose remainder is below
// |r|^7 / 7! * exp(|r|) < 1.7e-7 of it.
AISLE_INLINE Floats Logistic(const Floats& z) {
  constexpr float kFar = 87.0F;  // Beyond, exp(-z) leaves the floats: 1.6e-38 is 0 for our purpose.
  constexpr float kLog2e = 1.44269504F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  constexpr float kMagic = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer.
  Floats x = -z;
  x = x < kFar ? x : Floats{} + kFar;
  x = x > -kFar ? x : Floats{} - kFar;
  const Floats shifted = x * kLog2e + kMagic;
  const Ints n = BitCast<Ints>(shifted) - BitCast<Ints>(Floats{} + kMagic);
  const Floats whole = shifted - kMagic;
  const Floats r = x - whole * kLn2High - whole * kLn2Low;
  Floats sum = r * (1.0F / 720) + 1.0F / 120;
  sum = sum * r + 1.0F / 24;
  sum = sum * r + 1.0F / 6;
  sum = sum * r + 0.5F;
  sum = sum * r + 1.0F;
  sum = sum * r + 1.0F;
  const Floats power = BitCast<Floats>(BitCast<Ints>(sum) + (n << 23));
  return 1.0F / (1.0F + power);
}

void Probabilities(const float* margins, std::size_t count, float slope, float offset, float* out) {
  std::size_t i = 0;
  for (; i + static_cast<std::size_t>(kFloats) <= count; i += static_cast<std::size_t>(kFloats)) {
    const Floats p = Logistic(Load<Floats>(margins + i) * slope + offset);
    std::memcpy(out + i, &p, sizeof(p));
  }
  if (i == count) return;
  Floats rest = {};
  std::memcpy(&rest, margins + i, (count - i) * sizeof(float));
  const Floats p = Logistic(rest * slope + offset);
  std::memcpy(out + i, &p, (count - i) * sizeof(float));
}

void BlockMaxima(const float* a, const float* b, std::size_t count, std::size_t block, float* out) {
  for (std::size_t begin = 0; begin < count; begin += block) {
    Floats largest = Load<Floats>(a + begin) + Load<Floats>(b + begin);
    for (std::size_t i = static_cast<std::size_t>(kFloats); i < block;
         i += static_cast<std::size_t>(kFloats)) {
      const Floats sum = Load<Floats>(a + begin + i) + Load<Floats>(b + begin + i);
      largest = sum > largest ? sum : largest;
    }
    float all = largest[0];
    for (int lane = 1; lane < kFloats; ++lane) all = largest[lane] > all ? largest[lane] : all;
    *out++ = all;
  }
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
