// What the loaders of the three libraries' files share: refusals, look-ups in a document, and the walk that
// turns a file's tree into breadth-first nodes. Private to this module.
//
//   errors   kInvalidArgument, "model: ..." with the node where there is one.
//   cost     AppendBreadthFirst asks for every node once at most, whatever the file says.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "forest/formats/document.h"
#include "forest/model/model.h"

namespace aisle::forest {

Result<Model> ReadXgboost(const Value& root);
Result<Model> ReadLightgbm(std::string_view text);
Result<Model> ReadCatboost(const Value& root);

inline std::unexpected<Error> Refuse(std::string message) {
  return Fail(ErrorCode::kInvalidArgument, "model: " + std::move(message));
}
inline std::unexpected<Error> BadNode(std::size_t node, std::string message) {
  return Refuse(fmt::format("node {}: {}", node, message));
}

inline Result<const Value*> Need(const Value& parent, std::string_view key) {
  const Value* found = parent.Find(key);
  if (found == nullptr) return Refuse(fmt::format("'{}' is missing", key));
  return found;
}

// A library's name for what its margins become.
struct ObjectiveName {
  std::string_view name;
  Objective objective;
};
inline Status SetObjective(std::span<const ObjectiveName> known, std::string_view name,
                           Model& model) {
  const auto found = std::ranges::find(known, name, &ObjectiveName::name);
  if (found == known.end())
    return Refuse(fmt::format("objective '{}' is not supported", name.substr(0, 80)));
  model.objective = found->objective;
  model.objective_name = name;
  return {};
}

// True for a whole number in [0, end).
inline bool IsIndex(double number, double end) {
  return number >= 0 && number < end && std::trunc(number) == number;
}

// The smallest float above x: a float is at most x exactly when it is below this one. x is no NaN.
inline float FloatAbove(double x) {
  const auto near = static_cast<float>(x);
  if (static_cast<double>(near) > x) return near;
  return std::nextafter(near, std::numeric_limits<float>::infinity());
}

// The same for doubles.
inline double DoubleAbove(double x) {
  return std::nextafter(x, std::numeric_limits<double>::infinity());
}

// A node under the number it has in its file.
struct RawNode {
  Node node;        // Without `left`.
  double wide = 0;  // For a wide model: a leaf's value, or a split's threshold for doubles.
  float cover = std::numeric_limits<float>::quiet_NaN();  // As Model::covers.
  bool leaf = true;                                       // Else:
  std::uint32_t left = 0;
  std::uint32_t right = 0;
};

// Appends the tree whose root is node 0. `read(index)` gives Result<RawNode>; the children it names are
// checked here: each below `count`, and none met before. `met` says afterwards which nodes are the tree's.
template <typename Read>
Status AppendBreadthFirst(std::size_t count, const Read& read, bool wide, std::vector<bool>& met,
                          Model& model) {
  if (count > kNodesMax - model.nodes.size())
    return Refuse(fmt::format("more than {} nodes", kNodesMax));
  met.assign(count, false);
  met[0] = true;
  std::vector<std::uint32_t> queue = {0};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const std::uint32_t index = queue[i];
    AISLE_TRY(RawNode raw, read(index));
    if (!raw.leaf) {
      raw.node.left = static_cast<std::uint32_t>(queue.size());
      for (const std::uint32_t child : {raw.left, raw.right}) {
        if (child >= count)
          return BadNode(index, fmt::format("child {} is not one of {} nodes", child, count));
        if (met[child]) return BadNode(index, fmt::format("child {} has another parent", child));
        met[child] = true;
        queue.push_back(child);
      }
    }
    model.nodes.push_back(raw.node);
    model.covers.push_back(raw.cover);
    if (wide) model.wide_values.push_back(raw.wide);
  }
  model.tree_begin.push_back(static_cast<std::uint32_t>(model.nodes.size()));
  return {};
}

// Adds an input's names to the model's. Names that cannot be told apart, or are no numbers that a double holds,
// make all names unusable; the model is read all the same, for rows of codes. Refused is only what is too much.
Status AddNames(CategoryNames names, Model& model);

// Adds a set to the model and gives its number. Categories may come in any order, and twice.
Result<std::uint32_t> AddCategorySet(std::vector<std::uint32_t> categories, Model& model);

}  // namespace aisle::forest
