// How a sweep is put together: the products' side, the leaves, and what is packed from both. Private to this
// module.
//
//   shapes   ProductSide: axis[row], row_values[input][row], class_values[input][class]. LeafSet: bins[leaf *
//            asks + ask], asks being the constants in the order of `constants`, then the ratios.
//   order    axis, thresholds and rows rise; leaves are in tree order, left to right within a level.
//   missing  a bin is a number of thresholds that a value reaches; missing stands beside the bins.
//   errors   kFailedPrecondition with the reason for what the sweep does not take.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "forest/bitsliced/aligned_buffer.h"
#include "forest/sweep/sweep.h"

namespace aisle::forest {

inline constexpr std::size_t kSweepRatiosMax = kSweepBoundsMax - 1;
inline constexpr std::size_t kSweepClassesMax = 8;

// The catalogue as one model sees it: rows of distinct prices, and classes.
struct ProductSide {
  std::vector<float> axis;
  std::vector<std::uint16_t> row;      // Of each product.
  std::vector<std::uint8_t> class_of;  // Of each product; kOutside for one without a row.
  std::size_t class_count = 1;
  // An input that rises with the axis is a bound on rows, like the axis itself: a threshold for each. Any
  // other one makes classes.
  std::vector<std::vector<float>> row_values;
  std::vector<std::vector<float>> class_values;

  static constexpr std::uint8_t kOutside = 0xff;
};

// What a model asks of a request: distinct thresholds of one input that some split uses.
struct Asked {
  std::uint32_t input = 0;
  std::vector<float> thresholds;
};
struct ModelSide {
  std::vector<Asked> constants;
  std::vector<Asked> ratios;
  std::vector<std::uint32_t> static_inputs;
};

struct LeafBox {
  float value = 0;
  std::uint32_t tree = 0;
  std::uint16_t low = 0;  // Rows [low, high) of these classes,
  std::uint16_t high = 0;
  std::uint8_t classes = 0;
  // and quotients that reach threshold ratio_low - 1 and not threshold ratio_high - 1; 0: unbounded.
  std::uint16_t ratio_low[kSweepRatiosMax] = {};
  std::uint16_t ratio_high[kSweepRatiosMax] = {};
  float chance = 1;  // About the share of requests that reach it.
};
struct BinBox {
  std::uint16_t low = 0;  // Bins [low, high), which may be none.
  std::uint16_t high = 0;
  bool missing = true;
};
struct LeafSet {
  std::vector<LeafBox> leaves;
  std::vector<BinBox> bins;
};

Result<ModelSide> ReadModelSide(const Model& model, const SweepCatalogue& catalogue);
Result<ProductSide> ReadProductSide(const Model& model, const SweepCatalogue& catalogue,
                                    const ModelSide& asked);
LeafSet ReadLeaves(const Model& model, const SweepCatalogue& catalogue, const ModelSide& asked,
                   const ProductSide& products);

// Rows of the bit string for one input: which leaves remain for each bin. Row b is row b - 1 with a few bits
// turned, so only some rows are kept, and the turns from there.
struct BitRows {
  AlignedBuffer<std::uint64_t> kept;  // The last one is for a missing value.
  std::vector<std::uint32_t> kept_of_bin;
  std::vector<std::uint32_t>
      turn_begin;  // Of each bin: turns [turn_begin, turn_end) lead from the kept row to
  std::vector<std::uint32_t> turn_end;  // the bin's own.
  std::vector<std::uint32_t> turns;     // Bits.
};

struct SweepParts {
  struct Constant {
    std::uint32_t input = 0;
    std::vector<float> thresholds;
    BitRows rows;
  };
  struct Ratio {
    std::uint32_t input = 0;
    float cap = 0;
    std::size_t edge_begin = 0;
    std::size_t edge_count = 0;       // A multiple of kSweepPad, as thresholds are.
    AlignedBuffer<float> thresholds;  // Padded with the last one.
    BitRows rows;                     // One bin: a number.
  };

  std::uint64_t id = 0;
  SweepLevel level = SweepLevel::kPortable;
  const SweepKernels* kernels = nullptr;
  SweepTables tables;
  int lane_choice = 0;  // Of SweepKernels::boxes.
  std::size_t lanes = 2;
  std::size_t class_count = 1;
  std::size_t input_count = 0;
  std::size_t leaf_count = 0;
  bool axis_positive = false;
  std::vector<Constant> constants;
  std::vector<Ratio> ratios;
  AlignedBuffer<std::uint64_t>
      live;  // A row of all leaves, for a model that asks nothing of the request.
  std::vector<std::uint16_t> static_edges;  // Rows of the edges before the first ratio's.
  std::size_t edge_count = 0;
  AlignedBuffer<std::uint8_t> records;
  AlignedBuffer<SweepLeaf> leaves;
  AlignedBuffer<float> axis;
  AlignedBuffer<std::uint16_t> start;
  std::vector<std::uint32_t> cells;
  std::vector<std::uint32_t> taken_cell;
  std::vector<std::uint32_t> taken_from;
  double sum_error = 0;
  double exact_distance = 0;
  double margin_max = 0;
};

// Packs what was read. The level is the caller's to choose.
Result<std::unique_ptr<SweepParts>> PackSweep(const Model& model, const SweepCatalogue& catalogue,
                                              const ModelSide& asked, const ProductSide& products,
                                              const LeafSet& set);

}  // namespace aisle::forest
