// How the best N of a request are found in the sweep's table.
//
// Idea    A fast score of a cell is never further from the exact one than a proven distance d (ScoreDistance()).
//         So whatever is among the best N by exact scores is within 2 d of the N-th best fast score, and only
//         those few need exact sums.
//
// Steps   once per model and catalogue  Make: does the sweep take them, and is d small?
//         once per list of candidates   Group: members by (cell, category), since all of a group have one score;
//                                       bias: -infinity for cells without candidates.
//         per request (Top)
//         1. Run              the table of margins, one cell per price and class.
//         2. Probabilities    of all cells, fast.
//         3. Screen           the maximum of each block of cells; the most promising blocks give a floor (the N-th
//                             best of their groups, less 2 d), with more blocks until there are N. Then all blocks
//                             that could reach the floor are evaluated: weight * probability + the category's share
//                             of the blend. What is below the floor goes.
//         4. ScoreFinalists   exact sums of the cells that are left, calibration and blend as rows have them, and
//                             SelectTop's order. Of one group no more than N members, the smallest positions.
//
// Limits  Make refuses: an engine chosen by hand, what Sweep::Build refuses (forest/sweep/sweep.h), d of kDistanceMax
//         or more. Top declines, and the caller ranks by rows: a candidate without a cell, a request whose
//         quotient falls with the price, propensities outside of 0 to 1. Where single sums would cost more than
//         the whole table, all cells are summed at once.
#include "ranking/sweep_scorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "ranking/calibration.h"

namespace aisle::ranking {
namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();
constexpr std::size_t kBlocks = 1024;
// Sums that differ are never many more than the model has thresholds.
constexpr std::size_t kSumsMax = 1000;
// A model of 300 trees has about 1e-4. From here on screening would keep too much.
constexpr double kDistanceMax = 0.02;

forest::SweepCatalogue Describe(std::span<const std::uint16_t> inputs,
                                const features::CatalogueView& view) {
  const auto column = [&](std::size_t input) {
    const auto values = view.ProductColumn(input);
    return std::vector<float>(values.begin(), values.end());
  };
  forest::SweepCatalogue catalogue;
  catalogue.axis = column(features::PriceInput());
  for (const std::uint16_t input : inputs) {
    forest::SweepInput described{.role = features::PairInputs()[input].role};
    if (described.role == forest::InputRole::kProductStatic) described.values = column(input);
    if (described.role == forest::InputRole::kPairMonotone)
      described.cap = features::QuotientCap(input);
    catalogue.inputs.push_back(std::move(described));
  }
  return catalogue;
}

// The count-th largest of the values, which are at least so many; the order is lost.
float NthLargest(std::vector<float>& values, std::size_t count) {
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(values.begin(), nth, values.end(), std::greater<>());
  return *nth;
}

}  // namespace

Result<SweepScorer> SweepScorer::Make(const ModelSpec& spec, const forest::Forest& forest,
                                      const features::CatalogueView& view) {
  if (forest.EngineWasChosen()) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("engine {} is wanted ({})", forest::EngineName(forest.EngineInUse()),
                            forest.EngineReason()));
  }
  AISLE_TRY(auto inputs, features::ResolvePairInputs(spec.inputs));
  const forest::SweepCatalogue catalogue = Describe(inputs, view);
  AISLE_TRY(forest::Sweep sweep, forest::Sweep::Build(forest.BuiltFrom(), catalogue));
  SweepScorer scorer(std::move(sweep), features::PairRowMaker(view, std::move(inputs)), spec, view);
  if (!(scorer.score_distance_ < kDistanceMax)) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("its fast scores would be as far as {:.2g} from the exact ones",
                            scorer.score_distance_));
  }
  return scorer;
}

Result<std::optional<SweepScorer>> SweepScorer::MakeIfFits(const ModelSpec& spec,
                                                           const forest::Forest& forest,
                                                           const features::CatalogueView& view) {
  auto made = Make(spec, forest, view);
  if (made) return std::optional(*std::move(made));
  if (!forest.SweepWasChosen()) return std::optional<SweepScorer>();
  return Fail(made.error().code,
              fmt::format("engine {} is wanted, and does not take this model and catalogue: {}",
                          forest::EngineName(forest::Engine::kSweep), made.error().message));
}

SweepScorer::SweepScorer(forest::Sweep sweep, features::PairRowMaker maker, const ModelSpec& spec,
                         const features::CatalogueView& view)
    : sweep_(std::move(sweep)),
      maker_(std::move(maker)),
      view_(&view),
      slope_(spec.calibration_slope),
      offset_(spec.calibration_offset),
      blend_(spec.propensity_blend) {
  block_ = std::max<std::size_t>(16, (sweep_.CellCount() / kBlocks + 15) / 16 * 16);
  padded_ = (sweep_.CellCount() + block_ - 1) / block_ * block_;
  score_distance_ = ScoreDistance();
}

SweptCandidates SweepScorer::Group(std::span<const std::uint32_t> candidates) const {
  const auto& products = view_->FullCatalogue().products;
  SweptCandidates swept;
  swept.positions.assign(candidates.begin(), candidates.end());
  for (std::uint32_t i = 0; i < candidates.size(); ++i) {
    if (sweep_.CellOf(candidates[i]) == forest::Sweep::kOutside) {
      swept.outside = true;
    } else {
      swept.members.push_back(i);
    }
  }
  const auto key = [&](std::uint32_t i) {
    const std::uint32_t position = candidates[i];
    return std::pair(sweep_.CellOf(position), std::uint32_t{products[position].category});
  };
  std::ranges::sort(swept.members, [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(key(a), candidates[a]) < std::pair(key(b), candidates[b]);
  });
  swept.cell_group.assign(sweep_.CellCount() + 1, 0);
  swept.bias.assign(padded_, kNone);
  for (std::uint32_t m = 0; m < swept.members.size(); ++m) {
    const auto [cell, category] = key(swept.members[m]);
    if (m > 0 && key(swept.members[m - 1]) == std::pair(cell, category)) continue;
    swept.groups.push_back({m, category});
    ++swept.cell_group[cell + 1];
    swept.bias[cell] = 0;
  }
  swept.groups.push_back({static_cast<std::uint32_t>(swept.members.size()), 0});
  std::partial_sum(swept.cell_group.begin(), swept.cell_group.end(), swept.cell_group.begin());
  return swept;
}

void SweepScorer::FillRequest(const features::CustomerRecord& customer, base::Timestamp now,
                              SweepWorkspace& work) const {
  work.request.resize(maker_.InputCount());
  maker_.FillRequest(customer, now, work.request);
}

float SweepScorer::FillAdd(std::span<const float> propensity, SweepWorkspace& work) const {
  work.add.clear();
  for (const float p : propensity)
    work.add.push_back(static_cast<float>(blend_ * static_cast<double>(p)));
  return work.add.empty() ? 0.0F : *std::ranges::max_element(work.add);
}

// How far a screened score may be from the exact one; both are (1 - b) * sigmoid(slope * margin + offset) + b * p.
//
// The margins differ by the sweep's ExactDistance(), and the sigmoid's slope is at most 1/4. Screening rounds slope,
// offset, product and sum to floats, the exact way the sum: each by 2^-24 of at most |slope| * MarginMax() +
// |offset|, together less than 2^-21 of it. The fast sigmoid is within kProbabilityError; the exact one, which
// takes an exponential, a sum, a quotient and a minimum, within 6 * 2^-24. Product, sum and blend round by 2^-24
// of at most 2 each, in either way, and so does what is compared with them.
double SweepScorer::ScoreDistance() const {
  const double argument =
      std::abs(slope_) * sweep_.ExactDistance() +
      std::ldexp(std::abs(slope_) * sweep_.MarginMax() + std::abs(offset_), -21);
  const double sigmoid = forest::Sweep::kProbabilityError + 6 * std::ldexp(1.0, -24);
  return argument / 4 + sigmoid + std::ldexp(2.0, -21);
}

// Adds the groups of a block's cells whose probability is at least `cut` and whose score is at least `score_min`.
void SweepScorer::Evaluate(const SweptCandidates& candidates, std::size_t block, float cut,
                           float score_min, SweepWorkspace& work) const {
  const auto weight = static_cast<float>(work.add.empty() ? 1.0 : 1.0 - blend_);
  const std::size_t end = std::min((block + 1) * block_, sweep_.CellCount());
  for (std::size_t cell = block * block_; cell < end; ++cell) {
    const float p = work.probabilities[cell] + candidates.bias[cell];
    if (!(p >= cut)) continue;
    for (std::uint32_t g = candidates.cell_group[cell]; g < candidates.cell_group[cell + 1]; ++g) {
      const float score =
          weight * p + (work.add.empty() ? 0.0F : work.add[candidates.groups[g].category]);
      if (score >= score_min) work.screened.push_back({score, g, static_cast<std::uint32_t>(cell)});
    }
  }
}

// Leaves in work.screened every group that may hold one of the best `count`, and few others.
void SweepScorer::Screen(const SweptCandidates& candidates, std::size_t count, float add_max,
                         double distance, SweepWorkspace& work) const {
  const std::size_t blocks = padded_ / block_;
  work.block_maxima.resize(blocks);
  sweep_.BlockMaxima(work.probabilities, candidates.bias, block_, work.block_maxima);
  // The most promising blocks give a floor: so many candidates are at least this good. The floor may be lower
  // than the true one by the screening's distance, which is why it is taken off twice: once for those above,
  // once for those below.
  const auto span = static_cast<float>(2.0 * distance * 1.0001);
  const auto floor_of = [&] {
    work.ordered.clear();
    for (const auto& screened : work.screened) {
      const std::size_t size =
          candidates.groups[screened.group + 1].begin - candidates.groups[screened.group].begin;
      work.ordered.insert(work.ordered.end(), std::min(size, count), screened.score);
    }
    return work.ordered.size() < count ? kNone : NthLargest(work.ordered, count) - span;
  };
  float floor = kNone;
  for (std::size_t promising = 4; floor == kNone; promising *= 4) {
    const std::size_t taken = std::min(promising, blocks);
    work.ordered = work.block_maxima;
    const float bar = taken == blocks ? 0.0F : std::max(NthLargest(work.ordered, taken), 0.0F);
    work.screened.clear();
    for (std::size_t block = 0; block < blocks; ++block) {
      if (work.block_maxima[block] >= bar) Evaluate(candidates, block, bar, kNone, work);
    }
    floor = floor_of();
    if (taken == blocks) break;
  }
  // Below `cut` even the best category does not reach the floor, whatever was rounded on the way.
  const auto weight = static_cast<float>(work.add.empty() ? 1.0 : 1.0 - blend_);
  const float cut = floor == kNone ? 0.0F : std::max((floor - add_max - 1e-6F) / weight, 0.0F);
  work.screened.clear();
  for (std::size_t block = 0; block < blocks; ++block) {
    if (work.block_maxima[block] >= cut) Evaluate(candidates, block, cut, floor, work);
  }
  floor = floor_of();
  std::erase_if(work.screened, [&](const auto& screened) { return screened.score < floor; });
}

void SweepScorer::ScoreFinalists(std::span<const float> propensity,
                                 const SweptCandidates& candidates, std::size_t count,
                                 SweepWorkspace& work) const {
  // Screened groups stand in the order of their cells.
  work.cells.clear();
  for (const auto& screened : work.screened) {
    if (work.cells.empty() || work.cells.back() != screened.cell)
      work.cells.push_back(screened.cell);
  }
  const bool all =
      std::min(work.cells.size(), kSumsMax) * forest::Sweep::kCellsAtOnce > sweep_.CellCount();
  work.exact.resize(all ? sweep_.CellCount() : work.cells.size());
  if (all) {
    sweep_.ExactAll(work.sweep, work.exact);
  } else {
    sweep_.Exact(work.cells, work.sweep, work.exact);
  }
  work.scores.clear();
  work.positions.clear();
  work.indices.clear();
  std::size_t at = 0;
  for (const auto& screened : work.screened) {
    if (work.cells[at] != screened.cell) ++at;
    float score = Calibrated(work.exact[all ? screened.cell : at], slope_, offset_);
    const SweptCandidates::Group& group = candidates.groups[screened.group];
    if (!work.add.empty()) score = Blended(score, blend_, propensity[group.category]);
    const std::uint32_t end = candidates.groups[screened.group + 1].begin;
    // Members stand in rising order: of one score, more than `count` are never needed.
    for (std::uint32_t m = group.begin; m < end && m < group.begin + count; ++m) {
      work.scores.push_back(score);
      work.indices.push_back(candidates.members[m]);
      work.positions.push_back(candidates.positions[candidates.members[m]]);
    }
  }
  work.best.clear();
  for (const std::uint32_t i : work.selector.Select(work.scores, work.positions, count))
    work.best.push_back({work.indices[i], work.scores[i]});
}

bool SweepScorer::Top(std::span<const float> propensity, const SweptCandidates& candidates,
                      std::size_t count, SweepWorkspace& work) const {
  AISLE_ASSERT(work.request.size() == maker_.InputCount());
  AISLE_ASSERT(candidates.bias.size() == padded_);
  const bool blends = blend_ > 0 && !propensity.empty();
  if (candidates.outside || !sweep_.Takes(work.request)) return false;
  if (blends && (propensity.size() < view_->FullCatalogue().categories.size() ||
                 !std::ranges::all_of(propensity, [](float p) { return p >= 0 && p <= 1; }))) {
    return false;
  }
  work.best.clear();
  if (count == 0 || candidates.members.empty()) return true;
  sweep_.Run(work.request, work.sweep);
  work.probabilities.resize(padded_);
  sweep_.Probabilities(work.sweep.Margins(), static_cast<float>(slope_),
                       static_cast<float>(offset_),
                       std::span(work.probabilities).first(sweep_.CellCount()));
  const float add_max = FillAdd(blends ? propensity : std::span<const float>(), work);
  Screen(candidates, count, add_max, score_distance_, work);
  ScoreFinalists(propensity, candidates, count, work);
  return true;
}

}  // namespace aisle::ranking
