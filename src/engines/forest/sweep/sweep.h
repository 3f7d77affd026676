// Scores a whole catalogue for one request without looking at a single candidate.
//
// When every input of a model is constant in a request, or a quotient of the product's price and something
// constant, or splits the products into a few classes, then the model is, for one request, a step function of
// the price per class. The sweep builds that function as a table: a row for each distinct price, a column for
// each class. Build() says whether a model and a catalogue are of this kind; Run() makes the table of one
// request; margins() of the scratch are its cells, and CellOf() says which cell is a product's. Whoever needs
// XGBoost's own bits (the finalists of a top N) asks Exact() for some cells, or ExactAll() for all.
//
// "Price" stands for any number of the product that the quotients of the model have in common: the axis.
//
//   shapes   a request is one float per input of the model: the value of a kRequestConstant, the denominator of a
//            kPairMonotone; others are not read. margins[cell] belongs to all products of the cell, cell =
//            row * lanes + class.
//   order    sums are integers and do not depend on the order of trees; Exact() adds floats in tree order.
//   units    margins, as Forest::Margins.
//   missing  NaN follows the default branch, in constants and in quotients (a missing denominator). A product
//            whose axis is NaN or infinite has no cell: CellOf() is kOutside, and a Forest has to score it.
//   threads  a Sweep is immutable and shared; a SweepScratch belongs to one thread, and keeps its memory from
//            call to call.
//   errors   Build: kInvalidArgument for a model CheckModel() refuses or shapes that do not fit;
//            kFailedPrecondition, with the reason, for a model or a catalogue that the sweep does not take.
//            Takes() is false for a request whose quotient falls with the price (a negative denominator): ask
//            a Forest.
//   cost     a request: an AND of one bit string per input (a bit per leaf), about 2 ns for each leaf that
//            the request can reach (one in sixteen), 1 ns per row and class. Memory: bytes().
//   source   docs/FOREST.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "forest/bitsliced/aligned_buffer.h"
#include "forest/model/model.h"
#include "forest/roles.h"
#include "forest/sweep/sweep_kernel.h"

namespace aisle::forest {

// One input of the model.
struct SweepInput {
  InputRole role = InputRole::kRequestConstant;
  std::vector<float> values = {};  // kProductStatic: of each product. Others: empty.
  float cap = std::numeric_limits<float>::infinity();  // kPairMonotone.
};

struct SweepCatalogue {
  std::vector<float> axis;         // Of each product.
  std::vector<SweepInput> inputs;  // In the model's order.
};

enum class SweepLevel : std::uint8_t { kPortable, kAvx2, kAvx512 };
inline constexpr SweepLevel kSweepLevels[] = {SweepLevel::kPortable, SweepLevel::kAvx2,
                                              SweepLevel::kAvx512};
std::string_view SweepLevelName(SweepLevel level);  // "portable", "AVX2", "AVX-512"
bool CpuRuns(SweepLevel level);
SweepLevel BestSweepLevel();

// The memory of one thread.
class SweepScratch {
 public:
  // Of the last Run(): one per cell.
  std::span<const float> Margins() const { return {margins_.data(), margin_count_}; }
  // How many leaves the request could reach.
  std::size_t Reached() const { return work_.segment_end[kSweepPatterns - 1]; }

 private:
  friend class Sweep;
  std::uint64_t owner_ = 0;  // The sweep that sized everything; 0: none.
  std::size_t margin_count_ = 0;
  SweepWork work_;
  AlignedBuffer<std::uint64_t> reached_;
  AlignedBuffer<std::uint64_t> mended_;  // Rows of the bit string that lie between two kept ones.
  AlignedBuffer<std::uint32_t> list_;
  AlignedBuffer<std::uint16_t> lower_;
  AlignedBuffer<std::uint16_t> upper_;
  AlignedBuffer<std::int64_t> difference_;
  AlignedBuffer<std::uint32_t> spans_;
  AlignedBuffer<std::uint8_t> classes_;
  AlignedBuffer<float> margins_;
  AlignedBuffer<SweepLeaf> leaves_;
  AlignedBuffer<std::uint32_t> found_;
  AlignedBuffer<float> by_tree_;
  AlignedBuffer<std::uint32_t> tree_place_;
  AlignedBuffer<float> taken_;
  std::vector<const std::uint64_t*> rows_;
};

class Sweep {
 public:
  static constexpr std::uint32_t kOutside = std::numeric_limits<std::uint32_t>::max();

  static Result<Sweep> Build(const Model& model, const SweepCatalogue& catalogue,
                             SweepLevel level = BestSweepLevel());
  Sweep(Sweep&&) noexcept;
  Sweep& operator=(Sweep&&) noexcept;
  ~Sweep();

  bool Takes(std::span<const float> request) const;
  // Requires Takes(request).
  void Run(std::span<const float> request, SweepScratch& scratch) const;

  std::size_t CellCount() const;
  std::uint32_t CellOf(std::size_t product) const;

  // The float sums in tree order of the cells, bit by bit those of a Forest. Requires a Run() with this
  // scratch, and cells that some product has.
  void Exact(std::span<const std::uint32_t> cells, SweepScratch& scratch,
             std::span<float> margins) const;
  // The same of all cells that some product has; margins has CellCount() places, and the others keep what
  // they hold. Cheaper from about a hundred cells on.
  void ExactAll(SweepScratch& scratch, std::span<float> margins) const;
  // An exact sum of one cell costs as much as those of so many do when all are made.
  static constexpr std::size_t kCellsAtOnce = 56;

  // out[i] is within kProbabilityError of 1 / (1 + exp(-(slope * margins[i] + offset))) of the rounded argument.
  void Probabilities(std::span<const float> margins, float slope, float offset,
                     std::span<float> out) const;
  static constexpr double kProbabilityError = 4e-7;

  // out[i] is the largest a + b of the i-th block; the block's size, a multiple of 16, divides that of a and b.
  void BlockMaxima(std::span<const float> a, std::span<const float> b, std::size_t block,
                   std::span<float> out) const;

  // Bounds, for any request: of a margin (not rounded to a float yet) against the sum of the leaves as real
  // numbers, and of margins() against Exact().
  double SumError() const;
  double ExactDistance() const;
  double MarginMax() const;  // Of a margin's magnitude.
  // A bound of margins(), which are floats, against that sum. Models of ordinary leaves keep to the usual one;
  // beyond it the sweep still takes the model, since the best are summed exactly, and Summary() says what holds.
  double MarginError() const;
  static constexpr double kMarginErrorUsual = 2e-6;

  std::size_t RowCount() const;
  std::size_t ClassCount() const;
  std::size_t Bytes() const;
  SweepLevel Level() const;
  // "1512 prices x 2 classes, 51283 leaves, AVX2": for `aisle models show`.
  std::string Summary() const;

 private:
  struct Parts;
  friend struct SweepWithKernels;  // Of the tests, which have more kernels than there are levels.
  static Result<Sweep> BuildWith(const Model& model, const SweepCatalogue& catalogue,
                                 SweepLevel level, const SweepKernels& kernels);
  explicit Sweep(std::unique_ptr<const Parts> parts);
  void Prepare(SweepScratch& scratch) const;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace aisle::forest
