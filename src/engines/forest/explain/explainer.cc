#include "forest/explain/explainer.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "forest/bitsliced/aligned_buffer.h"
#include "forest/cpu.h"
#include "forest/explain/explain_tables.h"
#include "forest/model/goes_left.h"

namespace aisle::forest {

struct Explainer::Impl {
  Forest forest;
  ExplainTables tables;
  std::vector<double> bias;  // Per group.
  ExplainKernel kernel = kExplainPortable;
};

namespace {

// Blocks of rows that meet a tree one after the other, while its numbers are near.
constexpr std::size_t kBlocksMax = 16;
constexpr std::size_t kSumBytes = std::size_t{256} << 10U;

// Bit l: lane l goes left. Of floats, whose plain splits are most of what there is.
std::uint8_t PlainBits(const float* lanes, float below, bool default_left) {
  unsigned bits = 0;
  if (default_left) {  // Not above or on the threshold: a NaN is not either.
    for (unsigned l = 0; l < kExplainLanes; ++l)
      bits |= static_cast<unsigned>(!(lanes[l] >= below)) << l;
  } else {
    for (unsigned l = 0; l < kExplainLanes; ++l)
      bits |= static_cast<unsigned>(lanes[l] < below) << l;
  }
  return static_cast<std::uint8_t>(bits);
}

template <typename Number>
std::uint8_t BitsOf(const Model& model, const ExplainSplit& split, const Number* lanes) {
  if constexpr (sizeof(Number) == sizeof(float)) {
    if (split.plain) return PlainBits(lanes, split.below, split.default_left);
  }
  unsigned bits = 0;
  for (unsigned l = 0; l < kExplainLanes; ++l)
    bits |= static_cast<unsigned>(GoesLeft(model, split.place, lanes[l])) << l;
  return static_cast<std::uint8_t>(bits);
}

// Eight rows and what has been summed of them.
template <typename Number>
struct Block {
  std::vector<Number> columns;  // columns[f * kExplainLanes + lane]
  AlignedBuffer<double> sums;   // sums[(g * features + f) * kExplainLanes + lane]
};

// Lanes beyond the rows repeat the last one.
template <typename Number>
void Fill(std::span<const Number> rows, std::size_t features, Block<Number>& block) {
  const std::size_t count = rows.size() / features;
  for (std::size_t l = 0; l < kExplainLanes; ++l) {
    const Number* const row = rows.data() + std::min(l, count - 1) * features;
    for (std::size_t f = 0; f < features; ++f) block.columns[f * kExplainLanes + l] = row[f];
  }
  std::fill_n(block.sums.data(), block.sums.size(), 0.0);
}

template <typename Number>
void Write(const Explainer::Impl& impl, const Block<Number>& block, std::span<double> out) {
  const Model& model = impl.forest.BuiltFrom();
  const std::size_t features = model.feature_count;
  const std::size_t row_size = model.group_count * (features + 1);
  const double scale = model.wide ? model.scale : 1.0;
  for (std::size_t l = 0; l * row_size < out.size(); ++l) {
    for (std::size_t g = 0; g < model.group_count; ++g) {
      double* const to = out.data() + l * row_size + g * (features + 1);
      const double* const from = block.sums.data() + g * features * kExplainLanes + l;
      for (std::size_t f = 0; f < features; ++f) to[f] = scale * from[f * kExplainLanes];
      to[features] = impl.bias[g];
    }
  }
}

template <typename Number>
void Run(const Explainer::Impl& impl, std::span<const Number> rows,
         std::span<double> contributions) {
  const ExplainTables& tables = impl.tables;
  const Model& model = impl.forest.BuiltFrom();
  const std::size_t features = model.feature_count;
  const std::size_t row_size = model.group_count * (features + 1);
  const std::size_t row_count = rows.size() / features;
  const std::size_t sum_count = model.group_count * features * kExplainLanes;
  const std::size_t block_count = std::clamp<std::size_t>(
      kSumBytes / (sum_count * sizeof(double)), 1,
      std::clamp<std::size_t>((row_count + kExplainLanes - 1) / kExplainLanes, 1, kBlocksMax));
  std::vector<Block<Number>> blocks(block_count);
  for (Block<Number>& block : blocks) {
    block.columns.resize(features * kExplainLanes);
    block.sums = AlignedBuffer<double>(sum_count);
  }
  AlignedBuffer<double> levels(tables.level_numbers_max);
  std::vector<std::uint32_t> open(tables.depth_max + 1);
  std::vector<std::uint8_t> goes_left(tables.splits_max);
  const std::size_t at_once = block_count * kExplainLanes;
  for (std::size_t begin = 0; begin < row_count; begin += at_once) {
    const std::size_t count = std::min(at_once, row_count - begin);
    const std::size_t used = (count + kExplainLanes - 1) / kExplainLanes;
    const auto rows_of = [&](std::size_t b) {
      return std::pair(begin + b * kExplainLanes,
                       std::min(kExplainLanes, count - b * kExplainLanes));
    };
    for (std::size_t b = 0; b < used; ++b) {
      const auto [first, size] = rows_of(b);
      Fill(rows.subspan(first * features, size * features), features, blocks[b]);
    }
    for (const ExplainTree& tree : tables.trees) {
      const ExplainSplit* const splits = tables.splits.data() + tree.first_split;
      ExplainWalk walk{.steps = tables.steps.data() + tree.first_step,
                       .step_count = tree.step_count,
                       .numbers = tables.numbers.data() + tree.first_number,
                       .points = tree.points,
                       .goes_left = goes_left.data(),
                       .levels = levels.data(),
                       .open = open.data()};
      for (std::size_t b = 0; b < used; ++b) {
        for (std::size_t s = 0; s < tree.split_count; ++s) {
          goes_left[s] =
              BitsOf(model, splits[s], &blocks[b].columns[splits[s].feature * kExplainLanes]);
        }
        walk.sums = blocks[b].sums.data() + tree.group * features * kExplainLanes;
        impl.kernel(walk);
      }
    }
    for (std::size_t b = 0; b < used; ++b) {
      const auto [first, size] = rows_of(b);
      Write(impl, blocks[b], contributions.subspan(first * row_size, size * row_size));
    }
  }
}

}  // namespace

Result<Explainer> Explainer::Build(const Forest& forest) {
  const Model& model = forest.BuiltFrom();
  AISLE_TRY(ExplainTables tables, MakeExplainTables(model));
  std::vector<double> bias = tables.expected;
  for (std::size_t g = 0; g < bias.size(); ++g) {
    if (model.wide) {
      bias[g] = bias[g] * model.scale + (model.biases.empty() ? 0.0 : model.biases[g]);
    } else {
      bias[g] += static_cast<double>(model.base_margins.empty() ? model.base_margin
                                                                : model.base_margins[g]);
    }
  }
  return Explainer(
      std::make_shared<const Impl>(Impl{.forest = forest,
                                        .tables = std::move(tables),
                                        .bias = std::move(bias),
                                        .kernel = CpuHasAvx2() ? kExplainAvx2 : kExplainPortable}));
}

void Explainer::Contributions(std::span<const float> rows, std::span<double> contributions) const {
  AISLE_ASSERT(rows.size() * GroupCount() * Width() == contributions.size() * (Width() - 1));
  Run(*impl_, rows, contributions);
}

void Explainer::Contributions(std::span<const double> rows, std::span<double> contributions) const {
  if (impl_->forest.BuiltFrom().double_inputs) {
    AISLE_ASSERT(rows.size() * GroupCount() * Width() == contributions.size() * (Width() - 1));
    Run(*impl_, rows, contributions);
    return;
  }
  const std::vector<float> floats(rows.begin(), rows.end());
  Contributions(floats, contributions);
}

std::size_t Explainer::Width() const { return impl_->forest.FeatureCount() + 1; }
std::size_t Explainer::GroupCount() const { return impl_->forest.GroupCount(); }
std::size_t Explainer::Bytes() const { return impl_->tables.Bytes(); }

}  // namespace aisle::forest
