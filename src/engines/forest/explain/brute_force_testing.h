// Contributions by the definition: over all subsets of a tree's inputs. Private to the tests of this module.
//
//   shapes   as Explainer::Contributions, of one row.
//   missing  as the explainer: a node without data shares evenly.
//   cost     2^inputs walks a tree and input: for models of a dozen inputs.
#pragma once

#include <bit>
#include <vector>

#include "base/random.h"
#include "forest/model/goes_left.h"

namespace aisle::forest {

// What a tree gives when the inputs of `known` (bits) have the row's values and the others are not known.
template <typename Number>
double ExpectedOf(const Model& model, std::size_t root, std::size_t node, const Number* row,
                  std::uint32_t known) {
  const std::size_t place = root + node;
  const Node& at = model.nodes[place];
  if (at.left == 0) return model.wide ? model.wide_values[place] : static_cast<double>(at.value);
  const auto of = [&](std::size_t child) { return ExpectedOf(model, root, child, row, known); };
  if ((known >> at.feature & 1U) != 0)
    return of(GoesLeft(model, place, row[at.feature]) ? at.left : at.left + 1);
  const auto cover = [&](std::size_t i) { return static_cast<double>(model.covers[root + i]); };
  const double all = cover(node);
  const double left = all > 0 ? cover(at.left) / all : 0.5;
  const double right = all > 0 ? cover(at.left + 1) / all : 0.5;
  return left * of(at.left) + right * of(at.left + 1);
}

template <typename Number>
std::vector<double> BruteForce(const Model& model, const Number* row) {
  const std::size_t features = model.feature_count;
  AISLE_ASSERT(features < 16);
  std::vector<double> out(model.group_count * (features + 1));
  std::vector<double> factorial = {1};
  for (std::size_t i = 1; i <= features; ++i)
    factorial.push_back(factorial.back() * static_cast<double>(i));
  const double scale = model.wide ? model.scale : 1;
  for (std::size_t g = 0; g < model.group_count; ++g) {
    out[g * (features + 1) + features] =
        model.wide ? (model.biases.empty() ? 0 : model.biases[g])
                   : static_cast<double>(model.base_margins.empty() ? model.base_margin
                                                                    : model.base_margins[g]);
  }
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    double* const to = out.data() + model.GroupOf(tree) * (features + 1);
    const std::size_t root = model.tree_begin[tree];
    std::vector<double> value;
    for (std::uint32_t known = 0; known < 1U << features; ++known)
      value.push_back(ExpectedOf(model, root, 0, row, known));
    to[features] += scale * value[0];
    for (std::uint32_t known = 0; known < value.size(); ++known) {
      const auto size = static_cast<std::size_t>(std::popcount(known));
      for (std::size_t f = 0; f < features; ++f) {
        if ((known >> f & 1U) != 0) continue;
        const double weight =
            factorial[size] * factorial[features - 1 - size] / factorial[features];
        to[f] += scale * weight * (value[known | 1U << f] - value[known]);
      }
    }
  }
  return out;
}

// Covers as training makes them, a child's part of its parent's; some nodes have met no data.
inline void AddCovers(Model& model, std::uint64_t seed) {
  base::Stream stream(seed, 79, 79);
  model.covers.assign(model.nodes.size(), 0);
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    const std::size_t root = model.tree_begin[tree];
    model.covers[root] = static_cast<float>(stream.Uniform(1, 1000));
    for (std::size_t i = root; i < model.tree_begin[tree + 1]; ++i) {
      if (model.nodes[i].left == 0) continue;
      const double part = stream.Chance(0.1) ? 0 : stream.Uniform(0, 1);
      const double cover = static_cast<double>(model.covers[i]);
      model.covers[root + model.nodes[i].left] = static_cast<float>(part * cover);
      model.covers[root + model.nodes[i].left + 1] = static_cast<float>((1 - part) * cover);
    }
  }
}

}  // namespace aisle::forest
