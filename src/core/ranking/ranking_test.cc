#include "ranking/ranking.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "ranking/random_spec.h"

namespace aisle::ranking {
namespace {

TEST(PairScorer, AFileThatIsNoModelIsRefused) {
  const features::Catalogue catalogue;
  const features::CatalogueView view(catalogue);
  EXPECT_FALSE(PairScorer::Make({.ubjson = "garbage", .inputs = {"age"}}, view));
  EXPECT_FALSE(CategoryScorer::Make({.ubjson = "", .inputs = {"age"}}, view));
}

TEST(PairScorer, AnInputThisBuildCannotMakeIsNamedBeforeTheFileIsRead) {
  const features::Catalogue catalogue;
  const features::CatalogueView view(catalogue);
  const auto scorer = PairScorer::Make({.ubjson = "garbage", .inputs = {"shoe_size"}}, view);
  ASSERT_FALSE(scorer);
  EXPECT_EQ(scorer.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_NE(scorer.error().message.find("shoe_size"), std::string::npos);
}

TEST(PairScorer, ARandomSpecScoresBetweenZeroAndOneAndBlendsThePropensity) {
  features::Catalogue catalogue;
  catalogue.categories = {{"C1", "One", "D"}, {"C2", "Two", "D"}};
  catalogue.brands = {"B"};
  for (int i = 0; i < 40; ++i) {
    features::ProductRecord product;
    product.product = {i};
    product.category = static_cast<std::uint16_t>(i % 2);
    product.price = {100 * i};
    product.price_z = i / 10.0 - 2;
    catalogue.products.push_back(product);
  }
  const features::CatalogueView view(catalogue);
  ModelSpec spec = RandomSpec(3, 50, 4, {"price_z", "price", "propensity"});
  const auto plain = PairScorer::Make(spec, view);
  ASSERT_TRUE(plain) << plain.error().message;
  spec.propensity_blend = 0.3;
  const auto blended = PairScorer::Make(spec, view);
  ASSERT_TRUE(blended);
  std::vector<std::uint32_t> candidates(40);
  std::iota(candidates.begin(), candidates.end(), 0U);
  const std::vector<float> propensity = {0.9F, 0.1F};
  std::vector<float> a(40), b(40);
  Scratch scratch;
  const auto now = base::FromMicros(0);
  plain->FillRows({}, propensity, now, candidates, scratch);
  plain->ScoreRows(propensity, candidates, scratch, a);
  blended->FillRows({}, propensity, now, candidates, scratch);
  blended->ScoreRows(propensity, candidates, scratch, b);
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_GT(a[i], 0);
    EXPECT_LT(a[i], 1);
    EXPECT_FLOAT_EQ(b[i], 0.7F * a[i] + 0.3F * propensity[i % 2]);
  }
  EXPECT_GT(std::set<float>(a.begin(), a.end()).size(), 10U);
}

TEST(CategoryScorer, ABlockOfCustomersScoresLikeEachAlone) {
  features::Catalogue catalogue;
  catalogue.categories = {{"C1", "One", "D"}, {"C2", "Two", "D"}, {"C3", "Three", "E"}};
  const features::CatalogueView view(catalogue);
  const auto scorer = CategoryScorer::Make(
      RandomSpec(4, 30, 4, {"category", "total_orders", "category_sessions"}), view);
  ASSERT_TRUE(scorer) << scorer.error().message;
  std::vector<features::CustomerRecord> customers(7);
  for (std::size_t i = 0; i < customers.size(); ++i) {
    customers[i].total_orders = static_cast<std::int32_t>(i) - 2;
    customers[i].categories.push_back(
        {.category = static_cast<std::uint16_t>(i % 3), .sessions = static_cast<std::int32_t>(i)});
  }
  const auto now = base::FromMicros(0);
  Scratch scratch;
  std::vector<float> block(customers.size() * 3);
  scorer->ScoreBlock(customers, now, scratch, block);
  for (std::size_t i = 0; i < customers.size(); ++i) {
    std::vector<float> alone(3);
    scorer->Score(customers[i], now, scratch, alone);
    EXPECT_EQ(alone, std::vector<float>(block.begin() + static_cast<std::ptrdiff_t>(3 * i),
                                        block.begin() + static_cast<std::ptrdiff_t>(3 * i + 3)));
  }
  EXPECT_GT(std::set<float>(block.begin(), block.end()).size(), 5U);
}

TEST(CategoryScorer, AProbabilityStaysBelowOneHoweverLargeTheMargin) {
  features::Catalogue catalogue;
  catalogue.categories = {{"C1", "One", "D"}};
  const features::CatalogueView view(catalogue);
  ModelSpec spec = RandomSpec(4, 1, 1, {"category"});
  spec.calibration_offset = 60;
  const auto scorer = CategoryScorer::Make(spec, view);
  ASSERT_TRUE(scorer);
  Scratch scratch;
  std::vector<float> scores(1);
  scorer->Score({}, base::FromMicros(0), scratch, scores);
  EXPECT_LT(scores[0], 1.0F);
  EXPECT_GT(scores[0], 0.999F);
}

TEST(SpecOf, CarriesInputsInOrderAndTheCalibration) {
  registry::ModelVersion version;
  version.ubjson = "bytes";
  version.manifest.inputs = {{"price", "float", "product"}, {"age", "float", "request"}};
  version.manifest.calibration_slope = 0.5;
  version.manifest.calibration_offset = -1;
  version.manifest.propensity_blend = 0.3;
  const auto spec = SpecOf(version);
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->ubjson, "bytes");
  EXPECT_EQ(spec->inputs, (std::vector<std::string>{"price", "age"}));
  EXPECT_EQ(spec->calibration_slope, 0.5);
  EXPECT_EQ(spec->calibration_offset, -1);
  EXPECT_EQ(spec->propensity_blend, 0.3);
  version.manifest.propensity_blend = 1;
  EXPECT_FALSE(SpecOf(version)) << "a blend that leaves nothing of the model";
}

TEST(SpecOf, RefusesAnInputOfAnotherTypeByName) {
  registry::ModelVersion version;
  version.manifest.model = "ranking";
  version.manifest.version = 3;
  version.manifest.inputs = {{"colour", "categorical", "product"}};
  const auto spec = SpecOf(version);
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_NE(spec.error().message.find("ranking/3: input 'colour'"), std::string::npos)
      << spec.error().message;
}

}  // namespace
}  // namespace aisle::ranking
