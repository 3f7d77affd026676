#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "features/pair_row.h"

namespace aisle::features {
namespace {

using base::ParseTimestamp;

Catalogue TwoCategories() {
  Catalogue catalogue;
  catalogue.as_of = *ParseTimestamp("2026-06-01");
  catalogue.categories = {{"CAT-001", "Shirts", "Apparel"}, {"CAT-002", "Pans", "Home"}};
  catalogue.brands = {"A", "B"};
  for (int i = 0; i < 4; ++i) {
    ProductRecord product;
    product.product = {10 + i};
    product.category = static_cast<std::uint16_t>(i / 2);
    product.brand = static_cast<std::uint16_t>(i / 2);
    product.price = {2'000 * (i + 1)};
    product.views_28d = i;
    catalogue.products.push_back(product);
  }
  return catalogue;
}

CustomerRecord Buyer() {
  CustomerRecord customer;
  customer.customer = {1'000'000};
  customer.customer_since = *base::ParseDate("2026-01-15");
  customer.total_orders = 2;
  customer.lifetime_spend = {100'00};
  customer.last_purchase = *ParseTimestamp("2026-05-31 12:00");
  customer.browsed_price_sum = {30'00};
  customer.browsed_price_count = 1;
  customer.categories = {
      {1, 3, 1, 2, *ParseTimestamp("2026-05-30"), *ParseTimestamp("2026-05-31 12:00")}};
  customer.pairs = {{{12},
                     2,
                     1,
                     1,
                     2,
                     1,
                     *ParseTimestamp("2026-05-30"),
                     *ParseTimestamp("2026-05-30"),
                     *ParseTimestamp("2026-05-31 12:00")},
                    {{13}, 1, 0, 0, 1, 0, *ParseTimestamp("2026-05-22"), kNever, kNever}};
  return customer;
}

// One row as a function from input name to value.
class Rows {
 public:
  Rows(const CustomerRecord& customer, base::Timestamp now)
      : catalogue_(TwoCategories()), view_(catalogue_) {
    std::vector<std::uint16_t> inputs;
    for (std::size_t i = 0; i < PairInputs().size(); ++i)
      inputs.push_back(static_cast<std::uint16_t>(i));
    const std::vector<std::uint32_t> candidates = {3, 2, 0};
    values_.resize(candidates.size() * inputs.size());
    const std::vector<float> propensity = {0.25F, 0.5F};
    PairRowMaker(view_, inputs).Fill(customer, propensity, now, candidates, values_);
  }
  float At(std::size_t row, std::string_view name) const {
    const auto inputs = PairInputs();
    const auto found = std::find_if(inputs.begin(), inputs.end(),
                                    [&](const auto& input) { return input.name == name; });
    EXPECT_NE(found, inputs.end()) << name;
    return values_[row * inputs.size() + static_cast<std::size_t>(found - inputs.begin())];
  }

 private:
  Catalogue catalogue_;
  CatalogueView view_;
  std::vector<float> values_;
};

const base::Timestamp kNoon = *ParseTimestamp("2026-06-01 12:00");

TEST(PairRow, ReferenceInputsFollowTheirFormulas) {
  const Rows rows(Buyer(), kNoon);
  EXPECT_EQ(rows.At(0, "tenure_months"), 4);
  EXPECT_EQ(rows.At(0, "avg_order_value"), 50);
  EXPECT_EQ(rows.At(0, "days_since_purchase"), 1);
  EXPECT_EQ(rows.At(0, "price"), 80);
  EXPECT_EQ(rows.At(0, "product_tier"), 1);
  EXPECT_FLOAT_EQ(rows.At(0, "price_ratio"), 80.0F / 30.0F);
  EXPECT_FLOAT_EQ(rows.At(2, "spend_match"), 20.0F / 50.0F);
  EXPECT_TRUE(std::isnan(rows.At(0, "age"))) << "no birth date";
}

TEST(PairRow, MissingIsNanAndTodayIsZeroDays) {
  CustomerRecord stranger;
  stranger.customer_since = *base::ParseDate("2026-06-01");
  const Rows rows(stranger, kNoon);
  for (const char* name :
       {"avg_order_value", "days_since_purchase", "avg_browsed_price", "price_ratio", "spend_match",
        "days_since_pair_view", "days_since_open_interest", "days_since_category_event"}) {
    EXPECT_TRUE(std::isnan(rows.At(0, name))) << name;
  }
  EXPECT_EQ(rows.At(0, "pair_views"), 0);
  CustomerRecord today = Buyer();
  today.last_purchase = kNoon - std::chrono::minutes{5};
  EXPECT_EQ(Rows(today, kNoon).At(0, "days_since_purchase"), 0);
}

TEST(PairRow, HistoryStandsInTheRowOfItsProductOnly) {
  const Rows rows(Buyer(), kNoon);
  EXPECT_EQ(rows.At(0, "pair_views"), 1);
  EXPECT_EQ(rows.At(1, "pair_views"), 2);
  EXPECT_EQ(rows.At(2, "pair_views"), 0);
  EXPECT_FLOAT_EQ(rows.At(0, "days_since_open_interest"), 10.5F);
  EXPECT_TRUE(std::isnan(rows.At(1, "days_since_open_interest"))) << "bought since";
  EXPECT_FLOAT_EQ(rows.At(1, "propensity"), 0.5F);
  EXPECT_FLOAT_EQ(rows.At(2, "propensity"), 0.25F);
  EXPECT_GT(rows.At(0, "category_share_log"), rows.At(2, "category_share_log"));
}

TEST(PairRow, InterestsAreOpenUntilBoughtAndRankedByAge) {
  CustomerRecord customer = Buyer();
  customer.pairs.push_back(
      {{14}, 1, 0, 0, 1, 0, *ParseTimestamp("2026-05-28"), kNever, kNever});  // Of no catalogue.
  const Rows rows(customer, kNoon);
  EXPECT_EQ(rows.At(0, "products_touched"), 3);
  EXPECT_FLOAT_EQ(rows.At(0, "share_bought"), 2.0F / 7.0F);
  EXPECT_EQ(rows.At(0, "open_interests"), 2);
  EXPECT_EQ(rows.At(0, "open_interest_rank"), 1) << "product 14 is the newest";
  EXPECT_TRUE(std::isnan(rows.At(1, "open_interest_rank"))) << "bought since";
  EXPECT_TRUE(std::isnan(rows.At(2, "open_interest_rank"))) << "never met";
  EXPECT_EQ(Rows(customer, kNoon + std::chrono::days{52}).At(0, "open_interests"), 1)
      << "given up after 60 days";
}

TEST(PairRow, AnUnknownInputIsNamed) {
  const std::vector<std::string> names = {"age", "shoe_size"};
  const auto inputs = ResolvePairInputs(names);
  ASSERT_FALSE(inputs);
  EXPECT_EQ(inputs.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_NE(inputs.error().message.find("'shoe_size'"), std::string::npos);
}

TEST(CatalogueView, SharesAddUpToOne) {
  const Catalogue catalogue = TwoCategories();
  const CatalogueView view(catalogue);
  double total = 0;
  for (const double share : view.category_share()) total += share;
  EXPECT_NEAR(total, 1, 1e-12);
}

TEST(CategoryRow, CountsOpenInterestsPerCategory) {
  const Catalogue catalogue = TwoCategories();
  const CatalogueView view(catalogue);
  const std::vector<std::string> names = {"category", "open_interests", "category_purchases"};
  const CategoryRowMaker maker(view, *ResolveCategoryInputs(names));
  std::vector<float> rows(6);
  maker.Fill(Buyer(), kNoon, rows);
  EXPECT_EQ(rows, (std::vector<float>{0, 0, 0, 1, 1, 2}));
}

}  // namespace
}  // namespace aisle::features
