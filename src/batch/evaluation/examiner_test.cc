#include "evaluation/examiner.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "evaluation/contenders.h"
#include "ranking/metrics.h"
#include "ranking/random_spec_testing.h"
#include "ranking/select.h"

namespace aisle::evaluation {
namespace {

const base::Timestamp kCutoff = *base::ParseTimestamp("2026-06-01");

features::Catalogue MakeCatalogue() {
  features::Catalogue catalogue;
  catalogue.as_of = kCutoff;
  catalogue.categories = {{"C1", "One", "D"}, {"C2", "Two", "D"}};
  catalogue.brands = {"B"};
  for (int i = 0; i < 40; ++i) {
    features::ProductRecord product;
    product.product = {100 + i};
    product.category = static_cast<std::uint16_t>(i % 2);
    product.price = {1'000 + 50 * i};
    product.price_z = i / 10.0 - 2;
    product.purchases_90d = 40 - i;
    for (const std::int32_t count : {i, 0, 0, 0, 40 - i})
      catalogue.region_purchases_90d.push_back(count);
    catalogue.products.push_back(product);
  }
  return catalogue;
}

features::CustomerRecord Customer() {
  features::CustomerRecord customer;
  customer.customer = {7};
  customer.region = domain::Region::kWest;
  customer.categories = {{1, 5, 1, 0, kCutoff - base::kDay, features::kNever}};
  features::PairHistory seen;
  seen.views = 1;
  seen.product = {105};
  seen.last_view = kCutoff - base::kDay;
  features::PairHistory old = seen;
  old.product = {120};
  old.views = 3;
  old.last_view = kCutoff - 60 * base::kDay;
  customer.pairs = {seen, old};
  return customer;
}

std::vector<std::uint32_t> All() {
  std::vector<std::uint32_t> positions(40);
  std::iota(positions.begin(), positions.end(), 0U);
  return positions;
}

std::vector<std::uint32_t> Best(const std::vector<float>& scores) {
  return ranking::SelectTop(scores, All(), 10);
}

TEST(Contenders, PopularityIsThatOfTheCustomersRegion) {
  const features::Catalogue catalogue = MakeCatalogue();
  std::vector<float> scores(40);
  PopularityRegion(catalogue, Customer(), All(), scores);
  EXPECT_EQ(Best(scores)[0], 0U);
  features::CustomerRecord customer = Customer();
  customer.region = domain::Region::kNortheast;
  PopularityRegion(catalogue, customer, All(), scores);
  EXPECT_EQ(Best(scores)[0], 39U);
}

TEST(Contenders, OwnCategoriesComeFirst) {
  const features::Catalogue catalogue = MakeCatalogue();
  const features::CatalogueView view(catalogue);
  std::vector<float> scores(40);
  PopularityOwnCategories(view, Customer(), All(), scores);
  for (const std::uint32_t position : Best(scores)) EXPECT_EQ(position % 2, 1U);
  PopularityOwnCategories(view, {}, All(), scores);
  EXPECT_EQ(Best(scores)[0], 0U) << "without sessions it is popularity";
}

TEST(Contenders, FrequencyFadesAndPopularityFillsTheRest) {
  const features::Catalogue catalogue = MakeCatalogue();
  std::vector<float> scores(40);
  PersonalFrequency(catalogue, Customer(), kCutoff, All(), scores);
  const auto best = Best(scores);
  EXPECT_EQ(best[0], 5U) << "one view yesterday beats three of two months ago";
  EXPECT_EQ(best[1], 20U);
  EXPECT_EQ(best[2], 0U);
}

class ExaminerTest : public testing::Test {
 protected:
  ExaminerTest() : catalogue_(MakeCatalogue()), view_(catalogue_) {}

  Examiner Make(const Panel& panel, const Oracle* oracle = nullptr, bool ablate = false) {
    auto examiner = Examiner::Make(panel, view_, kCutoff, oracle, All(), ablate);
    EXPECT_TRUE(examiner) << examiner.error().message;
    return *std::move(examiner);
  }
  Card Examine(const Examiner& examiner, const std::vector<gold::Activity>& happened) {
    Desk desk;
    return examiner.Examine(Customer(), happened, desk);
  }

  features::Catalogue catalogue_;
  features::CatalogueView view_;
  const std::vector<gold::Activity> bought_ = {{{7}, {103}, 0, 0, 1}, {{7}, {105}, 1, 1, 2}};
};

TEST_F(ExaminerTest, WhatIsEvaluatedIsWhatIsServed) {
  Panel panel;
  panel.rankings = {
      {"ranking/1", "r", ranking::RandomSpec(3, 30, 4, {"price", "price_z", "propensity"}), 0}};
  panel.rankings[0].spec.propensity_blend = 0.3;
  panel.propensities = {
      {"propensity/1", "p", ranking::RandomSpec(4, 30, 4, {"category", "total_orders"})}};
  panel.contending_propensities = 1;
  const Card card = Examine(Make(panel), bought_);

  const auto categories = *ranking::CategoryScorer::Make(panel.propensities[0].spec, view_);
  const auto pairs = *ranking::PairScorer::Make(panel.rankings[0].spec, view_);
  ranking::Scratch scratch;
  std::vector<float> propensity(2);
  categories.Score(Customer(), kCutoff, scratch, propensity);
  std::vector<float> scores(40);
  pairs.FillRows(Customer(), propensity, kCutoff, All(), scratch);
  pairs.ScoreRows(propensity, All(), scratch, scores);
  EXPECT_EQ(card.rankings[0].top[0], Best(scores));
  EXPECT_EQ(card.propensities[0].scores, propensity);
  // What it expected is the sum of what is served; two products were bought.
  EXPECT_EQ(card.calibration_weight, 1);
  ASSERT_EQ(card.expected.size(), 1U);
  EXPECT_NEAR(card.expected[0].expected, std::accumulate(scores.begin(), scores.end(), 0.0), 1e-4);
  EXPECT_EQ(card.expected[0].actual, 2);
  double bought = 0, counted = 0;
  for (const CalibrationBin& bin : card.expected[0].curve) {
    bought += bin.actual;
    counted += bin.count;
  }
  EXPECT_EQ(bought, 2);
  EXPECT_EQ(counted, 40);
  std::vector<float> labels(40, 0);
  labels[3] = labels[5] = 1;
  EXPECT_NEAR(card.rankings[0].metrics[3], ranking::Auc(scores, labels), 1e-12);
}

// The pair's views decide. Age is asked for too, and both answers are the same.
ranking::ModelSpec ViewsDecide() {
  forest::Model model;
  model.feature_count = 2;
  model.nodes = {{.value = 0.5F, .feature = 1, .left = 1}, {.value = -1}, {.value = 1},
                 {.value = 30, .feature = 0, .left = 1},   {.value = 2},  {.value = 2}};
  model.tree_begin = {0, 3, 6};
  return ranking::SpecOfTrees(model, 1, {"age", "pair_views"});
}

bool SameBits(const std::array<double, kMetricCount>& a,
              const std::array<double, kMetricCount>& b) {
  return std::memcmp(a.data(), b.data(), sizeof(a)) == 0;
}

TEST_F(ExaminerTest, WithoutADecisiveGroupTheRankingIsWorseAndWithoutAnIdleOneTheSame) {
  Panel panel;
  panel.rankings = {{"ranking/1", "r", ViewsDecide()}};
  const Examiner examiner = Make(panel, nullptr, true);
  const auto& blanks = examiner.BlanksOfModel(0).blanks;
  ASSERT_EQ(blanks.size(), 2U);
  ASSERT_EQ(blanks[0].group, features::InputGroup::kProfile);
  const Card card = Examine(examiner, {{{7}, {120}, 0, 0, 1}});
  const auto& whole = card.rankings[0].metrics;
  ASSERT_EQ(card.blanked[0].size(), 2U);
  // Viewed were 105 and 120; without the views all are equal, and those with the smallest ids come first.
  EXPECT_DOUBLE_EQ(whole[0], 1 / std::log2(3.0));
  EXPECT_DOUBLE_EQ(card.blanked[0][1][0], 0);
  EXPECT_TRUE(SameBits(card.blanked[0][0], whole));
  EXPECT_FALSE(SameBits(card.blanked[0][1], whole));
  EXPECT_TRUE(Examine(Make(panel), bought_).blanked[0].empty()) << "nobody asked";
}

TEST_F(ExaminerTest, TheWholeModelIsTheSameWhetherItIsAblatedOrNot) {
  Panel panel;
  panel.rankings = {
      {"ranking/1", "r", ranking::RandomSpec(3, 30, 4, {"price", "pair_views", "propensity"}), 0},
      {"ranking/2", "r", ranking::RandomSpec(5, 30, 4, {"price_z", "pair_views"}), 0}};
  panel.rankings[1].spec.propensity_blend = 0.3;
  panel.propensities = {
      {"propensity/1", "p", ranking::RandomSpec(4, 30, 4, {"category", "total_orders"})}};
  const Card plain = Examine(Make(panel), bought_);
  const Examiner examiner = Make(panel, nullptr, true);
  const Card ablated = Examine(examiner, bought_);
  ASSERT_EQ(plain.rankings.size(), ablated.rankings.size());
  for (std::size_t c = 0; c < plain.rankings.size(); ++c) {
    EXPECT_TRUE(SameBits(plain.rankings[c].metrics, ablated.rankings[c].metrics)) << c;
    EXPECT_EQ(plain.rankings[c].top, ablated.rankings[c].top) << c;
  }
  // Without what is blended in, a ranking is what it is without a propensity model.
  ASSERT_EQ(examiner.BlanksOfModel(1).blanks[1].group, features::InputGroup::kPropensity);
  panel.rankings[1].propensity = -1;
  const Card alone = Examine(Make(panel), bought_);
  EXPECT_TRUE(SameBits(ablated.blanked[1][1], alone.rankings[1].metrics));
}

TEST_F(ExaminerTest, NewMeansNeverTouchedBeforeForRankingAndForTruth) {
  const Card card = Examine(Make({}), bought_);
  ASSERT_TRUE(card.buyer);
  ASSERT_TRUE(card.new_buyer);
  const Ranked& frequency = card.rankings[2];
  EXPECT_EQ(frequency.top[0][0], 5U);
  EXPECT_EQ(frequency.top[1][0], 0U) << "5 and 20 were touched";
  // Of what is new only 103 was bought: fourth by popularity.
  EXPECT_DOUBLE_EQ(frequency.metrics[4], 1 / std::log2(5.0));
  const Card old = Examine(Make({}), {{{7}, {105}, 1, 1, 2}});
  EXPECT_TRUE(old.buyer);
  EXPECT_FALSE(old.new_buyer);
  EXPECT_TRUE(std::isnan(old.rankings[2].metrics[4]));
}

TEST_F(ExaminerTest, WhoBoughtNothingIsNotRankedButHasPropensities) {
  Panel panel;
  panel.propensities = {
      {"propensity/1", "p", ranking::RandomSpec(4, 30, 4, {"category", "total_orders"})}};
  const Card card = Examine(Make(panel), {{{7}, {103}, 2, 1, 0}});
  EXPECT_FALSE(card.buyer);
  EXPECT_TRUE(card.rankings.empty());
  EXPECT_EQ(card.propensities.size(), 1U);
  EXPECT_EQ(card.bought_category, (std::vector<bool>{false, false}));
}

TEST_F(ExaminerTest, OneInEightOfThoseWhoBoughtNothingIsScoredForCalibration) {
  Panel panel;
  panel.rankings = {{"ranking/1", "r", ranking::RandomSpec(3, 30, 4, {"price", "price_z"})}};
  const Examiner examiner = Make(panel);
  Desk desk;
  double weight = 0;
  for (int i = 0; i < 800; ++i) {
    features::CustomerRecord customer = Customer();
    customer.customer = {i};
    const Card card = examiner.Examine(customer, {}, desk);
    EXPECT_EQ(card.expected.size(), card.calibration_weight > 0 ? 1U : 0U);
    EXPECT_TRUE(card.rankings.empty());
    weight += card.calibration_weight;
  }
  EXPECT_NEAR(weight, 800, 250) << "they stand for all";
}

TEST_F(ExaminerTest, TheOracleIsJudgedByItsLists) {
  Oracle oracle;
  oracle[7] = {{{103}, {105}}, {{199}, {103}}};
  const Card card = Examine(Make({}, &oracle), bought_);
  const Ranked& ranked = card.rankings.back();
  EXPECT_DOUBLE_EQ(ranked.metrics[0], 1);
  EXPECT_DOUBLE_EQ(ranked.metrics[4], 1) << "a product that is not in the catalogue is passed over";
  EXPECT_TRUE(std::isnan(ranked.metrics[3]));
}

}  // namespace
}  // namespace aisle::evaluation
