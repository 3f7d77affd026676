// The screen's lists against rows and SelectTop, bit by bit: random shops and customers, ties, saturated scores, histories,
// missing propensities; and what it declines.
#include "ranking/screen_scorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>

#include "base/random.h"
#include "forest/cpu.h"
#include "ranking/random_shop_testing.h"
#include "ranking/random_spec_testing.h"

namespace aisle::ranking {
namespace {

using testing::HasSubstr;

std::vector<std::string> AllInputs() {
  std::vector<std::string> inputs;
  for (const auto& input : features::PairInputs()) inputs.emplace_back(input.name);
  return inputs;
}

features::Catalogue ShopOf(base::Stream& stream, std::size_t count, bool twins,
                           std::size_t brands = 5) {
  features::Catalogue catalogue = MakeCatalogue(stream, count, twins);
  for (std::size_t b = 1; b < brands; ++b) catalogue.brands.push_back("B" + std::to_string(b));
  for (features::ProductRecord& product : catalogue.products) {
    product.brand = static_cast<std::uint16_t>(stream.Below(brands));
    product.price_z = twins ? 0.5 * static_cast<double>(stream.Below(4)) : stream.Normal();
    product.views_28d = static_cast<std::int32_t>(stream.Below(20));
    product.purchases_90d = static_cast<std::int32_t>(stream.Below(5));
  }
  return catalogue;
}

features::CustomerRecord CustomerOf(base::Stream& stream, const features::Catalogue& catalogue) {
  features::CustomerRecord customer = MakeCustomer(stream);
  for (std::size_t p = 0; p < catalogue.products.size(); p += 1 + stream.Below(90)) {
    customer.pairs.push_back({.product = catalogue.products[p].product,
                              .views = static_cast<std::int32_t>(stream.Below(4)),
                              .carts = static_cast<std::int32_t>(stream.Below(2)),
                              .last_view = kNow - base::kDay * stream.Between(0, 90)});
  }
  customer.brands = {{0, 3}, {2, 1}};
  customer.categories = {{.category = 1, .sessions = 4, .last_event = kNow - base::kDay}};
  customer.price_z_sum = stream.Normal();
  customer.price_z_count = static_cast<std::int32_t>(stream.Below(5));
  return customer;
}

std::vector<std::uint32_t> Most(base::Stream& stream, const features::Catalogue& catalogue) {
  std::vector<std::uint32_t> candidates;
  for (std::uint32_t p = 0; p < catalogue.products.size(); ++p) {
    if (stream.Chance(0.85)) candidates.push_back(p);
  }
  return candidates;
}

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

testing::AssertionResult Same(const std::vector<TopItem>& found,
                              const std::vector<TopItem>& expected) {
  if (found.size() != expected.size())
    return testing::AssertionFailure() << found.size() << " items for " << expected.size();
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].index != expected[i].index ||
        std::bit_cast<std::uint32_t>(found[i].score) !=
            std::bit_cast<std::uint32_t>(expected[i].score)) {
      return testing::AssertionFailure()
             << "place " << i << ": " << found[i].index << " with " << found[i].score << " for "
             << expected[i].index << " with " << expected[i].score;
    }
  }
  return testing::AssertionSuccess();
}

struct Asked {
  int lists = 0;
  int declined = 0;
};

// Lists of one shop and model against those of rows.
void Compare(const ModelSpec& spec, base::Stream& stream, const features::Catalogue& catalogue,
             Asked& asked) {
  const features::CatalogueView view(catalogue);
  const auto rows = PairScorer::Make(spec, view);
  ASSERT_TRUE(rows) << rows.error().message;
  const auto screen = ScreenScorer::Make(spec, rows->Forest(), view);
  ASSERT_TRUE(screen) << screen.error().message;
  const auto candidates = Most(stream, catalogue);
  const ScreenedCandidates screened = screen->Prepare(candidates);
  ScreenScratch work;
  for (int i = 0; i < 10; ++i) {
    const features::CustomerRecord customer = CustomerOf(stream, catalogue);
    std::vector<float> propensity = {0.25F, 0.5F, 0.125F, 0.5F, 0.75F};
    if (i % 4 == 0) propensity.clear();
    for (const std::size_t count : {std::size_t{1}, std::size_t{18}, std::size_t{108}}) {
      screen->FillColumns(customer, propensity, kNow, screened, work);
      ++asked.lists;
      if (!screen->Top(screened, count, work)) {
        ++asked.declined;
        continue;
      }
      EXPECT_TRUE(Same(work.best, ByRows(*rows, customer, propensity, candidates, count)))
          << "customer " << i << " top " << count;
    }
  }
}

class ScreenScorerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!forest::CpuHasAvx2()) GTEST_SKIP() << "this CPU has no AVX2";
  }
};

TEST_F(ScreenScorerTest, GivesTheProductsAndScoreBitsOfRowsAndSelectTop) {
  Asked asked;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    base::Stream stream(seed, 1, 1);
    ModelSpec spec =
        RandomSpec(seed, 20 + seed * 7 % 90, 1 + static_cast<unsigned>(seed % 6), AllInputs(), 0.1);
    if (seed % 2 == 1) spec.calibration_slope = 0.8, spec.calibration_offset = -0.4;
    const auto catalogue = ShopOf(stream, 1 + seed * 83 % 2500, seed % 3 == 0);
    SCOPED_TRACE(seed);
    Compare(spec, stream, catalogue, asked);
  }
  EXPECT_LT(asked.declined, asked.lists / 2);
}

TEST_F(ScreenScorerTest, TakesMoreBrandsThanAWordHasBits) {
  Asked asked;
  base::Stream stream(2, 2, 2);
  const auto catalogue = ShopOf(stream, 1500, false, 90);
  Compare(RandomSpec(3, 60, 5, AllInputs()), stream, catalogue, asked);
  EXPECT_LT(asked.declined, asked.lists / 2);
}

TEST_F(ScreenScorerTest, DeclinesWhatTiesOrSaturatesAndNeverGivesAnotherList) {
  Asked ties;
  Asked saturated;
  base::Stream stream(3, 3, 3);
  const auto catalogue = ShopOf(stream, 2000, true);
  Compare(RandomSpec(3, 2, 1, AllInputs()), stream, catalogue, ties);
  EXPECT_GT(ties.declined, 0);
  ModelSpec spec = RandomSpec(4, 50, 5, AllInputs());
  spec.calibration_slope = 500;
  spec.calibration_offset = 400;
  Compare(spec, stream, catalogue, saturated);
  EXPECT_GT(saturated.declined, 0);
}

TEST_F(ScreenScorerTest, SaysWhyAModelIsNotScreened) {
  const auto why = [](const ModelSpec& spec) {
    features::Catalogue catalogue;
    const features::CatalogueView view(catalogue);
    const auto rows = PairScorer::Make(spec, view);
    AISLE_ASSERT(rows);
    const auto made = ScreenScorer::Make(spec, rows->Forest(), view);
    return made ? std::string("fits") : made.error().message;
  };
  ModelSpec spec = RandomSpec(1, 10, 6, AllInputs());
  EXPECT_EQ(why(spec), "fits");
  spec.propensity_blend = 0.3;
  EXPECT_THAT(why(spec), HasSubstr("blended"));
  spec.propensity_blend = 0;
  spec.calibration_slope = -1;
  EXPECT_THAT(why(spec), HasSubstr("slope -1"));
  EXPECT_THAT(why(RandomSpec(1, 10, 7, AllInputs())), HasSubstr("deeper than 6"));
  setenv("AISLE_FOREST_SCREEN", "off", 1);
  EXPECT_THAT(why(RandomSpec(1, 10, 6, AllInputs())), HasSubstr("AISLE_FOREST_SCREEN says off"));
  setenv("AISLE_FOREST_SCREEN", "sideways", 1);
  EXPECT_THAT(why(RandomSpec(1, 10, 6, AllInputs())), HasSubstr("none of auto, off, avx2"));
  unsetenv("AISLE_FOREST_SCREEN");
  {
    // Served all the same where a model does not fit; an unknown word is nobody's wish.
    features::Catalogue catalogue;
    const features::CatalogueView view(catalogue);
    const ModelSpec deep = RandomSpec(1, 10, 7, AllInputs());
    const auto rows = PairScorer::Make(deep, view);
    const auto none = ScreenScorer::MakeIfFits(deep, rows->Forest(), view);
    ASSERT_TRUE(none);
    EXPECT_FALSE(none->has_value());
    setenv("AISLE_FOREST_SCREEN", "sideways", 1);
    const auto unknown = ScreenScorer::MakeIfFits(deep, rows->Forest(), view);
    unsetenv("AISLE_FOREST_SCREEN");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidArgument);
  }
  setenv("AISLE_FOREST_ENGINE", "interleaved", 1);
  EXPECT_THAT(why(RandomSpec(1, 10, 6, AllInputs())), HasSubstr("engine interleaved is wanted"));
  unsetenv("AISLE_FOREST_ENGINE");
}

}  // namespace
}  // namespace aisle::ranking
