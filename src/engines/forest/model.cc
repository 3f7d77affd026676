#include "forest/model.h"

#include <fmt/format.h>

#include <cmath>

namespace aisle::forest {
namespace {

// A leaf is never infinite: sums of infinities are NaN, and which one is nobody's business.
const char* NodeFault(const Node& node, std::size_t index, std::size_t count,
                      std::size_t feature_count, std::size_t next_child) {
  if (node.left == 0) return std::isfinite(node.value) ? nullptr : "leaf is not a finite number";
  if (std::isnan(node.value)) return "threshold is NaN";
  if (node.feature >= feature_count) return "input index is out of range";
  if (node.left != next_child) return "children are not next in breadth-first order";
  if (node.left <= index || count - node.left < 2) return "child index is out of range";
  return nullptr;
}

}  // namespace

Status CheckModel(const Model& model) {
  const auto refuse = [](std::string message) {
    return Fail(ErrorCode::kInvalidArgument, "model: " + std::move(message));
  };
  if (model.tree_begin.empty() || model.tree_begin.front() != 0 ||
      model.tree_begin.back() != model.nodes.size()) {
    return refuse("tree_begin does not cover the nodes");
  }
  if (model.TreeCount() > kTreesMax) return refuse(fmt::format("{} trees", model.TreeCount()));
  if (model.nodes.size() > kNodesMax) return refuse(fmt::format("{} nodes", model.nodes.size()));
  if (model.feature_count == 0 || model.feature_count > kFeaturesMax) {
    return refuse(
        fmt::format("{} inputs; 1 to {} are possible", model.feature_count, kFeaturesMax));
  }
  if (!std::isfinite(model.base_margin)) return refuse("the base margin is not finite");
  if (!model.feature_names.empty() && model.feature_names.size() != model.feature_count) {
    return refuse(fmt::format("{} input names for {} inputs", model.feature_names.size(),
                              model.feature_count));
  }
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    const std::size_t begin = model.tree_begin[tree];
    const std::size_t end = model.tree_begin[tree + 1];
    if (end <= begin || end > model.nodes.size())
      return refuse(fmt::format("tree {}: empty", tree));
    std::size_t next_child = 1;
    for (std::size_t i = 0; i < end - begin; ++i) {
      const Node& node = model.nodes[begin + i];
      if (const char* fault = NodeFault(node, i, end - begin, model.feature_count, next_child)) {
        return refuse(fmt::format("tree {}, node {}: {}", tree, i, fault));
      }
      if (node.left != 0) next_child += 2;
    }
    if (next_child != end - begin) {
      return refuse(
          fmt::format("tree {}: {} nodes have no parent", tree, end - begin - next_child));
    }
  }
  return {};
}

}  // namespace aisle::forest
