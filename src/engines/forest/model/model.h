// A checked model of boosted trees, as flat arrays: what the loaders make and every engine is built from.
//
// Whoever fills a Model by hand (tests, benchmarks) gets it checked by CheckModel(), which Forest::Build()
// calls: an engine never sees anything that could lead it out of bounds or around in a circle.
// A *plain* model asks only `x < value` and sums floats: all that fast engines need to know. WhatIsNotPlain()
// tells. (They need not know groups either: grouped_forest.h gives them one at a time.)
//
//   shapes   the nodes of tree t are nodes[tree_begin[t]] up to, not including, nodes[tree_begin[t + 1]];
//            wide_values, when there, has one place per node. Tree t adds to group GroupOf(t).
//   order    within a tree: breadth first, the root first, both children of a node side by side and
//            after it. So a walk always moves forward and ends.
//   missing  a NaN input follows default_left, whatever the split asks.
//   errors   CheckModel: kInvalidArgument, naming tree and node.
//   source   XGBoost's rule, x < threshold goes left; the other libraries' rules become this one (a float
//            is at most t when it is below the next float above t; a double, when below the next double).
//            docs/FOREST_FORMATS.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "forest/model/category_names.h"

namespace aisle::forest {

inline constexpr std::size_t kFeaturesMax = 1'000'000;
inline constexpr std::size_t kTreesMax = 1'000'000;
inline constexpr std::size_t kNodesMax = 50'000'000;
inline constexpr std::size_t kGroupsMax = 10'000;
// Categories are whole numbers that a float holds exactly.
inline constexpr std::uint32_t kCategoriesMax = 1U << 24U;
// LightGBM takes what is this near to zero for zero.
inline constexpr float kZeroMax = 1e-35F;

// What the margins of a row become when they are a prediction, and how XGBoost's base_score becomes one.
enum class Objective : std::uint8_t {
  kLogistic,    // binary:logistic, reg:logistic: sigmoid, of each group alone
  kLogitRaw,    // binary:logitraw: the margin itself, and so is base_score
  kRegression,  // reg:squarederror, reg:absoluteerror: the margin itself
  kRanking,     // rank:*: the margin itself
  kLogLink,     // count:poisson, reg:gamma, reg:tweedie: exponential
  kSoftprob,    // multi:softprob: softmax over the groups
  kSoftmax,     // multi:softmax: the number of the largest group
};

// What a split asks of a number; a yes goes left. Missing is decided before.
enum class Split : std::uint8_t {
  kBelow,              // x < value
  kAny,                // Nothing: every number goes left, +inf too. Only missing may go right.
  kBelowZeroMissing,   // The same; but a number within kZeroMax of zero is missing too.
  kInSet,              // x, cut to a whole number, is one of the set. Below zero: no.
  kInSetNegativeHalf,  // The same; but numbers above -1 are cut to category 0.
};

struct Node {
  float value = 0;            // Threshold of a split by kBelow; value of a leaf.
  std::uint32_t feature = 0;  // 0 in a leaf.
  std::uint32_t left = 0;     // Index within the tree; the right child is the next. 0: a leaf.
  bool default_left = false;
  Split split = Split::kBelow;
  std::uint32_t set = 0;  // Of a split by set: categories[set_begin[set]] up to set_begin[set + 1].
};

// What XGBoost's early stopping leaves in a file: after `best_rounds` rounds the model was at its best, and all
// `rounds` of them are in it.
struct EarlyStop {
  std::uint32_t best_rounds = 0;  // At least 1, less than `rounds`.
  std::uint32_t rounds = 0;
};

struct Model {
  std::vector<Node> nodes;
  std::vector<std::uint32_t> tree_begin = {0};  // One more than there are trees.
  float base_margin = 0;                        // Where the float sum of group 0 starts.
  Objective objective = Objective::kRegression;
  std::string
      objective_name;  // "binary:logistic". Empty from a loader: the file says none, and only margins are known.
  std::uint32_t feature_count = 0;
  std::vector<std::string> feature_names;  // Empty: the model has none.
  std::vector<std::string>
      feature_types;  // Empty, or one per input: "float", "int", "i", "q", "c".

  std::uint32_t group_count = 1;
  std::vector<std::uint32_t> tree_group;  // Empty: every tree is of group 0.
  std::vector<float> base_margins;  // Empty: base_margin for each; or one per group, of several.

  // How much of the training data came through a node, in the library's own measure: XGBoost's sum_hessian,
  // LightGBM's counts, CatBoost's leaf_weights. For explain/; no engine asks. Empty, or one per node; NaN: the file
  // does not say.
  std::vector<float> covers;

  std::vector<std::uint32_t> categories;  // Sets one after the other, each ascending.
  std::vector<std::uint32_t> set_begin = {0};

  // A wide model sums doubles: it starts at 0, adds wide_values in tree order, and the margin of group g
  // is sum * scale + biases[g]. Leaves' `value` is then the rounded leaf, for whoever needs a float.
  bool wide = false;
  std::vector<double> wide_values;
  // A wide model of a library that compares doubles (LightGBM): a split's place in wide_values is its threshold for
  // doubles, and `value` the smallest float that is not below it, which decides the same for every float.
  bool double_inputs = false;
  double scale = 1;
  std::vector<double> biases;  // One per group; empty: 0.
  double sigmoid_slope = 1;    // kLogistic of a wide model: 1 / (1 + exp(-slope * margin)).

  // For whoever tells people about the file; no engine asks. Every round counts.
  std::optional<EarlyStop> early_stop;
  // For whoever reads rows; engines ask for codes.
  StoredNames names;

  std::size_t TreeCount() const { return tree_begin.size() - 1; }
  std::uint32_t GroupOf(std::size_t tree) const {
    return tree_group.empty() ? 0 : tree_group[tree];
  }
  // Predictions per row: one per group, but a single number of a class for kSoftmax.
  std::size_t OutputCount() const { return objective == Objective::kSoftmax ? 1 : group_count; }
};

Status CheckModel(const Model& model);

// Empty for a plain model, else in words the first thing that makes it none: "categorical splits".
std::string_view WhatIsNotPlain(const Model& model);

}  // namespace aisle::forest
