#include <array>
#include <cmath>
#include <limits>

#include "forest/formats/known_keys.h"
#include "forest/formats/load_parts.h"

namespace aisle::forest {
namespace {

// CatBoost itself stops at 16.
constexpr std::size_t kDepthOfTreeMax = 16;

struct LossName {
  std::string_view name;
  Objective objective;
};
constexpr std::array kLosses = {
    LossName{"Logloss", Objective::kLogistic},    LossName{"CrossEntropy", Objective::kLogistic},
    LossName{"RMSE", Objective::kRegression},     LossName{"MAE", Objective::kRegression},
    LossName{"QueryRMSE", Objective::kRanking},   LossName{"YetiRank", Objective::kRanking},
    LossName{"MultiClass", Objective::kSoftprob},
};

struct Feature {
  std::uint32_t column = 0;
  bool missing_goes_left = true;
};

Status ReadLoss(const Value& root, Model& model) {
  AISLE_TRY(const Value* info, Need(root, "model_info"));
  // Of a sum each model's parameters stand apart; those of the sum are nowhere.
  if (info->Find("params") == nullptr && info->Find("model0:params") != nullptr) {
    std::size_t count = 1;
    while (info->Find(fmt::format("model{}:params", count)) != nullptr) ++count;
    return Refuse(
        fmt::format("it is CatBoost's sum of {} models (sum_models), which does not say what it "
                    "was trained for. Save each model as "
                    "JSON, score each with --margin, and add the margins times their weights",
                    count));
  }
  AISLE_TRY(const Value* parameters, Need(*info, "params"));
  AISLE_TRY(const Value* loss, Need(*parameters, "loss_function"));
  AISLE_TRY(const Value* type, Need(*loss, "type"));
  for (const LossName& known : kLosses) {
    if (known.name != type->text) continue;
    model.objective = known.objective;
    model.objective_name = type->text;
    return {};
  }
  return Refuse(fmt::format("loss function '{}' is not supported", type->text.substr(0, 40)));
}

// [scale, [bias per class]].
Status ReadScaleAndBias(const Value& root, Model& model) {
  AISLE_TRY(const Value* pair, Need(root, "scale_and_bias"));
  if (pair->Size() != 2U || pair->items.size() != 2) return Refuse("'scale_and_bias' is no pair");
  const auto scale = pair->NumberAt(0);
  const auto count = pair->items[1].Size();
  if (!scale || !count || *count == 0 || *count > kGroupsMax) {
    return Refuse("'scale_and_bias' is not a number and a list of numbers");
  }
  model.scale = *scale;
  for (std::size_t i = 0; i < *count; ++i) {
    model.biases.push_back(pair->items[1].NumberAt(i).value_or(NAN));
  }
  model.group_count = static_cast<std::uint32_t>(*count);
  if ((*count > 1) != (model.objective == Objective::kSoftprob)) {
    return Refuse(fmt::format("{} outputs with loss function '{}'", *count, model.objective_name));
  }
  return {};
}

Result<Feature> ReadFeature(const Value& value) {
  Feature feature;
  AISLE_TRY(const Value* column, Need(value, "flat_feature_index"));
  if (!IsIndex(column->kind == Value::Kind::kNumber ? column->number : -1, kFeaturesMax)) {
    return Refuse("a flat_feature_index is not an index");
  }
  feature.column = static_cast<std::uint32_t>(column->number);
  AISLE_TRY(const Value* treatment, Need(value, "nan_value_treatment"));
  if (treatment->text != "AsFalse" && treatment->text != "AsIs" && treatment->text != "AsTrue") {
    return Refuse(fmt::format("nan_value_treatment '{}'", treatment->text.substr(0, 40)));
  }
  // CatBoost compares a NaN like any number, which is above no border, unless training had some.
  const Value* has_nans = value.Find("has_nans");
  const bool trained_with_nans =
      has_nans != nullptr && has_nans->kind == Value::Kind::kBool && has_nans->number == 1;
  feature.missing_goes_left = treatment->text != "AsTrue" || !trained_with_nans;
  return feature;
}

// "cat_features_hash", "ctrs", "text_features": what inputs they speak of, in words.
std::string KindOfInputs(std::string_view key) {
  if (key.contains("cat") || key.contains("ctr")) return "categorical inputs";
  if (key.contains("text")) return "text inputs";
  if (key.contains("embedding")) return "embedding inputs";
  return fmt::format("'{}'", key.substr(0, 40));
}

// Splits name features by their place in this list.
Result<std::vector<Feature>> ReadFeatures(const Value& root, Model& model) {
  AISLE_TRY(const Value* info, Need(root, "features_info"));
  for (const std::string& key : info->keys) {
    if (key != "float_features" && info->Find(key)->Size() != 0U) {
      return Refuse(fmt::format("{} are not supported; numerical inputs are", KindOfInputs(key)));
    }
  }
  AISLE_TRY(const Value* list, Need(*info, "float_features"));
  std::vector<Feature> features;
  std::vector<std::string> names;
  for (const Value& item : list->items) {
    const double place =
        item.Find("feature_index") != nullptr ? item.Find("feature_index")->number : -1;
    if (place != static_cast<double>(features.size())) {
      return Refuse(fmt::format("float feature {} has feature_index {}", features.size(), place));
    }
    AISLE_TRY(const Feature feature, ReadFeature(item));
    if (!features.empty() && feature.column <= features.back().column) {
      return Refuse(fmt::format("float feature {}: flat_feature_index {} does not ascend",
                                features.size(), feature.column));
    }
    features.push_back(feature);
    if (const Value* name = item.Find("feature_id"); name != nullptr && !name->text.empty()) {
      names.push_back(name->text);
    }
  }
  if (features.empty()) return Refuse("it has no numerical inputs");
  model.feature_count = features.back().column + 1;
  if (names.size() == model.feature_count) model.feature_names = std::move(names);
  return features;
}

Result<std::vector<Node>> ReadSplits(const Value& tree, const std::vector<Feature>& features) {
  std::vector<Node> splits;
  AISLE_TRY(const Value* list, Need(tree, "splits"));
  if (list->Size().value_or(kDepthOfTreeMax + 1) > kDepthOfTreeMax) {
    return Refuse(fmt::format("'splits' is no list of at most {}", kDepthOfTreeMax));
  }
  for (const Value& item : list->items) {
    AISLE_TRY(const Value* type, Need(item, "split_type"));
    if (type->text != "FloatFeature") {
      return Refuse(fmt::format("split_type '{}' is not supported", type->text.substr(0, 40)));
    }
    AISLE_TRY(const Value* place, Need(item, "float_feature_index"));
    AISLE_TRY(const Value* border, Need(item, "border"));
    const bool numbers =
        place->kind == Value::Kind::kNumber && border->kind == Value::Kind::kNumber;
    if (!numbers || !IsIndex(place->number, static_cast<double>(features.size()))) {
      return Refuse("a split's input is not one of the float features");
    }
    const auto as_float = static_cast<float>(border->number);
    if (!std::isfinite(as_float)) return Refuse("a border is not a finite number");
    const Feature& feature = features[static_cast<std::size_t>(place->number)];
    // x > border is the right side, so the left is x < the next float.
    splits.push_back({.value = FloatAbove(static_cast<double>(as_float)),
                      .feature = feature.column,
                      .default_left = feature.missing_goes_left});
  }
  if (splits.size() != list->Size()) return Refuse("'splits' holds something else than splits");
  return splits;
}

// Of the nodes of a complete tree, breadth first: sums of the weights of their leaves. NaN without such weights, which
// change no score.
std::vector<float> CoversOf(const Value* weights, std::size_t depth) {
  const std::size_t leaves = std::size_t{1} << depth;
  std::vector<double> sums(2 * leaves - 1, NAN);
  const bool told = weights != nullptr && weights->Size() == leaves;
  for (std::size_t i = 0; told && i < leaves; ++i)
    sums[leaves - 1 + i] = weights->NumberAt(i).value_or(NAN);
  for (std::size_t i = leaves - 1; i-- > 0;) sums[i] = sums[2 * i + 1] + sums[2 * i + 2];
  return {sums.begin(), sums.end()};
}

// An oblivious tree asks the same question everywhere on a level; split k is bit k of the leaf's number, and each
// leaf holds one value per group. Here it becomes one complete tree per group. The last split is its root, so that leaves
// keep their places: margins are the same in any order, contributions are CatBoost's own in this one.
Status AppendTree(const Value& tree, const std::vector<Feature>& features, Model& model) {
  AISLE_TRY(const std::vector<Node> splits, ReadSplits(tree, features));
  AISLE_TRY(const Value* leaves, Need(tree, "leaf_values"));
  const std::size_t groups = model.group_count;
  const std::size_t leaf_count = std::size_t{1} << splits.size();
  if (leaves->Size() != leaf_count * groups) {
    return Refuse(fmt::format("{} leaf_values; {} splits and {} groups need {}",
                              leaves->Size().value_or(0), splits.size(), groups,
                              leaf_count * groups));
  }
  if (2 * leaf_count * groups > kNodesMax - model.nodes.size()) {
    return Refuse(fmt::format("more than {} nodes", kNodesMax));
  }
  const std::vector<float> covers = CoversOf(tree.Find("leaf_weights"), splits.size());
  for (std::size_t group = 0; group < groups; ++group) {
    for (std::size_t level = 0; level < splits.size(); ++level) {
      for (std::size_t i = 0; i < std::size_t{1} << level; ++i) {
        Node node = splits[splits.size() - 1 - level];
        node.left = static_cast<std::uint32_t>((std::size_t{2} << level) - 1 + 2 * i);
        model.nodes.push_back(node);
        model.wide_values.push_back(0);
      }
    }
    for (std::size_t i = 0; i < leaf_count; ++i) {
      const double leaf = leaves->NumberAt(i * groups + group).value_or(NAN);
      model.nodes.push_back({.value = static_cast<float>(leaf)});
      model.wide_values.push_back(leaf);
    }
    model.covers.insert(model.covers.end(), covers.begin(), covers.end());
    model.tree_begin.push_back(static_cast<std::uint32_t>(model.nodes.size()));
    if (groups > 1) model.tree_group.push_back(static_cast<std::uint32_t>(group));
  }
  return {};
}

}  // namespace

Result<Model> ReadCatboost(const Value& root) {
  Model model;
  if (root.Find("oblivious_trees") == nullptr) {
    return Refuse(
        "'oblivious_trees' is missing; CatBoost's other tree shapes (grow_policy) are not "
        "supported");
  }
  model.wide = true;
  AISLE_CHECK(ReadLoss(root, model));
  AISLE_CHECK(ReadScaleAndBias(root, model));
  AISLE_TRY(const std::vector<Feature> features, ReadFeatures(root, model));
  const Value* trees = root.Find("oblivious_trees");
  if (trees->items.size() != trees->Size()) return Refuse("'oblivious_trees' is no list of trees");
  if (trees->items.size() > kTreesMax / model.group_count) {
    return Refuse(
        fmt::format("{} trees; at most {}", trees->items.size(), kTreesMax / model.group_count));
  }
  for (std::size_t i = 0; i < trees->items.size(); ++i) {
    if (auto status = AppendTree(trees->items[i], features, model); !status) {
      return Within(fmt::format("tree {}", i), std::move(status).error());
    }
  }
  AISLE_CHECK(CheckKeys(root, CatboostKeys(), "CatBoost"));
  AISLE_CHECK(CheckModel(model));
  return model;
}

}  // namespace aisle::forest
