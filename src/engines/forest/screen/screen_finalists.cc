// Step 5: the rows that are left, exactly.
#include <algorithm>
#include <cstring>

#include "forest/screen/screen.h"
#include "forest/screen/screen_parts.h"
#include "forest/screen/screen_tables.h"

namespace aisle::forest {

// All rows are on the same side of each threshold.
void Screen::FillConstant(std::size_t index, std::uint8_t rank, std::uint64_t* words) const {
  const SlicedInput& input = tables_->sliced.inputs[index];
  if (rank != kMissingRank) {
    std::fill_n(words, rank, ~std::uint64_t{0});
    std::fill(words + rank, words + input.count, 0);
    return;
  }
  const std::uint8_t* const right = &tables_->sliced.missing_right[input.first];
  for (std::uint32_t k = 0; k < input.count; ++k) words[k] = right[k] != 0 ? ~std::uint64_t{0} : 0;
}

void Screen::ScoreFinalists(const ScreenedRows& rows, std::span<const Column> columns,
                            ScreenWorkspace& work) const {
  const SlicedTables& sliced = tables_->sliced;
  Grow(work.words, sliced.PlaneCount() * sizeof(std::uint64_t));
  Grow(work.exact_sums, kNarrowRows * sizeof(float));
  auto* const words = reinterpret_cast<std::uint64_t*>(work.words.data());
  auto* const sums = reinterpret_cast<float*>(work.exact_sums.data());
  work.margins.resize(work.rows.size());
  for (std::size_t begin = 0; begin < work.rows.size(); begin += kNarrowRows) {
    const std::size_t count = std::min(kNarrowRows, work.rows.size() - begin);
    std::size_t prepared = 0;  // Prepared inputs before this one.
    for (std::size_t i = 0; i < tables_->inputs.size(); ++i) {
      const SlicedInput& input = sliced.inputs[i];
      if (tables_->inputs[i].form == Column::Form::kConstant) {
        FillConstant(i, work.decided_rank[i], words + input.first);
        continue;
      }
      RankFinalists(rows, columns[input.feature], i, prepared, begin, count, work);
      prepared += tables_->inputs[i].form == Column::Form::kPrepared ? 1 : 0;
      kernel_->words(BytesOf(work.right), BytesOf(work.left), &sliced.missing_right[input.first],
                     input.count, words + input.first);
    }
    kernel_->exact->score(sliced.Forest(), work.words.data(), sums);
    std::copy_n(sums, count, work.margins.begin() + static_cast<std::ptrdiff_t>(begin));
  }
}

// Rank bytes of up to 64 finalists, each where the exact kernel has its row.
void Screen::RankFinalists(const ScreenedRows& rows, const Column& column, std::size_t index,
                           std::size_t prepared, std::size_t begin, std::size_t count,
                           ScreenWorkspace& work) const {
  const std::uint32_t* const finalists = &work.rows[begin];
  std::uint8_t* const right = BytesOf(work.right);
  std::uint8_t* const left = BytesOf(work.left);
  const auto place = [this](std::size_t i) { return position_[i]; };
  const auto without_missing = [](std::uint8_t rank) {
    return rank == kMissingRank ? std::uint8_t{0} : rank;
  };
  const auto each = [&](const auto& rank_of) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t rank = rank_of(finalists[i]);
      right[place(i)] = rank;
      left[place(i)] = without_missing(rank);
    }
  };
  switch (column.form) {
    case Column::Form::kConstant:
      return;  // No ranks are needed.
    case Column::Form::kFew: {
      const std::uint8_t same = work.decided_rank[index];
      std::memset(right, same, kNarrowRows);
      std::memset(left, without_missing(same), kNarrowRows);
      // The exceptions are the first finalists, and rise as the listed rows do.
      const std::size_t last = std::min(begin + count, work.exceptions.size());
      if (begin >= last || column.rows.empty()) return;
      work.few_right.resize(column.rows.size());
      work.few_left.resize(column.rows.size());
      kernel_->rank(tables_->inputs[index].search, column.values.data(), column.values.size(),
                    work.few_right.data(), work.few_left.data());
      std::size_t listed = 0;
      for (std::size_t i = begin; i < last && listed < column.rows.size(); ++i) {
        while (listed < column.rows.size() && column.rows[listed] < work.rows[i]) ++listed;
        if (listed == column.rows.size() || column.rows[listed] != work.rows[i]) continue;
        right[place(i - begin)] = work.few_right[listed];
        left[place(i - begin)] = work.few_left[listed];
      }
      return;
    }
    case Column::Form::kPrepared: {
      const std::uint8_t* const bytes = reinterpret_cast<const std::uint8_t*>(rows.bytes_.data()) +
                                        prepared * rows.block_count_ * kernel_->block_rows;
      each([&](std::uint32_t row) { return bytes[row]; });
      return;
    }
    case Column::Form::kGrouped: {
      const std::uint32_t* const group = rows.plan_.groupings[column.grouping].group_of_row.data();
      const std::uint8_t* const ranks = &work.group_right[work.group_begin[index]];
      each([&](std::uint32_t row) { return ranks[group[row]]; });
      return;
    }
    case Column::Form::kRows: {
      work.values.assign(kNarrowRows, 0.0F);
      for (std::size_t i = 0; i < count; ++i) work.values[place(i)] = column.values[finalists[i]];
      kernel_->rank(tables_->inputs[index].search, work.values.data(), kNarrowRows, right, left);
    }
  }
}

}  // namespace aisle::forest
