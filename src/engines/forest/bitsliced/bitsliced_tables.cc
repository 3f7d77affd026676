// Questions, programs and leaves of a model, and the tables in which a value's rank is looked up.
//
// Steps   1. Predicates: the distinct questions of all splits, by input and threshold: one plane each.
//         2. MakeSearches: each input's thresholds, every sixteenth of them, and every sixteenth of those, padded, so
//            that a rank is two or three comparisons of sixteen at once.
//         3. CopyNodes: the trees in their own order, over planes. 4. The residual forest with nothing decided
//            completes them: that is the whole forest, in the kernel's form.
//
// Limits  WhyNotSliced: a tree deeper than kDepthMax, completed trees beyond kSlicedBytesMax, more questions than
//         kPlanesMax.
#include "forest/bitsliced/bitsliced_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "forest/bitsliced/bitsliced_residual.h"
#include "forest/float_key.h"

namespace aisle::forest {

struct Predicate {
  std::uint32_t feature = 0;
  std::int32_t key = 0;
  std::uint8_t missing_right = 0;
  auto operator<=>(const Predicate&) const = default;
};

namespace {

constexpr std::align_val_t kLine{64};
constexpr std::size_t kSearchWidth = 16;
// Comparing a value with so many costs as much as one more step.
constexpr std::size_t kPivotsMax = 48;

Predicate PredicateOf(const Node& node) {
  return {node.feature, FloatKey(node.value), static_cast<std::uint8_t>(node.default_left ? 0 : 1)};
}

std::vector<Predicate> Predicates(const Model& model) {
  std::vector<Predicate> predicates;
  for (const Node& node : model.nodes) {
    if (node.left != 0) predicates.push_back(PredicateOf(node));
  }
  std::sort(predicates.begin(), predicates.end());
  predicates.erase(std::unique(predicates.begin(), predicates.end()), predicates.end());
  return predicates;
}

// Depths beyond kDepthMax are all told as the next: nobody needs them, and trees may be 10^5 deep.
std::uint32_t DepthOf(const Node* nodes, std::size_t count, std::vector<std::uint8_t>& depths) {
  depths.assign(count, 0);
  std::uint8_t deepest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (nodes[i].left == 0) continue;
    const auto below = static_cast<std::uint8_t>(std::min<unsigned>(depths[i], kDepthMax) + 1);
    depths[nodes[i].left] = depths[nodes[i].left + 1] = below;
    deepest = std::max(deepest, below);
  }
  return deepest;
}

}  // namespace

LineBytes::LineBytes(std::size_t size)
    : data_(static_cast<std::byte*>(::operator new[](std::max<std::size_t>(size, 1), kLine))),
      size_(size) {
  std::memset(data_.get(), 0, size);
}

void LineBytes::Free::operator()(std::byte* data) const { ::operator delete[](data, kLine); }

std::string WhyNotSliced(const Model& model) {
  std::vector<std::uint8_t> depths;
  std::size_t bytes = 0;
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    const std::size_t begin = model.tree_begin[tree];
    const auto depth = DepthOf(&model.nodes[begin], model.tree_begin[tree + 1] - begin, depths);
    if (depth > kDepthMax) return fmt::format("tree {} is deeper than {}", tree, kDepthMax);
    bytes += (std::size_t{8} << depth) + 256;
  }
  if (bytes > kSlicedBytesMax) {
    return fmt::format("its trees, completed, need {} MB, more than {}", bytes >> 20U,
                       kSlicedBytesMax >> 20U);
  }
  const std::size_t planes = Predicates(model).size();
  if (planes > kPlanesMax) {
    return fmt::format("its splits ask {} different questions, more than {}", planes, kPlanesMax);
  }
  return "";
}

SlicedTables::SlicedTables(const Model& model, const Kernel& kernel)
    : base_margin(model.base_margin) {
  const std::vector<Predicate> predicates = Predicates(model);
  for (const Predicate& predicate : predicates) {
    if (inputs.empty() || inputs.back().feature != predicate.feature) {
      inputs.push_back({.feature = predicate.feature,
                        .first = static_cast<std::uint32_t>(PlaneCount()),
                        .search = {}});
    }
    ++inputs.back().count;
    missing_right.push_back(predicate.missing_right);
  }
  MakeSearches(predicates);

  std::vector<std::uint8_t> depths;
  std::size_t leaf_bytes = 0;
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    const std::size_t begin = model.tree_begin[tree];
    const auto depth = DepthOf(&model.nodes[begin], model.tree_begin[tree + 1] - begin, depths);
    trees.push_back({.leaves = static_cast<std::uint32_t>(leaf_bytes), .depth = depth});
    leaf_bytes += kernel.leaf_bytes(depth);
  }
  leaves = LineBytes(leaf_bytes);
  // With nothing decided, what stays is the whole forest.
  nodes.reserve(model.nodes.size());
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    roots.push_back(static_cast<std::uint32_t>(nodes.size()));
    CopyNodes(&model.nodes[model.tree_begin[tree]], 0, predicates);
  }
  ResidualForest whole;
  whole.Make(*this, kernel, std::vector<std::uint8_t>(PlaneCount(), kOpen));
  const SlicedForest made = whole.Forest();
  std::copy_n(made.trees, made.tree_count, trees.begin());
  std::size_t steps = 0;
  for (const SlicedTree& tree : trees) steps += (std::size_t{1} << tree.depth) - 1;
  programs.assign(made.programs, made.programs + steps);
  if (leaves.size() > 0) std::memcpy(leaves.data(), made.leaves, leaves.size());
}

void SlicedTables::CopyNodes(const Node* tree, std::uint32_t at,
                             const std::vector<Predicate>& predicates) {
  const Node& node = tree[at];
  const std::size_t copy = nodes.size();
  nodes.emplace_back();
  if (node.left == 0) {
    nodes[copy].leaf = node.value;
    return;
  }
  const auto found = std::lower_bound(predicates.begin(), predicates.end(), PredicateOf(node));
  nodes[copy].plane = static_cast<std::uint32_t>(found - predicates.begin());
  ++std::ranges::lower_bound(inputs, node.feature, {}, &SlicedInput::feature)->splits;
  CopyNodes(tree, node.left, predicates);
  nodes[copy].right = static_cast<std::uint32_t>(nodes.size()) - roots.back();
  CopyNodes(tree, node.left + 1, predicates);
}

namespace {

// Every sixteenth.
std::vector<std::int32_t> Sparser(const std::vector<std::int32_t>& keys) {
  std::vector<std::int32_t> sparser;
  for (std::size_t k = kSearchWidth - 1; k < keys.size(); k += kSearchWidth)
    sparser.push_back(keys[k]);
  return sparser;
}

}  // namespace

void SlicedTables::MakeSearches(const std::vector<Predicate>& predicates) {
  struct Begins {
    std::size_t keys, middle, pivots;
  };
  std::vector<Begins> begins;
  const auto append = [&](const std::vector<std::int32_t>& keys) {
    const std::size_t begin = searches.size();
    searches.insert(searches.end(), keys.begin(), keys.end());
    searches.insert(searches.end(), kSearchWidth - keys.size() % kSearchWidth,
                    std::numeric_limits<std::int32_t>::max());
    return begin;
  };
  for (SlicedInput& input : inputs) {
    std::vector<std::int32_t> keys;
    for (std::uint32_t k = 0; k < input.count; ++k) keys.push_back(predicates[input.first + k].key);
    std::vector<std::int32_t> pivots = Sparser(keys);
    Begins begin{append(keys), 0, 0};
    input.search.count = input.count;
    input.search.missing_rank =
        static_cast<std::uint32_t>((keys.size() / kSearchWidth + 1) * kSearchWidth);
    if (pivots.size() > kPivotsMax) {
      input.search.middle_count = static_cast<std::uint32_t>(pivots.size());
      begin.middle = append(pivots);
      pivots = Sparser(pivots);
    }
    input.search.pivot_count = static_cast<std::uint32_t>(pivots.size());
    begin.pivots = append(pivots);
    begins.push_back(begin);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    SearchTable& search = inputs[i].search;
    search.keys = &searches[begins[i].keys];
    search.pivots = &searches[begins[i].pivots];
    if (search.middle_count > 0) search.middle = &searches[begins[i].middle];
  }
}

std::size_t SlicedTables::Bytes() const {
  return inputs.size() * sizeof(SlicedInput) + searches.size() * sizeof(std::int32_t) +
         missing_right.size() + trees.size() * sizeof(SlicedTree) +
         nodes.size() * sizeof(SlicedNode) + roots.size() * sizeof(std::uint32_t) +
         programs.size() * sizeof(std::uint32_t) + leaves.size();
}

}  // namespace aisle::forest
