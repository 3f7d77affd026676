// What the routes answer, over real sockets.
#include "api/product_server.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "api/open_shop_testing.h"

namespace aisle::api {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Routes : public testing::Test {
 protected:
  // Names of an object's members, in order.
  static std::vector<std::string> Names(const boost::json::value& value) {
    std::vector<std::string> names;
    for (const auto& member : value.as_object())
      names.emplace_back(member.key().data(), member.key().size());
    return names;
  }
  OpenShop shop;
};

TEST_F(Routes, AnAnswerHasTheFieldsOfTheSchemaAndAdmissibleProducts) {
  const auto answer = shop.Get("/recommend?customer_id=1000000&zip_code=10001&top_n=5");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.Find("Content-Type"), "application/json");
  const auto json = Json(answer);
  EXPECT_THAT(Names(json),
              testing::ElementsAre("customer_id", "zip_code", "region", "recommendations",
                                   "timings", "request_id", "model", "generation", "degraded"));
  EXPECT_EQ(json.at("customer_id").as_int64(), 1'000'000);
  EXPECT_EQ(Text(json.at("zip_code")), "10001");
  EXPECT_EQ(Text(json.at("region")), "Northeast");
  EXPECT_EQ(Text(json.at("request_id")), answer.Find("X-Request-Id"));
  EXPECT_EQ(json.at("model").at("ranking").as_int64(), 7);
  EXPECT_TRUE(json.at("degraded").as_array().empty()) << answer.body;

  const serving::Shelf shelf = serving::SampleShelf(1, kProducts);
  const serving::RegionShelf& northeast = shelf.regions[0];
  std::set<std::int64_t> in_stock;
  for (const std::uint32_t position : northeast.products)
    in_stock.insert(shelf.catalogue.products[position].product.value);
  const auto& items = json.at("recommendations").as_array();
  ASSERT_EQ(items.size(), 5U);
  double last_score = 1;
  for (std::size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ(items[i].at("rank").as_int64(), static_cast<std::int64_t>(i) + 1);
    EXPECT_TRUE(in_stock.contains(items[i].at("product_id").as_int64()));
    EXPECT_LE(items[i].at("score").as_double(), last_score);
    EXPECT_GT(items[i].at("in_stock_qty").as_int64(), 0);
    last_score = items[i].at("score").as_double();
  }
  const auto& timings = json.at("timings");
  EXPECT_EQ(timings.at("candidates").as_int64(),
            static_cast<std::int64_t>(northeast.products.size()));
  EXPECT_TRUE(timings.at("model_ok").as_bool());
  EXPECT_EQ(Text(timings.at("backend")), "embedded");
  for (const char* part :
       {"features_ms", "propensity_ms", "inventory_ms", "pair_features_ms", "model_ms"})
    EXPECT_LE(timings.at(part).as_double(), timings.at("total_ms").as_double()) << part;
}

TEST_F(Routes, APostGivesWhatTheGetGives) {
  const auto by_get = Json(shop.Get("/recommend?customer_id=1000001&zip_code=90001&top_n=10"));
  const auto by_post = Json(
      shop.Post("/recommend", R"({"customer_id": 1000001, "zip_code": "90001", "top_n": 10})"));
  EXPECT_EQ(by_get.at("recommendations"), by_post.at("recommendations"));
  EXPECT_EQ(by_get.at("recommendations").as_array().size(), 10U);
}

TEST_F(Routes, ABatchIsAnsweredRowByRowInOrder) {
  const auto answer = shop.Post(
      "/recommend",
      R"({"data": [[0, {"customer_id": 1000000, "zip_code": "10001"}], [1, {"customer_id": 1, "top_n": 0}],)"
      R"( [7, {"customer_id": 5, "strict": true}], [7, {"customer_id": 1000002}]]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto json = Json(answer);
  const auto& rows = json.at("data").as_array();
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].at(0).as_int64(), 0);
  EXPECT_EQ(rows[0].at(1).at("customer_id").as_int64(), 1'000'000);
  EXPECT_EQ(rows[0].at(1).at("recommendations").as_array().size(), 5U);
  EXPECT_EQ(rows[1].at(1).at("status").as_int64(), 400);
  EXPECT_EQ(Text(rows[1].at(1).at("field")), "top_n");
  EXPECT_EQ(rows[2].at(0).as_int64(), 7);
  EXPECT_EQ(rows[2].at(1).at("status").as_int64(), 404);
  EXPECT_EQ(rows[3].at(1).at("customer_id").as_int64(), 1'000'002);
  EXPECT_EQ(Json(shop.Post("/recommend", R"({"data": []})")).at("data").as_array().size(), 0U);
}

TEST_F(Routes, AnUnknownCustomerIsAnsweredByPopularityOrStrictly404) {
  const auto answer = Json(shop.Get("/recommend?customer_id=5&zip_code=10001"));
  EXPECT_EQ(answer.at("recommendations").as_array().size(), 5U);
  EXPECT_EQ(Text(answer.at("degraded").at(0).at("what")), "customer");
  EXPECT_EQ(Text(answer.at("degraded").at(0).at("why")), "unknown");
  const auto strict = shop.Get("/recommend?customer_id=5&zip_code=10001&strict=true");
  EXPECT_EQ(strict.status, 404);
  EXPECT_EQ(Text(Json(strict).at("field")), "customer_id");
  EXPECT_EQ(shop.Post("/recommend?strict=true", R"({"customer_id": 5})").status, 404);
}

struct Bad {
  std::string target;
  std::string body;  // Empty: a GET.
  int status = 400;
  std::string field;
};

TEST_F(Routes, BadInputsAreProblemsThatNameTheFieldAndTheServerIsWellAfterwards) {
  const std::string get = "/recommend?customer_id=1000000";
  const std::string post = "/recommend";
  for (const Bad& bad :
       std::vector<Bad>{{get + "&top_n=0", "", 400, "top_n"},
                        {get + "&top_n=-3", "", 400, "top_n"},
                        {get + "&top_n=101", "", 400, "top_n"},
                        {get + "&top_n=five", "", 400, "top_n"},
                        {get + "&top_n=2.5", "", 400, "top_n"},
                        {get + "&top_n=NaN", "", 400, "top_n"},
                        {get + "&top_n=1e2", "", 400, "top_n"},
                        {get + "&zip_code=1000", "", 400, "zip_code"},
                        {get + "&zip_code=1000x", "", 400, "zip_code"},
                        {get + "&colour=red", "", 400, "colour"},
                        {get + "&customer_id=1", "", 400, "customer_id"},
                        {"/recommend", "", 400, "customer_id"},
                        {"/recommend?customer_id=-1", "", 400, "customer_id"},
                        {"/recommend?customer_id=1.5", "", 400, "customer_id"},
                        {"/recommend?customer_id=9223372036854775808", "", 400, "customer_id"},
                        {"/recommend?customer_id=%00", "", 400, ""},
                        {"/recommend?customer_id=%zz", "", 400, ""},
                        {"/recommend?customer_id=%ff", "", 400, ""},
                        {"/recommend/", "", 404, ""},
                        {post, R"({"customer_id": "1000000"})", 400, "customer_id"},
                        {post, R"({"customer_id": 1, "customer_id": 1})", 400, "customer_id"},
                        {post, R"({"customer_id": 1, "colour": "red"})", 400, "colour"},
                        {post, R"({"customer_id": 1, "top_n": 1e2})", 400, "top_n"},
                        {post, R"({"customer_id": 1)", 400, ""},
                        {post, "{\"customer_id\": 1, \"zip_code\": \"\xFF\"}", 400, ""},
                        {post, std::string("{\"customer_id\": 1}\0", 19), 400, ""},
                        {post, std::string(50'000, '['), 400, ""},
                        {post, "{\"customer_id\": 1}" + std::string(1'100'000, ' '), 413, ""},
                        {"/health", "{}", 405, ""}}) {
    const auto answer = bad.body.empty() ? shop.Get(bad.target) : shop.Post(bad.target, bad.body);
    const std::string shown = bad.target + " " + bad.body.substr(0, 60) + " -> " + answer.body;
    EXPECT_EQ(answer.status, bad.status) << shown;
    EXPECT_EQ(answer.Find("Content-Type"), "application/problem+json") << shown;
    const auto problem = Json(answer);
    EXPECT_EQ(problem.at("status").as_int64(), bad.status) << shown;
    EXPECT_FALSE(Text(problem.at("type")).empty() || Text(problem.at("title")).empty() ||
                 Text(problem.at("detail")).empty())
        << shown;
    ASSERT_EQ(problem.as_object().contains("field"), !bad.field.empty()) << shown;
    if (!bad.field.empty()) {
      EXPECT_EQ(Text(problem.at("field")), bad.field) << shown;
      EXPECT_FALSE(Text(problem.at("accepted")).empty()) << shown;
    }
    shop.ExpectWell();
  }
  EXPECT_EQ(shop.Post("/recommend", "{}", "text/plain").status, 415);
  EXPECT_EQ(Json(shop.Post("/recommend", R"({"customer_id": x})")).at("position").as_int64(), 16);
  EXPECT_EQ(shop.Post("/health", "{}").Find("Allow"), "GET, HEAD, OPTIONS");
  web::Client client = shop.Connect();
  ASSERT_TRUE(client.Send("DELETE /recommend HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_EQ(client.Receive()->Find("Allow"), "GET, HEAD, POST, OPTIONS");
  shop.ExpectWell();
}

TEST_F(Routes, HealthSaysWhatIsServed) {
  const auto answer = shop.Get("/health");
  ASSERT_EQ(answer.status, 200);
  const auto json = Json(answer);
  EXPECT_EQ(Text(json.at("status")), "ok");
  EXPECT_EQ(json.at("products_cached").as_int64(), static_cast<std::int64_t>(kProducts));
  EXPECT_EQ(Text(json.at("backend")), "embedded");
  EXPECT_EQ(json.at("generation").as_int64(), 1);
  EXPECT_EQ(json.at("customers").as_int64(), kCustomers);
  EXPECT_EQ(shop.Get("/livez").status, 200);
  EXPECT_EQ(shop.Get("/readyz").status, 200);
  EXPECT_EQ(
      shop.server->ReadyLine(),
      "Ready - 200 products cached, ranking 7, propensity 12, generation 1, backend=embedded");
}

TEST_F(Routes, ThePageRunsItsOwnScriptAndNothingElse) {
  const auto page = shop.Get("/");
  ASSERT_EQ(page.status, 200);
  EXPECT_EQ(page.Find("Content-Type"), "text/html; charset=utf-8");
  const std::string policy(page.Find("Content-Security-Policy"));
  EXPECT_THAT(policy, StartsWith("default-src 'none'; script-src 'nonce-"));
  const std::string nonce = policy.substr(policy.find("nonce-") + 6, 32);
  EXPECT_THAT(page.body, HasSubstr("<script nonce=\"" + nonce + "\">"));
  EXPECT_THAT(page.body, HasSubstr("<style nonce=\"" + nonce + "\">"));
  EXPECT_THAT(page.body, testing::Not(HasSubstr("{{nonce}}")));
  for (const char* outside : {"src=\"http", "href=\"http", "@import", "url("})
    EXPECT_THAT(page.body, testing::Not(HasSubstr(outside)));
  EXPECT_THAT(std::string(shop.Get("/").Find("Content-Security-Policy")),
              testing::Not(HasSubstr(nonce)));
}

TEST_F(Routes, PipelinedRequestsOfManyConnectionsAreAnsweredInOrder) {
  std::vector<web::Client> clients;
  std::string requests;
  for (int i = 0; i < 3; ++i) {
    requests += fmt::format(
        "GET /recommend?customer_id={}&top_n=1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 1'000'000 + i);
  }
  for (int i = 0; i < 200; ++i) clients.push_back(shop.Connect());
  for (int round = 0; round < 2; ++round) {
    for (web::Client& client : clients) ASSERT_TRUE(client.Send(requests));
    for (web::Client& client : clients) {
      for (int i = 0; i < 3; ++i) {
        const auto answer = client.Receive();
        ASSERT_TRUE(answer) << answer.error().message;
        ASSERT_THAT(answer->body, StartsWith(fmt::format("{{\"customer_id\":{},", 1'000'000 + i)));
      }
    }
  }
}

}  // namespace
}  // namespace aisle::api
