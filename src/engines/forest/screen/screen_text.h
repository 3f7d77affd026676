// The kernel text of the screen, over a type of planes. Included by kernel files alone, after their instructions;
// everything is in an unnamed namespace and so is each file's own.
//
// A Plane type is one of bitsliced_text.h with kPlaneBytes == kBytes and, beside it: Shorts, a vector of 16-bit
// integers as wide as Vector; Above64(bytes, bar), the bits of 64 bytes that are above the bar; StoreAbove(bytes, bar,
// to), the same for kBytes of them; ReachMask(sums, bar), one bit for each of the Shorts; PackShort(depth, leaves,
// packed); kRanksBySteps; AddShort<depth>(bits, packed, sums), which adds to each row's 16-bit sum the leaf whose
// number stands in its bits; and RankBytes(search, values, count, right, left).
//
//   source   multiplexers over bit planes, as the bit-sliced engine's.
#pragma once

#include "forest/bitsliced/bitsliced_text.h"
#include "forest/screen/screen_kernel.h"

namespace aisle::forest {
namespace {

// Tables of 16-bit leaves by bytes, as byte shuffles want them: of each `group` leaves the low bytes, then the high.
inline void PackShortBytes(std::uint32_t depth, std::size_t group, const std::int16_t* leaves,
                           std::byte* packed) {
  for (std::size_t i = 0; i < (std::size_t{1} << depth); ++i) {
    const auto leaf = static_cast<std::uint16_t>(leaves[i]);
    std::byte* const at = packed + i / group * group * 2 + i % group;
    at[0] = static_cast<std::byte>(leaf & 0xffU);
    at[group] = static_cast<std::byte>(leaf >> 8U);
  }
}

// Numbers of rows come as bytes, kBytes of each eighth row; low and high bytes interleave within 128 bits.
template <class Plane>
std::uint32_t PlaceOf(std::uint32_t row) {
  const std::uint32_t vector = row % 8;
  const std::uint32_t byte = row / 8;
  return vector * Plane::kBytes + byte % 16 / 8 * (Plane::kBytes / 2) + byte / 16 * 8 + byte % 8;
}

template <class Plane, unsigned kDepth>
AISLE_APART void ScreenTrees(const ShortTree* trees, std::size_t tree_count,
                             const std::byte* planes, std::int16_t* sums) {
  for (std::size_t t = 0; t < tree_count; ++t) {
    typename Plane::Vector path[kDepth];
    Network<Plane, kDepth>(planes, trees[t].program, path);
    typename Plane::Vector bits[kDepthMax];
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kDepthMax; ++j)
      bits[j] = j < kDepth ? path[kDepth - 1 - j] : Plane::Zero();
    Plane::template AddShort<kDepth>(bits, trees[t].leaves, sums);
  }
}

template <class Plane>
void ScreenBlock(const ShortTree* trees, const std::uint32_t* ends, const std::byte* planes,
                 std::int16_t* sums) {
  for (std::size_t byte = 0; byte < 16 * Plane::kBytes; byte += Plane::kBytes)
    Plane::Store(reinterpret_cast<std::byte*>(sums) + byte, Plane::Zero());
  ScreenTrees<Plane, 1>(trees + ends[0], ends[1] - ends[0], planes, sums);
  ScreenTrees<Plane, 2>(trees + ends[1], ends[2] - ends[1], planes, sums);
  ScreenTrees<Plane, 3>(trees + ends[2], ends[3] - ends[2], planes, sums);
  ScreenTrees<Plane, 4>(trees + ends[3], ends[4] - ends[3], planes, sums);
  ScreenTrees<Plane, 5>(trees + ends[4], ends[5] - ends[4], planes, sums);
  ScreenTrees<Plane, 6>(trees + ends[5], ends[6] - ends[5], planes, sums);
}

template <class Plane>
void Reach(const std::uint64_t* const* rows, std::size_t row_count, std::size_t word_count,
           std::uint64_t* masks) {
  constexpr std::size_t kWords = Plane::kBytes / sizeof(std::uint64_t);
  for (std::size_t w = 0; w < word_count; w += kWords) {
    const auto load = [&](std::size_t r) __attribute__((always_inline)) {
      return Plane::Load(reinterpret_cast<const std::byte*>(rows[r] + w));
    };
    typename Plane::Vector all = load(0);
    for (std::size_t r = 1; r < row_count; ++r) all = Plane::Mux(all, load(r), Plane::Zero());
    Plane::Store(reinterpret_cast<std::byte*>(masks + w), all);
  }
}

template <class Plane>
void Merge(const std::uint64_t* const* sets, std::size_t set_count, std::size_t word_count,
           std::uint64_t* to) {
  constexpr std::size_t kWords = Plane::kBytes / sizeof(std::uint64_t);
  for (std::size_t w = 0; w < word_count; w += kWords) {
    typename Plane::Vector all = Plane::Zero();
    for (std::size_t s = 0; s < set_count; ++s)
      all = Plane::Or(all, Plane::Load(reinterpret_cast<const std::byte*>(sets[s] + w)));
    Plane::Store(reinterpret_cast<std::byte*>(to + w), all);
  }
}

template <class Plane>
void Copy(const std::byte* from, const AskedPlane* asked, std::size_t asked_count,
          const PlaneBlocks& to) {
  for (std::size_t i = 0; i < asked_count; ++i) {
    const std::byte* plane = from + asked[i].rank * to.count * Plane::kBytes;
    std::byte* at = to.planes + asked[i].plane;
    for (std::size_t b = 0; b < to.count; ++b, plane += Plane::kBytes, at += to.stride)
      Plane::Store(at, Plane::Load(plane));
  }
}

template <class Plane>
void Compare(const std::uint8_t* right, const std::uint8_t* left, const AskedPlane* asked,
             std::size_t asked_count, const PlaneBlocks& to) {
  constexpr std::size_t kRows = 8 * Plane::kBytes;
  for (std::size_t i = 0; i < asked_count; ++i) {
    const std::uint8_t* from = asked[i].missing_right != 0 ? right : left;
    std::byte* plane = to.planes + asked[i].plane;
    for (std::size_t block = 0; block < to.count; ++block, plane += to.stride, from += kRows) {
#pragma GCC unroll 8
      for (std::size_t j = 0; j < 8; ++j)
        Plane::StoreAbove(from + j * Plane::kBytes, asked[i].rank, plane + j * Plane::kBytes / 8);
    }
  }
}

// Each plane is the one before and the rows of the groups that the lower bar lets in.
template <class Plane>
void Grouped(const std::uint8_t* right, const std::uint8_t* left, std::size_t group_count,
             const std::byte* masks, const AskedPlane* asked, std::size_t asked_count,
             const PlaneBlocks& to) {
  constexpr std::size_t kAtOnce = 4;
  const std::uint64_t there =
      group_count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << group_count) - 1;
  const std::uint64_t missing = Plane::Above64(right, kMissingRank - 1) & there;
  for (std::size_t first = 0; first < to.count; first += kAtOnce) {
    const std::size_t blocks = to.count - first < kAtOnce ? to.count - first : kAtOnce;
    typename Plane::Vector rows[kAtOnce];
    typename Plane::Vector missing_rows[kAtOnce];
#pragma GCC unroll 4
    for (std::size_t b = 0; b < kAtOnce; ++b) rows[b] = missing_rows[b] = Plane::Zero();
    const auto add = [&](std::uint64_t groups,
                         typename Plane::Vector* sum) __attribute__((always_inline)) {
      for (; groups != 0; groups &= groups - 1) {
        const auto group = static_cast<std::size_t>(__builtin_ctzll(groups));
#pragma GCC unroll 4
        for (std::size_t b = 0; b < kAtOnce; ++b) {
          if (b < blocks)
            sum[b] = Plane::Or(
                sum[b], Plane::Load(masks + ((first + b) * group_count + group) * Plane::kBytes));
        }
      }
    };
    add(missing, missing_rows);
    std::uint64_t in = 0;
    for (std::size_t i = 0; i < asked_count; ++i) {
      const std::uint64_t above = Plane::Above64(left, asked[i].rank) & there;
      add(above & ~in, rows);
      in = above;
      std::byte* const plane = to.planes + asked[i].plane + first * to.stride;
#pragma GCC unroll 4
      for (std::size_t b = 0; b < kAtOnce; ++b) {
        if (b >= blocks) continue;
        Plane::Store(plane + b * to.stride,
                     asked[i].missing_right != 0 ? Plane::Or(rows[b], missing_rows[b]) : rows[b]);
      }
    }
  }
}

template <class Plane>
void AboveWords(const std::uint8_t* right, const std::uint8_t* left,
                const std::uint8_t* missing_right, std::size_t count, std::uint64_t* words) {
  for (std::size_t k = 0; k < count; ++k) {
    words[k] = Plane::Above64(missing_right[k] != 0 ? right : left, static_cast<std::uint8_t>(k));
  }
}

// Counts of one vector's lanes are 16 bits wide: so many vectors at most are counted before they are added up.
constexpr std::size_t kCountedVectors = 16'384;

template <class Plane>
std::size_t CountReaching(const std::int16_t* sums, std::size_t sum_count, std::int16_t bar) {
  using Shorts = typename Plane::Shorts;
  constexpr std::size_t kLanes = sizeof(Shorts) / sizeof(std::int16_t);
  std::size_t reached = 0;
  const Shorts bars = Shorts{} + bar;
  for (std::size_t begin = 0; begin < sum_count;) {
    const std::size_t left = (sum_count - begin) / kLanes;
    const std::size_t end = begin + (left < kCountedVectors ? left : kCountedVectors) * kLanes;
    Shorts count = {};
    for (; begin < end; begin += kLanes) {
      Shorts v;
      __builtin_memcpy(&v, sums + begin, sizeof v);
      count -= v >= bars;
    }
#pragma GCC unroll 1
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      reached += static_cast<std::size_t>(count[lane]);
  }
  return reached;
}

template <class Plane>
std::int16_t BarByHalving(const std::int16_t* sums, std::size_t sum_count, std::size_t count) {
  int low = kNoSum;
  int high = 32767;
  while (low < high) {  // At least `count` are at or above `low`.
    const int middle = low + (high - low + 1) / 2;
    if (CountReaching<Plane>(sums, sum_count, static_cast<std::int16_t>(middle)) >= count) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return static_cast<std::int16_t>(low);
}

// Sums are dealt to so many lanes; the count-th largest of the lanes' maxima is a bar that at least `count` reach.
constexpr std::size_t kLanesDealt = 64;
constexpr std::size_t kFirstMost = 1024;

template <class Plane>
std::int16_t FirstBar(const std::int16_t* sums, std::size_t sum_count, std::size_t count) {
  using Shorts = typename Plane::Shorts;
  constexpr std::size_t kLanes = sizeof(Shorts) / sizeof(std::int16_t);
  constexpr std::size_t kVectors = kLanesDealt / kLanes;
  Shorts most[kVectors];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < kVectors; ++v) most[v] = Shorts{} + kNoSum;
  for (std::size_t begin = 0; begin < sum_count; begin += kLanesDealt) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      Shorts x;
      __builtin_memcpy(&x, sums + begin + v * kLanes, sizeof x);
      most[v] = x > most[v] ? x : most[v];
    }
  }
  alignas(64) std::int16_t dealt[kLanesDealt];
  __builtin_memcpy(dealt, most, sizeof dealt);
  return BarByHalving<Plane>(dealt, kLanesDealt, count);
}

template <class Plane>
std::int16_t Bar(const std::int16_t* sums, std::size_t sum_count, std::size_t count) {
  if (count > kLanesDealt) return BarByHalving<Plane>(sums, sum_count, count);
  const std::int16_t first = FirstBar<Plane>(sums, sum_count, count);
  // The bar is among the sums that reach the first one, few where sums differ.
  alignas(64) std::int16_t reaching[kFirstMost];
  std::size_t found = 0;
  constexpr std::size_t kLanes = Plane::kBytes / sizeof(std::int16_t);
  for (std::size_t begin = 0; begin < sum_count; begin += kLanes) {
    for (std::uint32_t bits = Plane::ReachMask(sums + begin, first); bits != 0; bits &= bits - 1) {
      if (found == kFirstMost) return BarByHalving<Plane>(sums, sum_count, count);
      reaching[found++] = sums[begin + static_cast<std::size_t>(__builtin_ctz(bits))];
    }
  }
  while (found % kLanes != 0) reaching[found++] = kNoSum;
  return BarByHalving<Plane>(reaching, found, count);
}

template <class Plane>
std::size_t Reaching(const std::int16_t* sums, std::size_t sum_count, std::int16_t bar,
                     std::uint32_t* places, std::size_t most) {
  constexpr std::size_t kLanes = Plane::kBytes / sizeof(std::int16_t);
  std::size_t found = 0;
  for (std::size_t begin = 0; begin < sum_count; begin += kLanes) {
    for (std::uint32_t reached = Plane::ReachMask(sums + begin, bar); reached != 0;
         reached &= reached - 1) {
      if (found < most)
        places[found] =
            static_cast<std::uint32_t>(begin) + static_cast<std::uint32_t>(__builtin_ctz(reached));
      ++found;
    }
  }
  return found;
}

// By comparing with pivots, as the bit-sliced engine does.
template <class Plane>
void RankByPivots(const ByteSearch& search, const float* values, std::size_t value_count,
                  std::uint8_t* right, std::uint8_t* left) {
  const std::uint32_t count = search.table.count;
  const auto keep = [right, left, count](std::size_t i, std::uint32_t rank)
                        __attribute__((always_inline)) {
                          right[i] = rank > count ? kMissingRank : static_cast<std::uint8_t>(rank);
                          left[i] = rank > count ? 0 : static_cast<std::uint8_t>(rank);
                        };
  RankAll<Plane>(search.table, values, 1, value_count, keep);
}

template <class Plane>
constexpr ScreenKernel MakeScreenKernel(const Kernel& exact) {
  static_assert(Plane::kPlaneBytes == Plane::kBytes);
  return {.exact = &exact,
          .block_rows = 8 * Plane::kBytes,
          .ranks_by_steps = Plane::kRanksBySteps,
          .place = PlaceOf<Plane>,
          .pack = Plane::PackShort,
          .reach = Reach<Plane>,
          .rank = Plane::RankBytes,
          .merge = Merge<Plane>,
          .copy = Copy<Plane>,
          .compare = Compare<Plane>,
          .grouped = Grouped<Plane>,
          .words = AboveWords<Plane>,
          .screen = ScreenBlock<Plane>,
          .bar = Bar<Plane>,
          .reaching = Reaching<Plane>};
}

}  // namespace
}  // namespace aisle::forest
