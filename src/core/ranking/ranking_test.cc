#include "ranking/ranking.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>
#include <set>

#include "ranking/random_spec_testing.h"

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

// The shop has three tiers; the model learnt when it had those four of the quickstart.
TEST(PairScorer, AModelThatCountsOtherTiersThanThereAreIsRefused) {
  auto parts = domain::RetailerShape::Quickstart().All();
  ModelSpec spec = RandomSpec(3, 5, 3, {"loyalty_tier_num", "price"});
  for (const auto& tier : parts.tiers) spec.tiers.push_back(tier.name);
  features::Catalogue catalogue;
  EXPECT_TRUE(PairScorer::Make(spec, features::CatalogueView(catalogue)));

  parts.tiers.erase(parts.tiers.begin() + 1);
  catalogue.shape = *domain::RetailerShape::Make(parts);
  const features::CatalogueView view(catalogue);
  const auto refused = PairScorer::Make(spec, view);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_NE(refused.error().message.find("now they are Bronze, Gold, Platinum: train it again"),
            std::string::npos)
      << refused.error().message;
  // So is the model of categories, before its file is read.
  const auto category =
      CategoryScorer::Make({.ubjson = "garbage", .inputs = spec.inputs, .tiers = spec.tiers}, view);
  ASSERT_FALSE(category);
  EXPECT_EQ(category.error().code, ErrorCode::kFailedPrecondition);

  // Nobody said what it learnt from, or it does not look at tiers.
  EXPECT_TRUE(PairScorer::Make(RandomSpec(3, 5, 3, {"loyalty_tier_num", "price"}), view));
  ModelSpec without = RandomSpec(3, 5, 3, {"age", "price"});
  without.tiers = spec.tiers;
  EXPECT_TRUE(PairScorer::Make(without, view));
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
  std::vector<features::CustomerRecord> customers(407);
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

// What the server does against the plain way, with every engine this CPU has.
TEST(PairScorer, PreparedCandidatesScoreLikeTheirRows) {
  base::Stream stream(7, 7, 7);
  features::Catalogue catalogue;
  catalogue.categories = {{"C1", "One", "D"}, {"C2", "Two", "D"}};
  catalogue.brands = {"A", "B", "C"};
  std::vector<std::uint32_t> candidates;
  for (std::uint32_t i = 0; i < 700; ++i) {
    features::ProductRecord product;
    product.product = {i};
    product.category = static_cast<std::uint16_t>(stream.Below(2));
    product.brand = static_cast<std::uint16_t>(stream.Below(3));
    product.price = {stream.Between(1, 20'000)};
    product.price_z = stream.Normal();
    catalogue.products.push_back(product);
    if (stream.Chance(0.9)) candidates.push_back(i);
  }
  const features::CatalogueView view(catalogue);
  std::vector<std::string> inputs;
  for (const auto& input : features::PairInputs()) inputs.emplace_back(input.name);
  ModelSpec spec = RandomSpec(3, 60, 8, inputs, 0.05);
  spec.propensity_blend = 0.3;
  const std::vector<float> propensity = {0.9F, 0.1F};
  for (const forest::Engine engine : forest::AllEngines()) {
    if (!forest::CheckEngine(engine)) continue;
    setenv("AISLE_FOREST_ENGINE", std::string(forest::EngineName(engine)).c_str(), 1);
    const auto scorer = PairScorer::Make(spec, view);
    unsetenv("AISLE_FOREST_ENGINE");
    ASSERT_TRUE(scorer) << scorer.error().message;
    const PreparedCandidates prepared = scorer->Prepare(candidates);
    Scratch scratch;
    for (int customers = 0; customers < 5; ++customers) {
      features::CustomerRecord customer;
      customer.total_orders = customers;
      for (std::int64_t id = 0; id < 700; id += 1 + stream.Between(0, 60))
        customer.pairs.push_back({.product = {id}, .views = 2, .purchases = customers % 2});
      std::vector<float> rows(candidates.size());
      std::vector<float> columns(candidates.size());
      const auto now = base::FromMicros(0);
      scorer->FillRows(customer, propensity, now, candidates, scratch);
      scorer->ScoreRows(propensity, candidates, scratch, rows);
      scorer->FillColumns(customer, propensity, now, prepared, scratch);
      scorer->ScoreColumns(propensity, prepared, scratch, columns);
      ASSERT_EQ(rows, columns) << forest::EngineName(engine);
    }
  }
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
