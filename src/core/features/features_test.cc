#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "features/each_columns.h"
#include "features/pair_row.h"
#include "forest/cpu.h"

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
  for (const double share : view.CategoryShare()) total += share;
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

// Bits, so that a missing value equals a missing value.
std::vector<std::uint32_t> Bits(std::span<const float> values) {
  std::vector<std::uint32_t> bits;
  for (const float value : values) bits.push_back(std::bit_cast<std::uint32_t>(value));
  return bits;
}

Catalogue ManyProducts(base::Stream& stream) {
  Catalogue catalogue = TwoCategories();
  catalogue.products.clear();
  for (int i = 0; i < 90; ++i) {
    ProductRecord product;
    product.product = {10 + 2 * i};
    product.category = static_cast<std::uint16_t>(stream.Below(2));
    product.brand = static_cast<std::uint16_t>(stream.Below(2));
    product.price = {stream.Between(0, 30'000)};
    product.price_z = stream.Normal();
    product.is_perishable = stream.Chance(0.3);
    product.purchases_28d = static_cast<std::int32_t>(stream.Below(50));
    if (stream.Chance(0.8))
      product.launched = catalogue.as_of - std::chrono::days{stream.Below(500)};
    catalogue.products.push_back(product);
  }
  return catalogue;
}

// Some lists are empty, some hold products, categories or brands of no catalogue.
CustomerRecord RandomCustomer(base::Stream& stream) {
  CustomerRecord customer = stream.Chance(0.5) ? Buyer() : CustomerRecord{};
  customer.pairs.clear();
  for (int id = 9; id < 200; ++id) {
    if (!stream.Chance(0.05)) continue;
    const base::Timestamp then = kNoon - std::chrono::hours{stream.Below(3000)};
    customer.pairs.push_back({{id},
                              1,
                              2,
                              stream.Chance(0.5) ? 1 : 0,
                              1,
                              0,
                              then,
                              kNever,
                              stream.Chance(0.5) ? then + std::chrono::hours{1} : kNever});
  }
  if (stream.Chance(0.5)) customer.brands = {{1, 3}, {7, 2}};
  customer.price_z_sum = stream.Normal();
  customer.price_z_count = static_cast<std::int32_t>(stream.Below(5));
  return customer;
}

TEST(PairColumns, ExpandToTheRowsThatFillWrites) {
  base::Stream stream(1, 2, 3);
  const Catalogue catalogue = ManyProducts(stream);
  const CatalogueView view(catalogue);
  std::vector<std::uint16_t> inputs(PairInputs().size());
  std::iota(inputs.begin(), inputs.end(), std::uint16_t{0});
  const PairRowMaker maker(view, inputs);
  PairColumns columns;
  for (int round = 0; round < 60; ++round) {
    std::vector<std::uint32_t> candidates;
    for (std::uint32_t p = 0; p < catalogue.products.size(); ++p) {
      if (stream.Chance(round % 5 / 4.0)) candidates.push_back(p);
    }
    const CustomerRecord customer = RandomCustomer(stream);
    std::vector<float> propensity;
    if (stream.Chance(0.5)) propensity = {0.25F, 0.5F};
    std::vector<float> rows(candidates.size() * inputs.size());
    std::vector<float> expanded(rows.size());
    maker.Fill(customer, propensity, kNoon, candidates, rows);
    maker.FillColumns(customer, propensity, kNoon, maker.List(candidates), columns);
    forest::ExpandRows(maker.Plan(candidates), columns.columns, 0, candidates.size(), expanded);
    ASSERT_EQ(Bits(rows), Bits(expanded)) << "round " << round;
    const forest::RowPlan plan = maker.Plan(candidates);
    for (const forest::Column& column : columns.columns) {
      if (column.order == forest::Column::kNoOrder || column.values.empty()) continue;
      const auto& order = plan.orders[column.order];
      const bool missing = std::isnan(column.values[0]);
      for (std::size_t i = 0; i < order.size(); ++i) {
        ASSERT_EQ(std::isnan(column.values[order[i]]), missing);
        if (i > 0 && !missing) {
          ASSERT_LE(column.values[order[i - 1]], column.values[order[i]]);
        }
      }
    }
  }
}

TEST(CatalogueView, FindsProductsAsTheCatalogueDoes) {
  // Ids close together have a table, others are searched.
  for (const std::int64_t step : {3, 1'000}) {
    for (std::int64_t count = 0; count <= 20; ++count) {
      Catalogue catalogue;
      catalogue.categories.push_back({"C", "C", "D"});
      catalogue.brands = {"B"};
      for (std::int64_t p = 0; p < count; ++p) {
        catalogue.products.emplace_back();
        catalogue.products.back().product.value = step * p - 7;
      }
      const CatalogueView view(catalogue);
      for (const std::int64_t far : {INT64_MIN, INT64_MIN + 1, std::int64_t{-1'000'000}, INT64_MAX})
        ASSERT_EQ(view.Find({far}), -1) << far;
      for (std::int64_t id = -30; id <= step * count + 2; ++id)
        ASSERT_EQ(view.Find({id}), catalogue.Find({id})) << id << " of " << count;
    }
  }
}

TEST(EachColumns, AreTheSameBitsByEveryLevelOfThisCpu) {
  base::Stream stream(9, 9, 9);
  // Groups of up to 32 stand in registers, sixteen in each, where a level has such.
  for (const auto& [count, groups] : {std::pair<std::size_t, std::size_t>{0, 1},
                                      {1, 1},
                                      {15, 3},
                                      {16, 15},
                                      {17, 16},
                                      {333, 2},
                                      {500, 17},
                                      {500, 31},
                                      {500, 32},
                                      {500, 33},
                                      {500, 70}}) {
    std::vector<float> category, brand;
    for (std::size_t g = 0; g < groups; ++g) {
      category.push_back(static_cast<float>(stream.Normal()));
      brand.push_back(static_cast<float>(stream.Normal()));
    }
    category[stream.Below(groups)] = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> price, popularity;
    std::vector<double> price_z, price_log;
    std::vector<std::uint32_t> categories, brands;
    for (std::size_t i = 0; i < count; ++i) {
      price.push_back(static_cast<float>(stream.Between(0, 99'999)) / 100);
      popularity.push_back(static_cast<float>(stream.Normal()));
      price_z.push_back(stream.Normal());
      price_log.push_back(stream.Uniform());
      categories.push_back(static_cast<std::uint32_t>(stream.Below(groups)));
      brands.push_back(static_cast<std::uint32_t>(stream.Below(groups)));
    }
    const AffinityColumns affinity{.popularity_log = popularity.data(),
                                   .category = categories.data(),
                                   .brand = brands.data(),
                                   .price_z = price_z.data(),
                                   .price_log = price_log.data(),
                                   .category_log = category.data(),
                                   .brand_log = brand.data(),
                                   .category_count = category.size(),
                                   .brand_count = brand.size(),
                                   .mean = 0.3,
                                   .twice_variance = 1.7};
    const auto columns = [&](const EachColumns& level, float denominator) {
      std::vector<float> out(3 * count);
      level.quotients(price.data(), count, denominator, 5, out.data());
      level.price_distances(price_z.data(), count, 0.3, out.data() + count);
      level.affinities(affinity, count, out.data() + 2 * count);
      return Bits(out);
    };
    for (const float denominator : {1.0F, 37.5F, std::numeric_limits<float>::quiet_NaN()}) {
      const auto expected = columns(kEachPortable, denominator);
      if (forest::CpuHasAvx2()) {
        EXPECT_EQ(columns(kEachAvx2, denominator), expected) << count;
      }
      if (forest::CpuHasAvx512()) {
        EXPECT_EQ(columns(kEachAvx512, denominator), expected) << count;
      }
    }
  }
}

TEST(CategoryColumns, ExpandToTheRowsThatFillWrites) {
  base::Stream stream(4, 5, 6);
  const Catalogue catalogue = ManyProducts(stream);
  const CatalogueView view(catalogue);
  std::vector<std::uint16_t> inputs(CategoryInputs().size());
  std::iota(inputs.begin(), inputs.end(), std::uint16_t{0});
  const CategoryRowMaker maker(view, inputs);
  CategoryColumns columns;
  for (std::size_t count = 1; count <= 5; ++count) {
    std::vector<CustomerRecord> customers;
    std::vector<float> rows(count * 2 * inputs.size());
    for (std::size_t i = 0; i < count; ++i) {
      customers.push_back(RandomCustomer(stream));
      const std::size_t cells = 2 * inputs.size();
      maker.Fill(customers[i], kNoon, std::span(rows).subspan(i * cells, cells));
    }
    maker.FillColumns(customers, kNoon, 5, columns);
    std::vector<float> expanded(rows.size());
    forest::ExpandRows(maker.Plan(5), columns.columns, 0, 2 * count, expanded);
    EXPECT_EQ(Bits(rows), Bits(expanded));
  }
}

TEST(Roles, SayWhatChangesWithinARequest) {
  const auto role_of = [](std::string_view name) {
    return std::ranges::find(PairInputs(), name, &InputDefinition::name)->role;
  };
  EXPECT_EQ(role_of("total_orders"), Role::kRequestConstant);
  EXPECT_EQ(role_of("price"), Role::kProductStatic);
  EXPECT_EQ(role_of("propensity"), Role::kPair);
  EXPECT_EQ(role_of("price_ratio"), Role::kPairMonotone);
  EXPECT_EQ(role_of("spend_match"), Role::kPairMonotone);
  EXPECT_EQ(role_of("price_distance"), Role::kPair) << "price_z is no function of the price alone";
}

}  // namespace
}  // namespace aisle::features
