// The sweep's second text: what the best N need once there is a table. The exact sums of single cells and of
// all, probabilities to screen by, and the largest of each block. Included by sweep_kernel_text.h only.
//
//   shapes   as sweep_kernel.h says.
//   errors   none.
#pragma once

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "forest/sweep/sweep_vectors.h"

namespace aisle::forest {
namespace {

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

}  // namespace
}  // namespace aisle::forest
