// The sweep from outside: Build puts it together, Run makes the table of one request, Exact adds up single cells.
//
// Idea    For one request a leaf is a rectangle of the table (rows of prices x classes); a margin is the sum of the
//         rectangles that hold the cell. docs/FOREST.md draws it.
//
// Steps   Build  sweep_read.cc: what the model asks, rows and classes of the catalogue, a box for every leaf.
//                sweep_pack.cc: the boxes as bit rows, edges and records, and how wrong sums can be.
//         Run    1. Each constant's bin is found; its row of bits says which leaves remain. AND of all: the list.
//                2. Each quotient's thresholds become rows of the table.
//                3. Each listed leaf is two additions to a table of differences; 4. one running sum gives margins.
//                (1, 2 and 3 are kernels: sweep_kernel_text.h.)
//         Exact  the listed leaves that hold a cell, added as floats in tree order (sweep_best_text.h). Rows that no
//                edge parts share one sum.
//
// Limits  one class, plain models, inputs that are constant, a quotient or the product's own: see sweep_read.cc.
//         Takes() is false where a quotient would fall with the price.
#include "forest/sweep/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>

#include "forest/sweep/sweep_parts.h"

namespace aisle::forest {
namespace {

std::uint64_t NextId() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

const SweepKernels* KernelsOf(SweepLevel level) {
#if defined(__x86_64__)
  if (level == SweepLevel::kAvx2) return &kSweepAvx2;
  if (level == SweepLevel::kAvx512) return &kSweepAvx512;
#endif
  AISLE_ASSERT(level == SweepLevel::kPortable);
  return &kSweepPortable;
}

Status CheckShapes(const Model& model, const SweepCatalogue& catalogue) {
  const auto refuse = [](std::string message) {
    return Fail(ErrorCode::kInvalidArgument, "sweep: " + std::move(message));
  };
  if (catalogue.inputs.size() != model.feature_count) {
    return refuse(fmt::format("{} inputs are described, the model has {}", catalogue.inputs.size(),
                              model.feature_count));
  }
  for (std::size_t i = 0; i < catalogue.inputs.size(); ++i) {
    const SweepInput& input = catalogue.inputs[i];
    const bool is_static = input.role == InputRole::kProductStatic;
    if (input.values.size() != (is_static ? catalogue.axis.size() : 0)) {
      return refuse(fmt::format("input {} has {} values for {} products", i, input.values.size(),
                                catalogue.axis.size()));
    }
    if (std::isnan(input.cap)) return refuse(fmt::format("the cap of input {} is NaN", i));
  }
  return {};
}

// The row of the bit string for one bin; `mended` is where it is made if it is not kept.
const std::uint64_t* RowOf(const BitRows& rows, std::size_t bin, std::size_t words,
                           std::uint64_t* mended) {
  const std::uint64_t* const kept = rows.kept.data() + rows.kept_of_bin[bin] * words;
  const std::uint32_t begin = rows.turn_begin[bin];
  const std::uint32_t end = rows.turn_end[bin];
  if (begin == end) return kept;
  std::copy_n(kept, words, mended);
  for (std::uint32_t i = begin; i < end; ++i)
    mended[rows.turns[i] / 64] ^= std::uint64_t{1} << (rows.turns[i] % 64);
  return mended;
}

const std::uint64_t* MissingRow(const BitRows& rows, std::size_t words) {
  return rows.kept.data() + rows.kept.size() - words;
}

std::size_t BytesOf(const BitRows& rows) {
  return rows.kept.size() * sizeof(std::uint64_t) +
         (rows.kept_of_bin.size() * 3 + rows.turns.size()) * sizeof(std::uint32_t);
}

}  // namespace

struct Sweep::Parts : SweepParts {};

std::string_view SweepLevelName(SweepLevel level) {
  switch (level) {
    case SweepLevel::kAvx2:
      return "AVX2";
    case SweepLevel::kAvx512:
      return "AVX-512";
    case SweepLevel::kPortable:
      break;
  }
  return "portable";
}

bool CpuRuns(SweepLevel level) {
  switch (level) {
#if defined(__x86_64__)
    case SweepLevel::kAvx2:
      return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0;
    case SweepLevel::kAvx512:
      return CpuRuns(SweepLevel::kAvx2) && __builtin_cpu_supports("avx512f") != 0 &&
             __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
             __builtin_cpu_supports("avx512vl") != 0;
#else
    case SweepLevel::kAvx2:
    case SweepLevel::kAvx512:
      return false;
#endif
    case SweepLevel::kPortable:
      break;
  }
  return true;
}

SweepLevel BestSweepLevel() {
  SweepLevel best = SweepLevel::kPortable;
  for (const SweepLevel level : kSweepLevels) {
    if (CpuRuns(level)) best = level;
  }
  return best;
}

Result<Sweep> Sweep::Build(const Model& model, const SweepCatalogue& catalogue, SweepLevel level) {
  if (!CpuRuns(level)) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("this CPU lacks {}", SweepLevelName(level)));
  }
  return BuildWith(model, catalogue, level, *KernelsOf(level));
}

Result<Sweep> Sweep::BuildWith(const Model& model, const SweepCatalogue& catalogue,
                               SweepLevel level, const SweepKernels& kernels) {
  AISLE_CHECK(CheckModel(model));
  if (const std::string_view beyond = WhatIsNotPlain(model); !beyond.empty())
    return Fail(ErrorCode::kFailedPrecondition, fmt::format("the model has {}", beyond));
  if (model.group_count != 1) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("the model has {} classes", model.group_count));
  }
  AISLE_CHECK(CheckShapes(model, catalogue));
  AISLE_TRY(const ModelSide asked, ReadModelSide(model, catalogue));
  AISLE_TRY(const ProductSide products, ReadProductSide(model, catalogue, asked));
  AISLE_TRY(auto packed, PackSweep(model, catalogue, asked, products,
                                   ReadLeaves(model, catalogue, asked, products)));
  packed->id = NextId();
  packed->level = level;
  packed->kernels = &kernels;
  return Sweep(std::make_unique<const Parts>(Parts{std::move(*packed)}));
}

Sweep::Sweep(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
Sweep::Sweep(Sweep&&) noexcept = default;
Sweep& Sweep::operator=(Sweep&&) noexcept = default;
Sweep::~Sweep() = default;

bool Sweep::Takes(std::span<const float> request) const {
  AISLE_ASSERT(request.size() == parts_->input_count);
  return std::ranges::all_of(parts_->ratios, [&](const SweepParts::Ratio& ratio) {
    const float denominator = request[ratio.input];
    // A price above 0 divided by 0 is infinite, for every price.
    return std::isnan(denominator) || denominator > 0 ||
           (denominator == 0 && parts_->axis_positive);
  });
}

void Sweep::Prepare(SweepScratch& scratch) const {
  if (scratch.owner_ == parts_->id) return;
  const SweepTables& tables = parts_->tables;
  const std::size_t bits = tables.words * 64 + kSweepPad;
  scratch.owner_ = parts_->id;
  scratch.margin_count_ = CellCount();
  scratch.reached_ = AlignedBuffer<std::uint64_t>(tables.words);
  scratch.mended_ = AlignedBuffer<std::uint64_t>(tables.words * parts_->constants.size());
  scratch.list_ = AlignedBuffer<std::uint32_t>(bits);
  scratch.spans_ = AlignedBuffer<std::uint32_t>(bits);
  scratch.classes_ = AlignedBuffer<std::uint8_t>(bits);
  scratch.lower_ = AlignedBuffer<std::uint16_t>(parts_->edge_count);
  scratch.upper_ = AlignedBuffer<std::uint16_t>(parts_->edge_count);
  std::ranges::copy(parts_->static_edges, scratch.lower_.data());
  std::ranges::copy(parts_->static_edges, scratch.upper_.data());
  scratch.difference_ = AlignedBuffer<std::int64_t>((tables.row_count + 1) * parts_->lanes);
  scratch.margins_ = AlignedBuffer<float>(CellCount());
  scratch.leaves_ = AlignedBuffer<SweepLeaf>(bits);
  scratch.found_ = AlignedBuffer<std::uint32_t>(bits);
  scratch.by_tree_ = AlignedBuffer<float>(tables.tree_count * kSweepScoresAtOnce);
  scratch.tree_place_ = AlignedBuffer<std::uint32_t>(tables.tree_count + 1);
  scratch.taken_ = AlignedBuffer<float>(tables.taken_count + kSweepPad);
  scratch.work_ = {.reached = scratch.reached_.data(),
                   .list = scratch.list_.data(),
                   .lower = scratch.lower_.data(),
                   .upper = scratch.lower_.data(),
                   .difference = scratch.difference_.data(),
                   .spans = scratch.spans_.data(),
                   .classes = scratch.classes_.data(),
                   .margins = scratch.margins_.data(),
                   .leaves = scratch.leaves_.data(),
                   .found = scratch.found_.data(),
                   .by_tree = scratch.by_tree_.data(),
                   .tree_place = scratch.tree_place_.data(),
                   .taken = scratch.taken_.data()};
}

void Sweep::Run(std::span<const float> request, SweepScratch& scratch) const {
  AISLE_ASSERT(Takes(request));
  Prepare(scratch);
  const SweepTables& tables = parts_->tables;
  SweepWork& work = scratch.work_;
  scratch.rows_.clear();
  // After other work has had the caches, the searches below would wait for one line after the other.
  for (const SweepParts::Constant& constant : parts_->constants) {
    const std::size_t count = std::min<std::size_t>(constant.thresholds.size(), 1024);
    for (std::size_t i = 0; i < count; i += 16) __builtin_prefetch(&constant.thresholds[i]);
  }
  for (std::size_t i = 0; i < parts_->constants.size(); ++i) {
    const SweepParts::Constant& constant = parts_->constants[i];
    const float x = request[constant.input];
    if (std::isnan(x)) {
      scratch.rows_.push_back(MissingRow(constant.rows, tables.words));
      continue;
    }
    const auto bin = static_cast<std::size_t>(std::ranges::upper_bound(constant.thresholds, x) -
                                              constant.thresholds.begin());
    scratch.rows_.push_back(
        RowOf(constant.rows, bin, tables.words, scratch.mended_.data() + i * tables.words));
  }
  bool missing = false;
  for (const SweepParts::Ratio& ratio : parts_->ratios) {
    const bool none = std::isnan(request[ratio.input]);
    missing = missing || none;
    scratch.rows_.push_back(none ? MissingRow(ratio.rows, tables.words) : ratio.rows.kept.data());
  }
  if (scratch.rows_.empty()) scratch.rows_.push_back(parts_->live.data());
  parts_->kernels->reach(tables, scratch.rows_.data(), scratch.rows_.size(), work);

  work.upper = missing ? scratch.upper_.data() : scratch.lower_.data();
  for (const SweepParts::Ratio& ratio : parts_->ratios) {
    std::uint16_t* const lower = scratch.lower_.data() + ratio.edge_begin;
    std::uint16_t* const upper = scratch.upper_.data() + ratio.edge_begin;
    const float denominator = request[ratio.input];
    if (std::isnan(denominator)) {
      std::fill_n(lower, ratio.edge_count, std::uint16_t{0});
      std::fill_n(upper, ratio.edge_count, static_cast<std::uint16_t>(tables.row_count));
      continue;
    }
    parts_->kernels->ratio_rows(tables, ratio.thresholds.data(), ratio.edge_count, denominator,
                                ratio.cap, lower);
    if (missing) std::copy_n(lower, ratio.edge_count, upper);
  }
  parts_->kernels->boxes[parts_->lane_choice](tables, work);
}

void Sweep::Exact(std::span<const std::uint32_t> cells, SweepScratch& scratch,
                  std::span<float> margins) const {
  AISLE_ASSERT(scratch.owner_ == parts_->id && cells.size() == margins.size());
  // Between two edges nothing changes, so rows that no edge parts have one sum. A large catalogue has many such rows.
  const std::span lower(scratch.work_.lower, parts_->edge_count);
  const std::span upper(scratch.work_.upper, parts_->edge_count);
  std::vector<std::uint16_t> edges;
  const bool few = cells.size() <= 4 * kSweepScoresAtOnce;  // Not worth the sorting.
  if (!few) {
    edges.assign(lower.begin(), lower.end());
    if (upper.data() != lower.data()) edges.insert(edges.end(), upper.begin(), upper.end());
  }
  std::ranges::sort(edges);
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  struct Last {
    std::ptrdiff_t step = -1;
    std::size_t sum = 0;
  };
  std::array<Last, kSweepClassesMax> last;  // Of each class.
  std::vector<std::uint16_t> rows;
  std::vector<std::uint8_t> classes;
  std::vector<std::size_t> sum_of(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    AISLE_ASSERT(cells[i] < CellCount());
    const auto row = static_cast<std::uint16_t>(cells[i] / parts_->lanes);
    const std::size_t c = cells[i] % parts_->lanes;
    const std::ptrdiff_t step = few ? row : std::ranges::upper_bound(edges, row) - edges.begin();
    if (last[c].step != step) {
      last[c] = {step, rows.size()};
      rows.push_back(row);
      classes.push_back(static_cast<std::uint8_t>(1U << c));
    }
    sum_of[i] = last[c].sum;
  }
  std::vector<float> sums(rows.size());
  for (std::size_t begin = 0; begin < rows.size(); begin += kSweepScoresAtOnce) {
    const std::size_t count = std::min(kSweepScoresAtOnce, rows.size() - begin);
    const std::size_t found = parts_->kernels->exact(parts_->tables, scratch.work_, &rows[begin],
                                                     &classes[begin], count, &sums[begin]);
    AISLE_ASSERT(found == count * parts_->tables.tree_count);
  }
  for (std::size_t i = 0; i < cells.size(); ++i) margins[i] = sums[sum_of[i]];
}

void Sweep::ExactAll(SweepScratch& scratch, std::span<float> margins) const {
  AISLE_ASSERT(scratch.owner_ == parts_->id && margins.size() == CellCount());
  parts_->kernels->exact_all(parts_->tables, scratch.work_, margins.data());
}

void Sweep::BlockMaxima(std::span<const float> a, std::span<const float> b, std::size_t block,
                        std::span<float> out) const {
  AISLE_ASSERT(block % 16 == 0 && block > 0 && a.size() == b.size() &&
               a.size() == out.size() * block);
  parts_->kernels->block_maxima(a.data(), b.data(), a.size(), block, out.data());
}

void Sweep::Probabilities(std::span<const float> margins, float slope, float offset,
                          std::span<float> out) const {
  AISLE_ASSERT(margins.size() == out.size());
  parts_->kernels->probabilities(margins.data(), margins.size(), slope, offset, out.data());
}

std::size_t Sweep::CellCount() const { return parts_->tables.row_count * parts_->lanes; }
std::uint32_t Sweep::CellOf(std::size_t product) const { return parts_->cells[product]; }
double Sweep::SumError() const { return parts_->sum_error; }
double Sweep::ExactDistance() const { return parts_->exact_distance; }
double Sweep::MarginMax() const { return parts_->margin_max; }
double Sweep::MarginError() const {
  return parts_->sum_error + std::ldexp(parts_->margin_max + parts_->sum_error, -24);
}
std::size_t Sweep::RowCount() const { return parts_->tables.row_count; }
std::size_t Sweep::ClassCount() const { return parts_->class_count; }
SweepLevel Sweep::Level() const { return parts_->level; }

std::size_t Sweep::Bytes() const {
  std::size_t bytes =
      parts_->records.size() + parts_->leaves.size() * sizeof(SweepLeaf) +
      parts_->axis.size() * sizeof(float) + parts_->start.size() * sizeof(std::uint16_t) +
      (parts_->cells.size() + parts_->taken_cell.size() + parts_->taken_from.size()) *
          sizeof(std::uint32_t) +
      parts_->live.size() * sizeof(std::uint64_t);
  for (const auto& constant : parts_->constants) bytes += BytesOf(constant.rows);
  for (const auto& ratio : parts_->ratios) bytes += BytesOf(ratio.rows);
  return bytes;
}

std::string Sweep::Summary() const {
  std::string summary = fmt::format("{} prices x {} classes, {} leaves, {}", RowCount(),
                                    ClassCount(), parts_->leaf_count, SweepLevelName(Level()));
  if (MarginError() > kMarginErrorUsual) {
    // Two digits may be rounded down by 5 %.
    summary += fmt::format(", table within {:.1e} of the sums", 1.06 * MarginError());
  }
  return summary;
}

}  // namespace aisle::forest
