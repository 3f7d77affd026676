// What is left of a forest when a call fixes some of its inputs for all rows: smaller trees, in the kernel's form.
//
// A customer's own inputs decide their splits once per request; each tree is walked from its root past the
// decided ones, and what stays is completed to its own depth, often half of what it was. The leaves that rows
// reach, and the order of the sum, are the same. Private to this module.
//
//   shapes   decided[plane]: kLeft, kRight or kOpen.
//   threads  one; memory is kept from call to call.
//   errors   none.
//   cost     Make: linear in the splits that stay and those passed on the way, and in the completed leaves.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "forest/bitsliced/bitsliced_kernel.h"
#include "forest/bitsliced/bitsliced_tables.h"

namespace aisle::forest {

inline constexpr std::uint8_t kLeft = 0;
inline constexpr std::uint8_t kRight = 1;
inline constexpr std::uint8_t kOpen = 2;

class ResidualForest {
 public:
  void Make(const SlicedTables& tables, const Kernel& kernel,
            std::span<const std::uint8_t> decided);
  // Valid until the next Make().
  SlicedForest Forest() const {
    return {trees_.data(), trees_.size(), programs_.data(), leaves_.data(), base_margin_};
  }

 private:
  // A split or leaf that stays; the left child is the next, `right` the other.
  struct Stayed {
    std::uint32_t node = 0;
    std::uint32_t right = 0;
  };
  std::uint32_t Grow(const SlicedTables& tables, std::span<const std::uint8_t> decided,
                     std::uint32_t root, std::uint32_t node);
  void Write(const SlicedTables& tables, std::uint32_t plane_bytes, std::uint32_t root,
             std::uint32_t at, std::uint32_t depth, std::uint32_t path, std::uint32_t asked);

  std::vector<SlicedTree> trees_;
  std::vector<std::uint32_t> programs_;
  LineBytes leaves_;
  float base_margin_ = 0;
  // Of the tree at work.
  std::vector<Stayed> stayed_;
  std::array<float, 1U << kDepthMax> row_{};
};

}  // namespace aisle::forest
