// What is made once of a list, and step 2: planes of the questions that a request asks.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "forest/float_key.h"
#include "forest/screen/screen.h"
#include "forest/screen/screen_parts.h"
#include "forest/screen/screen_tables.h"

namespace aisle::forest {

ScreenedRows Screen::Prepare(RowPlan plan) const {
  const std::size_t block_rows = kernel_->block_rows;
  const std::size_t plane_bytes = block_rows / 8;
  ScreenedRows rows;
  rows.plan_ = std::move(plan);
  rows.block_count_ = (rows.plan_.row_count + block_rows - 1) / block_rows;
  const std::size_t padded = rows.block_count_ * block_rows;
  std::size_t planes = 0;
  std::size_t prepared = 0;
  for (std::size_t i = 0; i < tables_->inputs.size(); ++i) {
    if (tables_->inputs[i].form != Column::Form::kPrepared) continue;
    planes += tables_->sliced.inputs[i].count;
    ++prepared;
  }
  rows.planes_ = LineBytes(planes * rows.block_count_ * plane_bytes);
  rows.bytes_ = LineBytes(prepared * padded);
  for (std::size_t row = rows.plan_.row_count; row < padded; ++row)
    rows.beyond_.push_back(static_cast<std::uint32_t>(row / block_rows * block_rows) +
                           place_of_[row % block_rows]);
  LineBytes left(padded);
  std::byte* to = rows.planes_.data();
  std::uint8_t* right = BytesOf(rows.bytes_);
  for (std::size_t i = 0; i < tables_->inputs.size(); ++i) {
    if (tables_->inputs[i].form != Column::Form::kPrepared) continue;
    const SlicedInput& input = tables_->sliced.inputs[i];
    const std::vector<float>& values = rows.plan_.prepared[input.feature];
    AISLE_ASSERT(values.size() == rows.plan_.row_count);
    kernel_->rank(tables_->inputs[i].search, values.data(), values.size(), right, BytesOf(left));
    for (std::uint32_t k = 0; k < input.count; ++k) {
      const AskedPlane asked{.rank = static_cast<std::uint8_t>(k),
                             .missing_right = tables_->sliced.missing_right[input.first + k]};
      kernel_->compare(right, BytesOf(left), &asked, 1, {to, plane_bytes, rows.block_count_});
      to += rows.block_count_ * plane_bytes;
    }
    right += padded;
  }
  for (const Grouping& grouping : rows.plan_.groupings) {
    ScreenedRows::Groups groups{.count = grouping.group_count, .masks = {}};
    if (grouping.group_count <= kMaskedGroupsMax) {
      groups.masks = LineBytes(rows.block_count_ * grouping.group_count * plane_bytes);
      for (std::size_t row = 0; row < rows.plan_.row_count; ++row) {
        const std::size_t mask =
            row / block_rows * grouping.group_count + grouping.group_of_row[row];
        groups.masks.data()[mask * plane_bytes + row % block_rows / 8] |= std::byte{1} << (row % 8);
      }
    }
    rows.groups_.push_back(std::move(groups));
  }
  for (const std::vector<std::uint32_t>& order : rows.plan_.orders)
    rows.suffixes_.push_back(MakeSuffixes(order, rows.block_count_));
  rows.plan_.prepared.clear();  // Their bytes stand for them.
  rows.plan_.prepared.shrink_to_fit();
  return rows;
}

ScreenedRows::Suffixes Screen::MakeSuffixes(std::span<const std::uint32_t> order,
                                            std::size_t block_count) const {
  const std::size_t plane_bytes = kernel_->block_rows / 8;
  const std::size_t bytes = block_count * plane_bytes;
  ScreenedRows::Suffixes suffixes;
  suffixes.step = std::max(kSuffixStepMin, (order.size() + kSuffixesMax - 1) / kSuffixesMax);
  const std::size_t count = (order.size() + suffixes.step - 1) / suffixes.step + 1;
  suffixes.planes = LineBytes(count * bytes);
  std::size_t place = order.size();
  for (std::size_t s = count - 1; s-- > 0;) {
    std::byte* const plane = suffixes.planes.data() + s * bytes;
    std::memcpy(plane, plane + bytes, bytes);
    while (place > s * suffixes.step) {
      const std::uint32_t row = order[--place];
      // Planes of blocks stand side by side, so that a row's byte is where its number says.
      plane[row / 8] |= std::byte{1} << (row % 8);
    }
  }
  return suffixes;
}

PlaneBlocks Screen::Blocks(const ScreenedRows& rows, ScreenWorkspace& work) const {
  return {work.planes.data(), stride_, rows.block_count_};
}

// Rank bytes of every group of every grouped input, at group_begin of it.
void Screen::RankGroups(std::span<const Column> columns, ScreenWorkspace& work) const {
  std::size_t size = 0;
  work.group_begin.assign(tables_->inputs.size(), 0);
  for (std::size_t i = 0; i < tables_->inputs.size(); ++i) {
    if (tables_->inputs[i].form != Column::Form::kGrouped) continue;
    work.group_begin[i] = size;
    const std::size_t groups = columns[tables_->sliced.inputs[i].feature].values.size();
    size += (groups + 63) / 64 * 64;
  }
  if (work.group_right.size() < size + 64) {
    work.group_right.resize(size + 64);
    work.group_left.resize(size + 64);
  }
}

void Screen::FillPlanes(const ScreenedRows& rows, std::span<const Column> columns,
                        ScreenWorkspace& work) const {
  const std::size_t padded = rows.block_count_ * kernel_->block_rows;
  Grow(work.planes, rows.block_count_ * stride_);
  Grow(work.right, std::max(padded, kNarrowRows));
  Grow(work.left, std::max(padded, kNarrowRows));
  const std::uint32_t plane_bytes = kernel_->block_rows / 8;
  std::size_t prepared = 0;  // Planes of prepared inputs before this one.
  for (std::size_t i = 0; i < tables_->inputs.size(); ++i) {
    const SlicedInput& input = tables_->sliced.inputs[i];
    work.asked_planes.clear();
    const auto* const asked = reinterpret_cast<const std::uint64_t*>(work.asked.data());
    // By falling rank, a word of the set at a time.
    for (std::uint32_t end = input.first + input.count; end > input.first;) {
      const std::uint32_t begin = std::max(input.first, (end - 1) / 64 * 64);
      std::uint64_t bits = asked[begin / 64] >> (begin % 64);
      if (end - begin < 64) bits &= (std::uint64_t{1} << (end - begin)) - 1;
      for (; bits != 0; bits ^= std::uint64_t{1} << (std::bit_width(bits) - 1)) {
        const std::uint32_t plane = begin + static_cast<std::uint32_t>(std::bit_width(bits)) - 1;
        work.asked_planes.push_back({plane * plane_bytes,
                                     static_cast<std::uint8_t>(plane - input.first),
                                     tables_->sliced.missing_right[plane]});
      }
      end = begin;
    }
    FillInput(rows, columns[input.feature], i, prepared, work);
    if (tables_->inputs[i].form == Column::Form::kPrepared) prepared += input.count;
  }
}

void Screen::FillInput(const ScreenedRows& rows, const Column& column, std::size_t index,
                       std::size_t prepared, ScreenWorkspace& work) const {
  const ByteSearch& search = tables_->inputs[index].search;
  const std::span<const AskedPlane> asked = work.asked_planes;
  const PlaneBlocks to = Blocks(rows, work);
  const std::size_t plane_bytes = kernel_->block_rows / 8;
  std::uint8_t* const right = BytesOf(work.right);
  std::uint8_t* const left = BytesOf(work.left);
  switch (column.form) {
    case Column::Form::kConstant:
    case Column::Form::kFew:
      return;  // No residual tree asks.
    case Column::Form::kPrepared:
      kernel_->copy(rows.planes_.data() + prepared * rows.block_count_ * plane_bytes, asked.data(),
                    asked.size(), to);
      return;
    case Column::Form::kRows:
      if (asked.empty()) return;
      AISLE_ASSERT(column.values.size() == rows.RowCount());
      if (column.order != Column::kNoOrder && !std::isnan(column.values[0]) &&
          !(kernel_->ranks_by_steps && search.steps != nullptr)) {
        FillOrdered(rows, column, search.table, work);
        return;
      }
      FillRows(rows, column, search, work);
      return;
    case Column::Form::kGrouped: {
      const ScreenedRows::Groups& groups = rows.groups_[column.grouping];
      AISLE_ASSERT(column.values.size() == groups.count);
      // Finalists ask for groups' ranks, whether a tree of the screening does or not.
      std::uint8_t* const group_right = &work.group_right[work.group_begin[index]];
      std::uint8_t* const group_left = &work.group_left[work.group_begin[index]];
      kernel_->rank(search, column.values.data(), column.values.size(), group_right, group_left);
      if (asked.empty()) return;
      if (groups.count <= kMaskedGroupsMax) {
        std::memcpy(right, group_right, kNarrowRows);
        std::memcpy(left, group_left, kNarrowRows);
        kernel_->grouped(right, left, groups.count, groups.masks.data(), asked.data(), asked.size(),
                         to);
        return;
      }
      const auto& group_of_row = rows.plan_.groupings[column.grouping].group_of_row;
      for (std::size_t row = 0; row < group_of_row.size(); ++row) {
        right[row] = group_right[group_of_row[row]];
        left[row] = group_left[group_of_row[row]];
      }
      kernel_->compare(right, left, asked.data(), asked.size(), to);
    }
  }
}

// Ranks among the asked thresholds alone, which are fewer, so that the search is shorter.
void Screen::FillRows(const ScreenedRows& rows, const Column& column, const ByteSearch& search,
                      ScreenWorkspace& work) const {
  std::vector<AskedPlane>& asked = work.asked_planes;
  ByteSearch among = search;
  if (kernel_->ranks_by_steps && asked.size() <= kStepRanksMax) {
    work.asked_keys.clear();
    for (std::size_t i = asked.size(); i-- > 0;) {
      work.asked_keys.push_back(search.table.keys[asked[i].rank]);
      asked[i].rank = static_cast<std::uint8_t>(asked.size() - 1 - i);
    }
    Grow(work.asked_steps, kSteps * kStepWidth * sizeof(std::int32_t));
    auto* const steps = reinterpret_cast<std::int32_t*>(work.asked_steps.data());
    among.step_count = FillSteps(work.asked_keys, steps);
    among.steps = steps;
  }
  std::uint8_t* const right = BytesOf(work.right);
  std::uint8_t* const left = BytesOf(work.left);
  kernel_->rank(among, column.values.data(), column.values.size(), right, left);
  kernel_->compare(right, left, asked.data(), asked.size(), Blocks(rows, work));
}

// Where values rise along an order, a plane is the rows from some place of it on: nobody's rank is looked up.
void Screen::FillOrdered(const ScreenedRows& rows, const Column& column, const SearchTable& table,
                         ScreenWorkspace& work) const {
  const std::vector<std::uint32_t>& order = rows.plan_.orders[column.order];
  const ScreenedRows::Suffixes& suffixes = rows.suffixes_[column.order];
  const PlaneBlocks to = Blocks(rows, work);
  const std::size_t block_rows = kernel_->block_rows;
  std::size_t most = order.size();  // Thresholds fall, and so do places.
  for (const AskedPlane& asked : work.asked_planes) {
    const std::int32_t key = table.keys[asked.rank];
    const std::uint32_t* at = order.data();
    for (std::size_t left = most; left > 0;) {
      const std::size_t half = (left + 1) / 2;
      at += (FloatKey(column.values[at[half - 1]]) < key ? 1U : 0U) * half;
      left -= half;
    }
    most = static_cast<std::size_t>(at - order.data());
    const std::size_t suffix = (most + suffixes.step - 1) / suffixes.step;
    const AskedPlane from{.plane = asked.plane, .rank = 0, .missing_right = 0};
    kernel_->copy(suffixes.planes.data() + suffix * to.count * (block_rows / 8), &from, 1, to);
    const std::size_t end = std::min(suffix * suffixes.step, order.size());
    for (std::size_t place = most; place < end; ++place) {
      const std::uint32_t row = order[place];
      std::byte* const plane = to.planes + asked.plane + row / block_rows * to.stride;
      plane[row % block_rows / 8] |= std::byte{1} << (row % 8);
    }
  }
}

}  // namespace aisle::forest
