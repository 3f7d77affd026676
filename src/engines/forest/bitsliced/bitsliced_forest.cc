// The bit-sliced engine over a kernel: planes of a block, then all trees.
//
// Idea    A block's rows are bits. A plane answers one question of the forest for all of them; a tree is multiplexers
//         over planes that give the bits of every row's leaf number (docs/FOREST.md has pictures).
//
// Steps   per model   SlicedTables: questions, programs, leaves (bitsliced_tables.h).
//         per list    Prepare: planes of the inputs that do not change, and the rows of each group.
//         per call    1. RankColumns: where each value that is not a row's own stands among its input's thresholds.
//                     2. Decide: where enough splits are the same for all rows, the residual forest of what is left
//                        (bitsliced_residual.h).
//                     3. per block: planes by the form of each column (constant, group, few, rows), then the kernel.
//                     4. ScoreExceptions: rows in which a decided input has another value are scored by themselves.
//         Buckets     hold the rows of each rank; spread() makes planes of them, and leaves them zero.
//
// Limits  WhyNotSliced: depth, memory of completed trees, number of questions. One row costs a whole block.
#include "forest/bitsliced/bitsliced_forest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "forest/bitsliced/bitsliced_residual.h"
#include "forest/bitsliced/bitsliced_tables.h"

namespace aisle::forest {
namespace {

// With fewer, making the residual forest costs more than it saves.
constexpr std::size_t kDecidedBlocksMin = 3;

// The rows of one group within one block.
struct GroupMask {
  std::uint32_t group = 0;
  std::array<std::byte, kPlaneBytesMax> rows{};
};

struct PreparedPlanes final : Scorer::Prepared {
  LineBytes planes;  // Block by block, those of the prepared inputs by rising feature.
  std::size_t block_bytes = 0;
  // By grouping and block.
  std::vector<std::vector<std::vector<GroupMask>>> masks;

  std::size_t Bytes() const override {
    std::size_t bytes = planes.size();
    for (const auto& blocks : masks) {
      for (const auto& block : blocks) bytes += block.size() * sizeof(GroupMask);
    }
    return bytes;
  }
};

// Memory of one thread, kept from call to call. Between calls the buckets are zero.
struct Scratch {
  LineBytes planes;
  LineBytes buckets;
  LineBytes sums{kBlockRowsMax * sizeof(float)};
  // Of a call by columns: ranks of constants, groups and listed rows, one input after the other.
  std::vector<std::uint32_t> column_ranks;
  std::vector<std::size_t> column_begin;
  std::vector<std::uint8_t> settled;  // The input's planes hold its constant.
  // Where inputs are the same for all rows, or for all but a few.
  std::vector<std::uint8_t> decided;
  ResidualForest residual;
  std::vector<std::uint32_t> exceptions;
  std::vector<float> exception_rows;
  std::vector<float> exception_margins;

  float* Sums() { return reinterpret_cast<float*>(sums.data()); }
};

Scratch& ThreadScratch(std::size_t plane_bytes, std::size_t bucket_bytes) {
  thread_local Scratch scratch;
  if (scratch.planes.size() < plane_bytes) scratch.planes = LineBytes(plane_bytes);
  if (scratch.buckets.size() < bucket_bytes) scratch.buckets = LineBytes(bucket_bytes);
  return scratch;
}

class BitslicedForest final : public Scorer {
 public:
  BitslicedForest(const Model& model, const Kernel& kernel)
      : tables_(model, kernel), kernel_(kernel), feature_count_(model.feature_count) {
    for (const SlicedInput& input : tables_.inputs)
      highest_rank_ = std::max<std::size_t>(highest_rank_, input.search.missing_rank);
    places_.resize(kernel.block_rows);
    for (std::uint32_t row = 0; row < kernel.block_rows; ++row) {
      const std::uint32_t position = kernel.position(row);
      places_[row] = {static_cast<std::uint16_t>(position / 8),
                      static_cast<std::uint8_t>(1U << (position % 8))};
    }
  }

  std::size_t Bytes() const override { return tables_.Bytes(); }

  void Margins(std::span<const float> rows, std::span<float> margins) const override {
    Scratch& scratch = MakeScratch();
    for (std::size_t begin = 0; begin < margins.size(); begin += kernel_.block_rows) {
      const std::size_t count = std::min<std::size_t>(kernel_.block_rows, margins.size() - begin);
      for (const SlicedInput& input : tables_.inputs) {
        PlanesOfRows(input, rows.data() + begin * feature_count_ + input.feature, feature_count_,
                     count, scratch);
      }
      ScoreBlock(tables_.Forest(), margins.subspan(begin, count), scratch);
    }
  }

  std::unique_ptr<const Prepared> Prepare(const RowPlan& plan) const override {
    auto prepared = std::make_unique<PreparedPlanes>();
    for (const SlicedInput& input : tables_.inputs) {
      if (!plan.prepared[input.feature].empty())
        prepared->block_bytes += input.count * std::size_t{kernel_.plane_bytes};
    }
    const std::size_t blocks = (plan.row_count + kernel_.block_rows - 1) / kernel_.block_rows;
    prepared->planes = LineBytes(blocks * prepared->block_bytes);
    Scratch& scratch = MakeScratch();
    std::byte* to = prepared->planes.data();
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t begin = block * kernel_.block_rows;
      const std::size_t count = std::min<std::size_t>(kernel_.block_rows, plan.row_count - begin);
      for (const SlicedInput& input : tables_.inputs) {
        const std::vector<float>& values = plan.prepared[input.feature];
        if (values.empty()) continue;
        PlanesOfRows(input, &values[begin], 1, count, scratch);
        std::memcpy(to, Planes(input, scratch), input.count * std::size_t{kernel_.plane_bytes});
        to += input.count * std::size_t{kernel_.plane_bytes};
      }
    }
    for (const Grouping& grouping : plan.groupings)
      prepared->masks.push_back(Masks(grouping, blocks));
    return prepared;
  }

  void Margins(const RowPlan& plan, const Prepared& prepared, std::span<const Column> columns,
               std::span<float> margins) const override {
    const auto& made = static_cast<const PreparedPlanes&>(prepared);
    Scratch& scratch = MakeScratch();
    RankColumns(columns, scratch);
    const std::size_t blocks = (plan.row_count + kernel_.block_rows - 1) / kernel_.block_rows;
    const bool decided = Decide(columns, blocks, scratch);
    const SlicedForest forest = decided ? scratch.residual.Forest() : tables_.Forest();
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t begin = block * kernel_.block_rows;
      const std::size_t count = std::min<std::size_t>(kernel_.block_rows, plan.row_count - begin);
      const std::byte* from = made.planes.data() + block * made.block_bytes;
      for (std::size_t i = 0; i < tables_.inputs.size(); ++i) {
        const SlicedInput& input = tables_.inputs[i];
        const Column& column = columns[input.feature];
        if (column.form == Column::Form::kPrepared) {
          const std::size_t bytes = input.count * std::size_t{kernel_.plane_bytes};
          std::memcpy(Planes(input, scratch), from, bytes);
          from += bytes;
        } else if (column.form == Column::Form::kRows) {
          PlanesOfRows(input, &column.values[begin], 1, count, scratch);
        } else if (column.form == Column::Form::kGrouped) {
          PlanesOfGroups(input, made.masks[column.grouping][block],
                         &scratch.column_ranks[scratch.column_begin[i]], scratch);
        } else if (!decided) {
          PlanesOfFew(i, column, begin, count, scratch);
        }
      }
      ScoreBlock(forest, margins.subspan(begin, count), scratch);
    }
    if (decided) ScoreExceptions(plan, columns, margins, scratch);
  }

 private:
  Scratch& MakeScratch() const {
    return ThreadScratch(tables_.PlaneCount() * kernel_.plane_bytes,
                         (highest_rank_ + 1) * kernel_.plane_bytes);
  }
  std::byte* Planes(const SlicedInput& input, Scratch& scratch) const {
    return scratch.planes.data() + std::size_t{input.first} * kernel_.plane_bytes;
  }
  std::byte* Bucket(std::uint32_t rank, Scratch& scratch) const {
    return scratch.buckets.data() + std::size_t{rank} * kernel_.plane_bytes;
  }

  void PlanesOfRows(const SlicedInput& input, const float* values, std::size_t stride,
                    std::size_t count, Scratch& scratch) const {
    const bool missing =
        kernel_.fill(input.search, places_.data(), values, stride, count, scratch.buckets.data());
    Spread(input, missing, scratch);
  }

  void PlanesOfGroups(const SlicedInput& input, std::span<const GroupMask> masks,
                      const std::uint32_t* ranks, Scratch& scratch) const {
    bool missing = false;
    for (const GroupMask& mask : masks) {
      const std::uint32_t rank = ranks[mask.group];
      missing = missing || rank > input.count;
      std::byte* const bucket = Bucket(rank, scratch);
      for (std::uint32_t byte = 0; byte < kernel_.plane_bytes; byte += 8) {
        std::uint64_t to = 0;
        std::uint64_t from = 0;
        std::memcpy(&to, bucket + byte, 8);
        std::memcpy(&from, &mask.rows[byte], 8);
        to |= from;
        std::memcpy(bucket + byte, &to, 8);
      }
    }
    Spread(input, missing, scratch);
  }

  // Most blocks hold none of the listed rows, and their planes are what they were.
  void PlanesOfFew(std::size_t index, const Column& column, std::size_t begin, std::size_t count,
                   Scratch& scratch) const {
    const SlicedInput& input = tables_.inputs[index];
    const std::uint32_t* const ranks = &scratch.column_ranks[scratch.column_begin[index]];
    const auto first = std::lower_bound(column.rows.begin(), column.rows.end(), begin);
    if (first == column.rows.end() || *first >= begin + count) {
      if (scratch.settled[index] == 0) FillConstant(input, ranks[0], scratch);
      scratch.settled[index] = 1;
      return;
    }
    scratch.settled[index] = 0;
    std::byte* const others = Bucket(ranks[0], scratch);
    std::memset(others, 0xff, kernel_.plane_bytes);
    bool missing = ranks[0] > input.count;
    for (auto row = first; row != column.rows.end() && *row < begin + count; ++row) {
      const Place place = places_[*row - begin];
      const std::uint32_t rank = ranks[1 + (row - column.rows.begin())];
      missing = missing || rank > input.count;
      others[place.byte] &= ~std::byte{place.bit};
      Bucket(rank, scratch)[place.byte] |= std::byte{place.bit};
    }
    Spread(input, missing, scratch);
  }

  void FillConstant(const SlicedInput& input, std::uint32_t rank, Scratch& scratch) const {
    std::byte* to = Planes(input, scratch);
    for (std::uint32_t k = 0; k < input.count; ++k, to += kernel_.plane_bytes) {
      std::memset(to, GoesRight(input, rank, k) ? 0xff : 0, kernel_.plane_bytes);
    }
  }

  // Rows without a value stand in a bucket of their own.
  void Spread(const SlicedInput& input, bool missing, Scratch& scratch) const {
    std::byte* const last = Bucket(input.search.missing_rank, scratch);
    kernel_.spread(scratch.buckets.data(), input.count, missing ? last : nullptr,
                   &tables_.missing_right[input.first], Planes(input, scratch));
    if (missing) std::memset(last, 0, kernel_.plane_bytes);
  }

  void ScoreBlock(const SlicedForest& forest, std::span<float> margins, Scratch& scratch) const {
    kernel_.score(forest, scratch.planes.data(), scratch.Sums());
    std::copy_n(scratch.Sums(), margins.size(), margins.begin());
  }

  static bool IsDecided(const Column& column) {
    return column.form == Column::Form::kConstant || column.form == Column::Form::kFew;
  }

  // Makes the residual forest if that pays: if enough splits are decided for enough blocks.
  bool Decide(std::span<const Column> columns, std::size_t blocks, Scratch& scratch) const {
    std::size_t splits = 0;
    std::size_t known = 0;
    for (const SlicedInput& input : tables_.inputs) {
      splits += input.splits;
      if (IsDecided(columns[input.feature])) known += input.splits;
    }
    if (known * blocks < splits || known == 0 || blocks < kDecidedBlocksMin) return false;
    scratch.decided.assign(tables_.PlaneCount(), kOpen);
    for (std::size_t i = 0; i < tables_.inputs.size(); ++i) {
      const SlicedInput& input = tables_.inputs[i];
      if (!IsDecided(columns[input.feature])) continue;
      const std::uint32_t rank = scratch.column_ranks[scratch.column_begin[i]];
      for (std::uint32_t k = 0; k < input.count; ++k)
        scratch.decided[input.first + k] = GoesRight(input, rank, k) ? kRight : kLeft;
    }
    scratch.residual.Make(tables_, kernel_, scratch.decided);
    return true;
  }

  // The rows in which a decided input has another value than all others.
  void ScoreExceptions(const RowPlan& plan, std::span<const Column> columns,
                       std::span<float> margins, Scratch& scratch) const {
    std::vector<std::uint32_t>& rows = scratch.exceptions;
    rows.clear();
    const std::uint32_t* last = nullptr;
    for (const Column& column : columns) {
      // Histories of one customer list the same rows.
      if (column.form != Column::Form::kFew || column.rows.data() == last) continue;
      last = column.rows.data();
      rows.insert(rows.end(), column.rows.begin(), column.rows.end());
    }
    if (rows.empty()) return;
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    scratch.exception_rows.resize(rows.size() * columns.size());
    scratch.exception_margins.resize(rows.size());
    ExpandRows(plan, columns, rows, scratch.exception_rows);
    Margins(scratch.exception_rows, scratch.exception_margins);
    for (std::size_t i = 0; i < rows.size(); ++i) margins[rows[i]] = scratch.exception_margins[i];
  }

  bool GoesRight(const SlicedInput& input, std::uint32_t rank, std::uint32_t k) const {
    return rank > input.count ? tables_.missing_right[input.first + k] != 0 : rank > k;
  }

  // Ranks of all that does not belong to single rows, once for all blocks.
  void RankColumns(std::span<const Column> columns, Scratch& scratch) const {
    scratch.column_ranks.clear();
    scratch.column_begin.assign(tables_.inputs.size(), 0);
    scratch.settled.assign(tables_.inputs.size(), 0);
    for (std::size_t i = 0; i < tables_.inputs.size(); ++i) {
      const SlicedInput& input = tables_.inputs[i];
      const Column& column = columns[input.feature];
      const std::size_t begin = scratch.column_ranks.size();
      scratch.column_begin[i] = begin;
      if (column.form == Column::Form::kPrepared || column.form == Column::Form::kRows) continue;
      const std::size_t single = column.form == Column::Form::kGrouped ? 0 : 1;
      scratch.column_ranks.resize(begin + single + column.values.size());
      std::uint32_t* const ranks = &scratch.column_ranks[begin];
      if (single != 0) kernel_.rank(input.search, &column.value, 1, ranks);
      kernel_.rank(input.search, column.values.data(), column.values.size(), ranks + single);
    }
  }

  std::vector<std::vector<GroupMask>> Masks(const Grouping& grouping, std::size_t blocks) const {
    std::vector<std::vector<GroupMask>> masks(blocks);
    std::vector<std::uint32_t> slot(grouping.group_count, 0);
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t begin = block * kernel_.block_rows;
      const std::size_t end = std::min(begin + kernel_.block_rows, grouping.group_of_row.size());
      for (std::size_t row = begin; row < end; ++row) {
        const std::uint32_t group = grouping.group_of_row[row];
        if (slot[group] >= masks[block].size() || masks[block][slot[group]].group != group) {
          slot[group] = static_cast<std::uint32_t>(masks[block].size());
          masks[block].push_back({.group = group});
        }
        const Place place = places_[row - begin];
        masks[block][slot[group]].rows[place.byte] |= std::byte{place.bit};
      }
    }
    return masks;
  }

  SlicedTables tables_;
  const Kernel& kernel_;
  std::size_t feature_count_;
  std::size_t highest_rank_ = 0;
  std::vector<Place> places_;
};

}  // namespace

std::shared_ptr<const Scorer> MakeBitslicedForest(const Model& model, const Kernel& kernel) {
  return std::make_shared<const BitslicedForest>(model, kernel);
}

}  // namespace aisle::forest
