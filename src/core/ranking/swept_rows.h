// Rows scored by the sweep (forest/sweep/sweep.h), for who has rows and no catalogue: `aisle models predict --engine
// sweep` and `aisle models bench`, with which anyone can hold the sweep against XGBoost.
//
// The sweep wants products and requests; both are read off the rows. The names of the model's inputs are those of
// features::PairInputs(), which say the roles. Rows with the same product inputs are one product. Neighbouring rows
// with the same request inputs are one request, as long as one denominator explains all quotients of an input.
//
//   shapes   rows is row-major, in the order of the model's inputs; margins[i] belongs to row i.
//   units    margins, as Forest::Margins.
//   missing  NaN, as everywhere; but a price has to be a number.
//   threads  SweptRows are immutable; a SweepScratch belongs to one thread.
//   errors   Make: kFailedPrecondition for a model that the sweep does not take; kInvalidArgument for a row that no
//            request of a catalogue has (it says which row, and why): a quotient that is not its price over
//            something positive.
//   cost     Make: the sweep's tables (tens of milliseconds), and two bisections of the floats for a row and quotient.
//            Margins: a sweep for each request, a lookup for each row.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "forest/model/model.h"
#include "forest/sweep/sweep.h"

namespace aisle::ranking {

class SweptRows {
 public:
  // Messages count rows from `first_row`.
  static Result<SweptRows> Make(const forest::Model& model, std::span<const float> rows,
                                std::size_t first_row = 1);

  // Within Sweep().MarginError() of the sums of the leaves.
  void Margins(forest::SweepScratch& scratch, std::span<float> margins) const;
  // Bit by bit those of a Forest.
  void ExactMargins(forest::SweepScratch& scratch, std::span<float> margins) const;

  const forest::Sweep& Sweep() const { return sweep_; }
  std::size_t RequestCount() const { return requests_.size(); }

 private:
  struct Request {
    std::size_t begin = 0;  // Of its rows; the next request's begin ends them.
    std::vector<float> values;
  };
  SweptRows(forest::Sweep sweep, std::vector<Request> requests, std::vector<std::uint32_t> cells)
      : sweep_(std::move(sweep)), requests_(std::move(requests)), cells_(std::move(cells)) {}
  std::span<const std::uint32_t> CellsOf(std::size_t request) const;

  forest::Sweep sweep_;
  std::vector<Request> requests_;
  std::vector<std::uint32_t> cells_;  // Of each row.
};

}  // namespace aisle::ranking
