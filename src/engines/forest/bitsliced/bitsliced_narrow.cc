// The bit-sliced kernel by single 64-bit words, 64 rows at a time: for few rows, which a wider block would make
// wait for rows that are not there. Any CPU.
#include "forest/bitsliced/bitsliced_text.h"

namespace aisle::forest {
namespace {

struct Narrow {
  using Vector = std::uint64_t;
  using Ints = std::int32_t;
  static constexpr unsigned kBytes = 8;
  static constexpr unsigned kPlaneBytes = 8;

  static AISLE_INLINE Vector Load(const std::byte* from) {
    Vector v = 0;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
  }
  static AISLE_INLINE void Store(std::byte* to, Vector v) { __builtin_memcpy(to, &v, sizeof v); }
  static AISLE_INLINE Vector Zero() { return 0; }
  static AISLE_INLINE Vector Or(Vector a, Vector b) { return a | b; }
  static AISLE_INLINE Vector Mux(Vector s, Vector one, Vector zero) {
    return zero ^ (s & (zero ^ one));
  }
  template <int kShift>
  static AISLE_INLINE void Exchange(Vector& a, Vector& b) {
    const Vector moved = ((a >> kShift) ^ b) & KeptBits(kShift);
    b ^= moved;
    a ^= moved << kShift;
  }

  static constexpr unsigned kLanes = 1;
  static AISLE_INLINE Ints None() { return 0; }
  static AISLE_INLINE void StoreInts(std::int32_t* to, Ints v) { *to = v; }
  static AISLE_INLINE Ints Keys(const float* values) {
    const float v = *values + 0.0F;
    std::int32_t bits = 0;
    __builtin_memcpy(&bits, &v, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000) return 0x7fffffff;
    return bits ^ ((bits >> 31) & 0x7fffffff);
  }
  static AISLE_INLINE Ints CountAbove(Ints count, std::int32_t pivot, Ints key) {
    return count + (pivot > key ? 1 : 0);
  }
  static AISLE_INLINE std::uint32_t CountUpTo(const std::int32_t* keys, std::int32_t key) {
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < 16; ++i) count += keys[i] <= key ? 1U : 0U;
    return count;
  }

  // Byte k of word b of the numbers belongs to the row at bit 8 k + b.
  static std::uint32_t Position(std::uint32_t row) { return row % 8 * 8 + row / 8; }
  static std::size_t LeafBytes(std::uint32_t depth) { return FloatLeafBytes(depth); }
  static void PackLeaves(std::uint32_t depth, const float* leaves, std::byte* packed) {
    PackFloatLeaves(depth, leaves, packed);
  }

  template <unsigned kDepth>
  static AISLE_INLINE void AddLeaves(Vector* bits, const std::byte* packed, float* sums) {
    const auto* const leaves = reinterpret_cast<const float*>(packed);
    TransposeBits<Narrow>(bits);
#pragma GCC unroll 8
    for (std::size_t b = 0; b < 8; ++b) {
      const Vector number = bits[b];
#pragma GCC unroll 2
      for (std::size_t k = 0; k < 8; k += 4) {
        FourFloats sum;
        __builtin_memcpy(&sum, sums + 8 * b + k, sizeof sum);
        sum += FourFloats{leaves[number >> (8 * k) & 0xff], leaves[number >> (8 * k + 8) & 0xff],
                          leaves[number >> (8 * k + 16) & 0xff],
                          leaves[number >> (8 * k + 24) & 0xff]};
        __builtin_memcpy(sums + 8 * b + k, &sum, sizeof sum);
      }
    }
  }
};

}  // namespace

constinit const Kernel kNarrowKernel = MakeKernel<Narrow>();

}  // namespace aisle::forest
