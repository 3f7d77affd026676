#include "forest/scorers/interleaved_forest.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "forest/float_key.h"

namespace aisle::forest {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kBlockRows = 256;
constexpr std::size_t kBlockBytes = 32U << 10U;  // Cells of a block should stay in the first cache.
constexpr std::int32_t kBelowAll = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kAboveAll = std::numeric_limits<std::int32_t>::max();

// No number's key is one of these: those bit patterns are NaNs.
static_assert(std::bit_cast<std::int32_t>(std::numeric_limits<float>::infinity()) < kAboveAll);

template <typename Index>
class InterleavedForest final : public Scorer {
 public:
  InterleavedForest(const Model& model, const std::vector<std::uint32_t>& used,
                    const std::vector<std::uint32_t>& slot_of)
      : used_(used),
        feature_count_(model.feature_count),
        cell_count_(2 * used.size() + 1),
        base_margin_(model.base_margin) {
    nodes_.reserve(model.nodes.size());
    leaves_.reserve(model.nodes.size());
    for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) Append(model, tree, slot_of);
  }

  void Margins(std::span<const float> rows, std::span<float> margins) const override {
    const std::size_t fitting = kBlockBytes / (cell_count_ * sizeof(std::int32_t));
    const std::size_t block = std::clamp(fitting / kLanes * kLanes, kLanes, kBlockRows);
    std::vector<std::int32_t> cells(
        std::min(block, (margins.size() + kLanes - 1) / kLanes * kLanes) * cell_count_);
    for (std::size_t begin = 0; begin < margins.size(); begin += block) {
      const std::size_t count = std::min(block, margins.size() - begin);
      FillCells(rows.data() + begin * feature_count_, count, cells.data());
      ScoreBlock(cells.data(), margins.subspan(begin, count));
    }
  }

 private:
  struct Step {
    std::int32_t key = 0;
    Index left = 0;
    Index cell = 0;
  };
  struct TreeSpan {
    std::size_t begin = 0;
    std::uint32_t depth = 0;
  };

  void Append(const Model& model, std::size_t tree, const std::vector<std::uint32_t>& slot_of) {
    const std::size_t begin = model.tree_begin[tree];
    const std::size_t count = model.tree_begin[tree + 1] - begin;
    std::vector<std::uint32_t> depth(count, 0);
    TreeSpan span{.begin = nodes_.size()};
    for (std::size_t i = 0; i < count; ++i) {
      const Node& node = model.nodes[begin + i];
      if (node.left == 0) {
        // The last cell of a row holds kBelowAll, which is below key 0: always left, which is itself.
        nodes_.push_back(
            {.key = 0, .left = static_cast<Index>(i), .cell = static_cast<Index>(cell_count_ - 1)});
        leaves_.push_back(node.value);
        span.depth = std::max(span.depth, depth[i]);
        continue;
      }
      const std::uint32_t cell = 2 * slot_of[node.feature] + (node.default_left ? 1 : 0);
      nodes_.push_back({.key = FloatKey(node.value),
                        .left = static_cast<Index>(node.left),
                        .cell = static_cast<Index>(cell)});
      leaves_.push_back(0);
      depth[node.left] = depth[i] + 1;
      depth[node.left + 1] = depth[i] + 1;
    }
    trees_.push_back(span);
  }

  // Rows past `count` up to a full group of lanes are left as they are: whatever stands there is walked, and
  // its sum dropped. Any integer is a possible value, so that is harmless; the last cell must be right.
  void FillCells(const float* rows, std::size_t count, std::int32_t* cells) const {
    const std::size_t padded = (count + kLanes - 1) / kLanes * kLanes;
    for (std::size_t i = 0; i < padded; ++i) {
      std::int32_t* const row = cells + i * cell_count_;
      row[cell_count_ - 1] = kBelowAll;
      if (i >= count) continue;
      for (std::size_t slot = 0; slot < used_.size(); ++slot) {
        const float x = rows[i * feature_count_ + used_[slot]];
        const bool missing = std::isnan(x);
        const std::int32_t key = missing ? 0 : FloatKey(x);
        row[2 * slot] = missing ? kAboveAll : key;
        row[2 * slot + 1] = missing ? kBelowAll : key;
      }
    }
  }

  void ScoreBlock(const std::int32_t* cells, std::span<float> margins) const {
    std::array<float, kBlockRows> sums;
    sums.fill(base_margin_);
    for (const TreeSpan& tree : trees_) {
      const Step* const nodes = &nodes_[tree.begin];
      const float* const leaves = &leaves_[tree.begin];
      for (std::size_t first = 0; first < margins.size(); first += kLanes) {
        Walk(nodes, leaves, tree.depth, cells + first * cell_count_, &sums[first]);
      }
    }
    std::copy_n(sums.begin(), margins.size(), margins.begin());
  }

  void Walk(const Step* nodes, const float* leaves, std::uint32_t depth, const std::int32_t* cells,
            float* sums) const {
    std::array<std::uint32_t, kLanes> at{};
    for (std::uint32_t step = 0; step < depth; ++step) {
#pragma GCC unroll 16
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const Step node = nodes[at[lane]];
        const std::int32_t x = cells[lane * cell_count_ + node.cell];
        at[lane] = node.left + static_cast<std::uint32_t>(x >= node.key);
      }
    }
#pragma GCC unroll 16
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += leaves[at[lane]];
  }

  std::vector<std::uint32_t> used_;  // Inputs that some split asks for.
  std::size_t feature_count_;
  std::size_t cell_count_;  // Two per used input, and the last, which is kBelowAll.
  float base_margin_;
  std::vector<Step> nodes_;
  std::vector<float> leaves_;
  std::vector<TreeSpan> trees_;
};

}  // namespace

std::shared_ptr<const Scorer> MakeInterleavedForest(const Model& model) {
  constexpr std::uint32_t kUnused = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> slot_of(model.feature_count, kUnused);
  std::vector<std::uint32_t> used;
  for (const Node& node : model.nodes) {
    if (node.left == 0 || slot_of[node.feature] != kUnused) continue;
    slot_of[node.feature] = static_cast<std::uint32_t>(used.size());
    used.push_back(node.feature);
  }
  std::size_t largest = 0;
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    largest = std::max<std::size_t>(largest, model.tree_begin[tree + 1] - model.tree_begin[tree]);
  }
  constexpr std::size_t kShort = std::numeric_limits<std::uint16_t>::max();
  if (largest <= kShort && 2 * used.size() + 1 <= kShort) {
    return std::make_shared<const InterleavedForest<std::uint16_t>>(model, used, slot_of);
  }
  return std::make_shared<const InterleavedForest<std::uint32_t>>(model, used, slot_of);
}

}  // namespace aisle::forest
