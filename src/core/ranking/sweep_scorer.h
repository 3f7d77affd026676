// The best N of a request by the sweep (forest/sweep/sweep.h), for models that allow it: the same products with the
// same bits as PairScorer and SelectTop give, without a row for any candidate.
//
// Made once per model and catalogue, off the request's path; Group() once per list of candidates (a region's
// shelf). Top() then makes the table of the request, screens cells of the table by a fast score, and scores
// exactly what could be among the best, given the proven distance between the two. What cannot be swept Top()
// declines, and the caller ranks by rows.
//
//   shapes   candidates are positions in the catalogue's products; an item's index is one in the candidates.
//   order    best first, ties to the smaller position: SelectTop's.
//   units    scores are PairScorer's.
//   threads  a SweepScorer and a SweptCandidates are immutable; a SweepWorkspace belongs to one thread.
//   errors   Make: kFailedPrecondition with the reason when model and catalogue do not fit. Top() is false
//            for a request that the sweep does not take, propensities that are no probabilities, and
//            candidates outside the table.
//   cost     Top: the sweep, about 3 ns per cell, 1 us per finalist. SweptCandidates: 12 bytes per candidate
//            and cell.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "features/pair_row.h"
#include "features/records.h"
#include "forest/sweep/sweep.h"
#include "ranking/ranking.h"
#include "ranking/select.h"

namespace aisle::ranking {

// A list of candidates by cells of the table. Those of one cell and one category have one score: a group.
struct SweptCandidates {
  struct Group {
    std::uint32_t begin = 0;  // Of its members; the next group's begin ends it.
    std::uint32_t category = 0;
  };
  std::vector<std::uint32_t> positions;   // The candidates.
  std::vector<std::uint32_t> members;     // Indices of candidates, in rising order within a group.
  std::vector<Group> groups;              // By cell; one more than there are.
  std::vector<std::uint32_t> cell_group;  // First group of each cell; one more than cells.
  std::vector<float> bias;                // 0 for a cell with candidates, else -infinity; padded.
  bool outside = false;                   // Some candidate has no cell.
};

// Memory that is kept from request to request.
struct SweepWorkspace {
  struct Screened {
    float score = 0;
    std::uint32_t group = 0;
    std::uint32_t cell = 0;
  };
  forest::SweepScratch sweep;
  std::vector<float> request, probabilities, block_maxima, ordered, add, exact, scores;
  std::vector<std::uint32_t> cells, positions, indices;
  std::vector<Screened> screened;
  TopSelector selector;
  std::vector<TopItem> best;
};

class SweepScorer {
 public:
  // `view` must outlive the scorer. Where somebody chose the forest's engine, that one answers and nothing is swept.
  static Result<SweepScorer> Make(const ModelSpec& spec, const forest::Forest& forest,
                                  const features::CatalogueView& view);
  // The same, and nothing where it does not fit: rank by rows. An error only where the sweep was chosen.
  static Result<std::optional<SweepScorer>> MakeIfFits(const ModelSpec& spec,
                                                       const forest::Forest& forest,
                                                       const features::CatalogueView& view);

  SweptCandidates Group(std::span<const std::uint32_t> candidates) const;

  // What the request knows of all products (step one), for a caller that times both.
  void FillRequest(const features::CustomerRecord& customer, base::Timestamp now,
                   SweepWorkspace& work) const;
  // The best `count` of the candidates in work.best (step two); false: rank them by rows.
  bool Top(std::span<const float> propensity, const SweptCandidates& candidates, std::size_t count,
           SweepWorkspace& work) const;

  const forest::Sweep& Sweep() const { return sweep_; }

 private:
  SweepScorer(forest::Sweep sweep, features::PairRowMaker maker, const ModelSpec& spec,
              const features::CatalogueView& view);
  // Fills work.add; the largest of them.
  float FillAdd(std::span<const float> propensity, SweepWorkspace& work) const;
  double ScoreDistance() const;
  void Screen(const SweptCandidates& candidates, std::size_t count, float add_max, double distance,
              SweepWorkspace& work) const;
  void Evaluate(const SweptCandidates& candidates, std::size_t block, float cut, float score_min,
                SweepWorkspace& work) const;
  void ScoreFinalists(std::span<const float> propensity, const SweptCandidates& candidates,
                      std::size_t count, SweepWorkspace& work) const;

  forest::Sweep sweep_;
  features::PairRowMaker maker_;
  const features::CatalogueView* view_;
  double slope_;
  double offset_;
  double blend_;
  std::size_t block_;   // Cells that are screened at once.
  std::size_t padded_;  // Cells, up to a whole block.
  double score_distance_;
};

}  // namespace aisle::ranking
