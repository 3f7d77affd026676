#include "recommend/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "recommend/ask_testing.h"
#include "serving/state/shelf_keeper.h"

namespace aisle::recommend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kProducts = 300;

Answer AskExplained(const Shop& shop, Request request, std::unique_ptr<Ranker> ranker = nullptr) {
  Recommender recommender(nullptr, {}, std::move(ranker));
  recommender.SetState(shop.Open());
  request.explain = true;
  auto answer = Ask(recommender, std::move(request));
  AISLE_ASSERT(answer && (*answer).explained != nullptr);
  return *std::move(answer);
}

Shop BlendedShop() {
  Shop shop = MakeShop(3, kProducts, 4, true);
  shop.model->propensity_blend = 0.3;
  shop.model->calibration_slope = 0.8;
  shop.model->calibration_offset = -0.5;
  return shop;
}

TEST(Explain, ContributionsAndBiasAddUpToTheMarginAndTheBlendToTheScore) {
  for (const std::int64_t customer : {kFirst, kFirst + 1}) {
    const Answer answer = AskExplained(BlendedShop(), Of(customer, "10001", 20));
    const Explained& explained = *answer.explained;
    ASSERT_EQ(explained.items.size(), 20U);
    EXPECT_EQ(explained.inputs, RankingInputs());
    for (std::size_t i = 0; i < 20; ++i) {
      const Explanation& of = explained.items[i];
      ASSERT_EQ(of.contributions.size(), RankingInputs().size());
      double sum = of.bias;
      for (const Contribution& contribution : of.contributions) sum += contribution.contribution;
      EXPECT_NEAR(sum, static_cast<double>(of.margin), 1e-5);
      for (std::size_t k = 1; k < of.contributions.size(); ++k) {
        EXPECT_GE(std::abs(of.contributions[k - 1].contribution),
                  std::abs(of.contributions[k].contribution));
      }
      // The bits that ranked.
      EXPECT_EQ(of.score, answer.items[i].score);
      EXPECT_EQ(of.propensity.has_value(), customer == kFirst) << "odd ones have none";
      const double model = 1 / (1 + std::exp(-(0.8 * static_cast<double>(of.margin) - 0.5)));
      EXPECT_NEAR(static_cast<double>(of.model_score), model, 1e-6);
      const double blended =
          of.propensity ? 0.7 * model + 0.3 * static_cast<double>(*of.propensity) : model;
      EXPECT_NEAR(static_cast<double>(of.score), blended, 1e-6);
    }
  }
}

TEST(Explain, WhatWasLeftOutAndWhatIsShownAreAllProducts) {
  Shop shop = MakeShop(5, kProducts, 2, true);
  shop.shelf.hidden = {4, 9, 11};
  const Answer answer = AskExplained(shop, Of(kFirst));
  std::int64_t sum = static_cast<std::int64_t>(answer.items.size());
  std::map<std::string, std::int64_t> counts;
  for (const LeftOut& left_out : answer.explained->left_out) {
    sum += left_out.count;
    counts[left_out.why] = left_out.count;
  }
  EXPECT_EQ(sum, static_cast<std::int64_t>(kProducts));
  EXPECT_EQ(answer.explained->products, static_cast<std::int64_t>(kProducts));
  EXPECT_EQ(counts["hidden"], 3);
  EXPECT_EQ(counts["ranked lower"], answer.timings.candidates - 5);
  EXPECT_EQ(counts["out of stock in the Northeast"],
            static_cast<std::int64_t>(kProducts) - 3 - answer.timings.candidates);
  EXPECT_FALSE(answer.explained->asked);
}

class AskedAbout : public testing::Test {
 protected:
  AskedProduct About(std::string id) {
    Request request = Of(kFirst);
    request.product = std::move(id);
    answer_ = AskExplained(shop_, std::move(request));
    AISLE_ASSERT(answer_.explained->asked);
    EXPECT_EQ(answer_.explained->items.size(), answer_.items.size());
    return *answer_.explained->asked;
  }
  std::int64_t IdAt(std::size_t position) const {
    return shop_.shelf.catalogue.products[position].product.value;
  }
  // The first product that the Northeast has, or has not, and that is not shown.
  std::size_t Other(bool in_stock) {
    About("no such id");
    const auto& listed = shop_.shelf.regions[0].products;
    const auto shown = Products(answer_);
    for (std::uint32_t position = 0; position < kProducts; ++position) {
      if (std::ranges::binary_search(listed, position) == in_stock &&
          std::ranges::find(shown, IdAt(position)) == shown.end())
        return position;
    }
    ADD_FAILURE() << "none";
    return 0;
  }

  Shop shop_ = MakeShop(6, kProducts, 2, true);
  Answer answer_;
};

TEST_F(AskedAbout, OneThatIsShownHasItsRankAndItsExplanation) {
  About("none");
  const AskedProduct asked = About(std::to_string(answer_.items[2].product.value));
  EXPECT_TRUE(asked.in_answer);
  EXPECT_EQ(asked.why, "rank 3");
  ASSERT_TRUE(asked.explanation);
  EXPECT_EQ(asked.explanation->score, answer_.items[2].score);
}

TEST_F(AskedAbout, OneThatIsRankedLowerHasItsScoreAndItsExplanation) {
  const AskedProduct asked = About(std::to_string(IdAt(Other(true))));
  EXPECT_FALSE(asked.in_answer);
  ASSERT_TRUE(asked.explanation);
  EXPECT_LE(asked.explanation->score, answer_.items.back().score);
  EXPECT_EQ(asked.why,
            fmt::format("ranked lower: its score is {}, that of the last product shown {}",
                        asked.explanation->score, answer_.items.back().score));
}

TEST_F(AskedAbout, OneThatCannotBeHadSaysWhy) {
  const std::size_t lacking = Other(false);
  const AskedProduct asked = About(std::to_string(IdAt(lacking)));
  EXPECT_EQ(asked.why, "out of stock in the Northeast");
  EXPECT_FALSE(asked.explanation);
  const std::size_t offered = Other(true);
  shop_.shelf.hidden = {static_cast<std::uint32_t>(offered)};
  EXPECT_EQ(About(std::to_string(IdAt(offered))).why, "hidden");
  EXPECT_EQ(About("x").why, "no product has this id");
  EXPECT_EQ(About("99999999999999999999").why, "no product has this id");
}

TEST_F(AskedAbout, ARetailersOwnIdIsATextAndOurNumberIsNobodys) {
  auto& products = shop_.shelf.catalogue.products;
  for (std::size_t i = 0; i < products.size(); ++i)
    products[i].source_id = fmt::format("SKU-{}", i);
  EXPECT_EQ(About(std::to_string(products[0].product.value)).why, "no product has this id");
  EXPECT_NE(About("SKU-0").why, "no product has this id");
}

// A ranker behind a network, as far as this is concerned.
class Elsewhere : public LocalRanker {
 public:
  std::string_view WhyUnexplained() const override { return Ranker::WhyUnexplained(); }
};

TEST(Explain, WithoutAModelOfThisProcessTheAnswerSaysWhyAndKeepsItsCounts) {
  const Answer remote =
      AskExplained(MakeShop(5, kProducts, 2, true), Of(kFirst), std::make_unique<Elsewhere>());
  EXPECT_THAT(Reasons(remote), ElementsAre("explanation another program ranked"));
  EXPECT_THAT(remote.explained->items, IsEmpty());
  const Answer plain = AskExplained(MakeShop(5, kProducts, 2, false), Of(kFirst));
  EXPECT_THAT(Reasons(plain), ElementsAre("model missing", "explanation no model ranked"));
  EXPECT_EQ(plain.items.size(), 5U);
  EXPECT_THAT(plain.explained->items, IsEmpty());
  EXPECT_EQ(plain.explained->left_out.size(), 4U);
}

TEST(Explain, AModelThatSaysNothingOfItsTrainingIsServedWithoutExplanation) {
  Shop shop = MakeShop(5, kProducts, 2, true);
  std::string& text = shop.model->ubjson;
  for (std::size_t at = text.find("sum_hessian"); at != std::string::npos;
       at = text.find("sum_hessian"))
    text.replace(at, 11, "base_weights");
  const Answer answer = AskExplained(shop, Of(kFirst));
  EXPECT_EQ(answer.items.size(), 5U);
  EXPECT_THAT(Reasons(answer), ElementsAre("explanation this model cannot be explained"));
}

TEST(Explain, AnAnswerIsTheSameWhetherItIsExplainedOrNot) {
  const Shop shop = BlendedShop();
  Recommender recommender(nullptr);
  recommender.SetState(shop.Open());
  const auto plain = Ask(recommender, Of(kFirst, "10001", 50));
  Request request = Of(kFirst, "10001", 50);
  request.explain = true;
  const auto explained = Ask(recommender, request);
  ASSERT_TRUE(plain && explained);
  EXPECT_EQ(plain->explained, nullptr);
  EXPECT_EQ(Products(*plain), Products(*explained));
  for (std::size_t i = 0; i < plain->items.size(); ++i)
    EXPECT_EQ(plain->items[i].score, explained->items[i].score);
}

TEST(Explain, APriceThatHasChangedIsAmongTheValues) {
  Shop shop = MakeShop(7, kProducts, 2, false);
  shop.model = ranking::RandomSpec(7, 20, 4, {"price", "category"});
  const auto state = shop.Open();
  const std::uint32_t product = shop.shelf.regions[0].products[0];
  const auto shelf =
      serving::LiveShelf::Of(state)->With({}, std::array{serving::PriceChange{product, {123'45}}});
  Recommender recommender(nullptr);
  recommender.SetShelf(shelf);
  Request request = Of(kFirst);
  request.explain = true;
  request.product = std::to_string(shop.shelf.catalogue.products[product].product.value);
  const auto answer = Ask(recommender, request);
  ASSERT_TRUE(answer && answer->explained->asked && answer->explained->asked->explanation);
  for (const Contribution& of : answer->explained->asked->explanation->contributions) {
    if (answer->explained->inputs[of.input] != "price") continue;
    EXPECT_EQ(of.value, 123.45F);
  }
}

}  // namespace
}  // namespace aisle::recommend
