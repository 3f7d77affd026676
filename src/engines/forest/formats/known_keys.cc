#include "forest/formats/known_keys.h"

#include <array>
#include <unordered_set>

#include "forest/formats/load_parts.h"

namespace aisle::forest {
namespace {

constexpr auto kXgboost = std::to_array<std::string_view>({
    "learner",
    "version",
    "learner.attributes",
    "learner.attributes.*",
    "learner.feature_names",
    "learner.feature_types",
    "learner.gradient_booster",
    "learner.gradient_booster.gbtree",
    "learner.gradient_booster.model",
    "learner.gradient_booster.model.cats",
    "learner.gradient_booster.model.cats.enc",
    "learner.gradient_booster.model.cats.enc[].offsets",
    "learner.gradient_booster.model.cats.enc[].type",
    "learner.gradient_booster.model.cats.enc[].values",
    "learner.gradient_booster.model.cats.feature_segments",
    "learner.gradient_booster.model.cats.sorted_idx",
    "learner.gradient_booster.model.gbtree_model_param",
    "learner.gradient_booster.model.gbtree_model_param.num_parallel_tree",
    "learner.gradient_booster.model.gbtree_model_param.num_trees",
    "learner.gradient_booster.model.gbtree_model_param.size_leaf_vector",
    "learner.gradient_booster.model.iteration_indptr",
    "learner.gradient_booster.model.tree_info",
    "learner.gradient_booster.model.trees",
    "learner.gradient_booster.model.trees[].base_weights",
    "learner.gradient_booster.model.trees[].categories",
    "learner.gradient_booster.model.trees[].categories_nodes",
    "learner.gradient_booster.model.trees[].categories_segments",
    "learner.gradient_booster.model.trees[].categories_sizes",
    "learner.gradient_booster.model.trees[].default_left",
    "learner.gradient_booster.model.trees[].id",
    "learner.gradient_booster.model.trees[].left_children",
    "learner.gradient_booster.model.trees[].loss_changes",
    "learner.gradient_booster.model.trees[].parents",
    "learner.gradient_booster.model.trees[].right_children",
    "learner.gradient_booster.model.trees[].split_conditions",
    "learner.gradient_booster.model.trees[].split_indices",
    "learner.gradient_booster.model.trees[].split_type",
    "learner.gradient_booster.model.trees[].sum_hessian",
    "learner.gradient_booster.model.trees[].tree_param",
    "learner.gradient_booster.model.trees[].tree_param.num_deleted",
    "learner.gradient_booster.model.trees[].tree_param.num_feature",
    "learner.gradient_booster.model.trees[].tree_param.num_nodes",
    "learner.gradient_booster.model.trees[].tree_param.size_leaf_vector",
    "learner.gradient_booster.model.weight_drop",
    "learner.gradient_booster.name",
    "learner.gradient_booster.weight_drop",
    "learner.learner_model_param",
    "learner.learner_model_param.base_score",
    "learner.learner_model_param.boost_from_average",
    "learner.learner_model_param.num_class",
    "learner.learner_model_param.num_feature",
    "learner.learner_model_param.num_target",
    "learner.objective",
    "learner.objective.lambda_rank_param",
    "learner.objective.lambda_rank_param.fix_list_weight",
    "learner.objective.lambda_rank_param.num_pairsample",
    "learner.objective.lambdarank_param",
    "learner.objective.lambdarank_param.lambdarank_bias_norm",
    "learner.objective.lambdarank_param.lambdarank_normalization",
    "learner.objective.lambdarank_param.lambdarank_num_pair_per_sample",
    "learner.objective.lambdarank_param.lambdarank_pair_method",
    "learner.objective.lambdarank_param.lambdarank_score_normalization",
    "learner.objective.lambdarank_param.lambdarank_unbiased",
    "learner.objective.lambdarank_param.ndcg_exp_gain",
    "learner.objective.name",
    "learner.objective.poisson_regression_param",
    "learner.objective.poisson_regression_param.max_delta_step",
    "learner.objective.reg_loss_param",
    "learner.objective.reg_loss_param.scale_pos_weight",
    "learner.objective.softmax_multiclass_param",
    "learner.objective.ti+",
    "learner.objective.tj-",
    "learner.objective.softmax_multiclass_param.num_class",
    "learner.objective.tweedie_regression_param",
    "learner.objective.tweedie_regression_param.tweedie_variance_power",
});

constexpr auto kCatboost = std::to_array<std::string_view>({
    "features_info",
    "features_info.float_features",
    "features_info.float_features[].borders",
    "features_info.float_features[].feature_id",
    "features_info.float_features[].feature_index",
    "features_info.float_features[].flat_feature_index",
    "features_info.float_features[].has_nans",
    "features_info.float_features[].nan_value_treatment",
    "model_info",
    "model_info.*",
    "oblivious_trees",
    "oblivious_trees[].leaf_values",
    "oblivious_trees[].leaf_weights",
    "oblivious_trees[].splits",
    "oblivious_trees[].splits[].border",
    "oblivious_trees[].splits[].float_feature_index",
    "oblivious_trees[].splits[].split_index",
    "oblivious_trees[].splits[].split_type",
    "scale_and_bias",
});

constexpr auto kLightgbmHeader = std::to_array<std::string_view>({
    "version",
    "num_class",
    "num_tree_per_iteration",
    "label_index",
    "max_feature_idx",
    "objective",
    "feature_names",
    "monotone_constraints",
    "feature_infos",
    "tree_sizes",
});

constexpr auto kLightgbmTree = std::to_array<std::string_view>({
    "Tree",           "num_leaves",    "num_cat",        "split_feature",   "split_gain",
    "threshold",      "decision_type", "left_child",     "right_child",     "leaf_value",
    "leaf_weight",    "leaf_count",    "internal_value", "internal_weight", "internal_count",
    "cat_boundaries", "cat_threshold", "is_linear",      "shrinkage",
});

constexpr std::string_view kBooster = "learner.gradient_booster.";
constexpr std::string_view kInner = "learner.gradient_booster.gbtree.";

using Known = std::unordered_set<std::string_view>;

// The known place of what stands at `path`.
std::string PlaceOf(const std::string& path) {
  if (!path.starts_with(kInner)) return path;
  return std::string(kBooster) + path.substr(kInner.size());
}

// The reader's limit on nesting is this one's too.
Status Check(const Value& value, std::string& path, const Known& known, const std::string& writer) {
  const std::size_t size = path.size();
  if (value.kind == Value::Kind::kArray) {
    path += "[]";
    for (const Value& item : value.items) {
      if (item.kind == Value::Kind::kObject || item.kind == Value::Kind::kArray)
        AISLE_CHECK(Check(item, path, known, writer));
    }
    path.resize(size);
  }
  if (value.kind != Value::Kind::kObject || known.contains(path + ".*")) return {};
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (size > 0) path += '.';
    path += value.keys[i];
    if (!known.contains(PlaceOf(path))) return UnknownKey(path, writer);
    AISLE_CHECK(Check(value.items[i], path, known, writer));
    path.resize(size);
  }
  return {};
}

}  // namespace

std::span<const std::string_view> XgboostKeys() { return kXgboost; }
std::span<const std::string_view> CatboostKeys() { return kCatboost; }
std::span<const std::string_view> LightgbmHeaderKeys() { return kLightgbmHeader; }
std::span<const std::string_view> LightgbmTreeKeys() { return kLightgbmTree; }

std::unexpected<Error> UnknownKey(std::string_view place, const std::string& writer) {
  return Refuse(
      fmt::format("{} wrote the key '{}', which is not known here and might change scores; a file "
                  "of a version that "
                  "docs/FOREST_FORMATS.md lists is needed",
                  writer, place.substr(0, 200)));
}

Status CheckKeys(const Value& root, std::span<const std::string_view> known,
                 const std::string& writer) {
  std::string path;
  return Check(root, path, Known(known.begin(), known.end()), writer);
}

}  // namespace aisle::forest
