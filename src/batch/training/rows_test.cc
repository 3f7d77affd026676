#include "training/rows.h"

#include <gtest/gtest.h>

#include <cmath>

#include "training/fake_shop_testing.h"

namespace aisle::training {
namespace {

const base::Timestamp kCutoff = *base::ParseTimestamp("2026-06-01");

// Rows of the shop's customers by one kind.
RowSet Write(const Recipe& recipe, int customers, std::uint64_t seed = 1) {
  FakeShop shop(customers);
  const features::Catalogue catalogue = FakeShop::MakeCatalogue(kCutoff);
  const features::CatalogueView view(catalogue);
  const gold::ActivityIndex happened(shop.MakeActivity(kCutoff));
  const RowWriter writer =
      *RowWriter::Make(recipe, view, kCutoff, happened.Buyers(catalogue), seed);
  RowSet rows;
  for (int c = 0; c < customers; ++c) {
    const auto record = shop.MakeRecord(c, kCutoff);
    writer.Write(record, happened.Of(record.customer), {}, rows);
  }
  return rows;
}

Recipe Pairs() {
  Recipe recipe;
  recipe.ranks_products = true;
  recipe.inputs = {"pair_views", "price"};
  recipe.rows.kind = RowKind::kPairs;
  recipe.rows.negatives_per_customer = 12;
  return recipe;
}

double SumOf(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  return sum;
}

TEST(Rows, WeightsOfPairsAddUpToTheWholeCatalogue) {
  constexpr int kCustomers = 2000;
  const RowSet rows = Write(Pairs(), kCustomers);
  EXPECT_NEAR(SumOf(rows.dataset.weights) / (kCustomers * FakeShop::kProducts), 1, 0.02);
  Recipe sampled = Pairs();
  sampled.rows.others_share = 0.3;
  const RowSet fewer = Write(sampled, kCustomers);
  EXPECT_LT(fewer.RowCount(), rows.RowCount() * 8 / 10);
  EXPECT_EQ(fewer.positives, rows.positives) << "buyers are all kept";
  sampled.rows.buyers_max = 600;
  const RowSet half = Write(sampled, kCustomers);
  EXPECT_NEAR(SumOf(half.dataset.weights) / (kCustomers * FakeShop::kProducts), 1, 0.1);
  EXPECT_LT(half.positives, rows.positives * 7 / 10);
  EXPECT_NEAR(SumOf(fewer.dataset.weights) / (kCustomers * FakeShop::kProducts), 1, 0.06);
}

TEST(Rows, EveryPurchaseIsAPositiveRowAndNothingElse) {
  constexpr int kCustomers = 300;
  const RowSet rows = Write(Pairs(), kCustomers);
  std::int64_t bought = 0;
  for (const gold::Activity& activity : FakeShop(kCustomers).MakeActivity(kCutoff))
    bought += activity.lines > 0 ? 1 : 0;
  EXPECT_EQ(rows.positives, bought);
  EXPECT_EQ(static_cast<std::int64_t>(SumOf(rows.dataset.labels)), bought);
  ASSERT_EQ(rows.dataset.rows.size(), rows.dataset.labels.size() * 2);
}

TEST(Rows, TheSameSeedDrawsTheSameAndAnotherSeedDoesNot) {
  EXPECT_EQ(Write(Pairs(), 50, 7).dataset.rows, Write(Pairs(), 50, 7).dataset.rows);
  EXPECT_NE(Write(Pairs(), 50, 7).dataset.rows, Write(Pairs(), 50, 8).dataset.rows);
}

TEST(Rows, RankingGroupsAreTheCustomersWhoBought) {
  Recipe recipe = Pairs();
  recipe.learner.objective = "rank:ndcg";
  const RowSet rows = Write(recipe, 200);
  std::size_t first = 0;
  for (const std::uint32_t size : rows.dataset.group_sizes) {
    double bought = 0;
    for (std::size_t i = first; i < first + size; ++i)
      bought += static_cast<double>(rows.dataset.labels[i]);
    EXPECT_GT(bought, 0);
    first += size;
  }
  EXPECT_EQ(first, rows.dataset.labels.size());
  EXPECT_TRUE(rows.dataset.weights.empty());
}

TEST(Rows, OneRowPerEventAndPurchasesArePositive) {
  Recipe recipe = Pairs();
  recipe.rows.kind = RowKind::kEvents;
  const RowSet rows = Write(recipe, 100);
  std::int64_t events = 0;
  std::int64_t lines = 0;
  for (const gold::Activity& activity : FakeShop(100).MakeActivity(kCutoff)) {
    events += activity.views + activity.carts + activity.lines;
    lines += activity.lines;
  }
  EXPECT_EQ(rows.RowCount(), events);
  EXPECT_EQ(rows.positives, lines);
}

TEST(Rows, CategoriesAreAllOrOnlyThoseMet) {
  Recipe recipe;
  recipe.inputs = {"category", "category_sessions"};
  recipe.rows.kind = RowKind::kCategories;
  const RowSet all = Write(recipe, 100);
  EXPECT_EQ(all.RowCount(), 100 * FakeShop::kCategories);
  recipe.rows.kind = RowKind::kCategoriesMet;
  const RowSet met = Write(recipe, 100);
  EXPECT_LT(met.RowCount(), 100 * FakeShop::kCategories / 2);
  EXPECT_EQ(met.positives, all.positives) << "who buys in a category has met it";
}

TEST(Rows, AProductLaunchedAfterTheCutoffHasNoRow) {
  features::Catalogue catalogue = FakeShop::MakeCatalogue(kCutoff);
  catalogue.products.erase(catalogue.products.begin() + 5);
  const features::CatalogueView view(catalogue);
  const RowWriter writer = *RowWriter::Make(Pairs(), view, kCutoff, 1, 1);
  features::CustomerRecord customer;
  customer.customer = {1'000};
  const std::vector<gold::Activity> happened = {{{1'000}, {105}, 1, 1, 1}};
  RowSet rows;
  writer.Write(customer, happened, {}, rows);
  EXPECT_EQ(rows.positives, 0);
  EXPECT_EQ(rows.RowCount(), 12);
}

}  // namespace
}  // namespace aisle::training
