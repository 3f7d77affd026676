#include "api/recommend_request.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "api/exercise_testing.h"
#include "base/files.h"
#include "web/target.h"

namespace aisle::api {
namespace {

const features::Catalogue kNumbers;

using testing::HasSubstr;

Checked<recommend::Request> OfQuery(const std::string& query) {
  std::string path;
  std::vector<web::Parameter> parameters;
  AISLE_ASSERT(web::DecodeTarget("/recommend?" + query, path, parameters));
  return RequestOfQuery(parameters, kNumbers);
}

// The field that the query is refused for; empty if it is taken.
std::string Refused(const std::string& query) {
  const auto request = OfQuery(query);
  if (request) return "";
  EXPECT_EQ(request.error().status, 400);
  EXPECT_FALSE(request.error().accepted.empty()) << query;
  return request.error().field;
}

Checked<recommend::Request> OfJson(const std::string& body) {
  auto parsed = RequestOfBody(body, false, kNumbers);
  if (!parsed) return std::unexpected(parsed.error());
  return std::get<recommend::Request>(*parsed);
}

std::string RefusedJson(const std::string& body) {
  const auto request = OfJson(body);
  return request ? "" : request.error().field;
}

TEST(RecommendRequest, TakesAQuery) {
  const auto request = OfQuery("customer_id=1000000&zip_code=10001&top_n=7&strict=true");
  ASSERT_TRUE(request) << request.error().detail;
  EXPECT_EQ(request->customer.Number().value, 1'000'000);
  EXPECT_EQ(request->destination->PostalCode(), "10001");
  EXPECT_EQ(request->top_n.Count(), 7U);
  EXPECT_TRUE(request->strict);
  const auto plain = OfQuery("customer_id=0");
  EXPECT_FALSE(plain->destination);
  EXPECT_EQ(plain->top_n.Count(), 5U);
  EXPECT_FALSE(plain->strict);
  EXPECT_EQ(OfQuery("customer_id=9223372036854775807")->customer.Number().value, INT64_MAX);
}

TEST(RecommendRequest, EveryBadParameterIsNamed) {
  for (const char* value : {"0", "-1", "101", "ten", "2.5", "NaN", "1e2", "", "+5", "5%20", "0x5",
                            "99999999999999999999"})
    EXPECT_EQ(Refused(fmt::format("customer_id=1&top_n={}", value)), "top_n") << value;
  for (const char* value : {"-1", "1.5", "9223372036854775808", "abc", "", "1e6", "%D9%A1"})
    EXPECT_EQ(Refused(fmt::format("customer_id={}", value)), "customer_id") << value;
  EXPECT_EQ(Refused("zip_code=10001"), "customer_id");
  for (const char* value : {"1000", "100011", "1000a", "10001-123", "10001-12a4", "10001%20",
                            "%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1"})
    EXPECT_EQ(Refused(fmt::format("customer_id=1&zip_code={}", value)), "zip_code") << value;
  EXPECT_EQ(Refused("customer_id=1&strict=yes"), "strict");
  EXPECT_EQ(Refused("customer_id=1&topn=5"), "topn");
  EXPECT_EQ(Refused("customer_id=1&customer_id=1"), "customer_id");
  EXPECT_THAT(OfQuery("customer_id=1&top_n=0").error().accepted, HasSubstr("1 to 100"));
}

TEST(RecommendRequest, AZipPlusFourIsItsZipCodeAndAnEmptyCodeIsNone) {
  EXPECT_EQ(OfQuery("customer_id=1&zip_code=10001-1234")->destination->PostalCode(), "10001");
  EXPECT_FALSE(OfQuery("customer_id=1&zip_code=")->destination);
  EXPECT_FALSE(OfJson(R"({"customer_id": 1, "zip_code": ""})")->destination);
}

TEST(RecommendRequest, TheRetailersOwnIdsAreTextsWhereTheCatalogueSaysSo) {
  features::Catalogue texts;
  texts.text_customer_ids = true;
  const auto of_query = [&](const std::string& id) {
    return RequestOfQuery(std::vector<web::Parameter>{{"customer_id", id}}, texts);
  };
  const auto of_body = [&](const std::string& body) { return RequestOfBody(body, false, texts); };
  EXPECT_EQ(of_query("C00001")->customer.Text(), "C00001");
  EXPECT_EQ(of_query("17")->customer.Text(), "17") << "theirs, not our number";
  EXPECT_EQ(of_query(" \xC3\xA9")->customer.Text(), " \xC3\xA9");
  for (const std::string& bad : {std::string(), std::string(257, 'x'), std::string("\xFF")}) {
    ASSERT_FALSE(of_query(bad)) << bad;
    EXPECT_EQ(of_query(bad).error().field, "customer_id");
    EXPECT_THAT(of_query(bad).error().accepted, HasSubstr("the retailer's own"));
  }
  EXPECT_EQ(std::get<recommend::Request>(*of_body(R"({"customer_id": "C1"})")).customer.Text(),
            "C1");
  EXPECT_EQ(of_body(R"({"customer_id": 17})").error().field, "customer_id");
  EXPECT_EQ(KeyOfText("C1", texts)->Text(), "C1");
  EXPECT_EQ(KeyOfText("1", kNumbers)->Number().value, 1);
  EXPECT_EQ(KeyOfText("C1", kNumbers).error().field, "customer_id");
}

TEST(RecommendRequest, SwitchesAreOffUnlessTheyAreAskedFor) {
  const auto plain = OfQuery("customer_id=1");
  EXPECT_FALSE(plain->why || plain->dry_run || plain->batch);
  EXPECT_TRUE(OfQuery("customer_id=1&why=true")->why);
  EXPECT_TRUE(OfJson(R"({"customer_id": 1, "dry_run": true})")->dry_run);
  EXPECT_EQ(Refused("customer_id=1&why=1"), "why");
  EXPECT_FALSE(plain->explain);
  EXPECT_EQ(OfQuery("customer_id=1&explain=true&product_id=SKU-7")->product, "SKU-7");
  EXPECT_EQ(OfQuery("product_id=42&explain=true&customer_id=1")->product, "42");
  EXPECT_EQ(Refused("customer_id=1&product_id=42"), "product_id") << "without explain";
  EXPECT_EQ(Refused("customer_id=1&explain=true&product_id="), "product_id");
  EXPECT_EQ(Refused("customer_id=1&explain=yes"), "explain");
  EXPECT_EQ(RefusedJson(R"({"customer_id": 1, "dry_run": "true"})"), "dry_run");
}

TEST(RecommendRequest, TakesABody) {
  const auto request =
      OfJson(R"({"top_n": 7, "customer_id": 1000000, "zip_code": "10001", "strict": true})");
  ASSERT_TRUE(request) << request.error().detail;
  EXPECT_EQ(request->customer.Number().value, 1'000'000);
  EXPECT_EQ(request->destination->PostalCode(), "10001");
  EXPECT_EQ(request->top_n.Count(), 7U);
  EXPECT_TRUE(request->strict);
  EXPECT_TRUE(
      std::get<recommend::Request>(*RequestOfBody(R"({"customer_id": 1})", true, kNumbers)).strict);
}

TEST(RecommendRequest, EveryBadFieldIsNamed) {
  for (const char* value : {"0", "-1", "101", "\"5\"", "2.5", "1e2", "5.0", "null", "true", "[]"}) {
    EXPECT_EQ(RefusedJson(fmt::format(R"({{"customer_id": 1, "top_n": {}}})", value)), "top_n")
        << value;
  }
  for (const char* value : {"-1", "1.5", "9223372036854775808", "\"1\"", "null", "1e6", "{}",
                            "99999999999999999999999"})
    EXPECT_EQ(RefusedJson(fmt::format(R"({{"customer_id": {}}})", value)), "customer_id") << value;
  for (const char* value : {"10001", "\"1000\"", "\"1000a\"", "null", R"("1000\u0000")"}) {
    EXPECT_EQ(RefusedJson(fmt::format(R"({{"customer_id": 1, "zip_code": {}}})", value)),
              "zip_code")
        << value;
  }
  EXPECT_EQ(RefusedJson(R"({"customer_id": 1, "strict": "true"})"), "strict");
  EXPECT_EQ(RefusedJson(R"({"customer_id": 1, "zip": "10001"})"), "zip");
  EXPECT_EQ(RefusedJson(R"({"customer_id": 1, "customer_id": 2})"), "customer_id");
  EXPECT_EQ(RefusedJson("{}"), "customer_id");
}

TEST(RecommendRequest, WhatIsNoObjectIsRefused) {
  for (const char* body : {"", "7", "[]", "null", "{\"customer_id\": 1", "{\"customer_id\": NaN}",
                           "{\"customer_id\": 1}}", "\xFF"})
    EXPECT_FALSE(OfJson(body)) << body;
  EXPECT_EQ(OfJson(R"({"customer_id": NaN})").error().position, 16U);
}

TEST(RecommendRequest, ABatchFailsRowByRow) {
  const auto body = RequestOfBody(
      R"({"data": [[5, {"customer_id": 1}], [3, {"customer_id": 1, "top_n": 0}], [3, {}]]})", false,
      kNumbers);
  ASSERT_TRUE(body) << body.error().detail;
  const auto& rows = std::get<std::vector<BatchRow>>(*body);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].index, 5);
  EXPECT_TRUE(rows[0].request);
  EXPECT_EQ(rows[1].request.error().field, "top_n");
  EXPECT_EQ(rows[2].request.error().field, "customer_id");
  EXPECT_TRUE(RequestOfBody(R"({"data": []})", false, kNumbers));
}

TEST(RecommendRequest, WhatIsNoBatchIsRefusedAsAWhole) {
  const auto field = [](const std::string& body) {
    const auto parsed = RequestOfBody(body, false, kNumbers);
    return parsed ? "" : parsed.error().field;
  };
  EXPECT_EQ(field(R"({"data": {}})"), "data");
  EXPECT_EQ(field(R"({"data": [7]})"), "data[0]");
  EXPECT_EQ(field(R"({"data": [[0, {"customer_id": 1}], [1]]})"), "data[1]");
  EXPECT_EQ(field(R"({"data": [["0", {}]]})"), "data[0]");
  EXPECT_EQ(field(R"({"data": [[-1, {}]]})"), "data[0]");
  EXPECT_EQ(field(R"({"data": [[0, 1000000]]})"), "data[0]");
  EXPECT_EQ(field(R"({"data": [], "customer_id": 1})"), "customer_id");
  std::string rows = R"([0, {"customer_id": 1}])";
  std::string many = R"({"data": [)" + rows;
  for (std::size_t i = 0; i < kBatchRowsMax; ++i) many += "," + rows;
  EXPECT_EQ(field(many + "]}"), "data");
}

TEST(RecommendRequest, APostsQueryMayOnlySayStrict) {
  const std::vector<web::Parameter> strict = {{"strict", "true"}};
  EXPECT_TRUE(*StrictOfQuery(strict));
  EXPECT_FALSE(*StrictOfQuery({}));
  const std::vector<web::Parameter> other = {{"customer_id", "1"}};
  EXPECT_EQ(StrictOfQuery(other).error().field, "customer_id");
}

TEST(RecommendRequest, TheFuzzersCorpusIsTakenOrRefusedWithAReason) {
  int taken = 0;
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(AISLE_SOURCE_DIR) / "src/online/api/corpus")) {
    const auto bytes = base::ReadFile(entry.path());
    ASSERT_TRUE(bytes);
    taken += Exercise(*bytes) ? 1 : 0;
    ++count;
  }
  EXPECT_GE(count, 4);
  EXPECT_GE(taken, 2);
}

}  // namespace
}  // namespace aisle::api
