#include "forest/model/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace aisle::forest {
namespace {

bool AsksForSet(const Node& node) {
  return node.split == Split::kInSet || node.split == Split::kInSetNegativeHalf;
}

// A leaf is never infinite: sums of infinities are NaN, and which one is nobody's business.
const char* NodeFault(const Model& model, const Node& node, std::size_t index, std::size_t count,
                      std::size_t next_child) {
  if (node.left == 0) return std::isfinite(node.value) ? nullptr : "leaf is not a finite number";
  if (std::isnan(node.value)) return "threshold is NaN";
  if (node.feature >= model.feature_count) return "input index is out of range";
  if (node.left != next_child) return "children are not next in breadth-first order";
  if (node.left <= index || count - node.left < 2) return "child index is out of range";
  if (AsksForSet(node) && node.set + std::size_t{1} >= model.set_begin.size()) {
    return "category set is out of range";
  }
  return nullptr;
}

std::unexpected<Error> Refuse(std::string message) {
  return Fail(ErrorCode::kInvalidArgument, "model: " + std::move(message));
}

Status CheckSets(const Model& model) {
  const auto& begin = model.set_begin;
  if (begin.empty() || begin.front() != 0 || begin.back() != model.categories.size() ||
      !std::ranges::is_sorted(begin)) {
    return Refuse("set_begin does not cover the categories");
  }
  for (std::size_t set = 0; set + 1 < begin.size(); ++set) {
    for (std::size_t i = begin[set]; i < begin[set + 1]; ++i) {
      if (model.categories[i] >= kCategoriesMax ||
          (i > begin[set] && model.categories[i] <= model.categories[i - 1])) {
        return Refuse(
            fmt::format("category set {}: not ascending, or not below {}", set, kCategoriesMax));
      }
    }
  }
  return {};
}

Status CheckGroups(const Model& model) {
  if (model.group_count == 0 || model.group_count > kGroupsMax) {
    return Refuse(fmt::format("{} groups; 1 to {} are possible", model.group_count, kGroupsMax));
  }
  if (!model.tree_group.empty() && model.tree_group.size() != model.TreeCount()) {
    return Refuse("tree_group has not one place per tree");
  }
  for (std::size_t tree = 0; tree < model.tree_group.size(); ++tree) {
    if (model.tree_group[tree] < model.group_count) continue;
    return Refuse(fmt::format("tree {}: group {} is not one of {}", tree, model.tree_group[tree],
                              model.group_count));
  }
  const auto one_per_group = [&](const auto& list) {
    return list.empty() || list.size() == model.group_count;
  };
  const auto finite = [](auto x) { return std::isfinite(x); };
  if (!one_per_group(model.base_margins) || !one_per_group(model.biases)) {
    return Refuse("base margins or biases are not one per group");
  }
  if (model.group_count == 1 && !model.base_margins.empty()) {
    return Refuse("base_margins beside base_margin, with one group");
  }
  if (!finite(model.base_margin) || !std::ranges::all_of(model.base_margins, finite)) {
    return Refuse("the base margin is not finite");
  }
  return {};
}

// A threshold may be infinite; and the two of a split must decide the same for every float.
const char* WideFault(const Model& model, std::size_t place) {
  const Node& node = model.nodes[place];
  const double wide = model.wide_values[place];
  if (node.left == 0) return std::isfinite(wide) ? nullptr : "leaf is not a finite number";
  if (!model.double_inputs || AsksForSet(node) || node.split == Split::kAny) return nullptr;
  if (std::isnan(wide)) return "threshold is NaN";
  const float below = std::nextafter(node.value, -std::numeric_limits<float>::infinity());
  const bool smallest = static_cast<double>(node.value) >= wide &&
                        (below == node.value || static_cast<double>(below) < wide);
  return smallest ? nullptr : "threshold for floats is not that for doubles";
}

Status CheckWide(const Model& model) {
  if (!model.wide) {
    return model.double_inputs ? Status(Refuse("double_inputs, but sums of floats")) : Status();
  }
  const auto finite = [](double x) { return std::isfinite(x); };
  if (model.wide_values.size() != model.nodes.size()) {
    return Refuse("wide_values has not one place per node");
  }
  if (!finite(model.scale) || !finite(model.sigmoid_slope) ||
      !std::ranges::all_of(model.biases, finite)) {
    return Refuse("scale, bias or sigmoid is not a finite number");
  }
  return {};
}

Status CheckTree(const Model& model, std::size_t tree) {
  const std::size_t begin = model.tree_begin[tree];
  const std::size_t end = model.tree_begin[tree + 1];
  if (end <= begin || end > model.nodes.size()) {
    return Refuse(fmt::format("tree {}: empty", tree));
  }
  std::size_t next_child = 1;
  for (std::size_t i = 0; i < end - begin; ++i) {
    const Node& node = model.nodes[begin + i];
    if (const char* fault = NodeFault(model, node, i, end - begin, next_child)) {
      return Refuse(fmt::format("tree {}, node {}: {}", tree, i, fault));
    }
    if (node.left != 0) next_child += 2;
    if (const char* fault = model.wide ? WideFault(model, begin + i) : nullptr) {
      return Refuse(fmt::format("tree {}, node {}: {}", tree, i, fault));
    }
  }
  if (next_child != end - begin) {
    return Refuse(fmt::format("tree {}: {} nodes have no parent", tree, end - begin - next_child));
  }
  return {};
}

}  // namespace

Status CheckModel(const Model& model) {
  if (model.tree_begin.empty() || model.tree_begin.front() != 0 ||
      model.tree_begin.back() != model.nodes.size()) {
    return Refuse("tree_begin does not cover the nodes");
  }
  if (model.TreeCount() > kTreesMax) return Refuse(fmt::format("{} trees", model.TreeCount()));
  if (model.nodes.size() > kNodesMax) return Refuse(fmt::format("{} nodes", model.nodes.size()));
  if (model.feature_count == 0 || model.feature_count > kFeaturesMax) {
    return Refuse(
        fmt::format("{} inputs; 1 to {} are possible", model.feature_count, kFeaturesMax));
  }
  if (!model.feature_names.empty() && model.feature_names.size() != model.feature_count) {
    return Refuse(fmt::format("{} input names for {} inputs", model.feature_names.size(),
                              model.feature_count));
  }
  if (!model.covers.empty() && model.covers.size() != model.nodes.size())
    return Refuse("covers has not one place per node");
  AISLE_CHECK(CheckGroups(model));
  AISLE_CHECK(CheckSets(model));
  AISLE_CHECK(CheckWide(model));
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    AISLE_CHECK(CheckTree(model, tree));
  }
  return {};
}

std::string_view WhatIsNotPlain(const Model& model) {
  if (model.wide) return "sums of doubles";
  for (const Node& node : model.nodes) {
    if (node.left == 0 || node.split == Split::kBelow) continue;
    return AsksForSet(node) ? "categorical splits" : "splits that a threshold cannot say";
  }
  return {};
}

}  // namespace aisle::forest
