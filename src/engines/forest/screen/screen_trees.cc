#include "forest/screen/screen_trees.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace aisle::forest {
namespace {

constexpr std::size_t kFirstTrees = 512;

}  // namespace

std::size_t KeptTrees::Bytes() const {
  std::size_t bytes =
      trees_.size() * sizeof(Tree) + programs_.size() * sizeof(std::uint32_t) +
      trees_.size() * kShortLeafBytes +
      (tables_ == nullptr ? 0 : trees_.size() * tables_->word_count * sizeof(std::uint64_t));
  for (const Table& table : by_tree_) bytes += table.slots.size() * sizeof(Slot);
  return bytes;
}

void KeptTrees::Begin(const ScreenTables& tables, const ScreenKernel& kernel,
                      std::uint64_t tables_id) {
  if (tables_id_ == tables_id && Bytes() <= kKeptBytesMax) return;
  tables_ = &tables;
  kernel_ = &kernel;
  tables_id_ = tables_id;
  by_tree_.assign(tables.tree_count, {});
  trees_.clear();
  programs_.clear();
}

void KeptTrees::MakeRoom(LineBytes& bytes, std::size_t used, std::size_t more) {
  if (used + more <= bytes.size()) return;
  LineBytes larger(std::max(2 * bytes.size(), kFirstTrees * more));
  if (used > 0) std::memcpy(larger.data(), bytes.data(), used);
  bytes = std::move(larger);
}

KeptTrees::Slot& KeptTrees::SlotOf(Table& table, std::uint64_t within_reach) {
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ULL;  // Knuth's multiplicative hashing.
  const std::size_t mask = table.slots.size() - 1;
  std::size_t at = (within_reach * kGolden >> 40U) & mask;
  while (table.slots[at].tree != 0 && table.slots[at].within_reach != within_reach)
    at = (at + 1) & mask;
  return table.slots[at];
}

const KeptTrees::Tree& KeptTrees::Find(std::size_t tree, std::uint64_t within_reach) {
  Table& table = by_tree_[tree];
  if (const Slot& slot = SlotOf(table, within_reach); slot.tree != 0) return trees_[slot.tree - 1];
  if (2 * ++table.used > table.slots.size()) {
    std::vector<Slot> old(2 * table.slots.size());
    old.swap(table.slots);
    for (const Slot& slot : old) {
      if (slot.tree != 0) SlotOf(table, slot.within_reach) = slot;
    }
  }
  const std::uint32_t made = MakeTree(tree, within_reach);
  SlotOf(table, within_reach) = {within_reach, made + 1};
  return trees_[made];
}

// What stays: the leaves within reach, and the splits that have some on both sides.
KeptTrees::Grown KeptTrees::Grow(std::uint32_t root, std::uint32_t node,
                                 std::uint64_t within_reach) {
  const SlicedNode& at = tables_->sliced.nodes[root + node];
  if (at.right == 0) {
    if ((within_reach >> tables_->leaf_number[root + node] & 1U) == 0) return {};
    stayed_.push_back({.node = node});
    return {static_cast<std::int64_t>(stayed_.size()) - 1, 0};
  }
  const Grown left = Grow(root, node + 1, within_reach);
  const Grown right = Grow(root, at.right, within_reach);
  if (left.place < 0) return right;
  if (right.place < 0) return left;
  stayed_.push_back(
      {node, static_cast<std::uint32_t>(left.place), static_cast<std::uint32_t>(right.place)});
  return {static_cast<std::int64_t>(stayed_.size()) - 1, 1 + std::max(left.depth, right.depth)};
}

void KeptTrees::Write(std::uint32_t root, std::uint32_t place, std::uint32_t depth,
                      std::uint32_t path, std::uint32_t plane) {
  const Stayed& stayed = stayed_[place];
  const SlicedNode& node = tables_->sliced.nodes[root + stayed.node];
  if (node.right == 0) {
    std::fill_n(&row_[std::size_t{path} << depth], std::size_t{1} << depth, node.leaf);
    programs_.insert(programs_.end(), (std::size_t{1} << depth) - 1, plane);
    return;
  }
  asked_[node.plane / 64] |= std::uint64_t{1} << (node.plane % 64);
  const std::uint32_t offset = node.plane * (kernel_->block_rows / 8);
  programs_.push_back(offset);
  Write(root, stayed.left, depth - 1, 2 * path, offset);
  Write(root, stayed.right, depth - 1, 2 * path + 1, offset);
}

std::uint32_t KeptTrees::MakeTree(std::size_t tree, std::uint64_t within_reach) {
  const std::uint32_t root = tables_->sliced.roots[tree];
  stayed_.clear();
  const Grown grown = Grow(root, 0, within_reach);
  AISLE_ASSERT(grown.place >= 0);
  const std::size_t place = trees_.size();
  const std::size_t set_bytes = tables_->word_count * sizeof(std::uint64_t);
  MakeRoom(leaves_, place * kShortLeafBytes, kShortLeafBytes);
  MakeRoom(sets_, place * set_bytes, set_bytes);
  asked_ = reinterpret_cast<std::uint64_t*>(sets_.data() + place * set_bytes);
  std::memset(asked_, 0, set_bytes);
  trees_.push_back({.depth = grown.depth,
                    .program = static_cast<std::uint32_t>(programs_.size()),
                    .place = static_cast<std::uint32_t>(place)});
  Write(root, static_cast<std::uint32_t>(grown.place), grown.depth, 0, 0);
  programs_.push_back(0);  // A tree of depth 0 has a place as well.
  trees_.back().only_leaf = row_[0];
  std::array<std::int16_t, std::size_t{1} << kScreenDepthMax> rounded{};
  for (std::size_t i = 0; i < (std::size_t{1} << grown.depth); ++i)
    rounded[i] = static_cast<std::int16_t>(std::lrint(double{row_[i]} * tables_->scale));
  kernel_->pack(grown.depth, rounded.data(), leaves_.data() + place * kShortLeafBytes);
  return static_cast<std::uint32_t>(place);
}

}  // namespace aisle::forest
