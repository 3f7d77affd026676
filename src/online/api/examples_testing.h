// What the tests of both servers' tables of routes do with an example: ask it, and hold the answer against it.
// Private to this module's tests.
//
//   errors   what differs, each named by its place in the JSON.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "web/client_testing.h"
#include "web/json_body.h"
#include "web/route.h"

namespace aisle::api {

// How `value` differs from `example` in its members and the types of their values, each named by its
// place; empty: in nothing. What a text means to programs and people must be equal: kSaid, but for the reasons of
// products, which are the shop's. An element of a list is held against its own of the example, or else against the
// example's last.
inline const std::set<std::string> kSaid = {"type",     "title",  "detail", "field",
                                            "accepted", "source", "what",   "why"};

inline void Compare(const boost::json::value& value, const boost::json::value& example,
                    const std::string& place, std::vector<std::string>& differences) {
  if (value.is_number() && example.is_number()) return;
  if (value.kind() != example.kind()) {
    differences.push_back(place + " is of another type");
    return;
  }
  if (value.is_array()) {
    const boost::json::array& list = value.get_array();
    const boost::json::array& examples = example.get_array();
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
      differences.push_back(place + "." + name + " says " + boost::json::serialize(value.at(name)));
    } else {
      Compare(value.at(name), member.value(), place + "." + name, differences);
    }
  }
  for (const std::string& name : names) differences.push_back(place + "." + name + " is new");
}

inline std::vector<std::string> Differences(std::string_view text, std::string_view example) {
  const auto value = web::ParseJson(text);
  const auto wanted = web::ParseJson(example);
  if (!value || !wanted) return {"not JSON"};
  std::vector<std::string> differences;
  Compare(*value, *wanted, "", differences);
  return differences;
}

// Asks the example of a client that is connected.
inline void ExpectAnsweredAsItSays(const web::Route& route, const web::Example& example,
                                   web::Client client) {
  const std::string request = fmt::format(
      "{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      route.method, example.target, example.body.size(), example.body);
  SCOPED_TRACE(fmt::format("{} {} {}", route.method, example.target, example.body));
  ASSERT_TRUE(client.Send(request));
  const auto answer = client.Receive();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, example.status) << answer->body;
  if (answer->Find("Content-Type").ends_with("json")) {
    EXPECT_THAT(Differences(answer->body, example.answer), testing::IsEmpty()) << answer->body;
  } else {
    EXPECT_THAT(answer->body, testing::StartsWith(std::string(example.answer)));
  }
  EXPECT_FALSE(example.answer.empty());
}

// The rows of a README's table of routes, and those that the table of routes makes.
inline std::string RowsOf(const std::vector<web::Route>& table) {
  std::string rows;
  for (const web::Route& route : table) {
    rows += fmt::format("| `{} {}` | {} | {} |\n", route.method, route.pattern,
                        web::RoleName(route.role), route.summary);
  }
  return rows;
}
inline std::string RowsOfReadme(const std::string& path) {
  std::ifstream in(path);
  std::string found;
  for (std::string line; std::getline(in, line);) {
    const bool is_route = line.starts_with("| `") && line.find(" /") < line.find("` |");
    if (is_route) found += line + "\n";
  }
  return found;
}

}  // namespace aisle::api
