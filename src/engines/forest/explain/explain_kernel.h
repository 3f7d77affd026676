// What a walk through one tree for eight rows is given, and its compilations. Private to this module.
//
// A walk goes down and up again. Down it multiplies, for each point t of the quadrature, the factors of the inputs met
// so far: t + (1 - t) z for an input whose value takes the row this way (z: the share of the training data that came
// this way by splits of this input), (1 - t) z for one whose value does not. Up it sums leaf times product over the
// leaves below, and each node's edge adds to its input what this sum is worth: the product without the input's factor,
// times what knowing the input changes. Where the path has asked the same input before, an edge replaces that factor
// and that worth by its own.
//
//   shapes   rows are lanes. sums[feature * kExplainLanes + lane].
//   order    steps are the nodes of a tree without its root, each before what is below it, left before right. A step's
//            numbers: leaf value, z of its edge alone, then `points` of each: the product's multiplier where the row
//            came this way (by all splits of the input so far), where it did until here; the worth in these two cases,
//            times the point's weight. Where it had not come this way before, the multiplier is z and the worth 0.
//   threads  a walk's memory belongs to one thread.
//   errors   none.
#pragma once

#include <cstddef>
#include <cstdint>

namespace aisle::forest {

inline constexpr std::size_t kExplainLanes = 8;
inline constexpr std::size_t kNumbersBefore = 2;  // Leaf value and z.
inline constexpr std::size_t kNumbersPerPoint = 4;

struct ExplainStep {
  std::uint32_t feature = 0;  // Of the split above.
  std::uint32_t split = 0;    // That split's place in ExplainWalk::goes_left.
  std::uint32_t depth = 0;    // The root's children have 1.
  std::uint32_t previous =
      0;  // Depth of the nearest node above whose edge asks the same input; 0: none.
  std::uint32_t ends =
      0;  // A leaf: so many nodes, from it upwards, have nothing more below; else 0.
  bool right = false;
};

struct ExplainWalk {
  const ExplainStep* steps = nullptr;
  std::size_t step_count = 0;
  const double* numbers = nullptr;
  std::size_t points = 0;
  const std::uint8_t* goes_left = nullptr;  // Per split a bit per lane.
  double* levels = nullptr;       // Per depth, 0 on, LevelNumbers(points); on a cache line.
  std::uint32_t* open = nullptr;  // Per depth the step that is under way.
  double* sums = nullptr;
};

// Products and sums, and two masks: came this way by this input, and goes left.
constexpr std::size_t LevelNumbers(std::size_t points) { return (2 * points + 2) * kExplainLanes; }

using ExplainKernel = void (*)(const ExplainWalk& walk);
extern const ExplainKernel kExplainPortable;
extern const ExplainKernel kExplainAvx2;

}  // namespace aisle::forest
