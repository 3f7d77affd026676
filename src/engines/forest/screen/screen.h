// The rows of a list that can be among the best, with their exact margins: what a request needs that shows the best
// few of thousands.
//
// Idea    Most rows of a request only have to be told apart from the best. A sum of 16-bit leaves tells most of them
//         apart, in half of the look-ups that floats take; and the few that are left are scored by the whole forest.
//
// Steps   per model   ScreenTables: questions, and the leaves that decided inputs leave within reach.
//         per list    Prepare: planes and rank bytes of the inputs that do not change; the rows of each group.
//         per call    1. The decided inputs' ranks; with them the residual tree of each tree (screen_trees.h), made
//                        once and kept.
//                     2. Planes of the questions that these trees ask, some 360 of 1,325, block by block of rows.
//                     3. Screening: 16-bit sums of all rows, trees ordered by depth (integers have no order).
//                     4. The bar: a row is left out when `count` others are surely above it. A sum is at most
//                        `distance` from its float sum, so twice that below the count-th best nobody is among them.
//                     5. The rows that are left, and all rows in which a decided input has another value than in the
//                        others, are scored exactly, 64 at a time, by the narrow bit-sliced kernel.
//
// Limits  WhyNotScreened (screen_tables.h): depth 6, 254 thresholds an input, 1,000 trees, one class.
//
//   shapes   columns as of Forest::Margins(), each in the form that was said when the screen was made.
//   order    work.rows in no order; work.margins[i] belongs to work.rows[i].
//   units    margins, bit by bit those of every engine.
//   missing  NaN.
//   threads  a Screen and ScreenedRows are immutable; a ScreenWorkspace belongs to one thread.
//   errors   Make: kFailedPrecondition with the reason when model or CPU do not fit. Best() is false when too many rows
//            look alike to tell the best apart: score them all.
//   cost     about 5 ns a row for 80 trees of depth 6, 0.1 us a finalist. Memory: one bit per row and question, a byte
//            per row and prepared input; a workspace keeps residual trees, about kKeptBytesMax.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "forest/columns.h"
#include "forest/model/model.h"
#include "forest/screen/screen_kernel.h"
#include "forest/screen/screen_trees.h"

namespace aisle::forest {

// So many planes of each order are kept; what lies between two of them is set bit by bit.
inline constexpr std::size_t kSuffixesMax = 128;
inline constexpr std::size_t kSuffixStepMin = 16;

// Finalists beyond twice the wanted ones and so many: the rows look too much alike.
inline constexpr std::size_t kScreenSpareMax = 512;

// A list of rows, made by a Screen for itself.
class ScreenedRows {
 public:
  std::size_t RowCount() const { return plan_.row_count; }

 private:
  friend class Screen;
  struct Groups {
    std::uint32_t count = 0;
    LineBytes masks;  // Where there are at most 64 groups: of each block and group its rows.
  };
  RowPlan plan_;
  std::size_t block_count_ = 0;
  LineBytes planes_;                   // By plane of the prepared inputs, then by block.
  LineBytes bytes_;                    // Rank bytes, by prepared input, then by row.
  std::vector<std::uint32_t> beyond_;  // Places of sums that belong to no row.
  std::vector<Groups> groups_;
  // Of each order the planes of its rows from some places on.
  struct Suffixes {
    std::size_t step = 1;  // From how many places to how many.
    LineBytes planes;  // Of places 0, step, 2 step, ... and one beyond the last; block by block.
  };
  std::vector<Suffixes> suffixes_;
};

// Memory that is kept from request to request, and what the last one gave.
struct ScreenWorkspace {
  std::vector<std::uint32_t> rows;
  std::vector<float> margins;
  float bound = 0;  // No other row's margin is above it; -infinity when there is no other row.

  KeptTrees kept;
  std::vector<std::uint8_t> decided_rank;
  std::vector<const std::uint64_t*> reach_rows, asked_sets;
  std::vector<KeptTrees::Tree> picked;
  std::vector<ShortTree> ordered;
  std::vector<AskedPlane> asked_planes;
  std::vector<std::int32_t> asked_keys;
  LineBytes within_reach, asked, asked_steps, planes, sums, right, left, words, exact_sums;
  std::vector<std::uint8_t> group_right, group_left, few_right, few_left;
  std::vector<std::size_t> group_begin;
  std::vector<std::uint32_t> exceptions, places;
  std::vector<float> values;
};

class Screen {
 public:
  // forms[f]: how all calls say input f.
  static Result<Screen> Make(const Model& model, std::span<const Column::Form> forms,
                             const ScreenKernel& kernel);
  ScreenedRows Prepare(RowPlan plan) const;
  bool Best(const ScreenedRows& rows, std::span<const Column> columns, std::size_t count,
            ScreenWorkspace& work) const;

 private:
  Screen(std::shared_ptr<const ScreenTables> tables, const ScreenKernel& kernel);
  ScreenedRows::Suffixes MakeSuffixes(std::span<const std::uint32_t> order,
                                      std::size_t block_count) const;
  PlaneBlocks Blocks(const ScreenedRows& rows, ScreenWorkspace& work) const;
  void PickTrees(std::span<const Column> columns, ScreenWorkspace& work) const;
  double OrderTrees(ScreenWorkspace& work, std::span<std::uint32_t> ends) const;
  void RankGroups(std::span<const Column> columns, ScreenWorkspace& work) const;
  void FillPlanes(const ScreenedRows& rows, std::span<const Column> columns,
                  ScreenWorkspace& work) const;
  void FillInput(const ScreenedRows& rows, const Column& column, std::size_t index,
                 std::size_t prepared, ScreenWorkspace& work) const;
  void FillRows(const ScreenedRows& rows, const Column& column, const ByteSearch& search,
                ScreenWorkspace& work) const;
  void FillOrdered(const ScreenedRows& rows, const Column& column, const SearchTable& table,
                   ScreenWorkspace& work) const;
  void MaskRows(const ScreenedRows& rows, std::span<const Column> columns,
                ScreenWorkspace& work) const;
  void FillConstant(std::size_t index, std::uint8_t rank, std::uint64_t* words) const;
  void ScoreFinalists(const ScreenedRows& rows, std::span<const Column> columns,
                      ScreenWorkspace& work) const;
  void RankFinalists(const ScreenedRows& rows, const Column& column, std::size_t index,
                     std::size_t prepared, std::size_t begin, std::size_t count,
                     ScreenWorkspace& work) const;

  std::shared_ptr<const ScreenTables> tables_;
  const ScreenKernel* kernel_;
  std::uint64_t id_;                     // Of these tables among all that this process made.
  std::vector<std::uint32_t> row_at_;    // Of a place within a block.
  std::vector<std::uint32_t> place_of_;  // And back.
  std::array<std::uint8_t, 64>
      position_{};      // Of a finalist's bit, for the kernel that scores them.
  std::size_t stride_;  // Bytes of a block's planes.
};

// The kernel for this CPU; null where it has none. `why` says what decided.
struct ScreenChoice {
  const ScreenKernel* kernel = nullptr;
  std::string_view name;
};
// By AISLE_FOREST_SCREEN: "auto" (or nothing), "off", "avx2", "avx512" or "vbmi". kInvalidArgument for another word or a
// level that this CPU lacks; kFailedPrecondition for "off", and where it has none.
Result<ScreenChoice> ChooseScreen();

}  // namespace aisle::forest
