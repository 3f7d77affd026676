// Routes as data: which tables are refused, and which route a path finds.
#include "web/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <vector>

#include "web/reference_router_testing.h"
#include "web/target.h"

namespace aisle::web {
namespace {

using testing::HasSubstr;

Route At(std::string_view method, std::string_view pattern) {
  return {.method = method,
          .pattern = pattern,
          .role = Role::kPublic,
          .handler = [](const Request&) -> net::Task<Response> { co_return Response{}; }};
}

// The pattern of the route that is found; else the problem's status.
std::string Found(const Router& router, std::string_view method, std::string_view target) {
  Request request;
  request.method = method;
  request.target = target;
  AISLE_ASSERT(DecodeTarget(target, request.path, request.query));
  const Route* route = router.Find(method, RawPath(target), request.path_parameters);
  if (route != nullptr) return std::string(route->pattern);
  const Router::Miss miss = router.WhyNot(request);
  EXPECT_EQ(miss.allow, miss.problem.accepted);
  return std::to_string(miss.problem.status) + (miss.allow.empty() ? "" : " " + miss.allow);
}

TEST(Router, FindsByMethodAndPathAndNamesWhatIsAllowed) {
  const Router router({At("GET", "/a"), At("POST", "/a")});
  EXPECT_EQ(Found(router, "GET", "/a"), "/a");
  EXPECT_EQ(Found(router, "HEAD", "/a"), "/a");
  EXPECT_EQ(Found(router, "POST", "/a?b=c"), "/a");
  EXPECT_EQ(Found(router, "GET", "/%61"), "/a");
  EXPECT_EQ(Found(router, "DELETE", "/a"), "405 GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(Found(router, "get", "/a"), "405 GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(Found(router, "GET", "/a/"), "404");
  EXPECT_EQ(Found(router, "GET", "/"), "404");
}

TEST(Router, LiteralSegmentsWinOverParametersInWhateverOrderTheyStand) {
  for (const bool turned : {false, true}) {
    std::vector<Route> routes = {At("GET", "/v1/{kind}"), At("GET", "/v1/{kind}/{id}"),
                                 At("GET", "/v1/products/{id}"), At("POST", "/v1/products/search"),
                                 At("GET", "/")};
    if (turned) std::reverse(routes.begin(), routes.end());
    const Router router(std::move(routes));
    EXPECT_EQ(Found(router, "GET", "/v1/products"), "/v1/{kind}");
    EXPECT_EQ(Found(router, "GET", "/v1/brands/7"), "/v1/{kind}/{id}");
    EXPECT_EQ(Found(router, "GET", "/v1/products/7"), "/v1/products/{id}");
    EXPECT_EQ(Found(router, "POST", "/v1/products/search"), "/v1/products/search");
    EXPECT_EQ(Found(router, "POST", "/v1/products/%73earch"), "/v1/products/search");
    EXPECT_EQ(Found(router, "GET", "/v1/products/search"), "405 POST, OPTIONS");
    EXPECT_EQ(Found(router, "GET", "/v1/products/search%2F"), "/v1/products/{id}");
    EXPECT_EQ(Found(router, "GET", "/v1//7"), "404");
    EXPECT_EQ(Found(router, "GET", "/v1/products/"), "404");
    EXPECT_EQ(Found(router, "GET", "/"), "/");
  }
}

TEST(Router, MovesWithItsRoutes) {
  Router first({At("GET", "/a/{b}")});
  const Router second = std::move(first);
  std::vector<Parameter> parameters;
  ASSERT_NE(second.Find("GET", "/a/1", parameters), nullptr);
  EXPECT_EQ(parameters.at(0).name, "b");
  EXPECT_EQ(parameters.at(0).value, "1");
}

TEST(RouteTable, WhatNoRouterCanServeIsNamed) {
  EXPECT_EQ(RouteTableProblem(std::vector<Route>{
                At("GET", "/"), At("GET", "/a/{b}"), At("PUT", "/a/{b}"), At("GET", "/a/b"),
                At("GET", "/{c}/{d}"), At("GET", "/a/{b}/c"), At("GET", "/{b}/b/d")}),
            "");
  const auto problem = [](std::vector<Route> routes) { return RouteTableProblem(routes); };
  EXPECT_THAT(problem({At("GET", "/a"), At("GET", "/a")}), HasSubstr("GET /a stands there twice"));
  EXPECT_THAT(problem({At("GET", "/a/{x}/c"), At("POST", "/a/b/{y}")}),
              HasSubstr("/a/{x}/c and /a/b/{y} take the same paths"));
  EXPECT_THAT(problem({At("GET", "/a/{x}"), At("PUT", "/a/{y}")}), HasSubstr("the same paths"));
  EXPECT_THAT(problem({At("HEAD", "/a")}), HasSubstr("not a method"));
  EXPECT_THAT(problem({At("get", "/a")}), HasSubstr("not a method"));
  EXPECT_THAT(problem({{.method = "GET", .pattern = "/a", .role = Role::kPublic}}),
              HasSubstr("no handler"));
  for (const auto& [pattern, why] :
       std::vector<std::pair<const char*, const char*>>{{"", "slash"},
                                                        {"a", "slash"},
                                                        {"/a/", "empty segment"},
                                                        {"//", "empty segment"},
                                                        {"/a//b", "empty segment"},
                                                        {"/{}", "not a name"},
                                                        {"/{A}", "not a name"},
                                                        {"/{a}/{a}", "twice"},
                                                        {"/x{a}", "plain text"},
                                                        {"/{a", "plain text"},
                                                        {"/a%20b", "plain text"},
                                                        {"/a?b", "plain text"},
                                                        {"/caf\xC3\xA9", "plain text"}})
    EXPECT_THAT(problem({At("GET", pattern)}), HasSubstr(why)) << pattern;
}

TEST(RouterDeathTest, ATableWithAProblemIsABug) {
  EXPECT_DEATH(Router({At("GET", "/a"), At("GET", "/a")}), "stands there twice");
}

// A table that a router takes: random patterns of few words, so that they often meet.
std::vector<Route> RandomRoutes(std::mt19937& random, std::deque<std::string>& texts) {
  static constexpr std::array<const char*, 6> kSegments = {"a", "b", "cc", "{x}", "{y}", "{z}"};
  std::vector<Route> routes;
  for (int i = 0; i < 12; ++i) {
    std::string pattern;
    for (std::size_t depth = 1 + random() % 4; depth > 0; --depth)
      pattern.append("/").append(kSegments[random() % kSegments.size()]);
    texts.push_back(random() % 12 == 0 ? "/" : pattern);
    routes.push_back(At(random() % 2 == 0 ? "GET" : "PUT", texts.back()));
    if (!RouteTableProblem(routes).empty()) routes.pop_back();
  }
  return routes;
}

TEST(Router, AgreesWithTheSlowAndPlainWayOnRandomTablesAndPaths) {
  static constexpr std::array<const char*, 9> kPieces = {"a",    "b",   "cc",        "",   "%61",
                                                         "c%63", "%2F", "caf%c3%a9", "a+b"};
  std::mt19937 random(20261129);
  int found_count = 0;
  int with_values = 0;
  for (int round = 0; round < 300; ++round) {
    std::deque<std::string> texts;
    const std::vector<Route> routes = RandomRoutes(random, texts);
    const Router router(routes);
    for (int i = 0; i < 60; ++i) {
      std::string path;
      for (std::size_t depth = 1 + random() % 4; depth > 0; --depth)
        path.append("/").append(kPieces[random() % kPieces.size()]);
      const std::string_view method = random() % 2 == 0 ? "PUT" : "HEAD";
      const Expected expected = ExpectedRoute(routes, method, path);
      std::vector<Parameter> parameters;
      const Route* route = router.Find(method, path, parameters);
      ASSERT_EQ(route != nullptr, expected.answers) << path;
      if (route != nullptr) {
        ASSERT_EQ(route->pattern, expected.pattern) << path;
      } else {
        Request request;
        request.target = path;
        ASSERT_EQ(router.WhyNot(request).problem.status, expected.pattern.empty() ? 404 : 405);
      }
      ASSERT_EQ(parameters.size(), expected.values.size()) << path;
      for (std::size_t k = 0; k < parameters.size(); ++k)
        ASSERT_EQ(parameters[k].value, expected.values[k]) << path;
      found_count += route != nullptr ? 1 : 0;
      with_values += parameters.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(found_count, 1000);
  EXPECT_GT(with_values, 500);
}

}  // namespace
}  // namespace aisle::web
