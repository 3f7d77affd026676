#include "ranking/sweep_scorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "base/random.h"
#include "ranking/random_shop_testing.h"
#include "ranking/random_spec_testing.h"
#include "ranking/select.h"

namespace aisle::ranking {
namespace {

std::vector<float> MakePropensity(base::Stream& stream, bool ties) {
  std::vector<float> propensity;
  for (int c = 0; c < 5; ++c)
    propensity.push_back(ties ? 0.25F : static_cast<float>(stream.Uniform()));
  return propensity;
}

// What rows and SelectTop give.
std::vector<TopItem> ByRows(const PairScorer& scorer, const features::CustomerRecord& customer,
                            std::span<const float> propensity,
                            std::span<const std::uint32_t> candidates, std::size_t count) {
  Scratch scratch;
  std::vector<float> scores(candidates.size());
  scorer.FillRows(customer, propensity, kNow, candidates, scratch);
  scorer.ScoreRows(propensity, candidates, scratch, scores);
  std::vector<TopItem> best;
  for (const std::uint32_t i : SelectTop(scores, candidates, count)) best.push_back({i, scores[i]});
  return best;
}

void ExpectSame(const std::vector<TopItem>& found, const std::vector<TopItem>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].index, expected[i].index) << "place " << i;
    ASSERT_EQ(std::bit_cast<std::uint32_t>(found[i].score),
              std::bit_cast<std::uint32_t>(expected[i].score))
        << "place " << i;
  }
}

ModelSpec SpecFor(std::uint64_t seed, base::Stream& stream) {
  constexpr std::array<std::pair<double, double>, 4> kCalibrations = {
      {{1, 0}, {0.8, -0.4}, {-1.5, 0.25}, {40, 3}}};
  ModelSpec spec = RandomSpec(seed, 5 + seed * 7 % 90, 1 + static_cast<unsigned>(seed % 7),
                              ReferenceInputs(), 0.1);
  std::tie(spec.calibration_slope, spec.calibration_offset) = kCalibrations[stream.Below(4)];
  spec.propensity_blend = std::array{0.0, 0.3, 0.95}[stream.Below(3)];
  return spec;
}

TEST(SweepScorer, GivesTheProductsAndScoreBitsOfRowsAndSelectTop) {
  SweepWorkspace work;
  std::size_t items = 0;
  std::size_t distinct = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    base::Stream stream(seed, 1, 1);
    const features::Catalogue catalogue = MakeCatalogue(stream, 1 + seed * 29 % 700, seed % 3 == 0);
    const features::CatalogueView view(catalogue);
    const ModelSpec spec = SpecFor(seed, stream);
    const auto rows = PairScorer::Make(spec, view);
    ASSERT_TRUE(rows);
    const auto sweep = SweepScorer::Make(spec, rows->Forest(), view);
    ASSERT_TRUE(sweep) << sweep.error().message;
    std::vector<std::uint32_t> candidates;
    for (std::uint32_t p = 0; p < catalogue.products.size(); ++p) {
      if (stream.Chance(0.85)) candidates.push_back(p);
    }
    const SweptCandidates swept = sweep->Group(candidates);
    for (int i = 0; i < 10; ++i) {
      const features::CustomerRecord customer = MakeCustomer(stream);
      std::vector<float> propensity = MakePropensity(stream, i % 3 == 0);
      if (i % 4 == 0) propensity.clear();
      for (const std::size_t count :
           {std::size_t{1}, std::size_t{13}, std::size_t{108}, std::size_t{5000}, std::size_t{0}}) {
        SCOPED_TRACE(testing::Message()
                     << "seed " << seed << " customer " << i << " top " << count);
        sweep->FillRequest(customer, kNow, work);
        ASSERT_TRUE(sweep->Top(propensity, swept, count, work));
        ExpectSame(work.best, ByRows(*rows, customer, propensity, candidates, count));
        items += work.best.size();
        distinct += work.best.size() > 1 && work.best.front().score != work.best.back().score;
      }
    }
  }
  EXPECT_GT(items, 100'000U);
  EXPECT_GT(distinct, 1000U);
}

TEST(SweepScorer, ScreensWhatManyCandidatesHaveInCommon) {
  base::Stream stream(1, 2, 3);
  const features::Catalogue catalogue = MakeCatalogue(stream, 6000, true);
  const features::CatalogueView view(catalogue);
  ModelSpec spec = RandomSpec(5, 60, 5, ReferenceInputs());
  spec.propensity_blend = 0.3;
  const auto rows = PairScorer::Make(spec, view);
  const auto sweep = SweepScorer::Make(spec, rows->Forest(), view);
  ASSERT_TRUE(sweep) << sweep.error().message;
  std::vector<std::uint32_t> candidates(6000);
  std::iota(candidates.begin(), candidates.end(), 0U);
  const SweptCandidates swept = sweep->Group(candidates);
  EXPECT_LT(swept.groups.size(), 4000U);
  SweepWorkspace work;
  for (int i = 0; i < 20; ++i) {
    const features::CustomerRecord customer = MakeCustomer(stream);
    const std::vector<float> propensity = MakePropensity(stream, false);
    sweep->FillRequest(customer, kNow, work);
    ASSERT_TRUE(sweep->Top(propensity, swept, 50, work));
    ExpectSame(work.best, ByRows(*rows, customer, propensity, candidates, 50));
  }
}

TEST(SweepScorer, DeclinesPropensitiesThatAreNoProbabilities) {
  base::Stream stream(1, 2, 3);
  const features::Catalogue catalogue = MakeCatalogue(stream, 30, false);
  const features::CatalogueView view(catalogue);
  ModelSpec spec = RandomSpec(5, 6, 3, ReferenceInputs());
  spec.propensity_blend = 0.3;
  const auto rows = PairScorer::Make(spec, view);
  const auto sweep = SweepScorer::Make(spec, rows->Forest(), view);
  ASSERT_TRUE(sweep);
  const std::vector<std::uint32_t> candidates = {0, 1, 2};
  const SweptCandidates swept = sweep->Group(candidates);
  SweepWorkspace work;
  sweep->FillRequest(MakeCustomer(stream), kNow, work);
  std::vector<float> propensity(5, 0.5F);
  EXPECT_TRUE(sweep->Top(propensity, swept, 2, work));
  propensity[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(sweep->Top(propensity, swept, 2, work));
  propensity[3] = 1.5F;
  EXPECT_FALSE(sweep->Top(propensity, swept, 2, work));
  propensity.resize(2);
  EXPECT_FALSE(sweep->Top(propensity, swept, 2, work));
}

TEST(SweepScorer, SaysWhyAModelIsNotSwept) {
  base::Stream stream(1, 2, 3);
  const features::Catalogue catalogue = MakeCatalogue(stream, 30, false);
  const features::CatalogueView view(catalogue);
  const auto reason = [&](const ModelSpec& spec) {
    const auto rows = PairScorer::Make(spec, view);
    const auto sweep = SweepScorer::Make(spec, rows->Forest(), view);
    return sweep ? std::string() : sweep.error().message;
  };
  EXPECT_THAT(reason(RandomSpec(1, 20, 4, {"price", "pair_views"})),
              testing::HasSubstr("'pair_views'"));
  ModelSpec steep = RandomSpec(1, 20, 4, ReferenceInputs());
  steep.calibration_slope = 1e9;
  EXPECT_THAT(reason(steep), testing::HasSubstr("from the exact ones"));
}

}  // namespace
}  // namespace aisle::ranking
