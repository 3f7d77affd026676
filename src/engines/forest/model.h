// A checked model of boosted trees, as flat arrays: what the loader makes and every engine is built from.
//
// Whoever fills a Model by hand (tests, benchmarks) gets it checked by CheckModel(), which Forest::Build()
// calls: an engine never sees anything that could lead it out of bounds or around in a circle.
//
//   shapes   the nodes of tree t are nodes[tree_begin[t]] up to, not including, nodes[tree_begin[t + 1]].
//   order    within a tree: breadth first, the root first, both children of a node side by side and
//            after it. So a walk always moves forward and ends.
//   missing  a NaN input follows default_left.
//   errors   CheckModel: kInvalidArgument, naming tree and node.
//   source   XGBoost model schema; rule: x < threshold goes left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aisle::forest {

inline constexpr std::size_t kFeaturesMax = 1'000'000;
inline constexpr std::size_t kTreesMax = 1'000'000;
inline constexpr std::size_t kNodesMax = 50'000'000;

// What a margin becomes when it is a prediction, and how base_score becomes a margin.
enum class Objective : std::uint8_t {
  kLogistic,    // binary:logistic, reg:logistic: sigmoid
  kLogitRaw,    // binary:logitraw: the margin itself, and so is base_score
  kRegression,  // reg:squarederror, reg:absoluteerror: the margin itself
  kRanking,     // rank:*: the margin itself
  kLogLink,     // count:poisson, reg:gamma, reg:tweedie: exponential
};

struct Node {
  float value = 0;            // Threshold of a split; value of a leaf.
  std::uint32_t feature = 0;  // 0 in a leaf.
  std::uint32_t left = 0;     // Index within the tree; the right child is the next. 0: a leaf.
  bool default_left = false;
};

struct Model {
  std::vector<Node> nodes;
  std::vector<std::uint32_t> tree_begin = {0};  // One more than there are trees.
  float base_margin = 0;
  Objective objective = Objective::kRegression;
  std::string objective_name;  // "binary:logistic"
  std::uint32_t feature_count = 0;
  std::vector<std::string> feature_names;  // Empty: the model has none.
  std::vector<std::string> feature_types;  // Empty, or one per input: "float", "int", "i", "q".

  std::size_t TreeCount() const { return tree_begin.size() - 1; }
};

Status CheckModel(const Model& model);

}  // namespace aisle::forest
