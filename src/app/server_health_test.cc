#include "app/server_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace aisle::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Of(const char* text) {
  return ProblemsOf(boost::json::parse(text).get_object());
}

TEST(ServerHealth, AWellServerHasNoProblems) {
  EXPECT_THAT(Of(R"({"status": "ok", "impressions": {"written": 7, "dropped": 0}})"), IsEmpty());
  EXPECT_THAT(Of(R"({"status": "ok"})"), IsEmpty());
}

TEST(ServerHealth, WhatItDoesWithoutAndWhatItDroppedAreProblems) {
  EXPECT_THAT(Of(R"({"status": "ok", "impressions": {"written": 7, "dropped": 3}, "degraded":
                     [{"what": "generation", "why": "generation 2 does not open"}]})"),
              ElementsAre(HasSubstr("dropped 3 impressions"),
                          "the server does without generation: generation 2 does not open"));
  EXPECT_THAT(Of(R"({"status": "not ready"})"), ElementsAre("the server is not ready"));
}

// As a newer server, or another program, might answer.
TEST(ServerHealth, AnotherShapeIsPassedOver) {
  EXPECT_THAT(Of(R"({"status": 1, "impressions": [], "degraded": [7, {"what": 1}]})"),
              ElementsAre("the server does without not said: not said"));
}

TEST(ServerHealth, NobodyAtTheAddressIsAnError) {
  const auto nobody = AskHealth("unix:/nowhere/at/all.sock");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(nobody.error().message,
              HasSubstr("unix:/nowhere/at/all.sock does not answer: No such file"));
}

TEST(StoresOf, SaysHowEachOfThemIs) {
  const auto of = [](std::string_view health) {
    return StoresOf(boost::json::parse(health).get_object());
  };
  EXPECT_THAT(of(R"({"stores": [{"name": "postgres", "breaker": "half-open", "last_error": "gone",
                     "last_error_age_s": 3}, {"name": "embedded", "breaker": "closed"}]})"),
              testing::ElementsAre("postgres: breaker half-open; last error 3 s ago: gone",
                                   "embedded: breaker closed"));
  EXPECT_THAT(of(R"({"status": "ok"})"), testing::IsEmpty());
}

}  // namespace
}  // namespace aisle::app
