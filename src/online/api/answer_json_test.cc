#include "api/answer_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "web/json_body.h"

namespace aisle::api {
namespace {

using namespace std::chrono_literals;

recommend::Answer SampleAnswer() {
  recommend::Answer answer;
  answer.customer.value = 1'000'000;
  answer.zip_code = "10001";
  answer.region_name = "Northeast";
  answer.items.push_back({.rank = 1,
                          .product = {42},
                          .product_name = "Silk \"Wrap\" caf\xC3\xA9",
                          .category = "Womens Clothing",
                          .department = "Apparel",
                          .price = {8'905},
                          .score = 0.9234F,
                          .in_stock_qty = 145,
                          .est_delivery_days = 2,
                          .source = "model"});
  answer.timings = {.features = 12'400ns,
                    .propensity = 8'000ns,
                    .inventory = 4'499ns,
                    .pair_features = 31'000ns,
                    .model = 1'102'600ns,
                    .total = 1'181'000ns,
                    .candidates = 1701,
                    .model_ok = true,
                    .backend = "embedded"};
  answer.request_id = "r-1";
  answer.ranking_version = 7;
  answer.propensity_version = 12;
  answer.generation = 31;
  return answer;
}

std::string Written(const recommend::Answer& answer) {
  std::string out;
  AppendAnswer(out, answer);
  return out;
}

TEST(AnswerJson, HasEveryFieldOfTheSchemaInItsForm) {
  EXPECT_EQ(
      Written(SampleAnswer()),
      R"({"customer_id":1000000,"zip_code":"10001","region":"Northeast","recommendations":[)"
      R"({"rank":1,"product_id":42,"product_name":"Silk \"Wrap\" caf)"
      "\xC3\xA9"
      R"(","category":"Womens Clothing","department":"Apparel","price":89.05,"score":0.9234,)"
      R"("in_stock_qty":145,"est_delivery_days":2,"source":"model"}],)"
      R"("timings":{"features_ms":0.012,"propensity_ms":0.008,"inventory_ms":0.004,"candidates":1701,)"
      R"("pair_features_ms":0.031,"model_ms":1.103,"model_ok":true,"total_ms":1.181,)"
      R"("backend":"embedded"},"request_id":"r-1","model":{"ranking":7,"propensity":12},)"
      R"("generation":31,"degraded":[]})");
}

TEST(AnswerJson, NamesACurrencyThatIsNotTheQuickstarts) {
  recommend::Answer answer = SampleAnswer();
  answer.zip_code = "K1A 0B1";
  answer.region_name =
      "Qu\xC3\xA9"
      "bec \"Est\"";
  answer.currency = {"CAD", 2};
  EXPECT_THAT(
      Written(answer),
      testing::StartsWith("{\"customer_id\":1000000,\"zip_code\":\"K1A 0B1\",\"region\":\"Qu"
                          "\xC3\xA9"
                          "bec \\\"Est\\\"\",\"currency\":\"CAD\",\"recommendations\":["));
}

TEST(AnswerJson, APriceHasTheDigitsOfItsCurrency) {
  recommend::Answer answer = SampleAnswer();
  const auto price = [&](int minor_unit, std::int64_t hundredths) {
    answer.currency = {"XTS", minor_unit};
    answer.items[0].price = {hundredths};
    const std::string written = Written(answer);
    const std::size_t begin = written.find("\"price\":") + 8;
    return written.substr(begin, written.find(',', begin) - begin);
  };
  EXPECT_EQ(price(2, 120'00), "120.00");
  EXPECT_EQ(price(1, 120'00), "120.0");
  EXPECT_EQ(price(0, 120'00), "120");
  EXPECT_EQ(price(0, -120'50), "-120.5");
  EXPECT_EQ(price(0, 7'79), "7.79") << "nothing is rounded away";
}

TEST(AnswerJson, SaysWhatItAnsweredWithout) {
  recommend::Answer answer = SampleAnswer();
  answer.items.clear();
  answer.degraded = {{"model", "deadline"}, {"customer", "unknown"}};
  EXPECT_THAT(
      Written(answer),
      testing::EndsWith(
          R"("degraded":[{"what":"model","why":"deadline"},{"what":"customer","why":"unknown"}]})"));
}

recommend::Explanation SampleExplanation() {
  return {.margin = 0.1F,
          .bias = -1.25,
          .contributions = {{1, std::nanf(""), 1.5}, {0, 0.1F, -0.15}},
          .model_score = 0.75F,
          .propensity = 0.25F,
          .score = 0.6F};
}

TEST(AnswerJson, WritesContributionsBlendAndWhatWasLeftOut) {
  recommend::Answer answer = SampleAnswer();
  recommend::Explained explained{.inputs = {"price", "a\"b"},
                                 .blend = {0.8, -0.5, 0.3},
                                 .items = {SampleExplanation()},
                                 .products = 2000,
                                 .left_out = {{"hidden", 9}, {"ranked lower", 1700}},
                                 .asked = recommend::AskedProduct{.id = "x\"", .why = "hidden"}};
  answer.explained = std::make_shared<recommend::Explained>(explained);
  EXPECT_THAT(
      Written(answer),
      testing::HasSubstr(
          R"("source":"model","explanation":{"margin":0.1,"bias":-1.25,"contributions":[)"
          R"({"input":"a\"b","value":null,"contribution":1.5},)"
          R"({"input":"price","value":0.1,"contribution":-0.15}],"blend":{"slope":0.8,"offset":-0.5,)"
          R"("model_score":0.75,"propensity_share":0.3,"propensity":0.25,"score":0.6}}}],)"));
  EXPECT_THAT(
      Written(answer),
      testing::EndsWith(
          R"("degraded":[],"explained":{"products":2000,"candidates":1701,"left_out":[)"
          R"({"why":"hidden","count":9},{"why":"ranked lower","count":1700}],)"
          R"("product":{"product_id":"x\"","in_answer":false,"why":"hidden","explanation":null}}})"));
  explained.items.clear();
  explained.asked.reset();
  answer.explained = std::make_shared<recommend::Explained>(explained);
  EXPECT_THAT(Written(answer), testing::HasSubstr(R"("source":"model","explanation":null}],)"));
  EXPECT_THAT(Written(answer), testing::EndsWith(R"("count":1700}]}})"));
  EXPECT_TRUE(web::ParseJson(Written(answer)));
}

TEST(AnswerJson, IsJsonWhateverTheCatalogueHolds) {
  recommend::Answer answer = SampleAnswer();
  answer.items[0].product_name = std::string("bad \xFF \x00 \x1F \\", 11);
  answer.items[0].score = 1e-9F;
  answer.items.push_back(answer.items[0]);
  const auto parsed = web::ParseJson(Written(answer));
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(parsed->at("recommendations").as_array().size(), 2U);
}

}  // namespace
}  // namespace aisle::api
