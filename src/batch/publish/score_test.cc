#include <gmock/gmock.h>

#include "gold/feature_stream.h"
#include "publish/publish.h"
#include "publish/small_shop_testing.h"

namespace aisle::publish {
namespace {

using testing::HasSubstr;

class ScoreTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { shop_ = std::make_unique<SmallShop>(); }
  static void TearDownTestSuite() { shop_.reset(); }
  static SmallShop& Shop() { return *shop_; }
  void SetUp() override { Shop().Write("DROP TABLE IF EXISTS gold.customer_propensity"); }

  static std::int64_t Count(const std::string& where = "true") {
    return std::stoll(
        Shop().Rows("SELECT count(*) FROM gold.customer_propensity WHERE " + where)[0][0]);
  }

  static inline std::unique_ptr<SmallShop> shop_;
  base::TempFolder folder_;
  registry::Registry registry_{folder_.Path()};
  const base::Timestamp as_of_ = SmallShop::AsOf();
};

TEST_F(ScoreTest, WithoutAModelItSaysHowToGetOneAndMakesNoTable) {
  const auto report = ScorePropensity(Shop().Database(), registry_, as_of_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(report.error().message, HasSubstr("aisle train"));
  EXPECT_FALSE(*Shop().Connection().HasTable("gold.customer_propensity"));
}

TEST_F(ScoreTest, EveryCustomerAndCategoryIsThereWithTheModelsOwnScore) {
  AddModel(registry_, "propensity", PropensitySpec(1));
  std::vector<std::int64_t> told;
  const auto report = ScorePropensity(Shop().Database(), registry_, as_of_, [&](std::int64_t done) {
    told.push_back(done);
    return true;
  });
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->customers, 600);
  EXPECT_EQ(report->rows, 1200);
  EXPECT_EQ(report->propensity_version, 1);
  EXPECT_EQ(Count(), 1200);
  EXPECT_EQ(Count("model_version = 1 AND scored_at = TIMESTAMP '2026-11-24'"), 1200);
  EXPECT_EQ(Count("propensity_score > 0 AND propensity_score < 1"), 1200);
  EXPECT_TRUE(std::ranges::is_sorted(told));
  EXPECT_EQ(told.back(), 600);

  auto catalogue = SmallShop::Must(gold::ReadCatalogue(Shop().Connection(), as_of_));
  const features::CatalogueView view(catalogue);
  const auto scorer = SmallShop::Must(ranking::CategoryScorer::Make(PropensitySpec(1), view));
  ranking::Scratch scratch;
  std::vector<float> scores(2);
  std::int64_t distinct = 0;
  const auto rows = Shop().Rows(
      "SELECT customer_id, CAST(CAST(propensity_score AS FLOAT) AS STRING) FROM "
      "gold.customer_propensity ORDER BY customer_id, category_id");
  std::size_t row = 0;
  ASSERT_TRUE(gold::ReadCustomers(Shop().Database(), catalogue, as_of_, [&](auto&& record) {
    scorer.Score(record, as_of_, scratch, scores);
    for (const float score : scores) {
      EXPECT_EQ(rows[row][0], std::to_string(record.customer.value));
      EXPECT_EQ(std::stof(rows[row][1]), score);
      ++row;
    }
    if (scores[0] != scores[1]) ++distinct;
    return Status{};
  }));
  EXPECT_DOUBLE_EQ(report->distinct_share, static_cast<double>(distinct) / 600);
  EXPECT_GT(distinct, 0);
}

TEST_F(ScoreTest, AnotherRunReplacesTheRowsOfTheOneBefore) {
  AddModel(registry_, "propensity", PropensitySpec(1));
  ASSERT_TRUE(ScorePropensity(Shop().Database(), registry_, as_of_ - base::kDay));
  EXPECT_EQ(Count("scored_at = TIMESTAMP '2026-11-23'"), 1200);
  AddModel(registry_, "propensity", PropensitySpec(2));
  ASSERT_TRUE(ScorePropensity(Shop().Database(), registry_, as_of_));
  EXPECT_EQ(Count(), 1200);
  EXPECT_EQ(Count("model_version = 2 AND scored_at = TIMESTAMP '2026-11-24'"), 1200);
}

TEST_F(ScoreTest, CancelledItLeavesTheTableAsItWas) {
  AddModel(registry_, "propensity", PropensitySpec(1));
  ASSERT_TRUE(ScorePropensity(Shop().Database(), registry_, as_of_));
  AddModel(registry_, "propensity", PropensitySpec(2));
  const auto report = ScorePropensity(Shop().Database(), registry_, as_of_,
                                      [](std::int64_t done) { return done < 200; });
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Count("model_version = 1"), 1200);
}

TEST_F(ScoreTest, AModelThatCannotSeparateCategoriesIsSeenInTheReport) {
  AddModel(registry_, "propensity", ranking::RandomSpec(1, 5, 3, {"total_orders", "age"}));
  const auto report = ScorePropensity(Shop().Database(), registry_, as_of_);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->distinct_share, 0);
}

}  // namespace
}  // namespace aisle::publish
