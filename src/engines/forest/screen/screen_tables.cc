#include "forest/screen/screen_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace aisle::forest {
namespace {

// The sum over trees of each one's largest leaf.
double LargestSum(const Model& model) {
  double sum = 0;
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    double largest = 0;
    for (std::size_t i = model.tree_begin[tree]; i < model.tree_begin[tree + 1]; ++i) {
      if (model.nodes[i].left == 0)
        largest = std::max(largest, std::fabs(double{model.nodes[i].value}));
    }
    sum += largest;
  }
  return sum;
}

// Of a 16-bit sum from the float sum, in units: each leaf was rounded, and each addition of floats was.
double DistanceOf(const Model& model, double sum, double scale) {
  const auto trees = static_cast<double>(model.TreeCount());
  const double additions =
      (sum + std::fabs(double{model.base_margin})) * trees * std::ldexp(1.01, -24);
  return 0.5 * trees + additions * scale + 1;
}

std::size_t RankCount(const SlicedInput& input) { return std::size_t{input.count} + 2; }

}  // namespace

std::string WhyNotScreened(const Model& model, std::span<const Column::Form> forms) {
  if (const auto beyond = WhatIsNotPlain(model); !beyond.empty()) return std::string(beyond);
  if (model.group_count != 1) return fmt::format("it has {} classes", model.group_count);
  if (forms.size() != model.feature_count) return "its inputs are not those that are said";
  if (auto unfit = WhyNotSliced(model); !unfit.empty()) return unfit;
  if (model.TreeCount() > kScreenTreesMax)
    return fmt::format("it has {} trees, more than {}", model.TreeCount(), kScreenTreesMax);
  const SlicedTables sliced(model, kNarrowKernel);
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    if (sliced.trees[tree].depth > kScreenDepthMax)
      return fmt::format("tree {} is deeper than {}", tree, kScreenDepthMax);
  }
  if (sliced.PlaneCount() > kScreenPlanesMax) {
    return fmt::format("its splits ask {} different questions, more than {}", sliced.PlaneCount(),
                       kScreenPlanesMax);
  }
  std::size_t rows = 0;
  for (const SlicedInput& input : sliced.inputs) {
    if (input.count > kScreenRanksMax) {
      return fmt::format("input {} has {} thresholds, more than {}", input.feature, input.count,
                         kScreenRanksMax);
    }
    if (IsDecided(forms[input.feature])) rows += RankCount(input);
  }
  const std::size_t bytes = rows * model.TreeCount() * sizeof(std::uint64_t);
  if (bytes > kReachBytesMax) {
    return fmt::format("the leaves within reach would take {} MB, more than {}", bytes >> 20U,
                       kReachBytesMax >> 20U);
  }
  const double sum = LargestSum(model);
  if (!(sum > 0) || !(sum + std::fabs(double{model.base_margin}) < kScreenSumMax))
    return fmt::format("its leaves add up to {}", sum);
  // Where the floats themselves are that coarse, 16 bits tell nothing.
  const double scale = kScreenUnits / sum;
  if (DistanceOf(model, sum, scale) > kScreenDistanceMax)
    return "sums of its leaves lose too many digits beside its base margin";
  return "";
}

ScreenTables::ScreenTables(const Model& model, std::span<const Column::Form> forms,
                           const Kernel& exact)
    : sliced(model, exact),
      tree_count(model.TreeCount()),
      tree_words((model.TreeCount() + 7) / 8 * 8),
      word_count((sliced.PlaneCount() / 64 + 8) / 8 * 8) {
  const double sum = LargestSum(model);
  scale = kScreenUnits / sum;
  distance = DistanceOf(model, sum, scale);
  for (const SlicedInput& input : sliced.inputs)
    inputs.push_back({.form = forms[input.feature], .search = {.table = input.search}});
  leaf_number.resize(sliced.nodes.size());
  for (std::size_t tree = 0; tree < tree_count; ++tree) {
    const std::size_t end = tree + 1 < tree_count ? sliced.roots[tree + 1] : sliced.nodes.size();
    std::uint8_t leaves = 0;
    for (std::size_t i = sliced.roots[tree]; i < end; ++i) {
      if (sliced.nodes[i].right == 0) leaf_number[i] = leaves++;
    }
  }
  MakeSteps();
  MakeReach();
}

std::uint32_t FillSteps(std::span<const std::int32_t> keys, std::int32_t* to) {
  const auto count = std::max(static_cast<std::uint32_t>(kStepsMin),
                              static_cast<std::uint32_t>(std::bit_width(keys.size())));
  AISLE_ASSERT(count <= kSteps);
  for (std::uint32_t step = 0; step < count; ++step, to += kStepWidth) {
    const std::size_t stride = std::size_t{1} << (count - step);
    // A permute looks at whole registers, so that a step's table is at least one.
    const std::size_t entries = std::max<std::size_t>(16, std::size_t{1} << step);
    for (std::size_t i = 0; i < entries; ++i) {
      const std::size_t key = i * stride + stride / 2 - 1;
      to[i] = key < keys.size() ? keys[key] : std::numeric_limits<std::int32_t>::max();
    }
  }
  return count;
}

void ScreenTables::MakeSteps() {
  steps = LineBytes(inputs.size() * kSteps * kStepWidth * sizeof(std::int32_t));
  auto* to = reinterpret_cast<std::int32_t*>(steps.data());
  for (ScreenInput& input : inputs) {
    const SearchTable& table = input.search.table;
    if (table.count > kStepRanksMax) continue;
    input.search.steps = to;
    input.search.step_count = FillSteps({table.keys, table.count}, to);
    to += kSteps * kStepWidth;
  }
}

namespace {

// The leaves of a tree that are within reach where the planes of one input are known: a plane's rank among the input's
// says on which side of it a value is.
class Walk {
 public:
  Walk(const ScreenTables& tables, const SlicedInput& input, std::size_t rank)
      : tables_(tables), input_(input), rank_(rank) {}

  std::uint64_t Leaves(std::uint32_t root, std::uint32_t node) const {
    const SlicedNode& at = tables_.sliced.nodes[root + node];
    if (at.right == 0) return std::uint64_t{1} << tables_.leaf_number[root + node];
    if (at.plane < input_.first || at.plane >= input_.first + input_.count)
      return Leaves(root, node + 1) | Leaves(root, at.right);
    const bool missing = rank_ > input_.count;
    const bool right =
        missing ? tables_.sliced.missing_right[at.plane] != 0 : rank_ > at.plane - input_.first;
    return Leaves(root, right ? at.right : node + 1);
  }

 private:
  const ScreenTables& tables_;
  const SlicedInput& input_;
  std::size_t rank_;
};

}  // namespace

void ScreenTables::MakeReach() {
  std::vector<std::vector<std::uint32_t>> asking(sliced.PlaneCount());  // Trees, by plane.
  for (std::uint32_t tree = 0; tree < tree_count; ++tree) {
    const std::size_t end = tree + 1 < tree_count ? sliced.roots[tree + 1] : sliced.nodes.size();
    for (std::size_t i = sliced.roots[tree]; i < end; ++i) {
      if (sliced.nodes[i].right == 0) continue;
      auto& trees = asking[sliced.nodes[i].plane];
      if (trees.empty() || trees.back() != tree) trees.push_back(tree);
    }
  }
  std::size_t rows = 1;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!IsDecided(inputs[i].form)) continue;
    inputs[i].reach = rows;
    rows += RankCount(sliced.inputs[i]);
  }
  reach = LineBytes(rows * tree_words * sizeof(std::uint64_t));
  auto* const words = reinterpret_cast<std::uint64_t*>(reach.data());
  std::fill_n(words, tree_count, ~std::uint64_t{0});
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!IsDecided(inputs[i].form)) continue;
    const SlicedInput& input = sliced.inputs[i];
    std::uint64_t* row = words + inputs[i].reach * tree_words;
    for (std::size_t rank = 0; rank < RankCount(input); ++rank, row += tree_words) {
      // From one rank to the next only trees change that ask the threshold between them.
      const Walk walk(*this, input, rank);
      const bool fresh = rank == 0 || rank > input.count;
      if (!fresh) std::copy_n(row - tree_words, tree_count, row);
      for (std::uint32_t tree = 0; fresh && tree < tree_count; ++tree)
        row[tree] = walk.Leaves(sliced.roots[tree], 0);
      if (fresh) continue;
      for (const std::uint32_t tree : asking[input.first + rank - 1])
        row[tree] = walk.Leaves(sliced.roots[tree], 0);
    }
  }
}

const std::uint64_t* ScreenTables::ReachOf(const ScreenInput& input, std::size_t index,
                                           std::uint8_t rank) const {
  const std::size_t row = rank == kMissingRank ? RankCount(sliced.inputs[index]) - 1 : rank;
  return ReachRow(input.reach + row);
}

}  // namespace aisle::forest
