// The best N of a request by the screen (forest/screen/screen.h), for models that allow it: the same products with the
// same bits as PairScorer and SelectTop give, most candidates having been told apart by 16-bit sums alone.
//
// Made once per model, off the request's path; Prepare() once per list of candidates (a region's shelf). A request then
// fills its columns, and Top() finds the best. What the screen cannot tell apart Top() declines, and the caller scores
// all candidates.
//
//   shapes   candidates are positions in the catalogue's products; an item's index is one in the candidates.
//   order    best first, ties to the smaller position: SelectTop's.
//   units    scores are PairScorer's.
//   threads  a ScreenScorer and ScreenedCandidates are immutable; a ScreenScratch belongs to one thread.
//   errors   Make: kFailedPrecondition with the reason when model or CPU do not fit. Top() is false where left-out
//            candidates could have the score of the last chosen one: ties, saturated scores, a model that says the same
//            of everybody.
//   cost     forest/screen/screen.h.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "features/pair_row.h"
#include "features/records.h"
#include "forest/screen/screen.h"
#include "ranking/ranking.h"
#include "ranking/select.h"

namespace aisle::ranking {

// A list of candidates, made by a ScreenScorer for itself.
class ScreenedCandidates {
  friend class ScreenScorer;
  features::ListedProducts products_;
  forest::ScreenedRows rows_;
};

// Memory that is kept from request to request.
struct ScreenScratch {
  features::PairColumns columns;
  forest::ScreenWorkspace screen;
  std::vector<float> scores;
  std::vector<std::uint32_t> positions;
  TopSelector selector;
  std::vector<TopItem> best;
};

class ScreenScorer {
 public:
  // `view` must outlive the scorer. Where somebody chose the forest's engine, that one answers and nothing is screened.
  static Result<ScreenScorer> Make(const ModelSpec& spec, const forest::Forest& forest,
                                   const features::CatalogueView& view);
  // The same, and nothing where it does not fit: score all candidates. kInvalidArgument where AISLE_FOREST_SCREEN asks
  // for what there is not.
  static Result<std::optional<ScreenScorer>> MakeIfFits(const ModelSpec& spec,
                                                        const forest::Forest& forest,
                                                        const features::CatalogueView& view);

  ScreenedCandidates Prepare(std::span<const std::uint32_t> candidates) const;
  // Step one, and step two: the best `count` in work.best. They can be timed apart.
  void FillColumns(const features::CustomerRecord& customer, std::span<const float> propensity,
                   base::Timestamp now, const ScreenedCandidates& candidates,
                   ScreenScratch& work) const;
  bool Top(const ScreenedCandidates& candidates, std::size_t count, ScreenScratch& work) const;

  // "by vbmi, 80 trees".
  const std::string& Summary() const { return summary_; }

 private:
  ScreenScorer(forest::Screen screen, features::PairRowMaker maker, const ModelSpec& spec,
               std::string summary);

  forest::Screen screen_;
  features::PairRowMaker maker_;
  double slope_;
  double offset_;
  std::string summary_;
};

}  // namespace aisle::ranking
