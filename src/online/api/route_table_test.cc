// What holds for every route of the table, whatever routes there are: it says all that must be said,
// its examples are answered as they say, and the README's table is the same.
#include "api/route_table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "api/open_shop_testing.h"

namespace aisle::api {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

std::vector<web::Route> Table() { return RouteTable(std::make_shared<Desk>(0, nullptr, 70ms)); }

// How `value` differs from `example` in its members and the types of their values, each named by its
// place; empty: in nothing. What a text means to programs and people must be equal: kSaid, but for the reasons of
// products, which are the shop's. An element of a list is held against its own of the example, or else against the
// example's last.
const std::set<std::string> kSaid = {"type",     "title",  "detail", "field",
                                     "accepted", "source", "what",   "why"};

void Compare(const json::value& value, const json::value& example, const std::string& place,
             std::vector<std::string>& differences) {
  if (value.is_number() && example.is_number()) return;
  if (value.kind() != example.kind()) {
    differences.push_back(place + " is of another type");
    return;
  }
  if (value.is_array()) {
    const json::array& list = value.get_array();
    const json::array& examples = example.get_array();
    if (list.empty() != examples.empty()) differences.push_back(place + " is empty, or should be");
    for (std::size_t i = 0; i < list.size() && !examples.empty(); ++i) {
      Compare(list[i], examples[std::min(i, examples.size() - 1)], fmt::format("{}[{}]", place, i),
              differences);
    }
  }
  if (!value.is_object()) return;
  std::set<std::string> names;
  for (const auto& member : value.get_object()) names.emplace(member.key());
  for (const auto& member : example.get_object()) {
    const std::string name(member.key());
    if (names.erase(name) == 0) {
      differences.push_back(place + "." + name + " is missing");
    } else if (kSaid.contains(name) && !place.starts_with(".recommendations") &&
               value.at(name) != member.value()) {
      differences.push_back(place + "." + name + " says " + json::serialize(value.at(name)));
    } else {
      Compare(value.at(name), member.value(), place + "." + name, differences);
    }
  }
  for (const std::string& name : names) differences.push_back(place + "." + name + " is new");
}

std::vector<std::string> Differences(std::string_view text, std::string_view example) {
  const auto value = web::ParseJson(text);
  const auto wanted = web::ParseJson(example);
  if (!value || !wanted) return {"not JSON"};
  std::vector<std::string> differences;
  Compare(*value, *wanted, "", differences);
  return differences;
}

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
    for (const web::Example& example : route.examples) {
      const std::string request = fmt::format(
          "{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          "Content-Length: {}\r\n\r\n{}",
          route.method, example.target, example.body.size(), example.body);
      SCOPED_TRACE(fmt::format("{} {} {}", route.method, example.target, example.body));
      web::Client client = shop.Connect();
      ASSERT_TRUE(client.Send(request));
      const web::ClientAnswer answer = OpenShop::MustHave(client.Receive());
      EXPECT_EQ(answer.status, example.status) << answer.body;
      if (answer.Find("Content-Type").ends_with("json")) {
        EXPECT_THAT(Differences(answer.body, example.answer), testing::IsEmpty()) << answer.body;
      } else {
        EXPECT_THAT(answer.body, testing::StartsWith(std::string(example.answer)));
      }
      EXPECT_FALSE(example.answer.empty());
    }
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
  std::string expected;
  for (const web::Route& route : Table()) {
    expected += fmt::format("| `{} {}` | {} | {} |\n", route.method, route.pattern,
                            web::RoleName(route.role), route.summary);
  }
  std::ifstream in(AISLE_SOURCE_DIR "/src/online/api/README.md");
  std::string found;
  for (std::string line; std::getline(in, line);) {
    const bool is_route = line.starts_with("| `") && line.find(" /") < line.find("` |");
    if (is_route) found += line + "\n";
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace aisle::api
