// The screen's kernel by AVX2. Compiled with -mavx2; called where the CPU has it.
#include <immintrin.h>

#include "forest/bitsliced/avx2_planes.h"
#include "forest/screen/screen_text.h"

namespace aisle::forest {
namespace {

struct ScreenAvx2 : Avx2 {
  static constexpr bool kRanksBySteps = false;
  typedef std::int16_t Shorts __attribute__((vector_size(32)));  // NOLINT: `using` drops the size.

  static AISLE_INLINE std::uint32_t Above32(const std::uint8_t* bytes, std::uint8_t bar) {
    const Vector v = Load(reinterpret_cast<const std::byte*>(bytes));
    const Vector least = _mm256_set1_epi8(static_cast<char>(bar + 1));
    return static_cast<std::uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(v, least), v)));
  }
  static AISLE_INLINE std::uint64_t Above64(const std::uint8_t* bytes, std::uint8_t bar) {
    return Above32(bytes, bar) | std::uint64_t{Above32(bytes + 32, bar)} << 32U;
  }
  static AISLE_INLINE void StoreAbove(const std::uint8_t* bytes, std::uint8_t bar, std::byte* to) {
    const std::uint32_t bits = Above32(bytes, bar);
    __builtin_memcpy(to, &bits, sizeof bits);
  }
  static AISLE_INLINE std::uint32_t ReachMask(const std::int16_t* sums, std::int16_t bar) {
    const Vector v = Load(reinterpret_cast<const std::byte*>(sums));
    const Vector below = _mm256_cmpgt_epi16(_mm256_set1_epi16(bar), v);
    // Packing leaves the sixteen in two eights, each doubled.
    const auto bits =
        static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_packs_epi16(below, below)));
    return ~((bits & 0xffU) | (bits >> 8U & 0xff00U)) & 0xffffU;
  }

  static void PackShort(std::uint32_t depth, const std::int16_t* leaves, std::byte* packed) {
    PackShortBytes(depth, 16, leaves, packed);
  }
  template <unsigned kDepth>
  static AISLE_INLINE void AddShort(Vector* bits, const std::byte* packed, std::int16_t* sums) {
    TransposeBits<Avx2>(bits);
    constexpr unsigned kGroups = kDepth <= 4 ? 1 : 1U << (kDepth - 4);
    Vector table[2 * kGroups];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 2 * kGroups; ++i) {
      table[i] = _mm256_broadcastsi128_si256(
          _mm_load_si128(reinterpret_cast<const __m128i*>(packed + 16 * i)));
    }
#pragma GCC unroll 8
    for (std::size_t b = 0; b < 8; ++b) {
      Vector low = Zero();
      Vector high = Zero();
#pragma GCC unroll 4
      for (std::size_t group = 0; group < kGroups; ++group) {
        // Zero where the number is not of the sixteen, as in avx2_planes.h.
        const Vector upper = _mm256_set1_epi8(static_cast<char>(group << 4U));
        const Vector index = kGroups == 1 ? bits[b]
                                          : _mm256_adds_epu8(_mm256_xor_si256(bits[b], upper),
                                                             _mm256_set1_epi8(0x70));
        low = _mm256_or_si256(low, _mm256_shuffle_epi8(table[2 * group], index));
        high = _mm256_or_si256(high, _mm256_shuffle_epi8(table[2 * group + 1], index));
      }
      auto* const at = reinterpret_cast<std::byte*>(sums + 32 * b);
      Store(at, _mm256_add_epi16(Load(at), _mm256_unpacklo_epi8(low, high)));
      Store(at + 32, _mm256_add_epi16(Load(at + 32), _mm256_unpackhi_epi8(low, high)));
    }
  }
  static void RankBytes(const ByteSearch& search, const float* values, std::size_t count,
                        std::uint8_t* right, std::uint8_t* left) {
    RankByPivots<Avx2>(search, values, count, right, left);
  }
};

}  // namespace

constinit const ScreenKernel kScreenAvx2Kernel = MakeScreenKernel<ScreenAvx2>(kNarrowKernel);

}  // namespace aisle::forest
