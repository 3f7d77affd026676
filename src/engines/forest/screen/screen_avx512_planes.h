// The planes of the screen's kernels by AVX-512 F, BW and VL, and with VBMI.
//
// Included after the intrinsics, by the two kernel files and by a test that emulates them. They differ in how trees of
// depth 5 and 6 find their leaves: among 16-bit words, or among bytes.
//
//   source   Intel's intrinsics guide.
#pragma once

#include "forest/bitsliced/avx512_planes.h"
#include "forest/screen/screen_text.h"

namespace aisle::forest {
namespace {

// So many values are searched in step: a search is a chain of permutes, and four keep the units busy.
constexpr std::size_t kSearchedAtOnce = 4;

struct ScreenAvx512Base : Avx512 {
  static constexpr bool kRanksBySteps = true;
  typedef std::int16_t Shorts __attribute__((vector_size(64)));  // NOLINT: `using` drops the size.

  static AISLE_INLINE Vector LoadBytes(const std::uint8_t* bytes) {
    return Load(reinterpret_cast<const std::byte*>(bytes));
  }
  static AISLE_INLINE std::uint64_t Above64(const std::uint8_t* bytes, std::uint8_t bar) {
    return _mm512_cmpgt_epu8_mask(LoadBytes(bytes), _mm512_set1_epi8(static_cast<char>(bar)));
  }
  static AISLE_INLINE void StoreAbove(const std::uint8_t* bytes, std::uint8_t bar, std::byte* to) {
    const std::uint64_t bits = Above64(bytes, bar);
    __builtin_memcpy(to, &bits, sizeof bits);
  }
  static AISLE_INLINE std::uint32_t ReachMask(const std::int16_t* sums, std::int16_t bar) {
    return _mm512_cmpge_epi16_mask(Load(reinterpret_cast<const std::byte*>(sums)),
                                   _mm512_set1_epi16(bar));
  }

  static AISLE_INLINE void AddSums(std::int16_t* sums, Vector low, Vector high) {
    auto* const at = reinterpret_cast<std::byte*>(sums);
    Store(at, _mm512_add_epi16(Load(at), low));
    Store(at + 64, _mm512_add_epi16(Load(at + 64), high));
  }
  // Trees of up to sixteen leaves: a shuffle of their low bytes, and one of their high bytes.
  static AISLE_INLINE void AddShuffled(const Vector* numbers, const std::byte* packed,
                                       std::int16_t* sums) {
    const auto table = [&](std::size_t i) {
      return _mm512_broadcast_i32x4(
          _mm_load_si128(reinterpret_cast<const __m128i*>(packed + 16 * i)));
    };
    const Vector low_table = table(0);
    const Vector high_table = table(1);
#pragma GCC unroll 8
    for (std::size_t b = 0; b < 8; ++b) {
      const Vector low = _mm512_shuffle_epi8(low_table, numbers[b]);
      const Vector high = _mm512_shuffle_epi8(high_table, numbers[b]);
      AddSums(sums + 64 * b, _mm512_unpacklo_epi8(low, high), _mm512_unpackhi_epi8(low, high));
    }
  }

  template <int kCount>
  static AISLE_INLINE void SearchStep(const std::int32_t* steps, int step, const Ints* key,
                                      Ints* found) {
    const std::int32_t* const entries = steps + static_cast<std::size_t>(step) * kStepWidth;
    const auto width = static_cast<unsigned>(kCount - step);
    const Ints gain = _mm512_set1_epi32(1 << (kCount - 1 - step));
    const auto load = [&](int i) { return _mm512_load_si512(entries + 16 * i); };
#pragma GCC unroll 4
    for (std::size_t j = 0; j < kSearchedAtOnce; ++j) {
      const Ints at = _mm512_srli_epi32(found[j], width);
      Ints entry;
      if (step < 5) {
        entry = _mm512_permutexvar_epi32(at, load(0));
      } else if (step == 5) {
        entry = _mm512_permutex2var_epi32(load(0), at, load(1));
      } else {
        entry = _mm512_mask_blend_epi32(_mm512_test_epi32_mask(at, _mm512_set1_epi32(32)),
                                        _mm512_permutex2var_epi32(load(0), at, load(1)),
                                        _mm512_permutex2var_epi32(load(2), at, load(3)));
      }
      found[j] =
          _mm512_mask_or_epi32(found[j], _mm512_cmpge_epi32_mask(key[j], entry), found[j], gain);
    }
  }
  template <int kCount>
  static AISLE_INLINE void SearchTogether(const std::int32_t* steps, const float* values,
                                          std::uint8_t* right, std::uint8_t* left) {
    Ints key[kSearchedAtOnce];
    Ints found[kSearchedAtOnce];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < kSearchedAtOnce; ++j) {
      key[j] = Keys(values + 16 * j);
      found[j] = Zero();
    }
#pragma GCC unroll 7
    for (int step = 0; step < kCount; ++step) SearchStep<kCount>(steps, step, key, found);
#pragma GCC unroll 4
    for (std::size_t j = 0; j < kSearchedAtOnce; ++j) {
      const auto missing = _mm512_cmpeq_epi32_mask(key[j], _mm512_set1_epi32(0x7fffffff));
      found[j] = _mm512_mask_mov_epi32(found[j], missing, _mm512_set1_epi32(kMissingRank));
    }
    // Packing takes four of each of the four in turn, within 128 bits.
    const Vector bytes = _mm512_permutexvar_epi32(
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
        _mm512_packus_epi16(_mm512_packs_epi32(found[0], found[1]),
                            _mm512_packs_epi32(found[2], found[3])));
    const auto there =
        ~_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(static_cast<char>(kMissingRank)));
    _mm512_storeu_si512(right, bytes);
    _mm512_storeu_si512(left, _mm512_maskz_mov_epi8(there, bytes));
  }
  static void RankBytes(const ByteSearch& search, const float* values, std::size_t count,
                        std::uint8_t* right, std::uint8_t* left) {
    if (search.steps == nullptr) return RankByPivots<Avx512>(search, values, count, right, left);
    static_assert(kStepsMin == 5 && kSteps == 7);
    if (search.step_count == 5) return RankBySteps<5>(search.steps, values, count, right, left);
    if (search.step_count == 6) return RankBySteps<6>(search.steps, values, count, right, left);
    RankBySteps<7>(search.steps, values, count, right, left);
  }
  template <int kCount>
  static AISLE_APART void RankBySteps(const std::int32_t* steps, const float* values,
                                      std::size_t count, std::uint8_t* right, std::uint8_t* left) {
    constexpr std::size_t kValues = 16 * kSearchedAtOnce;
    std::size_t begin = 0;
    alignas(64) float lanes[kValues] = {};
    for (; begin + kValues <= count; begin += kValues) {
      __builtin_memcpy(lanes, values + begin, sizeof lanes);
      SearchTogether<kCount>(steps, lanes, right + begin, left + begin);
    }
    if (begin == count) return;
    alignas(64) std::uint8_t last[2][kValues];
    __builtin_memcpy(lanes, values + begin, (count - begin) * sizeof(float));
    SearchTogether<kCount>(steps, lanes, last[0], last[1]);
    __builtin_memcpy(right + begin, last[0], count - begin);
    __builtin_memcpy(left + begin, last[1], count - begin);
  }
};

struct ScreenAvx512 : ScreenAvx512Base {
  static void PackShort(std::uint32_t depth, const std::int16_t* leaves, std::byte* packed) {
    if (depth <= 4) return PackShortBytes(depth, 16, leaves, packed);
    __builtin_memcpy(packed, leaves, sizeof(std::int16_t) << depth);
  }
  template <unsigned kDepth>
  static AISLE_INLINE void AddShort(Vector* bits, const std::byte* packed, std::int16_t* sums) {
    TransposeBits<Avx512>(bits);
    if constexpr (kDepth <= 4) {
      AddShuffled(bits, packed, sums);
    } else {
      const Vector first = Load(packed);
      const auto look_up = [&](Vector number) __attribute__((always_inline)) {
        if constexpr (kDepth == 5) return _mm512_permutexvar_epi16(number, first);
        return _mm512_permutex2var_epi16(first, number, Load(packed + 64));
      };
#pragma GCC unroll 8
      for (std::size_t b = 0; b < 8; ++b) {
        AddSums(sums + 64 * b, look_up(_mm512_unpacklo_epi8(bits[b], Zero())),
                look_up(_mm512_unpackhi_epi8(bits[b], Zero())));
      }
    }
  }
};

struct ScreenVbmi : ScreenAvx512Base {
  static void PackShort(std::uint32_t depth, const std::int16_t* leaves, std::byte* packed) {
    PackShortBytes(depth, depth <= 4 ? 16 : 64, leaves, packed);
  }
  template <unsigned kDepth>
  static AISLE_INLINE void AddShort(Vector* bits, const std::byte* packed, std::int16_t* sums) {
    TransposeBits<Avx512>(bits);
    if constexpr (kDepth <= 4) {
      AddShuffled(bits, packed, sums);
    } else {
      const Vector low_table = Load(packed);
      const Vector high_table = Load(packed + 64);
#pragma GCC unroll 8
      for (std::size_t b = 0; b < 8; ++b) {
        const Vector low = _mm512_permutexvar_epi8(bits[b], low_table);
        const Vector high = _mm512_permutexvar_epi8(bits[b], high_table);
        AddSums(sums + 64 * b, _mm512_unpacklo_epi8(low, high), _mm512_unpackhi_epi8(low, high));
      }
    }
  }
};

}  // namespace
}  // namespace aisle::forest
