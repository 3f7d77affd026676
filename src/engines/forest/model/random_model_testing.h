// Random valid models for tests and benchmarks: any shape of tree, thresholds from a small grid so that values
// can sit on them. Private to this module.
//
//   units    thresholds and leaves are in [-4, 4]; one leaf value in eight is -0.
#pragma once

#include "base/random.h"
#include "forest/model/model.h"

namespace aisle::forest {

// `stop` is the chance that a node above the full depth is a leaf: 0 gives complete trees.
inline Model RandomModel(std::uint64_t seed, std::size_t trees, unsigned depth,
                         std::uint32_t features, double stop) {
  base::Stream stream(seed, trees, depth);
  Model model;
  model.feature_count = features;
  model.base_margin = 0.25F;
  for (std::size_t tree = 0; tree < trees; ++tree) {
    std::vector<unsigned> level = {0};
    const std::size_t begin = model.nodes.size();
    for (std::size_t i = 0; i < level.size(); ++i) {
      Node node;
      node.value = static_cast<float>(stream.Between(-64, 64)) / 16.0F;
      if (level[i] == depth || stream.Chance(stop)) {
        if (stream.Chance(0.125)) node.value = -0.0F;
      } else {
        node.feature = static_cast<std::uint32_t>(stream.Below(features));
        node.default_left = stream.Chance(0.5);
        node.left = static_cast<std::uint32_t>(level.size());
        level.insert(level.end(), 2, level[i] + 1);
      }
      model.nodes.push_back(node);
    }
    model.tree_begin.push_back(static_cast<std::uint32_t>(begin + level.size()));
  }
  return model;
}

}  // namespace aisle::forest
