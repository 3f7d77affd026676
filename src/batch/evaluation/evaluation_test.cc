#include "evaluation/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>

#include "gold/shop_testing.h"
#include "ranking/random_spec_testing.h"

namespace aisle::evaluation {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

// Forty customers who look at a product every week and buy the one they looked at last.
class EvaluationTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("aisle_evaluation_test_" + std::to_string(getpid()));
    for (int p = 1; p <= 20; ++p) shop_.AddProduct(p, "10.00", p % 2 == 0 ? "CAT-002" : "CAT-001");
    for (int c = 1; c <= 40; ++c) shop_.AddCustomer(c);
    Happen("product_view", 35, "1 + c % 20");
    Happen("product_view", 30, "1 + c * 7 % 20");
    Happen("pos_purchase", 20, "1 + c * 7 % 20");
    Happen("pos_purchase", 10, "1 + (c * 7 + 4) % 20");
  }
  void TearDown() override { fs::remove_all(root_); }

  // Every customer does it, that many days before as_of.
  void Happen(const std::string& type, int days_ago, const std::string& product) {
    shop_.Write(fmt::format(
        "INSERT INTO raw.event_stream (event_id, customer_id, event_type, event_timestamp, "
        "channel, session_id, product_id, product_category, product_price, quantity, order_id, "
        "order_total, order_line, line_total, visitor_id, ingested_at) SELECT '{0}' || c || "
        "'-{1}', "
        "c, '{0}', TIMESTAMP '2026-11-24' - INTERVAL '{1}' DAY, 'Web', 'S' || c || '-{1}', {2}, "
        "CASE WHEN ({2}) % 2 = 0 THEN 'CAT-002' ELSE 'CAT-001' END, 10.00, 1, 'O' || c || '-{1}', "
        "10.00, 1, 10.00, 'V', TIMESTAMP '2026-11-24' - INTERVAL '{1}' DAY FROM range(1, 41) t(c)",
        type, days_ago, product));
  }

  // A model of labels of 28 days, whose validation ended `seen_days_ago` before as_of.
  void AddModel(const std::string& name, const std::vector<std::string>& inputs,
                int seen_days_ago = 28) {
    const ranking::ModelSpec spec = ranking::RandomSpec(5, 20, 4, inputs);
    registry::Manifest manifest;
    manifest.model = name;
    manifest.recipe = name + "_recipe";
    manifest.window_until = gold::ShopFixture::AsOf() - (seen_days_ago + 28) * base::kDay;
    manifest.cutoffs = {manifest.window_until - 28 * base::kDay};
    for (const std::string& input : inputs) manifest.inputs.push_back({input, "float", "pair"});
    ASSERT_TRUE(Registry().Add(manifest, spec.ubjson, true));
  }
  void AddModels() {
    AddModel("ranking", {"pair_views", "price_z", "propensity", "log_purchases_90d"});
    AddModel("ranking_reference", {"age", "price"});
    AddModel("propensity", {"category", "category_sessions"});
    AddModel("propensity_reference", {"age", "total_orders"});
  }

  registry::Registry Registry() const { return registry::Registry(root_); }
  EvaluateOptions Options() const {
    EvaluateOptions options;
    options.as_of = gold::ShopFixture::AsOf();
    return options;
  }
  Result<Report> Run() { return Evaluate(shop_.Database(), Registry(), Options()); }

  static std::vector<std::string> Names(const std::vector<Contender>& contenders) {
    std::vector<std::string> names;
    for (const Contender& contender : contenders) names.push_back(contender.name);
    return names;
  }

  gold::ShopFixture shop_;
  fs::path root_;
};

TEST_F(EvaluationTest, WithoutModelsTheBaselinesStandAndTheRestIsNamed) {
  const auto report = Run();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(
      Names(report->ranking),
      testing::ElementsAre("popularity_region", "popularity_own_categories", "personal_frequency"));
  EXPECT_EQ(report->customers, 40);
  EXPECT_EQ(report->customers_all, 40);
  EXPECT_EQ(report->catalogue, 20);
  EXPECT_THAT(report->left_out, Contains(HasSubstr("ranking:")));
  EXPECT_THAT(report->left_out, Contains(HasSubstr("oracle")));
  EXPECT_TRUE(report->propensity.empty());
}

TEST_F(EvaluationTest, WhoBoughtWhatTheyLookedAtIsFoundByFrequencyAndNotByPopularity) {
  const auto report = Run();
  ASSERT_TRUE(report) << report.error().message;
  const Estimate frequency = report->ranking[2].metrics.at("ndcg_at_10");
  const Estimate popularity = report->ranking[0].metrics.at("ndcg_at_10");
  EXPECT_GT(frequency.low, popularity.high);
  EXPECT_LE(frequency.low, frequency.value);
  EXPECT_GE(frequency.high, frequency.value);
}

TEST_F(EvaluationTest, ChampionsAreContendersAndEachOtherIsComparedWithTheFirst) {
  AddModels();
  const auto report = Run();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(Names(report->ranking),
              testing::ElementsAre("ranking/1", "ranking_reference/1", "popularity_region",
                                   "popularity_own_categories", "personal_frequency"));
  EXPECT_THAT(Names(report->propensity),
              testing::ElementsAre("propensity/1", "propensity_reference/1"));
  EXPECT_EQ(report->ranking[0].definition, "recipe ranking_recipe");
  const auto found = std::find_if(
      report->differences.begin(), report->differences.end(), [](const Difference& difference) {
        return difference.worse == "popularity_region" && difference.metric == "ndcg_at_10";
      });
  ASSERT_NE(found, report->differences.end());
  EXPECT_EQ(found->better, "ranking/1");
  EXPECT_NEAR(found->estimate.value,
              report->ranking[0].metrics.at("ndcg_at_10").value -
                  report->ranking[2].metrics.at("ndcg_at_10").value,
              1e-12);
  // The reference knows nothing of categories: one score for all of a customer's.
  EXPECT_DOUBLE_EQ(report->propensity[1].metrics.at("auc_within_customer").value, 0.5);
}

TEST_F(EvaluationTest, AModelThatWasShownTheWindowIsNamed) {
  AddModels();
  const auto clean = Run();
  ASSERT_TRUE(clean) << clean.error().message;
  EXPECT_TRUE(clean->warnings.empty());
  AddModel("propensity", {"category", "category_sessions"}, 27);
  const auto shown = Run();
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_THAT(shown->warnings, testing::ElementsAre(HasSubstr(
                                   "propensity/2 was trained on what happened until 2026-10-28")));
  EXPECT_THAT(ToTable(*shown), HasSubstr("Beware: propensity/2"));
  EXPECT_THAT(ToJson(*shown), HasSubstr("propensity/2 was trained"));
}

TEST_F(EvaluationTest, TheOraclesListsStandBesideTheModels) {
  // It knows exactly what will be bought.
  shop_.Write(
      "CREATE TABLE oracle.top_products AS SELECT TIMESTAMP '2026-10-27' AS cutoff, c AS "
      "customer_id, k AS kind, r AS rank, CASE r WHEN 1 THEN 1 + c * 7 % 20 ELSE 1 + (c * 7 + 4) % "
      "20 "
      "END "
      "AS product_id, 1.0 AS expected FROM range(1, 41) t(c), range(1, 3) u(r), (VALUES ('all')) "
      "v(k)");
  const auto report = Run();
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->ranking.back().name, "oracle");
  EXPECT_DOUBLE_EQ(report->ranking.back().metrics.at("ndcg_at_10").value, 1);
  EXPECT_EQ(report->ranking.back().metrics.count("auc_within_customer"), 0U) << "lists, no scores";
  ASSERT_FALSE(report->shares.empty());
  EXPECT_EQ(report->shares[0].better, "oracle");
  EXPECT_NEAR(report->shares[0].estimate.value, report->ranking[0].metrics.at("ndcg_at_10").value,
              1e-12);
}

TEST_F(EvaluationTest, ThreadsDoNotChangeTheReport) {
  AddModels();
  EvaluateOptions options = Options();
  options.threads = 1;
  const auto one = Evaluate(shop_.Database(), Registry(), options);
  options.threads = 2;
  const auto two = Evaluate(shop_.Database(), Registry(), options);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(ToJson(*one), ToJson(*two));
  options.seed = 2;
  EXPECT_NE(ToJson(*two), ToJson(*Evaluate(shop_.Database(), Registry(), options)))
      << "another seed draws other customers";
}

TEST_F(EvaluationTest, WhatIsCutIsSaid) {
  EvaluateOptions options = Options();
  options.customers_max = 10;
  options.catalogue_max = 15;
  const auto report = Evaluate(shop_.Database(), Registry(), options);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->customers_all, 10);
  EXPECT_EQ(report->catalogue, 15);
  EXPECT_THAT(report->left_out, Contains(HasSubstr("first 10 by id")));
  EXPECT_THAT(report->left_out, Contains(HasSubstr("15 with most buyers of 20")));
}

TEST_F(EvaluationTest, ADamagedModelIsAnErrorAndNotLeftOut) {
  AddModels();
  fs::resize_file(root_ / "ranking" / "1" / "model.ubj", 10);
  const auto report = Run();
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("ranking/1/model.ubj"));
}

TEST_F(EvaluationTest, AWindowWithoutPurchasesCannotBeEvaluated) {
  shop_.Write("DELETE FROM raw.event_stream WHERE event_type = 'pos_purchase'");
  const auto report = Run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kFailedPrecondition);
  EvaluateOptions options = Options();
  options.window_days = 0;
  EXPECT_EQ(Evaluate(shop_.Database(), Registry(), options).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(EvaluationTest, TheJsonHoldsEverythingAndNoNan) {
  AddModels();
  Report report = *Run();
  report.ranking[0].metrics["odd"] = {std::nan(""), 0, 1};
  const auto json = boost::json::parse(ToJson(report));
  EXPECT_EQ(json.at("cutoff").as_string(), "2026-10-27T00:00:00Z");
  EXPECT_EQ(json.at("ranking").as_array().size(), 5U);
  EXPECT_TRUE(json.at("ranking").at(0).at("metrics").at("odd").at("value").is_null());
  EXPECT_EQ(json.at("propensity").at(0).at("name").as_string(), "propensity/1");
  EXPECT_EQ(json.at("differences").as_array().size(), report.differences.size());
  const std::string table = ToTable(report);
  for (const Contender& contender : report.ranking) EXPECT_THAT(table, HasSubstr(contender.name));
  for (const std::string& reason : report.left_out) EXPECT_THAT(table, HasSubstr(reason));
}

}  // namespace
}  // namespace aisle::evaluation
