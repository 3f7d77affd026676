// What the bit-sliced engine makes of a model once: its predicates, its trees as programs over their planes,
// and its leaves as a kernel wants them.
//
// A predicate is "at or above the threshold, and where a missing value goes". All splits that ask the same
// share one plane, so a forest of 50,000 splits has some 5,000 planes. Private to this module.
//
//   shapes   an input's planes are first up to, not including, first + count; plane first + k is the one of
//            its k-th key.
//   order    predicates by input, then by rising threshold.
//   missing  missing_right[plane] is 1 where a missing value goes right.
//   errors   WhyNotSliced: empty when the model fits, else what is in the way, in words.
//   cost     linear in the nodes but for a binary search each; memory: bytes().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "forest/bitsliced/bitsliced_kernel.h"
#include "forest/model/model.h"

namespace aisle::forest {

// More planes than this leave every cache; the interleaved engine is then as fast.
inline constexpr std::size_t kPlanesMax = 65'536;
// Of programs and leaves, which are complete trees however sparse the model's are.
inline constexpr std::size_t kSlicedBytesMax = std::size_t{256} << 20U;

// Memory at a cache line, all zero at first.
class LineBytes {
 public:
  LineBytes() = default;
  explicit LineBytes(std::size_t size);
  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte[], Free> data_;
  std::size_t size_ = 0;
};

// The one place that knows which models the bit-sliced engine takes.
std::string WhyNotSliced(const Model& model);

struct SlicedInput {
  std::uint32_t feature = 0;
  std::uint32_t first = 0;  // Of its planes.
  std::uint32_t count = 0;
  std::uint32_t splits = 0;  // Nodes of the model that ask it.
  SearchTable search;        // Its keys.
};

// A node of the model, for walks that know some planes beforehand. A tree's nodes stand in the order of such a
// walk: a split, all of its left side, all of its right side.
struct SlicedNode {
  union {
    std::uint32_t plane = 0;  // Of a split; the left child is the next node.
    float leaf;
  };
  std::uint32_t right = 0;  // Within the tree. 0: a leaf.
};

struct Predicate;

struct SlicedTables {
  // The model fits.
  SlicedTables(const Model& model, const Kernel& kernel);
  SlicedTables(const SlicedTables&) = delete;
  SlicedTables& operator=(const SlicedTables&) = delete;
  std::size_t Bytes() const;
  std::size_t PlaneCount() const { return missing_right.size(); }
  SlicedForest Forest() const {
    return {trees.data(), trees.size(), programs.data(), leaves.data(), base_margin};
  }

  std::vector<SlicedInput> inputs;  // Those that some split asks for, by rising feature.
  std::vector<std::int32_t> searches;
  std::vector<std::uint8_t> missing_right;  // By plane.
  std::vector<SlicedNode> nodes;
  std::vector<std::uint32_t> roots;  // Of each tree in nodes.
  std::vector<SlicedTree> trees;
  std::vector<std::uint32_t> programs;
  LineBytes leaves;
  float base_margin = 0;

 private:
  void CopyNodes(const Node* tree, std::uint32_t at, const std::vector<Predicate>& predicates);
  void MakeSearches(const std::vector<Predicate>& predicates);
};

}  // namespace aisle::forest
