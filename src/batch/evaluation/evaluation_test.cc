#include "evaluation/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

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

  // What was looked at least long ago decides; age is asked for, and both answers are the same.
  static ranking::ModelSpec LatestViewDecides() {
    forest::Model model;
    model.feature_count = 3;
    model.nodes = {{.value = 5, .feature = 2, .left = 1},  {.value = 1}, {.value = -1},
                   {.value = 30, .feature = 0, .left = 1}, {.value = 2}, {.value = 2}};
    model.tree_begin = {0, 3, 6};
    return ranking::SpecOfTrees(model, 1, {"age", "price", "days_since_pair_view"});
  }

  // A model of labels of 28 days, whose validation ended `seen_days_ago` before as_of.
  void AddModel(const std::string& name, const std::vector<std::string>& inputs,
                int seen_days_ago = 28) {
    AddSpec(name, ranking::RandomSpec(5, 20, 4, inputs), seen_days_ago);
  }
  void AddSpec(const std::string& name, const ranking::ModelSpec& spec, int seen_days_ago = 28) {
    registry::Manifest manifest;
    manifest.model = name;
    manifest.recipe = name + "_recipe";
    manifest.window_until = gold::ShopFixture::AsOf() - (seen_days_ago + 28) * base::kDay;
    manifest.cutoffs = {manifest.window_until - 28 * base::kDay};
    for (const std::string& input : spec.inputs)
      manifest.inputs.push_back({input, "float", "pair"});
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
  Result<Report> Run(bool ablate = false) {
    EvaluateOptions options = Options();
    options.ablate = ablate;
    return Evaluate(shop_.Database(), Registry(), options);
  }

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
  EXPECT_THAT(ToTable(*shown, false), HasSubstr("Beware: propensity/2"));
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
  options.ablate = true;
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

TEST_F(EvaluationTest, ModelsThatAreNamedAreComparedByVersionAliasLabelAndFile) {
  AddModel("ranking", {"pair_views", "price_z", "propensity"});
  AddModel("ranking", {"pair_views", "log_purchases_90d"});
  AddModel("propensity", {"category", "category_sessions"});
  const fs::path file = root_ / "mine.ubj";
  std::ofstream(file) << ranking::RandomSpec(9, 10, 4, {"price", "days_since_event"}).ubjson;
  EvaluateOptions options = Options();
  options.models = {"ranking/1", "ranking/champion", "old=ranking/1", file.string(), "ranking/2"};
  const auto report = Evaluate(shop_.Database(), Registry(), options);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(
      Names(report->ranking),
      testing::ElementsAre("ranking/1", "ranking/2", "old", file.string(), "popularity_region",
                           "popularity_own_categories", "personal_frequency"));
  EXPECT_EQ(report->ranking[0].definition, "recipe ranking_recipe, with propensity/1");
  EXPECT_EQ(report->ranking[2].definition, "ranking/1, recipe ranking_recipe, with propensity/1");
  EXPECT_TRUE(report->propensity.empty()) << "nobody named one: it only serves";
  EXPECT_THAT(report->left_out, Contains("ranking/2: named twice"));
  EXPECT_THAT(report->warnings, Contains(HasSubstr("nothing says what it was trained on")));
  const auto difference = [&](const std::string& better, const std::string& worse) {
    const auto found = std::ranges::find_if(report->differences, [&](const Difference& d) {
      return d.better == better && d.worse == worse && d.metric == "ndcg_at_10";
    });
    return found == report->differences.end() ? Estimate{9, 9, 9} : found->estimate;
  };
  EXPECT_EQ(difference("ranking/1", "old").value, 0) << "the same model under another name";
  EXPECT_EQ(difference("ranking/1", "old").high, 0);
  EXPECT_NEAR(difference("ranking/2", file.string()).value,
              report->ranking[1].metrics.at("ndcg_at_10").value -
                  report->ranking[3].metrics.at("ndcg_at_10").value,
              1e-12);
}

TEST_F(EvaluationTest, OfTheModelsNamedThoseThatCannotBeScoredAreLeftOutWithTheReason) {
  AddModels();
  AddModel("ranking", {"pair_views"});
  fs::resize_file(root_ / "ranking" / "1" / "model.ubj", 10);
  const fs::path strange = root_ / "strange.ubj";
  std::ofstream(strange) << ranking::RandomSpec(9, 10, 4, {"price", "shoe_size"}).ubjson;
  EvaluateOptions options = Options();
  options.models = {"ranking/1", "ranking", "propensity_reference", "a=" + strange.string()};
  const auto report = Evaluate(shop_.Database(), Registry(), options);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->ranking[0].name, "ranking/2");
  EXPECT_THAT(Names(report->propensity), testing::ElementsAre("propensity_reference/1"));
  EXPECT_THAT(report->left_out, Contains(HasSubstr("ranking/1/model.ubj is damaged")));
  EXPECT_THAT(report->left_out, Contains(HasSubstr("a: input 2 of the model, 'shoe_size'")));
  options.models = {"ranking/1"};
  EXPECT_EQ(Evaluate(shop_.Database(), Registry(), options).error().code,
            ErrorCode::kFailedPrecondition);
  for (const char* nothing : {"ranking/mine", "nobody/1", "nowhere.ubj", "Ranking"}) {
    options.models = {"ranking", nothing};
    const auto refused = Evaluate(shop_.Database(), Registry(), options);
    ASSERT_FALSE(refused) << nothing;
    EXPECT_EQ(refused.error().code, ErrorCode::kNotFound) << nothing;
    EXPECT_THAT(refused.error().message, HasSubstr(nothing));
  }
  options.models = {"=ranking"};
  EXPECT_EQ(Evaluate(shop_.Database(), Registry(), options).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(EvaluationTest, SlicesShareTheCustomersAndCalibrationCountsWhatWasBought) {
  AddModels();
  const auto report = Run();
  ASSERT_TRUE(report) << report.error().message;
  std::map<std::string, std::int64_t> customers;
  for (const Slice& slice : report->slices) {
    customers[slice.by] += slice.customers;
    EXPECT_EQ(slice.ndcg_at_10.size(), report->ranking.size());
  }
  EXPECT_THAT(customers,
              testing::ElementsAre(testing::Pair("orders before", 40), testing::Pair("region", 40),
                                   testing::Pair("tier", 40)));
  double bought = 0;
  double expected = 0;
  for (const CalibrationBin& bin : report->ranking[0].calibration) {
    bought += bin.actual;
    expected += bin.expected;
  }
  EXPECT_EQ(bought, 80) << "forty customers bought two products each";
  EXPECT_NEAR(report->ranking[0].metrics.at("expected_over_actual").value, expected / bought, 1e-9);
}

TEST_F(EvaluationTest, AnAblationTellsWhatTheModelLeansOnBesideTheWholeOne) {
  AddSpec("ranking", LatestViewDecides());
  const auto plain = Run();
  const auto report = Run(true);
  ASSERT_TRUE(plain && report) << report.error().message;
  EXPECT_TRUE(plain->ablations.empty());
  ASSERT_EQ(report->ablations.size(), 1U);
  const Ablation& ablation = report->ablations[0];
  EXPECT_EQ(ablation.model, "ranking/1");
  ASSERT_EQ(ablation.groups.size(), 2U) << "no tree asks for the price";
  EXPECT_THAT(report->left_out, Contains(HasSubstr("ablation of ranking/1: price: no tree asks")));
  const auto& whole = report->ranking[0].metrics;
  EXPECT_EQ(whole.at("ndcg_at_10").value, plain->ranking[0].metrics.at("ndcg_at_10").value);
  const Blanked& decisive = ablation.groups[0];
  EXPECT_EQ(decisive.group, "pair history") << "the greatest loss comes first";
  EXPECT_THAT(decisive.inputs, testing::ElementsAre("days_since_pair_view"));
  EXPECT_LT(decisive.differences.at("ndcg_at_10").high, 0);
  EXPECT_LT(decisive.differences.at("recall_at_20").value, 1e-12);
  const Blanked& idle = ablation.groups[1];
  EXPECT_EQ(idle.group, "profile");
  for (const char* metric : {"ndcg_at_10", "recall_at_20", "hit_rate_at_10", "ndcg_at_10_new"}) {
    EXPECT_EQ(idle.metrics.at(metric).value, whole.at(metric).value) << metric;
    EXPECT_EQ(idle.metrics.at(metric).low, whole.at(metric).low) << metric;
    EXPECT_EQ(idle.differences.at(metric).low, 0) << metric;
    EXPECT_EQ(idle.differences.at(metric).high, 0) << metric;
    EXPECT_NEAR(decisive.differences.at(metric).value,
                decisive.metrics.at(metric).value - whole.at(metric).value, 1e-12)
        << metric;
  }
  const auto json = boost::json::parse(ToJson(*report)).at("ablations").at(0);
  EXPECT_EQ(json.at("model").as_string(), "ranking/1");
  const auto& group = json.at("groups").at(0);
  EXPECT_EQ(group.at("group").as_string(), "pair history");
  EXPECT_EQ(group.at("inputs").at(0).as_string(), "days_since_pair_view");
  EXPECT_LT(group.at("differences").at("ndcg_at_10").at("high").as_double(), 0);
  EXPECT_EQ(group.at("metrics").as_object().size(), 6U);
  EXPECT_THAT(ToTable(*report, true), HasSubstr("Ablation of ranking/1"));
  EXPECT_EQ(ToTable(*report, false).find("Ablation of"), std::string::npos);
  EXPECT_TRUE(boost::json::parse(ToJson(*plain)).at("ablations").as_array().empty());
}

TEST_F(EvaluationTest, ThePageStandsAloneAndHoldsEveryPlot) {
  AddModels();
  Report report = *Run(true);
  ASSERT_EQ(report.ablations.size(), 2U);
  EXPECT_EQ(report.ablations[0].model, report.ranking[0].name);
  report.ranking[0].name = report.ablations[0].model = "<mine> & \"yours\"";
  report.left_out.emplace_back("a < b");
  const std::string html = ToHtml(report);
  for (const char* title : {"NDCG@10 by kind of customer", "Calibration", "Paired differences",
                            "Products the customer never touched", "Left out",
                            "Ablation: what the models lean on", "without pair history (1)"})
    EXPECT_THAT(html, HasSubstr(title));
  EXPECT_THAT(html, HasSubstr("&lt;mine&gt; &amp; &quot;yours&quot;"));
  EXPECT_THAT(html, HasSubstr("a &lt; b"));
  for (const char* foreign :
       {"<mine>", "http:", "https:", "src=", "href=", "<script", "nan", "inf,"})
    EXPECT_EQ(html.find(foreign), std::string::npos) << foreign;
  std::size_t plots = 0;
  for (std::size_t at = 0; (at = html.find("<svg", at)) != std::string::npos; ++at) ++plots;
  // Two of NDCG, one of differences, three of slices, two of each ablation, two of calibration.
  EXPECT_EQ(plots, 12U);
  report.ablations.clear();
  EXPECT_EQ(ToHtml(report).find("Ablation"), std::string::npos);
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
  const std::string table = ToTable(report, true);
  for (const Contender& contender : report.ranking) EXPECT_THAT(table, HasSubstr(contender.name));
  for (const std::string& reason : report.left_out) EXPECT_THAT(table, HasSubstr(reason));
}

}  // namespace
}  // namespace aisle::evaluation
