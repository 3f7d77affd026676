// A model spec of random trees over given inputs, for tests and benchmarks of whoever scores.
//
//   units    leaves are small enough that the probabilities of hundreds of trees do not all round to 0 or 1.
//   errors   none.
//   source   XGBoost's JSON model schema, as forest/formats/load.h reads it.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <string>
#include <vector>

#include "forest/model/random_model_testing.h"
#include "ranking/ranking.h"

namespace aisle::ranking {

// Those of the recipe ranking_reference, which the sweep takes.
inline const std::vector<std::string>& ReferenceInputs() {
  static const std::vector<std::string> inputs = {"age",
                                                  "tenure_months",
                                                  "loyalty_tier_num",
                                                  "total_orders",
                                                  "lifetime_spend",
                                                  "avg_order_value",
                                                  "days_since_purchase",
                                                  "engagement_score",
                                                  "avg_browsed_price",
                                                  "price",
                                                  "product_tier",
                                                  "is_perishable",
                                                  "price_ratio",
                                                  "spend_match"};
  return inputs;
}

// One tree as XGBoost writes it.
inline std::string TreeAsJson(const forest::Model& model, std::size_t tree, double leaf_scale) {
  const std::size_t begin = model.tree_begin[tree];
  const std::size_t count = model.tree_begin[tree + 1] - begin;
  std::vector<int> left(count, -1), right(count, -1), parents(count, 2147483647), sides(count, 0);
  std::vector<std::uint32_t> features(count, 0);
  std::vector<double> values(count, 0);
  for (std::size_t i = 0; i < count; ++i) {
    const forest::Node& node = model.nodes[begin + i];
    values[i] = static_cast<double>(node.value) * (node.left == 0 ? leaf_scale : 1.0);
    if (node.left == 0) continue;
    left[i] = static_cast<int>(node.left);
    right[i] = left[i] + 1;
    parents[node.left] = parents[node.left + 1] = static_cast<int>(i);
    features[i] = node.feature;
    sides[i] = node.default_left ? 1 : 0;
  }
  // What training would have sent there: a few rows into each leaf.
  std::vector<std::size_t> covers(count, 0);
  for (std::size_t i = count; i-- > 0;) {
    if (left[i] < 0) covers[i] = 1 + i % 3;
    if (i > 0) covers[static_cast<std::size_t>(parents[i])] += covers[i];
  }
  return fmt::format(
      R"({{"left_children":[{}],"right_children":[{}],"parents":[{}],"split_indices":[{}],)"
      R"("split_conditions":[{}],"sum_hessian":[{}],"default_left":[{}],)"
      R"("tree_param":{{"num_deleted":"0","num_nodes":"{}","size_leaf_vector":"1"}}}})",
      fmt::join(left, ","), fmt::join(right, ","), fmt::join(parents, ","),
      fmt::join(features, ","), fmt::join(values, ","), fmt::join(covers, ","),
      fmt::join(sides, ","), count);
}

// `model` of several trees as a spec; leaves are scaled.
inline ModelSpec SpecOfTrees(const forest::Model& model, double leaf_scale,
                             std::vector<std::string> inputs) {
  const std::size_t trees = model.TreeCount();
  std::string all;
  std::string groups;
  for (std::size_t tree = 0; tree < trees; ++tree) {
    if (tree > 0) all += ',', groups += ',';
    all += TreeAsJson(model, tree, leaf_scale);
    groups += '0';
  }
  ModelSpec spec;
  spec.ubjson = fmt::format(
      R"({{"learner":{{"feature_names":["{}"],"feature_types":[],"gradient_booster":{{"model":{{)"
      R"("gbtree_model_param":{{"num_parallel_tree":"1","num_trees":"{}"}},"tree_info":[{}],)"
      R"("trees":[{}]}},"name":"gbtree"}},"learner_model_param":{{"base_score":"[5E-1]",)"
      R"("num_class":"0","num_feature":"{}","num_target":"1"}},)"
      R"("objective":{{"name":"binary:logistic"}}}},"version":[3,2,0]}})",
      fmt::join(inputs, R"(",")"), trees, groups, all, inputs.size());
  spec.inputs = std::move(inputs);
  return spec;
}

inline ModelSpec RandomSpec(std::uint64_t seed, std::size_t trees, unsigned depth,
                            std::vector<std::string> inputs, double stop = 0) {
  const auto width = static_cast<std::uint32_t>(inputs.size());
  return SpecOfTrees(forest::RandomModel(seed, trees, depth, width, stop),
                     0.5 / std::sqrt(static_cast<double>(trees)), std::move(inputs));
}

}  // namespace aisle::ranking
