// What holds for any shop, customer and request.
#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "recommend/ask_testing.h"

namespace aisle::recommend {
namespace {

Request RandomRequest(base::Stream& stream) {
  const std::int64_t customer =
      kFirst + static_cast<std::int64_t>(stream.Below(6));  // Four are known.
  const std::string zip_code =
      stream.Chance(0.8) ? fmt::format("{:05}", stream.Below(100'000)) : std::string();
  const int top_n = stream.Chance(0.3)   ? 1
                    : stream.Chance(0.3) ? kTopNMax
                                         : static_cast<int>(stream.Between(1, kTopNMax));
  return Of(customer, zip_code, top_n, "r");
}

void ExpectSound(const Shop& shop, const Request& request, const Answer& answer) {
  const auto& shelf = shop.shelf.regions[static_cast<std::size_t>(answer.region)];
  EXPECT_EQ(answer.items.size(), std::min(request.top_n.Count(), shelf.products.size()));
  EXPECT_EQ(answer.timings.candidates, static_cast<std::int32_t>(shelf.products.size()));
  EXPECT_EQ(answer.request_id, request.request_id);
  if (request.destination) {
    EXPECT_EQ(answer.region, domain::RetailerShape::Quickstart().RegionOfPostalCode(
                                 request.destination->PostalCode()));
  }
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < answer.items.size(); ++i) {
    const Item& item = answer.items[i];
    EXPECT_EQ(item.rank, static_cast<int>(i) + 1);
    EXPECT_TRUE(seen.insert(item.product.value).second) << "twice";
    EXPECT_GT(item.score, 0);
    EXPECT_LT(item.score, 1);
    EXPECT_EQ(item.source, answer.items.front().source);
    if (i > 0) {
      const Item& before = answer.items[i - 1];
      EXPECT_TRUE(before.score > item.score ||
                  (before.score == item.score && before.product < item.product));
    }
    const auto position = shop.shelf.catalogue.Find(item.product);
    ASSERT_GE(position, 0);
    const auto place = std::ranges::find(shelf.products, static_cast<std::uint32_t>(position));
    ASSERT_NE(place, shelf.products.end()) << "not in stock in the region";
    const auto at = static_cast<std::size_t>(place - shelf.products.begin());
    EXPECT_EQ(item.in_stock_qty, shelf.quantity[at]);
    EXPECT_GT(item.in_stock_qty, 0);
    EXPECT_EQ(item.est_delivery_days, shelf.delivery_days[at]);
    const auto& product = shop.shelf.catalogue.products[static_cast<std::size_t>(position)];
    EXPECT_EQ(item.product_name, product.name);
    EXPECT_EQ(item.price, product.price);
  }
  const Timings& t = answer.timings;
  const auto largest = std::max({t.features, t.propensity, t.inventory, t.pair_features, t.model});
  EXPECT_GE(t.total, largest);
  EXPECT_EQ(t.model_ok, answer.ranking_version != 0);
  if (!answer.items.empty()) {
    EXPECT_EQ(t.model_ok, answer.items.front().source == "model");
  }
}

TEST(RecommendProperty, AnyAnswerIsSortedUniqueInStockAndTheSameAgain) {
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    const std::size_t products = seed % 6 == 0 ? seed / 6 : 20 * seed;
    const Shop shop = MakeShop(seed, products, 4, seed % 3 != 0);
    Recommender recommender(nullptr);
    recommender.SetState(shop.Open());
    Recommender other(nullptr);
    other.SetState(shop.Open());
    base::Stream stream(seed, 1, 1);
    for (int i = 0; i < 12; ++i) {
      const Request request = RandomRequest(stream);
      const auto answer = Ask(recommender, request);
      ASSERT_TRUE(answer) << answer.error().message;
      ExpectSound(shop, request, *answer);
      const auto again = Ask(i % 2 == 0 ? recommender : other, request);
      ASSERT_TRUE(again);
      EXPECT_EQ(Products(*again), Products(*answer));
      EXPECT_EQ(Reasons(*again), Reasons(*answer));
    }
  }
}

// The model's answer by the plainest means: score everything in stock, sort it all.
TEST(RecommendProperty, TheModelsAnswerIsAFullSortOfTheShelf) {
  for (std::uint64_t seed = 1; seed < 9; ++seed) {
    Shop shop = MakeShop(seed, 150, 2, true);
    shop.model->propensity_blend = seed % 2 == 0 ? 0.3 : 0;
    const auto state = shop.Open();
    Recommender recommender(nullptr);
    recommender.SetState(state);
    for (const serving::CustomerState& customer : shop.customers) {
      const auto answer = Ask(recommender, Of(customer.record.customer.value, "60601", 30));
      ASSERT_TRUE(answer);
      const auto& candidates =
          shop.shelf.regions[static_cast<std::size_t>(domain::Region::kSouth)].products;
      ranking::Scratch scratch;
      std::vector<float> scores(candidates.size());
      state->Ranker()->FillRows(customer.record, customer.propensity, kNow, candidates, scratch);
      state->Ranker()->ScoreRows(customer.propensity, candidates, scratch, scores);
      std::vector<std::pair<float, std::int64_t>> all;
      for (std::size_t i = 0; i < candidates.size(); ++i)
        all.emplace_back(-scores[i], shop.shelf.catalogue.products[candidates[i]].product.value);
      std::ranges::sort(all);
      ASSERT_EQ(answer->items.size(), 30U);
      for (std::size_t i = 0; i < 30; ++i) {
        EXPECT_EQ(answer->items[i].product.value, all[i].second);
        EXPECT_EQ(answer->items[i].score, -all[i].first);
      }
      const bool has_propensity = !customer.propensity.empty();
      EXPECT_EQ(answer->propensity_version, has_propensity ? 12 : 0);
      std::vector<std::string> reasons;
      if (!has_propensity) reasons = {"propensity missing"};
      EXPECT_EQ(Reasons(*answer), reasons);
    }
  }
}

TEST(RecommendProperty, EqualScoresComeInTheOrderOfTheirProducts) {
  Shop shop = MakeShop(3, 60, 1, true);
  // A model that looks at nothing that differs: one score for all.
  shop.model = ranking::RandomSpec(3, 5, 2, {"total_orders"});
  Recommender recommender(nullptr);
  recommender.SetState(shop.Open());
  const auto answer = Ask(recommender, Of(kFirst, "10001", 100));
  ASSERT_TRUE(answer);
  const auto products = Products(*answer);
  EXPECT_GT(products.size(), 30U);
  EXPECT_TRUE(std::ranges::is_sorted(products));
}

}  // namespace
}  // namespace aisle::recommend
