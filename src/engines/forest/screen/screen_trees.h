// Residual trees that were made before: what is left of a tree where only some of its leaves are within reach.
//
// Over all customers of a generation a tree has a dozen or so of them: making them anew for each request cost more than
// scoring by them. A tree's word of leaves within reach is the key. Private to this module.
//
//   shapes   leaves and programs as ShortTree says; planes are byte offsets for the kernel's plane width.
//   order    asked: bit p of a set of planes is plane p.
//   threads  one; belongs to a workspace.
//   errors   none.
//   cost     Find: one look-up in a hash table. What is kept is bounded: beyond kKeptBytesMax all is forgotten and made
//            anew (between two requests, never within one).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "forest/screen/screen_tables.h"

namespace aisle::forest {

inline constexpr std::size_t kKeptBytesMax = std::size_t{4} << 20U;

class KeptTrees {
 public:
  struct Tree {
    std::uint32_t depth = 0;
    std::uint32_t program = 0;  // In programs.
    std::uint32_t place = 0;    // Among the kept trees: of its leaves and its set of planes.
    float only_leaf = 0;        // Of depth 0.
  };

  // Forgets what belongs to other tables.
  void Begin(const ScreenTables& tables, const ScreenKernel& kernel, std::uint64_t tables_id);
  // Valid until the next call of it or of Begin().
  const Tree& Find(std::size_t tree, std::uint64_t within_reach);
  ShortTree Short(const Tree& tree) const {
    return {&programs_[tree.program], leaves_.data() + std::size_t{tree.place} * kShortLeafBytes};
  }
  const std::uint64_t* Asked(const Tree& tree) const {
    return Sets() + std::size_t{tree.place} * tables_->word_count;
  }
  std::size_t Count() const { return trees_.size(); }
  std::size_t Bytes() const;

 private:
  struct Slot {
    std::uint64_t within_reach = 0;
    std::uint32_t tree = 0;  // Plus one; 0: free.
  };
  struct Table {
    std::vector<Slot> slots = std::vector<Slot>(16);
    std::size_t used = 0;
  };
  // A split or leaf that stays; places of its children in stayed_, a leaf has none.
  struct Stayed {
    std::uint32_t node = 0;
    std::uint32_t left = 0;
    std::uint32_t right = 0;
  };
  struct Grown {
    std::int64_t place = -1;  // In stayed_; -1: nothing is left.
    std::uint32_t depth = 0;
  };
  static Slot& SlotOf(Table& table, std::uint64_t within_reach);
  std::uint32_t MakeTree(std::size_t tree, std::uint64_t within_reach);
  Grown Grow(std::uint32_t root, std::uint32_t node, std::uint64_t within_reach);
  void Write(std::uint32_t root, std::uint32_t place, std::uint32_t depth, std::uint32_t path,
             std::uint32_t plane);

  const std::uint64_t* Sets() const { return reinterpret_cast<const std::uint64_t*>(sets_.data()); }
  static void MakeRoom(LineBytes& bytes, std::size_t used, std::size_t more);

  const ScreenTables* tables_ = nullptr;
  const ScreenKernel* kernel_ = nullptr;
  std::uint64_t tables_id_ = 0;
  std::vector<Table> by_tree_;
  std::vector<Tree> trees_;
  std::vector<std::uint32_t> programs_;
  LineBytes leaves_;  // Tree by tree.
  LineBytes sets_;
  // Of the tree at work.
  std::uint64_t* asked_ = nullptr;
  std::vector<Stayed> stayed_;
  std::array<float, std::size_t{1} << kScreenDepthMax> row_{};
};

}  // namespace aisle::forest
