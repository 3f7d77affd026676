// The bit-sliced kernel by pairs of 64-bit words: any CPU runs it, and so do the tests everywhere.
#include "forest/bitsliced/bitsliced_text.h"

namespace aisle::forest {
namespace {

struct Words {
  typedef std::uint64_t Vector __attribute__((vector_size(16)));  // NOLINT: `using` drops the size.
  typedef float Floats __attribute__((vector_size(16)));          // NOLINT
  typedef std::int32_t Ints __attribute__((vector_size(16)));     // NOLINT
  static constexpr std::int32_t kSignless = 0x7fffffff;
  static constexpr unsigned kBytes = 16;
  static constexpr unsigned kPlaneBytes = 32;

  static AISLE_INLINE Vector Load(const std::byte* from) {
    Vector v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
  }
  static AISLE_INLINE void Store(std::byte* to, Vector v) { __builtin_memcpy(to, &v, sizeof v); }
  static AISLE_INLINE Vector Zero() { return Vector{0, 0}; }
  static AISLE_INLINE Vector Or(Vector a, Vector b) { return a | b; }
  static AISLE_INLINE Vector Mux(Vector s, Vector one, Vector zero) {
    return zero ^ (s & (zero ^ one));
  }
  template <int kShift>
  static AISLE_INLINE void Exchange(Vector& a, Vector& b) {
    const Vector moved = ((a >> kShift) ^ b) & Vector{KeptBits(kShift), KeptBits(kShift)};
    b ^= moved;
    a ^= moved << kShift;
  }

  static constexpr unsigned kLanes = 4;
  static AISLE_INLINE Ints Same(std::int32_t x) { return Ints{x, x, x, x}; }
  static AISLE_INLINE Ints None() { return Same(0); }
  static AISLE_INLINE void StoreInts(std::int32_t* to, Ints v) {
    __builtin_memcpy(to, &v, sizeof v);
  }
  static AISLE_INLINE Ints Keys(const float* values) {
    Floats v;
    __builtin_memcpy(&v, values, sizeof v);
    v += Floats{0, 0, 0, 0};
    const Ints bits = reinterpret_cast<Ints>(v);
    const Ints keys = bits ^ ((bits >> 31) & kSignless);
    const Ints missing = (bits & kSignless) > Same(0x7f800000);
    return (keys & ~missing) | (missing & kSignless);
  }
  // A comparison that holds is -1.
  static AISLE_INLINE Ints CountAbove(Ints count, std::int32_t pivot, Ints keys) {
    return count - (Same(pivot) > keys);
  }
  static AISLE_INLINE std::uint32_t CountUpTo(const std::int32_t* keys, std::int32_t key) {
    Ints sum = {0, 0, 0, 0};
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 16; i += 4) {
      Ints four;
      __builtin_memcpy(&four, keys + i, sizeof four);
      sum += four <= Ints{key, key, key, key};
    }
    return static_cast<std::uint32_t>(-(sum[0] + sum[1] + sum[2] + sum[3]));
  }

  static std::uint32_t Position(std::uint32_t row) { return row % 16 * 8 + row / 16; }
  static std::size_t LeafBytes(std::uint32_t depth) { return FloatLeafBytes(depth); }
  static void PackLeaves(std::uint32_t depth, const float* leaves, std::byte* packed) {
    PackFloatLeaves(depth, leaves, packed);
  }

  template <unsigned kDepth>
  static AISLE_INLINE void AddLeaves(Vector* bits, const std::byte* packed, float* sums) {
    const auto* const leaves = reinterpret_cast<const float*>(packed);
    TransposeBits<Words>(bits);
    for (std::size_t b = 0; b < 8; ++b) {
      unsigned char number[kBytes];
      __builtin_memcpy(number, bits + b, sizeof number);
#pragma GCC unroll 4
      for (std::size_t k = 0; k < kBytes; k += 4) {
        const Floats leaf = {leaves[number[k]], leaves[number[k + 1]], leaves[number[k + 2]],
                             leaves[number[k + 3]]};
        float* const at = sums + b * kBytes + k;
        Floats sum;
        __builtin_memcpy(&sum, at, sizeof sum);
        sum += leaf;
        __builtin_memcpy(at, &sum, sizeof sum);
      }
    }
  }
};

}  // namespace

constinit const Kernel kWordsKernel = MakeKernel<Words>();

}  // namespace aisle::forest
