// What holds for every route of the table, whatever routes there are: it says all that must be said,
// its examples are answered as they say, and the README's table is the same.
#include "api/route_table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "api/examples_testing.h"
#include "api/open_shop_testing.h"

namespace aisle::api {
namespace {

using namespace std::chrono_literals;

std::vector<web::Route> Table() { return RouteTable(std::make_shared<Desk>(0, nullptr, 70ms)); }

TEST(RouteTable, EveryRouteSaysWhatItIs) {
  const std::vector<web::Route> table = Table();
  EXPECT_EQ(web::RouteTableProblem(table), "");
  EXPECT_GE(table.size(), 6U);
  for (const web::Route& route : table) {
    const std::string shown = fmt::format("{} {}", route.method, route.pattern);
    EXPECT_FALSE(route.summary.empty()) << shown;
    EXPECT_EQ(route.summary.find_first_of("|\n`"), std::string_view::npos) << shown;
    EXPECT_FALSE(route.examples.empty()) << shown;
    EXPECT_TRUE(route.examples.empty() || route.examples.front().status == 200) << shown;
    EXPECT_EQ(route.method == "GET", route.limits.body_bytes == 0) << shown;
    EXPECT_EQ(route.role == web::Role::kReader, route.limits.deadline == 70ms) << shown;
    EXPECT_EQ(route.role == web::Role::kPublic, !route.limits.deadline.has_value()) << shown;
  }
}

TEST(RouteTable, EveryExampleIsAnsweredAsItSays) {
  OpenShop shop;
  for (const web::Route& route : Table()) {
    for (const web::Example& example : route.examples)
      ExpectAnsweredAsItSays(route, example, shop.Connect());
  }
}

TEST(RouteTable, AnExampleThatHasRottedIsSeen) {
  EXPECT_THAT(Differences(R"({"degraded": [{"why": "x"}]})", R"({"degraded": [{"why": "y"}]})"),
              testing::ElementsAre(".degraded[0].why says \"x\""));
  EXPECT_THAT(
      Differences(R"({"a": 1, "b": [{"c": "x"}, {"c": "y"}]})", R"({"b": [{"c": ""}], "a": 2.5})"),
      testing::IsEmpty());
  EXPECT_THAT(Differences(R"({"a": 1})", R"({"a": 1, "b": 2})"),
              testing::ElementsAre(".b is missing"));
  EXPECT_THAT(Differences(R"({"a": {"b": 1, "c": 2}})", R"({"a": {"b": 1}})"),
              testing::ElementsAre(".a.c is new"));
  EXPECT_THAT(Differences(R"([0, {"a": "1"}])", R"([0, {"a": 1}])"),
              testing::ElementsAre("[1].a is of another type"));
  EXPECT_THAT(Differences(R"({"a": []})", R"({"a": [1]})"),
              testing::ElementsAre(".a is empty, or should be"));
  EXPECT_THAT(Differences("<html>", "{}"), testing::ElementsAre("not JSON"));
}

TEST(RouteTable, TheReadmesTableIsTheSame) {
  EXPECT_EQ(RowsOfReadme(AISLE_SOURCE_DIR "/src/online/api/README.md"), RowsOf(Table()));
}

}  // namespace
}  // namespace aisle::api
