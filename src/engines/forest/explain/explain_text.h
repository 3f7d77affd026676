// The text of the walk, compiled once for each kind of CPU: the file that includes it says how wide a vector is
// (AISLE_EXPLAIN_BYTES). Private to this module; explain_kernel.h says what it does.
//
// Everything stands in an unnamed namespace and uses no templates of the standard library: no code of one compilation
// can be taken by the linker for another. No fused multiplications: every compilation gives the same bits.
//
//   errors   none.
#pragma once

#include "forest/explain/explain_kernel.h"

namespace aisle::forest {
namespace {

#define AISLE_INLINE __attribute__((always_inline)) inline

constexpr std::size_t kInVector = AISLE_EXPLAIN_BYTES / sizeof(double);
constexpr std::size_t kVectors = kExplainLanes / kInVector;
typedef double Doubles __attribute__((vector_size(AISLE_EXPLAIN_BYTES), may_alias));
typedef std::int64_t Masks __attribute__((vector_size(AISLE_EXPLAIN_BYTES), may_alias));

AISLE_INLINE Doubles& At(double* numbers, std::size_t vector) {
  return reinterpret_cast<Doubles*>(numbers)[vector];
}
AISLE_INLINE Masks& MaskAt(double* numbers, std::size_t vector) {
  return reinterpret_cast<Masks*>(numbers)[vector];
}

AISLE_INLINE Doubles Choose(Masks mask, Doubles yes, Doubles no) {
  return (Doubles)((mask & (Masks)yes) | (~mask & (Masks)no));
}

AISLE_INLINE Doubles Each(double x) { return Doubles{} + x; }

// -1 in the lanes whose bit is set.
AISLE_INLINE Masks Spread(std::uint8_t bits, std::size_t vector) {
  Masks bit;
  for (std::size_t i = 0; i < kInVector; ++i) bit[i] = std::int64_t{1} << (vector * kInVector + i);
  const Masks all = Masks{} + bits;
  return (all & bit) == bit;
}

// One level of the walk's memory.
template <int kFixed>
struct Level {
  double* numbers;
  std::size_t points;
  AISLE_INLINE std::size_t Points() const {
    return kFixed > 0 ? static_cast<std::size_t>(kFixed) : points;
  }
  AISLE_INLINE double* Product(std::size_t q) const { return numbers + q * kExplainLanes; }
  AISLE_INLINE double* Sum(std::size_t q) const { return numbers + (Points() + q) * kExplainLanes; }
  AISLE_INLINE double* Came() const { return numbers + 2 * Points() * kExplainLanes; }
  AISLE_INLINE double* GoesLeft() const { return numbers + (2 * Points() + 1) * kExplainLanes; }
};

template <int kFixed>
struct Walker {
  const ExplainWalk& walk;

  AISLE_INLINE std::size_t Points() const {
    return kFixed > 0 ? static_cast<std::size_t>(kFixed) : walk.points;
  }
  AISLE_INLINE Level<kFixed> At(std::size_t depth) const {
    return {walk.levels + depth * LevelNumbers(Points()), walk.points};
  }
  AISLE_INLINE const double* Numbers(std::size_t step) const {
    return walk.numbers + step * (kNumbersBefore + kNumbersPerPoint * Points());
  }

  // To the node of a step, whose level gets its products; sums begin at leaf times product, or at 0.
  AISLE_INLINE void Down(std::size_t index) const {
    const ExplainStep& step = walk.steps[index];
    const Level<kFixed> here = At(step.depth);
    const Level<kFixed> above = At(step.depth - 1);
    const double* const numbers = Numbers(index);
    const double* const multiplier = numbers + kNumbersBefore;
    const Doubles leaf = Each(numbers[0]);
    walk.open[step.depth] = static_cast<std::uint32_t>(index);
    for (std::size_t v = 0; v < kVectors; ++v) {
      Masks way;
      if (step.right) {
        way = ~MaskAt(here.GoesLeft(), v);  // The left sibling has spread it.
      } else {
        way = Spread(walk.goes_left[step.split], v);
        MaskAt(here.GoesLeft(), v) = way;
      }
      Masks was = ~Masks{};
      if (step.previous != 0) was = MaskAt(At(step.previous).Came(), v);
      way &= was;
      MaskAt(here.Came(), v) = way;
      for (std::size_t q = 0; q < Points(); ++q) {
        Doubles factor = Each(multiplier[Points() + q]);
        if (step.previous != 0) factor = Choose(was, factor, Each(numbers[1]));
        factor = Choose(way, Each(multiplier[q]), factor);
        const Doubles product = forest::At(above.Product(q), v) * factor;
        forest::At(here.Product(q), v) = product;
        forest::At(here.Sum(q), v) = leaf * product;  // A split's leaf value is 0.
      }
    }
  }

  // From a node that has nothing more below: its input gets what its edge is worth, its parent the sum.
  AISLE_INLINE void Up(std::size_t depth) const {
    const std::size_t index = walk.open[depth];
    const ExplainStep& step = walk.steps[index];
    const Level<kFixed> here = At(depth);
    const Level<kFixed> above = At(depth - 1);
    const double* const worth = Numbers(index) + kNumbersBefore + 2 * Points();
    double* const sums = walk.sums + step.feature * kExplainLanes;
    for (std::size_t v = 0; v < kVectors; ++v) {
      const Masks way = MaskAt(here.Came(), v);
      Doubles total{};
      for (std::size_t q = 0; q < Points(); ++q) {
        Doubles each = Choose(way, Each(worth[q]), Each(worth[Points() + q]));
        const Doubles sum = forest::At(here.Sum(q), v);
        total += sum * each;
        forest::At(above.Sum(q), v) += sum;
      }
      if (step.previous != 0) total = (Doubles)((Masks)total & MaskAt(At(step.previous).Came(), v));
      forest::At(sums, v) += total;
    }
  }

  void Run() const {
    const Level<kFixed> root = At(0);
    for (std::size_t q = 0; q < Points(); ++q) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        forest::At(root.Product(q), v) = Each(1);
        forest::At(root.Sum(q), v) = Doubles{};
      }
    }
    for (std::size_t i = 0; i < walk.step_count; ++i) {
      Down(i);
      const ExplainStep& step = walk.steps[i];
      for (std::uint32_t end = 0; end < step.ends; ++end) Up(step.depth - end);
    }
  }
};

void Explain(const ExplainWalk& walk) {
  switch (walk.points) {
    case 1:
      return Walker<1>{walk}.Run();
    case 2:
      return Walker<2>{walk}.Run();
    case 3:
      return Walker<3>{walk}.Run();
    case 4:
      return Walker<4>{walk}.Run();
    case 5:
      return Walker<5>{walk}.Run();
    case 6:
      return Walker<6>{walk}.Run();
    default:
      return Walker<0>{walk}.Run();
  }
}

}  // namespace
}  // namespace aisle::forest
