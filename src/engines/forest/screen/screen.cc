#include "forest/screen/screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>

#include "forest/float_key.h"
#include "forest/screen/screen_parts.h"
#include "forest/screen/screen_tables.h"

namespace aisle::forest {
namespace {

// Of one value; a request has a few dozen of them, each among other thresholds.
std::uint8_t RankOf(const SearchTable& table, float value) {
  if (std::isnan(value)) return kMissingRank;
  const std::int32_t key = FloatKey(value);
  const std::int32_t* at = table.keys;
  for (std::uint32_t left = table.count; left > 0;) {
    const std::uint32_t half = (left + 1) / 2;
    at += (at[half - 1] <= key ? 1U : 0U) * half;
    left -= half;
  }
  return static_cast<std::uint8_t>(at - table.keys);
}

}  // namespace

Result<Screen> Screen::Make(const Model& model, std::span<const Column::Form> forms,
                            const ScreenKernel& kernel) {
  if (auto unfit = WhyNotScreened(model, forms); !unfit.empty())
    return Fail(ErrorCode::kFailedPrecondition, std::move(unfit));
  return Screen(std::make_shared<const ScreenTables>(model, forms, *kernel.exact), kernel);
}

Screen::Screen(std::shared_ptr<const ScreenTables> tables, const ScreenKernel& kernel)
    : tables_(std::move(tables)), kernel_(&kernel) {
  static std::atomic<std::uint64_t> made = 0;
  id_ = ++made;
  row_at_.resize(kernel.block_rows);
  for (std::uint32_t row = 0; row < kernel.block_rows; ++row) {
    place_of_.push_back(kernel.place(row));
    row_at_[place_of_[row]] = row;
  }
  for (std::uint32_t row = 0; row < kNarrowRows; ++row)
    position_[row] = static_cast<std::uint8_t>(kernel.exact->position(row));
  // An odd number of lines: blocks at multiples of 4 KB would fall into the same sets of a cache.
  const std::size_t bytes = tables_->sliced.PlaneCount() * (kernel.block_rows / 8);
  stride_ = ((bytes + 63) / 64 | 1U) * 64;
}

// Fills picked, asked, decided_rank.
void Screen::PickTrees(std::span<const Column> columns, ScreenWorkspace& work) const {
  work.reach_rows.assign(1, tables_->EveryLeaf());
  work.decided_rank.assign(tables_->inputs.size(), 0);
  for (std::size_t i = 0; i < tables_->inputs.size(); ++i) {
    const ScreenInput& input = tables_->inputs[i];
    const Column& column = columns[tables_->sliced.inputs[i].feature];
    AISLE_ASSERT(column.form == input.form);
    if (!IsDecided(input.form)) continue;
    work.decided_rank[i] = RankOf(input.search.table, column.value);
    work.reach_rows.push_back(tables_->ReachOf(input, i, work.decided_rank[i]));
  }
  Grow(work.within_reach, tables_->tree_words * sizeof(std::uint64_t));
  auto* const within_reach = reinterpret_cast<std::uint64_t*>(work.within_reach.data());
  kernel_->reach(work.reach_rows.data(), work.reach_rows.size(), tables_->tree_words, within_reach);
  work.picked.clear();
  for (std::size_t tree = 0; tree < tables_->tree_count; ++tree)
    work.picked.push_back(work.kept.Find(tree, within_reach[tree]));
  work.asked_sets.clear();
  for (const KeptTrees::Tree& tree : work.picked) {
    if (tree.depth > 0) work.asked_sets.push_back(work.kept.Asked(tree));
  }
  Grow(work.asked, tables_->word_count * sizeof(std::uint64_t));
  kernel_->merge(work.asked_sets.data(), work.asked_sets.size(), tables_->word_count,
                 reinterpret_cast<std::uint64_t*>(work.asked.data()));
}

// Trees by depth in work.ordered; gives the sum of those without a choice.
double Screen::OrderTrees(ScreenWorkspace& work, std::span<std::uint32_t> ends) const {
  std::array<std::uint32_t, kScreenDepthMax + 2> begin{};
  double constant = 0;
  for (const KeptTrees::Tree& tree : work.picked) {
    ++begin[tree.depth + 1];
    if (tree.depth == 0) constant += double{tree.only_leaf};
  }
  for (std::size_t depth = 1; depth < begin.size(); ++depth) begin[depth] += begin[depth - 1];
  work.ordered.resize(work.picked.size());
  for (const KeptTrees::Tree& tree : work.picked)
    work.ordered[begin[tree.depth]++] = work.kept.Short(tree);
  std::copy_n(begin.begin(), ends.size(), ends.begin());
  return constant;
}

// Rows whose sums nobody wants: those scored exactly anyway, which are the first finalists, and those beyond the last.
void Screen::MaskRows(const ScreenedRows& rows, std::span<const Column> columns,
                      ScreenWorkspace& work) const {
  auto* const sums = reinterpret_cast<std::int16_t*>(work.sums.data());
  work.exceptions.clear();
  const std::uint32_t* last = nullptr;
  bool several = false;
  for (const SlicedInput& input : tables_->sliced.inputs) {
    const Column& column = columns[input.feature];
    // Histories of one customer list the same rows.
    if (column.form != Column::Form::kFew || column.rows.empty() || column.rows.data() == last)
      continue;
    several = last != nullptr;
    last = column.rows.data();
    work.exceptions.insert(work.exceptions.end(), column.rows.begin(), column.rows.end());
  }
  if (several) {
    std::sort(work.exceptions.begin(), work.exceptions.end());
    const auto end = std::unique(work.exceptions.begin(), work.exceptions.end());
    work.exceptions.erase(end, work.exceptions.end());
  }
  const std::uint32_t block_rows = kernel_->block_rows;
  for (const std::uint32_t row : work.exceptions)
    sums[row / block_rows * block_rows + place_of_[row % block_rows]] = kNoSum;
  for (const std::uint32_t place : rows.beyond_) sums[place] = kNoSum;
}

bool Screen::Best(const ScreenedRows& rows, std::span<const Column> columns, std::size_t count,
                  ScreenWorkspace& work) const {
  work.rows.clear();
  work.margins.clear();
  work.bound = -std::numeric_limits<float>::infinity();
  if (rows.RowCount() == 0 || count == 0) return rows.RowCount() == 0;
  work.kept.Begin(*tables_, *kernel_, id_);
  PickTrees(columns, work);
  std::array<std::uint32_t, kScreenDepthMax + 1> ends{};
  const double constant = OrderTrees(work, ends);
  RankGroups(columns, work);
  FillPlanes(rows, columns, work);
  const std::size_t padded = rows.block_count_ * kernel_->block_rows;
  Grow(work.sums, padded * sizeof(std::int16_t));
  auto* const sums = reinterpret_cast<std::int16_t*>(work.sums.data());
  const PlaneBlocks blocks = Blocks(rows, work);
  for (std::size_t b = 0; b < blocks.count; ++b) {
    kernel_->screen(work.ordered.data(), ends.data(), blocks.planes + b * blocks.stride,
                    sums + b * kernel_->block_rows);
  }
  MaskRows(rows, columns, work);
  const int bar = kernel_->bar(sums, padded, count);
  const int cut = std::max(bar - static_cast<int>(std::ceil(2 * tables_->distance)), kNoSum + 1);
  const std::size_t most = 2 * count + kScreenSpareMax;
  work.places.resize(most);
  const std::size_t found =
      kernel_->reaching(sums, padded, static_cast<std::int16_t>(cut), work.places.data(), most);
  if (found > most) return false;
  work.rows = work.exceptions;
  for (std::size_t i = 0; i < found; ++i) {
    const std::uint32_t place = work.places[i];
    work.rows.push_back(place / kernel_->block_rows * kernel_->block_rows +
                        row_at_[place % kernel_->block_rows]);
  }
  ScoreFinalists(rows, columns, work);
  if (work.rows.size() < rows.RowCount()) {
    const double margin = double{tables_->sliced.base_margin} + constant +
                          (cut - 1 + tables_->distance) / tables_->scale;
    work.bound = std::nextafter(static_cast<float>(margin), std::numeric_limits<float>::infinity());
  }
  return true;
}

}  // namespace aisle::forest
