#include "forest/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/files.h"
#include "forest/document.h"

namespace aisle::forest {
namespace {

// XGBoost marks a node that pruning took out by this split index (its default-left bit is masked off).
constexpr double kDeletedFeature = 2147483647.0;
constexpr double kNoParent = 2147483647.0;

std::unexpected<Error> Refuse(std::string message) {
  return Fail(ErrorCode::kInvalidArgument, "model: " + std::move(message));
}

Result<const Value*> Need(const Value& parent, std::string_view key) {
  const Value* found = parent.Find(key);
  if (found == nullptr) return Refuse(fmt::format("'{}' is missing", key));
  return found;
}

// XGBoost writes its parameters as texts: "300".
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

struct ObjectiveName {
  std::string_view name;
  Objective objective;
};
constexpr std::array kObjectives = {
    ObjectiveName{"binary:logistic", Objective::kLogistic},
    ObjectiveName{"reg:logistic", Objective::kLogistic},
    ObjectiveName{"binary:logitraw", Objective::kLogitRaw},
    ObjectiveName{"reg:squarederror", Objective::kRegression},
    ObjectiveName{"reg:absoluteerror", Objective::kRegression},
    ObjectiveName{"rank:ndcg", Objective::kRanking},
    ObjectiveName{"rank:pairwise", Objective::kRanking},
    ObjectiveName{"rank:map", Objective::kRanking},
    ObjectiveName{"count:poisson", Objective::kLogLink},
    ObjectiveName{"reg:gamma", Objective::kLogLink},
    ObjectiveName{"reg:tweedie", Objective::kLogLink},
};

Status ReadObjective(const Value& learner, Model& model) {
  AISLE_TRY(const Value* objective, Need(learner, "objective"));
  AISLE_TRY(const Value* name, Need(*objective, "name"));
  for (const ObjectiveName& known : kObjectives) {
    if (name->text != known.name) continue;
    model.objective = known.objective;
    model.objective_name = name->text;
    return {};
  }
  return Refuse(fmt::format("objective '{}' is not supported", name->text));
}

// base_score is "5E-1" in files of XGBoost 1 and 2, "[5E-1]" since 3.1, one place per target.
Result<float> ReadBaseScore(const Value& parameters) {
  AISLE_TRY(const Value* value, Need(parameters, "base_score"));
  if (value->kind != Value::Kind::kString) return Refuse("'base_score' is not a text");
  std::string_view text = value->text;
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (text.find(',') != std::string_view::npos) {
    return Refuse("several base scores (vector leaves or classes) are not supported");
  }
  float score = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), score);
  if (code != std::errc() || stop != text.data() + text.size() || !std::isfinite(score)) {
    return Refuse(fmt::format("base_score '{}' is not a finite number", value->text));
  }
  return score;
}

// The same float operations as XGBoost's objectives: the margin every sum starts from.
Result<float> BaseMargin(Objective objective, float score) {
  switch (objective) {
    case Objective::kLogistic: {
      if (!(score >= 0 && score <= 1)) {
        return Refuse(fmt::format("base_score {} is not a probability", score));
      }
      // A training set of one class only gives 0 or 1; XGBoost keeps the margin finite like this.
      const float inside = std::clamp(score, 1e-6F, 1.0F - 1e-6F);
      return -std::log(1.0F / inside - 1.0F);
    }
    case Objective::kLogLink:
      if (!(score > 0)) return Refuse(fmt::format("base_score {} is not positive", score));
      return std::log(score);
    case Objective::kLogitRaw:
    case Objective::kRegression:
    case Objective::kRanking:
      break;
  }
  return score;
}

Status ReadParameters(const Value& learner, Model& model) {
  AISLE_TRY(const Value* parameters, Need(learner, "learner_model_param"));
  AISLE_TRY(const std::int64_t classes, IntegerOr(*parameters, "num_class", 0));
  if (classes > 1)
    return Refuse(fmt::format("multi-class (num_class {}) is not supported", classes));
  AISLE_TRY(const std::int64_t targets, IntegerOr(*parameters, "num_target", 1));
  if (targets > 1) return Refuse(fmt::format("several targets ({}) are not supported", targets));
  AISLE_TRY(const std::int64_t features, IntegerOr(*parameters, "num_feature", 0));
  if (features < 1 || features > static_cast<std::int64_t>(kFeaturesMax)) {
    return Refuse(fmt::format("num_feature {}; 1 to {} are possible", features, kFeaturesMax));
  }
  model.feature_count = static_cast<std::uint32_t>(features);
  AISLE_TRY(const float score, ReadBaseScore(*parameters));
  AISLE_TRY(model.base_margin, BaseMargin(model.objective, score));
  return {};
}

Result<std::vector<std::string>> ReadTexts(const Value& learner, std::string_view key,
                                           std::size_t expected) {
  const Value* list = learner.Find(key);
  std::vector<std::string> texts;
  if (list == nullptr || list->Size().value_or(0) == 0) return texts;
  for (const Value& item : list->items) {
    if (item.kind != Value::Kind::kString) return Refuse(fmt::format("'{}' holds no texts", key));
    texts.push_back(item.text);
  }
  if (texts.size() != expected) {
    return Refuse(fmt::format("{} {} for num_feature {}", *list->Size(), key, expected));
  }
  return texts;
}

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
};

Status CheckOnlyNumericalSplits(const Value& tree, std::size_t node_count) {
  if (const Value* nodes = tree.Find("categories_nodes"); nodes && nodes->Size().value_or(1) != 0) {
    return Refuse("categorical splits are not supported");
  }
  const Value* types = tree.Find("split_type");
  if (types == nullptr) return {};
  if (types->Size() != node_count) return Refuse("split_type is no array of one place per node");
  for (std::size_t i = 0; i < node_count; ++i) {
    if (types->NumberAt(i) != 0.0) return Refuse("categorical splits are not supported");
  }
  return {};
}

Result<RawTree> ReadRawTree(const Value& tree) {
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
  AISLE_CHECK(CheckOnlyNumericalSplits(tree, raw.node_count));
  return raw;
}

std::unexpected<Error> BadNode(std::size_t node, std::string message) {
  return Refuse(fmt::format("node {}: {}", node, message));
}

// Index of a child, checked: in range, not met before, and it knows its parent.
Result<std::uint32_t> ReadChild(const RawTree& raw, const Value& children, std::string_view side,
                                std::uint32_t node, std::vector<bool>& met) {
  const double child = children.NumberAt(node).value_or(-1);
  if (!(child >= 1 && child < static_cast<double>(raw.node_count)) || std::trunc(child) != child) {
    return BadNode(node,
                   fmt::format("{} child {} is not one of {} nodes", side, child, raw.node_count));
  }
  const auto index = static_cast<std::uint32_t>(child);
  if (met[index]) return BadNode(node, fmt::format("{} child {} has another parent", side, index));
  met[index] = true;
  if (raw.parent->NumberAt(index) != static_cast<double>(node)) {
    return BadNode(index, fmt::format("is a child of node {}, but its parent is given as {}", node,
                                      raw.parent->NumberAt(index).value_or(-1)));
  }
  return index;
}

Result<Node> ReadNode(const RawTree& raw, std::uint32_t index, std::size_t feature_count,
                      bool leaf) {
  Node node;
  const auto value = raw.value->NumberAt(index);
  if (!value) return BadNode(index, "split_conditions is not a number");
  node.value = static_cast<float>(*value);
  if (leaf) {
    if (!std::isfinite(node.value)) return BadNode(index, "leaf is not a finite number");
    return node;
  }
  if (std::isnan(node.value)) return BadNode(index, "threshold is NaN");
  const double feature = raw.feature->NumberAt(index).value_or(-1);
  if (!(feature >= 0 && feature < static_cast<double>(feature_count)) ||
      std::trunc(feature) != feature) {
    return BadNode(index, fmt::format("input {} is not one of {}", feature, feature_count));
  }
  node.feature = static_cast<std::uint32_t>(feature);
  const double side = raw.default_left->NumberAt(index).value_or(-1);
  if (side != 0 && side != 1) return BadNode(index, "default_left is neither 0 nor 1");
  node.default_left = side == 1;
  return node;
}

// Walks the tree breadth first and appends its nodes in that order. Since no node is met twice and the
// queue holds every node once, this ends after node_count steps whatever the file says.
Status AppendTree(const RawTree& raw, Model& model) {
  if (raw.parent->NumberAt(0) != kNoParent && raw.parent->NumberAt(0) != -1.0) {
    return BadNode(0, "the root has a parent");
  }
  std::vector<bool> met(raw.node_count, false);
  met[0] = true;
  std::vector<std::uint32_t> queue = {0};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const std::uint32_t index = queue[i];
    const auto left = raw.left->NumberAt(index);
    const auto right = raw.right->NumberAt(index);
    const bool leaf = left == -1.0;
    if (leaf != (right == -1.0)) return BadNode(index, "has one child only");
    AISLE_TRY(Node node, ReadNode(raw, index, model.feature_count, leaf));
    if (!leaf) {
      node.left = static_cast<std::uint32_t>(queue.size());
      AISLE_TRY(const auto left_index, ReadChild(raw, *raw.left, "left", index, met));
      AISLE_TRY(const auto right_index, ReadChild(raw, *raw.right, "right", index, met));
      queue.push_back(left_index);
      queue.push_back(right_index);
    }
    model.nodes.push_back(node);
  }
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

Status ReadTrees(const Value& booster, Model& model) {
  AISLE_TRY(const Value* inner, Need(booster, "model"));
  AISLE_TRY(const Value* parameters, Need(*inner, "gbtree_model_param"));
  AISLE_TRY(const std::int64_t parallel, IntegerOr(*parameters, "num_parallel_tree", 1));
  if (parallel > 1) return Refuse(fmt::format("num_parallel_tree {} is not supported", parallel));
  AISLE_TRY(const Value* trees, Need(*inner, "trees"));
  const auto tree_count = trees->Size();
  AISLE_TRY(const std::int64_t declared, IntegerOr(*parameters, "num_trees", -1));
  if (!tree_count || trees->items.size() != *tree_count)
    return Refuse("'trees' is no array of trees");
  if (declared != static_cast<std::int64_t>(*tree_count)) {
    return Refuse(fmt::format("num_trees is {}, but {} trees stand there", declared, *tree_count));
  }
  if (*tree_count > kTreesMax)
    return Refuse(fmt::format("{} trees; at most {}", *tree_count, kTreesMax));
  AISLE_TRY(const Value* groups, Need(*inner, "tree_info"));
  if (groups->Size() != tree_count) return Refuse("tree_info is no array of one place per tree");
  for (std::size_t i = 0; i < *tree_count; ++i) {
    const std::string where = fmt::format("tree {}", i);
    if (groups->NumberAt(i) != 0.0) {
      return Refuse(fmt::format("{} belongs to group {}; one group is supported", where,
                                groups->NumberAt(i).value_or(-1)));
    }
    auto raw = ReadRawTree(trees->items[i]);
    if (!raw) return Within(where, std::move(raw).error());
    if (raw->node_count > kNodesMax - model.nodes.size()) {
      return Refuse(fmt::format("{}: more than {} nodes", where, kNodesMax));
    }
    if (auto status = AppendTree(*raw, model); !status)
      return Within(where, std::move(status).error());
    model.tree_begin.push_back(static_cast<std::uint32_t>(model.nodes.size()));
  }
  return {};
}

Result<Model> FromDocument(const Value& root) {
  Model model;
  AISLE_TRY(const Value* learner, Need(root, "learner"));
  AISLE_TRY(const Value* booster, Need(*learner, "gradient_booster"));
  AISLE_TRY(const Value* name, Need(*booster, "name"));
  if (name->text != "gbtree") {
    return Refuse(fmt::format("booster '{}' is not supported; 'gbtree' is", name->text));
  }
  AISLE_CHECK(ReadObjective(*learner, model));
  AISLE_CHECK(ReadParameters(*learner, model));
  AISLE_TRY(model.feature_names, ReadTexts(*learner, "feature_names", model.feature_count));
  AISLE_TRY(model.feature_types, ReadTexts(*learner, "feature_types", model.feature_count));
  for (const std::string& type : model.feature_types) {
    if (type == "c") return Refuse("categorical inputs are not supported");
  }
  AISLE_CHECK(ReadTrees(*booster, model));
  AISLE_CHECK(CheckModel(model));
  return model;
}

// Both forms open with a brace; JSON goes on with a quotation mark (or space), UBJSON with a length's type.
bool LooksLikeJson(std::string_view bytes) {
  const std::size_t brace = bytes.find_first_not_of(" \t\r\n");
  if (brace == std::string_view::npos || bytes[brace] != '{') return false;
  const std::size_t next = bytes.find_first_not_of(" \t\r\n", brace + 1);
  return next != std::string_view::npos &&
         (bytes[next] == '"' || (bytes[next] == '}' && brace != 0));
}

}  // namespace

Result<Model> LoadModel(std::string_view bytes) {
  if (bytes.empty()) return Refuse("the file is empty");
  AISLE_TRY(const Value root, LooksLikeJson(bytes) ? ReadJson(bytes) : ReadUbjson(bytes));
  return FromDocument(root);
}

Result<Model> LoadModelFile(const std::filesystem::path& path) {
  AISLE_TRY(const std::string bytes, base::ReadFile(path));
  auto model = LoadModel(bytes);
  if (!model) return Within(path.string(), std::move(model).error());
  return model;
}

}  // namespace aisle::forest
