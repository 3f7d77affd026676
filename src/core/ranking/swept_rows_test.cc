#include "ranking/swept_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "forest/forest.h"
#include "forest/formats/load.h"
#include "ranking/random_shop_testing.h"
#include "ranking/random_spec_testing.h"

namespace aisle::ranking {
namespace {

using testing::HasSubstr;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kPrice = 9;  // Of the reference inputs.
constexpr std::size_t kPriceRatio = 12;
constexpr std::size_t kSpendMatch = 13;

struct Case {
  forest::Model model;
  std::vector<float> rows;
  std::size_t customers = 0;

  // The rows that a shop's customers and products make.
  static Case Make(std::uint64_t seed, std::size_t products, std::size_t customers) {
    base::Stream stream(seed, 4, 4);
    const features::Catalogue catalogue = MakeCatalogue(stream, products, seed % 3 == 0);
    const features::CatalogueView view(catalogue);
    const ModelSpec spec =
        RandomSpec(seed, 30, 1 + static_cast<unsigned>(seed % 6), ReferenceInputs(), 0.1);
    const auto scorer = PairScorer::Make(spec, view);
    EXPECT_TRUE(scorer);
    std::vector<std::uint32_t> all(products);
    std::iota(all.begin(), all.end(), 0U);
    Case made{*forest::LoadModel(spec.ubjson), {}, customers};
    Scratch scratch;
    for (std::size_t i = 0; i < customers; ++i) {
      scorer->FillRows(MakeCustomer(stream), {}, kNow, all, scratch);
      made.rows.insert(made.rows.end(), scratch.rows.begin(), scratch.rows.end());
    }
    return made;
  }

  std::size_t Count() const { return rows.size() / model.feature_count; }
  float& At(std::size_t row, std::size_t input) { return rows[row * model.feature_count + input]; }
};

std::vector<float> ByForest(const Case& c) {
  std::vector<float> margins(c.Count());
  forest::Forest::Build(c.model, forest::Engine::kReference)->Margins(c.rows, margins);
  return margins;
}

TEST(SweptRows, GivesTheBitsOfAForestOnRowsOfCustomersAndProducts) {
  forest::SweepScratch scratch;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    // Some requests have fewer rows than are summed one by one, some more.
    const Case c = Case::Make(seed, seed % 2 == 0 ? 40 : 250, 6);
    const auto swept = SweptRows::Make(c.model, c.rows);
    ASSERT_TRUE(swept) << swept.error().message;
    EXPECT_EQ(swept->RequestCount(), c.customers);
    const std::vector<float> expected = ByForest(c);
    std::vector<float> exact(c.Count()), fast(c.Count());
    swept->ExactMargins(scratch, exact);
    swept->Margins(scratch, fast);
    double worst = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(exact[i]), std::bit_cast<std::uint32_t>(expected[i]))
          << "row " << i;
      worst = std::max(worst,
                       std::abs(static_cast<double>(fast[i]) - static_cast<double>(expected[i])));
    }
    EXPECT_LE(worst, swept->Sweep().ExactDistance());
  }
}

TEST(SweptRows, TakesRowsInAnyOrderAsManySmallRequests) {
  Case c = Case::Make(3, 50, 5);
  const std::size_t width = c.model.feature_count;
  std::vector<float> shuffled;
  for (std::size_t i = 0; i < c.Count(); ++i) {
    const std::size_t from = i * 101 % c.Count();  // 101 and 250 have no divisor in common.
    shuffled.insert(shuffled.end(), &c.rows[from * width], &c.rows[from * width] + width);
  }
  c.rows = std::move(shuffled);
  const auto swept = SweptRows::Make(c.model, c.rows);
  ASSERT_TRUE(swept) << swept.error().message;
  EXPECT_GT(swept->RequestCount(), c.customers);
  forest::SweepScratch scratch;
  std::vector<float> exact(c.Count());
  swept->ExactMargins(scratch, exact);
  EXPECT_EQ(exact, ByForest(c));
}

TEST(SweptRows, SplitsWhatNoSingleDenominatorExplains) {
  // Two customers who differ in nothing but a number that is only seen through its quotient.
  Case c = Case::Make(2, 10, 1);
  for (std::size_t i = 0; i < c.Count(); ++i) {
    c.At(i, kPriceRatio) = c.At(i, kPrice) / (i < 5 ? 1.5F : 4.0F);
    c.At(i, kSpendMatch) = i < 5 ? kNan : std::min(c.At(i, kPrice) / 1e-30F, 5.0F);
  }
  const auto swept = SweptRows::Make(c.model, c.rows);
  ASSERT_TRUE(swept) << swept.error().message;
  EXPECT_EQ(swept->RequestCount(), 2U);
  forest::SweepScratch scratch;
  std::vector<float> exact(c.Count());
  swept->ExactMargins(scratch, exact);
  EXPECT_EQ(exact, ByForest(c));
}

TEST(SweptRows, NamesTheRowThatNoRequestHas) {
  struct Bad {
    std::size_t input;
    float value;
    const char* message;
  };
  for (const Bad& bad :
       {Bad{kPriceRatio, -1, "row 1003: 'price_ratio' is -1, which is no quotient"},
        {kSpendMatch, 5.5F, "row 1003: 'spend_match' is 5.5, which is no quotient"},
        {kPrice, kNan, "row 1003: 'price' is nan"},
        {kPrice, -1, "row 1003: 'price' is -1"}}) {
    Case c = Case::Make(1, 10, 1);
    c.At(3, bad.input) = bad.value;
    const auto swept = SweptRows::Make(c.model, c.rows, 1000);
    ASSERT_FALSE(swept);
    EXPECT_EQ(swept.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(swept.error().message, HasSubstr(bad.message));
  }
}

TEST(SweptRows, SaysWhyAModelIsNotOfItsKind) {
  const auto message = [](std::vector<std::string> names, bool named) {
    auto model = *forest::LoadModel(RandomSpec(1, 5, 4, std::move(names)).ubjson);
    if (!named) model.feature_names.clear();
    const std::vector<float> rows(2 * model.feature_count, 1.0F);
    const auto swept = SweptRows::Make(model, rows);
    return swept ? std::string() : swept.error().message;
  };
  EXPECT_THAT(message({"age", "price"}, true), "");
  EXPECT_THAT(message({"age", "price"}, false), HasSubstr("does not name its inputs"));
  EXPECT_THAT(message({"age", "shoe_size"}, true), HasSubstr("'shoe_size'"));
  EXPECT_THAT(message({"age", "price_ratio"}, true), HasSubstr("'price' is no input of the model"));
  EXPECT_THAT(message({"price", "pair_views"}, true), HasSubstr("'pair_views'"));
}

}  // namespace
}  // namespace aisle::ranking
