// The planes of the bit-sliced kernel by AVX2: 256 rows at a time. Included after the intrinsics, by kernel files.
//
// A multiplexer is three instructions. Small trees fetch leaves by byte shuffles, sixteen leaves each; from
// depth 7 on, sixteen-fold look-ups cost more than loading every leaf by its number.
//
//   order    see Position(): the order in which its look-ups give rows.
//   source   Intel's intrinsics guide.
#pragma once

#include "forest/bitsliced/bitsliced_text.h"

namespace aisle::forest {
namespace {

struct Avx2 {
  using Vector = __m256i;
  static constexpr unsigned kBytes = 32;
  static constexpr unsigned kPlaneBytes = 32;
  static constexpr unsigned kShuffledDepth = 6;

  static AISLE_INLINE Vector Load(const std::byte* from) {
    return _mm256_load_si256(reinterpret_cast<const Vector*>(from));
  }
  static AISLE_INLINE void Store(std::byte* to, Vector v) {
    _mm256_store_si256(reinterpret_cast<Vector*>(to), v);
  }
  static AISLE_INLINE Vector Zero() { return _mm256_setzero_si256(); }
  static AISLE_INLINE Vector Or(Vector a, Vector b) { return _mm256_or_si256(a, b); }
  static AISLE_INLINE Vector Mux(Vector s, Vector one, Vector zero) {
    return _mm256_xor_si256(zero, _mm256_and_si256(s, _mm256_xor_si256(zero, one)));
  }
  template <int kShift>
  static AISLE_INLINE void Exchange(Vector& a, Vector& b) {
    const Vector kept = _mm256_set1_epi64x(static_cast<long long>(KeptBits(kShift)));
    const Vector moved = _mm256_and_si256(_mm256_xor_si256(_mm256_srli_epi64(a, kShift), b), kept);
    b = _mm256_xor_si256(b, moved);
    a = _mm256_xor_si256(a, _mm256_slli_epi64(moved, kShift));
  }

  using Ints = __m256i;
  static constexpr unsigned kLanes = 8;
  static AISLE_INLINE Ints None() { return Zero(); }
  static AISLE_INLINE void StoreInts(std::int32_t* to, Ints v) {
    _mm256_store_si256(reinterpret_cast<Vector*>(to), v);
  }
  static AISLE_INLINE Ints Keys(const float* values) {
    const Ints bits =
        _mm256_castps_si256(_mm256_add_ps(_mm256_load_ps(values), _mm256_setzero_ps()));
    const Ints signless = _mm256_set1_epi32(0x7fffffff);
    const Ints keys =
        _mm256_xor_si256(bits, _mm256_and_si256(_mm256_srai_epi32(bits, 31), signless));
    const Ints missing =
        _mm256_cmpgt_epi32(_mm256_and_si256(bits, signless), _mm256_set1_epi32(0x7f800000));
    return _mm256_blendv_epi8(keys, signless, missing);
  }
  // A comparison that holds is -1.
  static AISLE_INLINE Ints CountAbove(Ints count, std::int32_t pivot, Ints keys) {
    return _mm256_sub_epi32(count, _mm256_cmpgt_epi32(_mm256_set1_epi32(pivot), keys));
  }
  static AISLE_INLINE std::uint32_t CountUpTo(const std::int32_t* keys, std::int32_t key) {
    const Vector all = _mm256_set1_epi32(key);
    const auto* const from = reinterpret_cast<const Vector*>(keys);
    const Vector low = _mm256_cmpgt_epi32(_mm256_loadu_si256(from), all);
    const Vector high = _mm256_cmpgt_epi32(_mm256_loadu_si256(from + 1), all);
    // Packing interleaves the halves; a count does not mind.
    const auto above = static_cast<unsigned>(_mm256_movemask_epi8(_mm256_packs_epi32(low, high)));
    return 16U - static_cast<std::uint32_t>(__builtin_popcount(above)) / 2;
  }

  // Of 32 rows, those of four bytes of the lower half and of four of the upper half follow each other: so
  // interleaved bytes come out.
  static constexpr std::uint32_t ByteOf(std::uint32_t row) {
    return row % 8 / 4 * 16 + row / 8 * 4 + row % 4;
  }
  static std::uint32_t Position(std::uint32_t row) { return ByteOf(row % 32) * 8 + row / 32; }

  static std::size_t LeafBytes(std::uint32_t depth) { return FloatLeafBytes(depth); }
  static void PackLeaves(std::uint32_t depth, const float* leaves, std::byte* packed) {
    if (depth == 0 || depth > kShuffledDepth) return PackFloatLeaves(depth, leaves, packed);
    PackLeafBytes(depth, 16, leaves, packed);
  }

  static AISLE_INLINE void Add(float* sums, __m256 leaves) {
    _mm256_store_ps(sums, _mm256_add_ps(_mm256_load_ps(sums), leaves));
  }

  template <unsigned kDepth>
  static AISLE_INLINE void AddLeaves(Vector* bits, const std::byte* packed, float* sums) {
    TransposeBits<Avx2>(bits);
    if constexpr (kDepth <= kShuffledDepth) {
      for (std::size_t b = 0; b < 8; b += 2)
        AddShuffled<kDepth>(bits + b, packed, sums + std::size_t{32} * b);
    } else {
      const auto* const leaves = reinterpret_cast<const float*>(packed);
      alignas(32) unsigned char number[256];
#pragma GCC unroll 8
      for (std::size_t b = 0; b < 8; ++b)
        Store(reinterpret_cast<std::byte*>(number) + 32 * b, bits[b]);
      for (std::size_t row = 0; row < 256; row += 8) {
        const unsigned char* const n = number + row / 32 * 32 + row % 32 / 2;
        Add(sums + row, _mm256_setr_ps(leaves[n[0]], leaves[n[1]], leaves[n[2]], leaves[n[3]],
                                       leaves[n[16]], leaves[n[17]], leaves[n[18]], leaves[n[19]]));
      }
    }
  }

  // Twice 32 leaf numbers, so that each table is fetched for both. A shuffle gives zero where the number's
  // highest bit is set: adding 0x70 with saturation sets it for all numbers that are not of the sixteen.
  template <unsigned kDepth>
  static AISLE_INLINE void AddShuffled(const Vector* numbers, const std::byte* packed,
                                       float* sums) {
    constexpr unsigned kGroups = kDepth <= 4 ? 1 : 1U << (kDepth - 4);
    Vector byte[2][4];
#pragma GCC unroll 4
    for (std::size_t group = 0; group < kGroups; ++group) {
      const Vector upper = _mm256_set1_epi8(static_cast<char>(group << 4U));
      Vector index[2];
#pragma GCC unroll 2
      for (std::size_t i = 0; i < 2; ++i) {
        index[i] = kGroups == 1 ? numbers[i]
                                : _mm256_adds_epu8(_mm256_xor_si256(numbers[i], upper),
                                                   _mm256_set1_epi8(0x70));
      }
#pragma GCC unroll 4
      for (std::size_t j = 0; j < 4; ++j) {
        const auto* const from =
            reinterpret_cast<const __m128i*>(packed + std::size_t{64} * group + 16 * j);
        const Vector table = _mm256_broadcastsi128_si256(_mm_load_si128(from));
#pragma GCC unroll 2
        for (std::size_t i = 0; i < 2; ++i) {
          const Vector found = _mm256_shuffle_epi8(table, index[i]);
          byte[i][j] = group == 0 ? found : _mm256_or_si256(byte[i][j], found);
        }
      }
    }
#pragma GCC unroll 2
    for (std::size_t i = 0; i < 2; ++i) AddBytes(byte[i], sums + 32 * i);
  }

  // The four bytes of 32 leaves.
  static AISLE_INLINE void AddBytes(const Vector* byte, float* sums) {
    const Vector low01 = _mm256_unpacklo_epi8(byte[0], byte[1]);
    const Vector high01 = _mm256_unpackhi_epi8(byte[0], byte[1]);
    const Vector low23 = _mm256_unpacklo_epi8(byte[2], byte[3]);
    const Vector high23 = _mm256_unpackhi_epi8(byte[2], byte[3]);
    Add(sums, _mm256_castsi256_ps(_mm256_unpacklo_epi16(low01, low23)));
    Add(sums + 8, _mm256_castsi256_ps(_mm256_unpackhi_epi16(low01, low23)));
    Add(sums + 16, _mm256_castsi256_ps(_mm256_unpacklo_epi16(high01, high23)));
    Add(sums + 24, _mm256_castsi256_ps(_mm256_unpackhi_epi16(high01, high23)));
  }
};

}  // namespace
}  // namespace aisle::forest
