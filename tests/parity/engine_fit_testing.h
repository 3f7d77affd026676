// Which engines must take a model, said a second time: so that a test knows an engine that declines for a good reason
// from one that is broken. Private to the parity tests, whose models are small enough for every other limit.
//
//   errors   none.
//   source   docs/FOREST.md: the reference takes everything, others plain models, bit-sliced ones down to depth 8.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "forest/forest.h"

namespace aisle {

inline std::size_t DepthOf(const forest::Model& model) {
  std::size_t deepest = 0;
  for (std::size_t tree = 0; tree < model.TreeCount(); ++tree) {
    const std::size_t begin = model.tree_begin[tree];
    std::vector<std::size_t> depth(model.tree_begin[tree + 1] - begin, 0);
    for (std::size_t i = 0; i < depth.size(); ++i) {
      deepest = std::max(deepest, depth[i]);
      const std::uint32_t left = model.nodes[begin + i].left;
      if (left != 0) depth[left] = depth[left + 1] = depth[i] + 1;
    }
  }
  return deepest;
}

// Empty: the engine must take the model.
inline std::string WhyItMayDecline(const forest::Model& model, forest::Engine engine) {
  if (engine == forest::Engine::kReference) return {};
  if (const auto what = forest::WhatIsNotPlain(model); !what.empty()) return std::string(what);
  if (engine != forest::Engine::kInterleaved && DepthOf(model) > 8) return "deeper than 8";
  return {};
}

}  // namespace aisle
