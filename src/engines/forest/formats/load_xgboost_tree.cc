#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "forest/formats/load_parts.h"
#include "forest/formats/load_xgboost.h"

namespace aisle::forest {
namespace {

// XGBoost marks a node that pruning took out by this split index (its default-left bit is masked off).
constexpr double kDeletedFeature = 2147483647.0;
constexpr double kNoParent = 2147483647.0;

// The arrays of one tree as they stand in the file, their sizes known to agree.
struct RawTree {
  std::size_t node_count = 0;
  std::size_t deleted_count = 0;
  const Value* left = nullptr;
  const Value* right = nullptr;
  const Value* parent = nullptr;
  const Value* feature = nullptr;
  const Value* value = nullptr;
  const Value* default_left = nullptr;
  const Value* split_type = nullptr;  // Null: every split is numerical.
  const Value* cover = nullptr;       // Null: not told.
  std::vector<std::uint32_t>
      set_of;  // Per node the set it asks for, or kNoSet; empty: there are none.
};
constexpr std::uint32_t kNoSet = std::numeric_limits<std::uint32_t>::max();

// The sets of the categorical splits stand one after the other in `categories`; node categories_nodes[i] has
// categories_sizes[i] of them from categories_segments[i] on. A set that overlapped another would let a
// small file claim a large model.
Status ReadCategories(const Value& tree, RawTree& raw, Model& model) {
  raw.split_type = tree.Find("split_type");
  if (raw.split_type != nullptr && raw.split_type->Size() != raw.node_count) {
    return Refuse("split_type is no array of one place per node");
  }
  const Value* nodes = tree.Find("categories_nodes");
  if (nodes == nullptr || nodes->Size() == 0U) return {};
  AISLE_TRY(const Value* segments, Need(tree, "categories_segments"));
  AISLE_TRY(const Value* sizes, Need(tree, "categories_sizes"));
  AISLE_TRY(const Value* categories, Need(tree, "categories"));
  const auto count = nodes->Size();
  const auto category_count = categories->Size();
  if (!count || !category_count || segments->Size() != count || sizes->Size() != count) {
    return Refuse("categories_nodes, _segments and _sizes are no arrays of one length");
  }
  raw.set_of.assign(raw.node_count, kNoSet);
  std::size_t next = 0;
  for (std::size_t i = 0; i < *count; ++i) {
    const double node = nodes->NumberAt(i).value_or(-1);
    if (!IsIndex(node, static_cast<double>(raw.node_count)) ||
        raw.set_of[static_cast<std::size_t>(node)] != kNoSet) {
      return Refuse(fmt::format("categories_nodes[{}] is {}", i, node));
    }
    const double size = sizes->NumberAt(i).value_or(-1);
    if (segments->NumberAt(i) != static_cast<double>(next) ||
        !IsIndex(size, static_cast<double>(*category_count - next) + 1)) {
      return Refuse(fmt::format("category segment {} does not follow the one before", i));
    }
    std::vector<std::uint32_t> set;
    for (const std::size_t end = next + static_cast<std::size_t>(size); next < end; ++next) {
      const double category = categories->NumberAt(next).value_or(-1);
      if (!IsIndex(category, kCategoriesMax)) {
        return Refuse(
            fmt::format("category {}; they are whole numbers below {}", category, kCategoriesMax));
      }
      set.push_back(static_cast<std::uint32_t>(category));
    }
    AISLE_TRY(raw.set_of[static_cast<std::size_t>(node)], AddCategorySet(std::move(set), model));
  }
  if (next != *category_count)
    return Refuse(fmt::format("{} categories belong to no node", *category_count - next));
  return {};
}

Result<RawTree> ReadRawTree(const Value& tree, Model& model) {
  RawTree raw;
  AISLE_TRY(const Value* parameters, Need(tree, "tree_param"));
  AISLE_TRY(const std::int64_t leaf_size, IntegerOr(*parameters, "size_leaf_vector", 1));
  if (leaf_size > 1)
    return Refuse(fmt::format("vector leaves (size {}) are not supported", leaf_size));
  AISLE_TRY(const std::int64_t declared, IntegerOr(*parameters, "num_nodes", -1));
  AISLE_TRY(const std::int64_t deleted, IntegerOr(*parameters, "num_deleted", 0));
  AISLE_TRY(raw.left, Need(tree, "left_children"));
  raw.node_count = raw.left->Size().value_or(0);
  if (raw.node_count == 0) return Refuse("it has no nodes");
  if (declared != static_cast<std::int64_t>(raw.node_count)) {
    return Refuse(fmt::format("num_nodes is {}, left_children has {}", declared, raw.node_count));
  }
  if (deleted < 0 || deleted >= declared) return Refuse(fmt::format("num_deleted {}", deleted));
  raw.deleted_count = static_cast<std::size_t>(deleted);
  const auto array = [&](std::string_view key, const Value*& out) -> Status {
    AISLE_TRY(out, Need(tree, key));
    if (out->Size() == raw.node_count) return {};
    return Refuse(
        fmt::format("{} has {} places for {} nodes", key, out->Size().value_or(0), raw.node_count));
  };
  AISLE_CHECK(array("right_children", raw.right));
  AISLE_CHECK(array("parents", raw.parent));
  AISLE_CHECK(array("split_indices", raw.feature));
  AISLE_CHECK(array("split_conditions", raw.value));
  AISLE_CHECK(array("default_left", raw.default_left));
  // It changes no score: what is no such array is not told.
  raw.cover = tree.Find("sum_hessian");
  if (raw.cover != nullptr && raw.cover->Size() != raw.node_count) raw.cover = nullptr;
  AISLE_CHECK(ReadCategories(tree, raw, model));
  return raw;
}

// Index of a child, checked: in range, and it knows its parent.
Result<std::uint32_t> ReadChild(const RawTree& raw, const Value& children, std::string_view side,
                                std::uint32_t node) {
  const double child = children.NumberAt(node).value_or(-1);
  if (!IsIndex(child, static_cast<double>(raw.node_count)) || child == 0) {
    return BadNode(node,
                   fmt::format("{} child {} is not one of {} nodes", side, child, raw.node_count));
  }
  const auto index = static_cast<std::uint32_t>(child);
  if (raw.parent->NumberAt(index) != static_cast<double>(node)) {
    return BadNode(index, fmt::format("is a child of node {}, but its parent is given as {}", node,
                                      raw.parent->NumberAt(index).value_or(-1)));
  }
  return index;
}

// What a split asks. XGBoost's categories of a set go right; here they go left, so the children change places.
Status ReadSplit(const RawTree& raw, std::uint32_t index, std::size_t feature_count, RawNode& out) {
  Node& node = out.node;
  const double feature = raw.feature->NumberAt(index).value_or(-1);
  if (!IsIndex(feature, static_cast<double>(feature_count))) {
    return BadNode(index, fmt::format("input {} is not one of {}", feature, feature_count));
  }
  node.feature = static_cast<std::uint32_t>(feature);
  const double side = raw.default_left->NumberAt(index).value_or(-1);
  if (side != 0 && side != 1) return BadNode(index, "default_left is neither 0 nor 1");
  node.default_left = side == 1;
  const double type = raw.split_type == nullptr ? 0 : raw.split_type->NumberAt(index).value_or(-1);
  if (type == 0) {
    if (std::isnan(node.value)) return BadNode(index, "threshold is NaN");
    return {};
  }
  if (type != 1) return BadNode(index, fmt::format("split_type {} is neither 0 nor 1", type));
  if (raw.set_of.empty() || raw.set_of[index] == kNoSet) {
    return BadNode(index, "has no categories");
  }
  node.value = 0;
  node.split = Split::kInSet;
  node.set = raw.set_of[index];
  node.default_left = !node.default_left;
  std::swap(out.left, out.right);
  return {};
}

Result<RawNode> ReadNode(const RawTree& raw, std::uint32_t index, std::size_t feature_count,
                         float weight) {
  RawNode out;
  const auto left = raw.left->NumberAt(index);
  const auto right = raw.right->NumberAt(index);
  out.leaf = left == -1.0;
  if (out.leaf != (right == -1.0)) return BadNode(index, "has one child only");
  const auto value = raw.value->NumberAt(index);
  if (!value) return BadNode(index, "split_conditions is not a number");
  out.node.value = static_cast<float>(*value);
  if (raw.cover != nullptr)
    out.cover = static_cast<float>(raw.cover->NumberAt(index).value_or(NAN));
  if (out.leaf) {
    out.node.value *= weight;
    if (!std::isfinite(out.node.value)) return BadNode(index, "leaf is not a finite number");
    return out;
  }
  AISLE_TRY(out.left, ReadChild(raw, *raw.left, "left", index));
  AISLE_TRY(out.right, ReadChild(raw, *raw.right, "right", index));
  AISLE_CHECK(ReadSplit(raw, index, feature_count, out));
  return out;
}

}  // namespace

Result<std::int64_t> IntegerOr(const Value& parent, std::string_view key, std::int64_t otherwise) {
  const Value* found = parent.Find(key);
  if (found == nullptr) return otherwise;
  if (found->kind == Value::Kind::kNumber && std::abs(found->number) < 1e15 &&
      std::trunc(found->number) == found->number) {
    return static_cast<std::int64_t>(found->number);
  }
  std::int64_t value = 0;
  const char* const end = found->text.data() + found->text.size();
  const auto [stop, code] = std::from_chars(found->text.data(), end, value);
  if (found->kind != Value::Kind::kString || code != std::errc() || stop != end) {
    return Refuse(fmt::format("'{}' is not an integer", key));
  }
  return value;
}

Status AppendXgboostTree(const Value& tree, float weight, Model& model) {
  AISLE_TRY(const RawTree raw, ReadRawTree(tree, model));
  if (raw.parent->NumberAt(0) != kNoParent && raw.parent->NumberAt(0) != -1.0) {
    return BadNode(0, "the root has a parent");
  }
  std::vector<bool> met;
  const auto read = [&](std::uint32_t index) {
    return ReadNode(raw, index, model.feature_count, weight);
  };
  AISLE_CHECK(AppendBreadthFirst(raw.node_count, read, false, met, model));
  std::size_t deleted = 0;
  for (std::size_t i = 0; i < raw.node_count; ++i) {
    if (met[i]) continue;
    const double feature = raw.feature->NumberAt(i).value_or(0);
    if (feature != kDeletedFeature && feature != -1.0) return BadNode(i, "has no parent");
    ++deleted;
  }
  if (deleted != raw.deleted_count) {
    return Refuse(
        fmt::format("{} nodes are deleted, num_deleted is {}", deleted, raw.deleted_count));
  }
  return {};
}

}  // namespace aisle::forest
