#include "ranking/screen_scorer.h"

#include <fmt/format.h>

#include <cmath>

#include "ranking/calibration.h"

namespace aisle::ranking {
namespace {

// The logistic function of floats rises but for its last bits.
constexpr float kAtMost = 1.000001F;

}  // namespace

Result<ScreenScorer> ScreenScorer::Make(const ModelSpec& spec, const forest::Forest& forest,
                                        const features::CatalogueView& view) {
  const auto fail = [](std::string why) {
    return Fail(ErrorCode::kFailedPrecondition, std::move(why));
  };
  if (forest.EngineWasChosen()) {
    return fail(fmt::format("engine {} is wanted ({})", forest::EngineName(forest.EngineInUse()),
                            forest.EngineReason()));
  }
  if (spec.propensity_blend > 0) return fail("propensity is blended into its scores");
  if (!(spec.calibration_slope > 0) || !std::isfinite(spec.calibration_slope))
    return fail(fmt::format("its calibration has the slope {}", spec.calibration_slope));
  AISLE_TRY(auto inputs, features::ResolvePairInputs(spec.inputs));
  AISLE_TRY(const forest::ScreenChoice level, forest::ChooseScreen());
  features::PairRowMaker maker(view, std::move(inputs));
  AISLE_TRY(auto screen, forest::Screen::Make(forest.BuiltFrom(), maker.Forms(), *level.kernel));
  return ScreenScorer(std::move(screen), std::move(maker), spec,
                      fmt::format("by {}, {} trees", level.name, forest.TreeCount()));
}

Result<std::optional<ScreenScorer>> ScreenScorer::MakeIfFits(const ModelSpec& spec,
                                                             const forest::Forest& forest,
                                                             const features::CatalogueView& view) {
  auto made = Make(spec, forest, view);
  if (made) return std::optional(*std::move(made));
  if (made.error().code == ErrorCode::kInvalidArgument) return std::unexpected(made.error());
  return std::optional<ScreenScorer>();
}

ScreenScorer::ScreenScorer(forest::Screen screen, features::PairRowMaker maker,
                           const ModelSpec& spec, std::string summary)
    : screen_(std::move(screen)),
      maker_(std::move(maker)),
      slope_(spec.calibration_slope),
      offset_(spec.calibration_offset),
      summary_(std::move(summary)) {}

ScreenedCandidates ScreenScorer::Prepare(std::span<const std::uint32_t> candidates) const {
  ScreenedCandidates prepared;
  prepared.products_ = maker_.List(candidates);
  prepared.rows_ = screen_.Prepare(maker_.Plan(candidates));
  return prepared;
}

void ScreenScorer::FillColumns(const features::CustomerRecord& customer,
                               std::span<const float> propensity, base::Timestamp now,
                               const ScreenedCandidates& candidates, ScreenScratch& work) const {
  maker_.FillColumns(customer, propensity, now, candidates.products_, work.columns);
}

bool ScreenScorer::Top(const ScreenedCandidates& candidates, std::size_t count,
                       ScreenScratch& work) const {
  work.best.clear();
  if (!screen_.Best(candidates.rows_, work.columns.columns, count, work.screen)) return false;
  const forest::ScreenWorkspace& found = work.screen;
  work.scores.clear();
  work.positions.clear();
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    work.scores.push_back(Calibrated(found.margins[i], slope_, offset_));
    work.positions.push_back(candidates.products_.positions[found.rows[i]]);
  }
  for (const std::uint32_t i : work.selector.Select(work.scores, work.positions, count))
    work.best.push_back({found.rows[i], work.scores[i]});
  if (found.rows.size() == candidates.rows_.RowCount()) return true;
  // Nobody left out can be among them, not by a tie either.
  const float bound = Calibrated(found.bound, slope_, offset_) * kAtMost;
  return work.best.size() == count && bound < work.best.back().score;
}

}  // namespace aisle::ranking
