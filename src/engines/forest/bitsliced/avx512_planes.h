// The planes of the bit-sliced kernel by AVX-512 F, BW and VL, and by VBMI and GFNI: 512 rows at a time.
//
// Included after the intrinsics, by the two kernel files and by a test that emulates them. A multiplexer is
// one instruction. Avx512 looks leaves up as floats, 32 of them in two registers; Vbmi as bytes, 128 of them.
//
//   order    see Position(): each is the order in which its look-ups give rows.
//   source   Intel's intrinsics guide.
#pragma once

#include "forest/bitsliced/bitsliced_text.h"

namespace aisle::forest {
namespace {

struct Avx512Base {
  using Vector = __m512i;
  static constexpr unsigned kBytes = 64;
  static constexpr unsigned kPlaneBytes = 64;

  static AISLE_INLINE Vector Load(const std::byte* from) {
    return _mm512_load_si512(reinterpret_cast<const Vector*>(from));
  }
  static AISLE_INLINE void Store(std::byte* to, Vector v) {
    _mm512_store_si512(reinterpret_cast<Vector*>(to), v);
  }
  static AISLE_INLINE Vector Zero() { return _mm512_setzero_si512(); }
  static AISLE_INLINE Vector Or(Vector a, Vector b) { return _mm512_or_si512(a, b); }
  static AISLE_INLINE Vector Mux(Vector s, Vector one, Vector zero) {
    return _mm512_ternarylogic_epi64(s, one, zero, 0xCA);
  }
  using Ints = __m512i;
  static constexpr unsigned kLanes = 16;
  static AISLE_INLINE Ints None() { return Zero(); }
  static AISLE_INLINE void StoreInts(std::int32_t* to, Ints v) {
    _mm512_store_si512(reinterpret_cast<Vector*>(to), v);
  }
  static AISLE_INLINE Ints Keys(const float* values) {
    const Ints bits =
        _mm512_castps_si512(_mm512_add_ps(_mm512_load_ps(values), _mm512_setzero_ps()));
    const Ints signless = _mm512_set1_epi32(0x7fffffff);
    const Ints sign = _mm512_sub_epi32(Zero(), _mm512_srli_epi32(bits, 31));
    const Ints keys = _mm512_xor_si512(bits, _mm512_and_si512(sign, signless));
    const auto missing =
        _mm512_cmpgt_epi32_mask(_mm512_and_si512(bits, signless), _mm512_set1_epi32(0x7f800000));
    return _mm512_mask_mov_epi32(keys, missing, signless);
  }
  static AISLE_INLINE Ints CountAbove(Ints count, std::int32_t pivot, Ints keys) {
    const auto above = _mm512_cmpgt_epi32_mask(_mm512_set1_epi32(pivot), keys);
    return _mm512_mask_add_epi32(count, above, count, _mm512_set1_epi32(1));
  }
  static AISLE_INLINE std::uint32_t CountUpTo(const std::int32_t* keys, std::int32_t key) {
    const auto up_to = _mm512_cmple_epi32_mask(
        _mm512_loadu_si512(reinterpret_cast<const Vector*>(keys)), _mm512_set1_epi32(key));
    return static_cast<std::uint32_t>(__builtin_popcount(static_cast<unsigned>(up_to)));
  }
  static AISLE_INLINE void Add(float* sums, __m512 leaves) {
    _mm512_store_ps(sums, _mm512_add_ps(_mm512_load_ps(sums), leaves));
  }
};

struct Avx512 : Avx512Base {
  template <int kShift>
  static AISLE_INLINE void Exchange(Vector& a, Vector& b) {
    const Vector kept = _mm512_set1_epi64(static_cast<long long>(KeptBits(kShift)));
    const Vector up = _mm512_slli_epi32(b, kShift);
    const Vector down = _mm512_srli_epi32(a, kShift);
    a = _mm512_ternarylogic_epi64(kept, a, up, 0xCA);
    b = _mm512_ternarylogic_epi64(kept, down, b, 0xCA);
  }

  // Sixteen rows are the same byte of the sixteen 32-bit words of a vector.
  static std::uint32_t Position(std::uint32_t row) {
    return (row % 16 * 4 + row % 64 / 16) * 8 + row / 64;
  }
  static std::size_t LeafBytes(std::uint32_t depth) { return FloatLeafBytes(depth); }
  static void PackLeaves(std::uint32_t depth, const float* leaves, std::byte* packed) {
    PackFloatLeaves(depth, leaves, packed);
  }

  template <unsigned kDepth>
  static AISLE_INLINE void AddLeaves(Vector* bits, const std::byte* packed, float* sums) {
    TransposeBits<Avx512>(bits);
    constexpr unsigned kTables = kDepth <= 4 ? 1 : (1U << kDepth) / 16;
    __m512 table[kTables];
#pragma GCC unroll 16
    for (std::size_t t = 0; t < kTables; ++t)
      table[t] = _mm512_load_ps(reinterpret_cast<const float*>(packed) + std::size_t{16} * t);
    // Rolled up on purpose: the tables fill half the registers, and the loop stays in the decoded cache.
    for (std::size_t b = 0; b < 8; ++b) {
      Vector number = bits[b];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        Add(sums + 64 * b + 16 * j, LookUp<kDepth>(table, number));
        number = _mm512_srli_epi32(number, 8);
      }
    }
  }

  // The leaf of each 32-bit word's lowest byte. A permute looks at five bits of it.
  template <unsigned kDepth>
  static AISLE_INLINE __m512 LookUp(const __m512* table, Vector number) {
    if constexpr (kDepth <= 4) {
      return _mm512_permutexvar_ps(number, table[0]);
    } else if constexpr (kDepth == 5) {
      return _mm512_permutex2var_ps(table[0], number, table[1]);
    } else {
      constexpr unsigned kHalf = (1U << kDepth) / 32;
      const __m512 low = LookUp<kDepth - 1>(table, number);
      const __m512 high = LookUp<kDepth - 1>(table + kHalf, number);
      const auto upper = _mm512_test_epi32_mask(number, _mm512_set1_epi32(1 << (kDepth - 1)));
      return _mm512_mask_blend_ps(upper, low, high);
    }
  }
};

struct Vbmi : Avx512Base {
  // Vector v of the numbers holds, in 128-bit lane q, byte columns 16 q + 2 v and the next; interleaving four
  // look-ups by bytes and words then gives four rows of each lane in turn.
  static std::uint32_t Position(std::uint32_t row) {
    const std::uint32_t in_lane = row % 64 / 16 * 4 + row % 4;
    const std::uint32_t column = row % 16 / 4 * 16 + row / 64 * 2 + in_lane / 8;
    return column * 8 + in_lane % 8;
  }
  static std::size_t LeafBytes(std::uint32_t depth) {
    return std::size_t{4} << (depth < 6 ? 6U : depth);
  }
  static void PackLeaves(std::uint32_t depth, const float* leaves, std::byte* packed) {
    if (depth == 0) return PackFloatLeaves(depth, leaves, packed);
    PackLeafBytes(depth, 64, leaves, packed);
  }

  // A matrix of eight bytes times the unit bytes is its columns, which is its transpose. The instruction
  // counts a matrix' rows from the last byte: planes go in with the highest bit first.
  static AISLE_INLINE void Numbers(const Vector* bits, Vector* numbers) {
    const Vector units = _mm512_set1_epi64(static_cast<long long>(0x8040201008040201ULL));
    Vector pair[8];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      pair[2 * j] = _mm512_unpacklo_epi8(bits[7 - 2 * j], bits[6 - 2 * j]);
      pair[2 * j + 1] = _mm512_unpackhi_epi8(bits[7 - 2 * j], bits[6 - 2 * j]);
    }
#pragma GCC unroll 2
    for (std::size_t h = 0; h < 2; ++h) {
      const Vector low_front = _mm512_unpacklo_epi16(pair[h], pair[2 + h]);
      const Vector high_front = _mm512_unpackhi_epi16(pair[h], pair[2 + h]);
      const Vector low_back = _mm512_unpacklo_epi16(pair[4 + h], pair[6 + h]);
      const Vector high_back = _mm512_unpackhi_epi16(pair[4 + h], pair[6 + h]);
      numbers[4 * h] = _mm512_unpacklo_epi32(low_front, low_back);
      numbers[4 * h + 1] = _mm512_unpackhi_epi32(low_front, low_back);
      numbers[4 * h + 2] = _mm512_unpacklo_epi32(high_front, high_back);
      numbers[4 * h + 3] = _mm512_unpackhi_epi32(high_front, high_back);
    }
#pragma GCC unroll 8
    for (std::size_t v = 0; v < 8; ++v)
      numbers[v] = _mm512_gf2p8affine_epi64_epi8(units, numbers[v], 0);
  }

  template <unsigned kDepth>
  static AISLE_INLINE Vector LookUp(const std::byte* packed, Vector number) {
    const auto table = [&](unsigned group) { return Load(packed + std::size_t{256} * group); };
    if constexpr (kDepth <= 6) {
      return _mm512_permutexvar_epi8(number, table(0));
    } else if constexpr (kDepth == 7) {
      return _mm512_permutex2var_epi8(table(0), number, table(1));
    } else {
      return _mm512_mask_blend_epi8(_mm512_movepi8_mask(number),
                                    _mm512_permutex2var_epi8(table(0), number, table(1)),
                                    _mm512_permutex2var_epi8(table(2), number, table(3)));
    }
  }

  template <unsigned kDepth>
  static AISLE_INLINE void AddLeaves(Vector* bits, const std::byte* packed, float* sums) {
    Vector numbers[8];
    Numbers(bits, numbers);
    for (std::size_t v = 0; v < 8; ++v) {
      Vector byte[4];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j)
        byte[j] = LookUp<kDepth>(packed + std::size_t{64} * j, numbers[v]);
      const Vector low01 = _mm512_unpacklo_epi8(byte[0], byte[1]);
      const Vector high01 = _mm512_unpackhi_epi8(byte[0], byte[1]);
      const Vector low23 = _mm512_unpacklo_epi8(byte[2], byte[3]);
      const Vector high23 = _mm512_unpackhi_epi8(byte[2], byte[3]);
      float* const at = sums + 64 * v;
      Add(at, _mm512_castsi512_ps(_mm512_unpacklo_epi16(low01, low23)));
      Add(at + 16, _mm512_castsi512_ps(_mm512_unpackhi_epi16(low01, low23)));
      Add(at + 32, _mm512_castsi512_ps(_mm512_unpacklo_epi16(high01, high23)));
      Add(at + 48, _mm512_castsi512_ps(_mm512_unpackhi_epi16(high01, high23)));
    }
  }
};

// 64 rows at a time, for few rows: a plane is a word, and leaf numbers are the bytes of one register.
struct NarrowAvx512 : Avx512Base {
  using Vector = __m128i;
  static constexpr unsigned kBytes = 8;
  static constexpr unsigned kPlaneBytes = 8;

  static AISLE_INLINE Vector Load(const std::byte* from) {
    return _mm_loadl_epi64(reinterpret_cast<const Vector*>(from));
  }
  static AISLE_INLINE void Store(std::byte* to, Vector v) {
    _mm_storel_epi64(reinterpret_cast<Vector*>(to), v);
  }
  static AISLE_INLINE Vector Zero() { return _mm_setzero_si128(); }
  static AISLE_INLINE Vector Or(Vector a, Vector b) { return _mm_or_si128(a, b); }
  static AISLE_INLINE Vector Mux(Vector s, Vector one, Vector zero) {
    return _mm_ternarylogic_epi64(s, one, zero, 0xCA);
  }
  // Sixteen rows are the same byte of the sixteen 32-bit words of the numbers.
  static std::uint32_t Position(std::uint32_t row) { return row % 16 * 4 + row / 16; }
  static std::size_t LeafBytes(std::uint32_t depth) { return FloatLeafBytes(depth); }
  static void PackLeaves(std::uint32_t depth, const float* leaves, std::byte* packed) {
    PackFloatLeaves(depth, leaves, packed);
  }

  template <unsigned kDepth>
  static AISLE_INLINE void AddLeaves(Vector* bits, const std::byte* packed, float* sums) {
    constexpr unsigned kTables = kDepth <= 4 ? 1 : (1U << kDepth) / 16;
    __m512 table[kTables];
#pragma GCC unroll 16
    for (std::size_t t = 0; t < kTables; ++t)
      table[t] = _mm512_load_ps(reinterpret_cast<const float*>(packed) + std::size_t{16} * t);
    __m512i number = _mm512_setzero_si512();
#pragma GCC unroll 8
    for (unsigned j = 0; j < kDepth; ++j) {
      const auto rows = static_cast<std::uint64_t>(_mm_cvtsi128_si64(bits[j]));
      number =
          _mm512_mask_add_epi8(number, rows, number, _mm512_set1_epi8(static_cast<char>(1U << j)));
    }
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) {
      Add(sums + 16 * j, Avx512::LookUp<kDepth>(table, number));
      number = _mm512_srli_epi32(number, 8);
    }
  }
};

}  // namespace
}  // namespace aisle::forest
