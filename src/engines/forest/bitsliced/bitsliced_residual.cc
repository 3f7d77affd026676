#include "forest/bitsliced/bitsliced_residual.h"

#include <algorithm>

namespace aisle::forest {

void ResidualForest::Make(const SlicedTables& tables, const Kernel& kernel,
                          std::span<const std::uint8_t> decided) {
  trees_.clear();
  programs_.clear();
  if (leaves_.size() < tables.leaves.size()) leaves_ = LineBytes(tables.leaves.size());
  base_margin_ = tables.base_margin;
  std::size_t leaf_bytes = 0;
  for (const std::uint32_t root : tables.roots) {
    stayed_.clear();
    SlicedTree tree{.program = static_cast<std::uint32_t>(programs_.size()),
                    .leaves = static_cast<std::uint32_t>(leaf_bytes),
                    .depth = Grow(tables, decided, root, 0)};
    Write(tables, kernel.plane_bytes, root, 0, tree.depth, 0, 0);
    kernel.pack_leaves(tree.depth, row_.data(), leaves_.data() + leaf_bytes);
    leaf_bytes += kernel.leaf_bytes(tree.depth);
    trees_.push_back(tree);
  }
}

// Appends what stays of the subtree, and returns its depth.
std::uint32_t ResidualForest::Grow(const SlicedTables& tables,
                                   std::span<const std::uint8_t> decided, std::uint32_t root,
                                   std::uint32_t node) {
  const SlicedNode* const nodes = &tables.nodes[root];
  while (nodes[node].right != 0 && decided[nodes[node].plane] != kOpen)
    node = decided[nodes[node].plane] == kLeft ? node + 1 : nodes[node].right;
  const std::size_t at = stayed_.size();
  stayed_.push_back({.node = node});
  if (nodes[node].right == 0) return 0;
  const std::uint32_t left = Grow(tables, decided, root, node + 1);
  stayed_[at].right = static_cast<std::uint32_t>(stayed_.size());
  const std::uint32_t right = Grow(tables, decided, root, nodes[node].right);
  return 1 + std::max(left, right);
}

void ResidualForest::Write(const SlicedTables& tables, std::uint32_t plane_bytes,
                           std::uint32_t root, std::uint32_t at, std::uint32_t depth,
                           std::uint32_t path, std::uint32_t asked) {
  const SlicedNode& node = tables.nodes[root + stayed_[at].node];
  if (node.right == 0) {
    std::fill_n(&row_[std::size_t{path} << depth], std::size_t{1} << depth, node.leaf);
    programs_.insert(programs_.end(), (std::size_t{1} << depth) - 1, asked);
    return;
  }
  const std::uint32_t plane = node.plane * plane_bytes;
  programs_.push_back(plane);
  Write(tables, plane_bytes, root, at + 1, depth - 1, 2 * path, plane);
  Write(tables, plane_bytes, root, stayed_[at].right, depth - 1, 2 * path + 1, plane);
}

}  // namespace aisle::forest
