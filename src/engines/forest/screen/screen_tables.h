// What the screen makes of a model once: its questions and trees as the bit-sliced engine has them, and which leaves of
// each tree a value of a decided input leaves within reach.
//
// A decided input has one value in all rows of a request. Its rank tells the sides of all splits that ask it, and with
// them a set of leaves of every tree: a word, since a tree has at most 64. The AND of these words over the decided
// inputs is what rows can still reach, and names the residual tree (screen_trees.h). Private to this module.
//
//   shapes   reach: a row of tree_words words for each decided input and rank, the missing one last.
//   order    leaves of a tree count in the order of SlicedTables::nodes; bit i is leaf i.
//   units    scale: 16-bit units per margin; distance: in these units.
//   errors   WhyNotScreened: empty when the model fits, else what is in the way, in words.
//   cost     Make: linear in the splits times the size of their trees; memory at most kReachBytesMax beside the tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "forest/bitsliced/bitsliced_tables.h"
#include "forest/columns.h"
#include "forest/model/model.h"
#include "forest/screen/screen_kernel.h"

namespace aisle::forest {

// All trees' largest leaves together, in units; rounding each tree's leaf moves a sum by half a unit: with more trees
// sums could leave 16 bits.
inline constexpr int kScreenUnits = 32'000;
inline constexpr std::size_t kScreenTreesMax = 1'000;
static_assert(kScreenUnits + kScreenTreesMax / 2 <= 32'767);
// With a larger distance most rows would be finalists.
inline constexpr double kScreenDistanceMax = 8'000;
// Planes of a block should stay in a cache.
inline constexpr std::size_t kScreenPlanesMax = 8'192;
inline constexpr std::size_t kReachBytesMax = std::size_t{16} << 20U;
// The largest sums of leaves that floats add with the error that DistanceOf() counts on.
inline constexpr double kScreenSumMax = 1e30;

// Steps of a search among rising keys, at most kStepRanksMax of them: `to` holds kSteps * kStepWidth, or as many as the
// result says.
std::uint32_t FillSteps(std::span<const std::int32_t> keys, std::int32_t* to);

// The one place that knows which models the screen takes. forms[f]: how all calls say input f.
std::string WhyNotScreened(const Model& model, std::span<const Column::Form> forms);

inline bool IsDecided(Column::Form form) {
  return form == Column::Form::kConstant || form == Column::Form::kFew;
}

struct ScreenInput {
  Column::Form form = Column::Form::kPrepared;
  ByteSearch search;
  std::size_t reach = 0;  // First row, of a decided input.
};

struct ScreenTables {
  // The model fits.
  ScreenTables(const Model& model, std::span<const Column::Form> forms, const Kernel& exact);
  const std::uint64_t* EveryLeaf() const { return ReachRow(0); }
  const std::uint64_t* ReachOf(const ScreenInput& input, std::size_t index,
                               std::uint8_t rank) const;

  SlicedTables sliced;                    // For the kernel that scores finalists.
  std::vector<ScreenInput> inputs;        // Beside sliced.inputs.
  std::vector<std::uint8_t> leaf_number;  // Beside sliced.nodes; of leaves.
  std::size_t tree_count;
  std::size_t tree_words;  // As many, up to a multiple of eight.
  std::size_t word_count;  // Of a set of planes, a multiple of eight.
  LineBytes reach;         // Rows of tree_words words; the first one has every leaf.
  LineBytes steps;
  double scale = 1;
  // A row's 16-bit sum is at most so far from its float sum, trees without a choice left out of both.
  double distance = 0;

 private:
  const std::uint64_t* ReachRow(std::size_t row) const {
    return reinterpret_cast<const std::uint64_t*>(reach.data()) + row * tree_words;
  }
  void MakeSteps();
  void MakeReach();
};

}  // namespace aisle::forest
