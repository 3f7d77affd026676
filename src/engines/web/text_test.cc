// Targets, hosts, routes, problems and JSON text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "web/address.h"
#include "web/json_body.h"
#include "web/json_text.h"
#include "web/problem.h"
#include "web/router.h"
#include "web/target.h"

namespace aisle::web {
namespace {

using testing::HasSubstr;

struct Decoded {
  std::string path;
  std::vector<Parameter> query;
  std::string error;
};

Decoded Decode(std::string_view target) {
  Decoded decoded;
  if (auto status = DecodeTarget(target, decoded.path, decoded.query); !status)
    decoded.error = status.error().message;
  return decoded;
}

TEST(Target, PathAndQueryAreDecoded) {
  const Decoded decoded = Decode("/a%20b+c?x=1&y=%C3%A9+e&empty=&bare&&x=2");
  EXPECT_EQ(decoded.error, "");
  EXPECT_EQ(decoded.path, "/a b+c");
  ASSERT_EQ(decoded.query.size(), 5U);
  EXPECT_EQ(decoded.query[1].name, "y");
  EXPECT_EQ(decoded.query[1].value, "\xC3\xA9 e");
  EXPECT_EQ(decoded.query[3].name, "bare");
  EXPECT_EQ(decoded.query[3].value, "");
  EXPECT_EQ(decoded.query[4].value, "2");
}

TEST(Target, LoosePercentSignsControlsAndBrokenUtf8AreRefused) {
  EXPECT_THAT(Decode("/?a=%").error, HasSubstr("percent sign"));
  EXPECT_THAT(Decode("/?a=%2").error, HasSubstr("at byte 4"));
  EXPECT_THAT(Decode("/?a=%2&b=0").error, HasSubstr("percent sign"));
  EXPECT_THAT(Decode("/?a=%zz").error, HasSubstr("percent sign"));
  EXPECT_THAT(Decode("/%00").error, HasSubstr("control"));
  EXPECT_THAT(Decode("/?a=%0d%0a").error, HasSubstr("control"));
  EXPECT_THAT(Decode("/?a=%ff").error, HasSubstr("UTF-8"));
  EXPECT_THAT(Decode("/?a=%ED%A0%80").error, HasSubstr("UTF-8"));
  EXPECT_THAT(Decode("/\xC3\xA9").error, HasSubstr("percent-encoded"));
  EXPECT_THAT(Decode("").error, HasSubstr("slash"));
  std::string many = "/?";
  for (int i = 0; i < 70; ++i) many += "a=1&";
  EXPECT_THAT(Decode(many).error, HasSubstr("more than 64"));
}

TEST(Address, HostAndPortAreNumeric) {
  EXPECT_EQ(ParseAddress("127.0.0.1:8000")->Text(), "127.0.0.1:8000");
  EXPECT_EQ(ParseAddress("localhost:0")->Text(), "127.0.0.1:0");
  EXPECT_EQ(ParseAddress("[::1]:80")->Text(), "[::1]:80");
  EXPECT_TRUE(ParseAddress("[::1]:80")->IsLoopback());
  EXPECT_FALSE(ParseAddress("0.0.0.0:80")->IsLoopback());
  for (const char* bad : {"", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:65536", "127.0.0.1:-1",
                          "127.0.0.1:8a", "example.org:80", "::1:80", "[127.0.0.1]:80"}) {
    EXPECT_FALSE(ParseAddress(bad)) << bad;
  }
}

TEST(Address, AUnixSocketIsNamedByAnAbsolutePath) {
  const auto address = ParseAddress("unix:/run/aisle.sock");
  ASSERT_TRUE(address);
  EXPECT_TRUE(address->IsUnix());
  EXPECT_FALSE(address->IsLoopback());
  EXPECT_EQ(address->Text(), "unix:/run/aisle.sock");
  EXPECT_EQ(UrlOf(address->Text()), "unix:/run/aisle.sock");
  EXPECT_EQ(UrlOf("127.0.0.1:8000"), "http://127.0.0.1:8000");
  EXPECT_TRUE(ParseAddress("unix:/" + std::string(kSocketPathBytesMax - 1, 'a')));
  for (const std::string& bad :
       {std::string("unix:"), std::string("unix:/"), std::string("unix:run/aisle.sock"),
        std::string("unix:/run/"), "unix:/" + std::string(kSocketPathBytesMax, 'a')})
    EXPECT_FALSE(ParseAddress(bad)) << bad;
}

TEST(Address, SaysWhetherItIsSpokenToOverTlsOrWasHandedOver) {
  const auto tls = ParseAddress("https://[::1]:8443");
  ASSERT_TRUE(tls);
  EXPECT_TRUE(tls->tls && tls->IsLoopback());
  EXPECT_EQ(tls->Text(), "https://[::1]:8443");
  EXPECT_EQ(UrlOf(tls->Text()), "https://[::1]:8443");
  for (const auto& [text, name] : {std::pair("systemd", ""), std::pair("systemd:http", "http"),
                                   std::pair("systemd:a:b", "a:b")}) {
    const auto handed = ParseAddress(text);
    ASSERT_TRUE(handed) << text;
    EXPECT_EQ(handed->handed, name);
    EXPECT_EQ(handed->Text(), text);
    EXPECT_FALSE(handed->IsLoopback());
    EXPECT_FALSE(handed->IsUnix());
  }
  for (const char* bad :
       {"https://unix:/a", "https://", "http://127.0.0.1:80", "systemd:", "systemdx", "system"})
    EXPECT_FALSE(ParseAddress(bad)) << bad;
}

TEST(Address, OnlyLoopbackNamesPassTheHostCheck) {
  for (const char* good :
       {"localhost", "LOCALHOST:8000", "127.0.0.1:1", "127.9.9.9", "[::1]", "[::1]:80"})
    EXPECT_TRUE(IsLoopbackAuthority(good)) << good;
  for (const char* bad :
       {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
        "localhost:", "localhost:80a", "::1", "[::1", "10.0.0.1", "127.0.0.1@evil:1"})
    EXPECT_FALSE(IsLoopbackAuthority(bad)) << bad;
}

Request WithField(std::string_view name, std::string_view value) {
  Request request;
  request.fields = {{"Host", "localhost:8000"}, {name, value}};
  return request;
}

TEST(LoopbackGuard, HostAndOriginMustBeLoopback) {
  EXPECT_FALSE(LoopbackProblem(WithField("A", "b")));
  EXPECT_FALSE(LoopbackProblem(WithField("Origin", "http://localhost:3000")));
  EXPECT_EQ(LoopbackProblem(WithField("Origin", "http://evil.example"))->status, 403);
  EXPECT_EQ(LoopbackProblem(WithField("Origin", "null"))->status, 403);
  Request rebound;
  rebound.fields = {{"Host", "evil.example:8000"}};
  EXPECT_EQ(LoopbackProblem(rebound)->status, 421);
}

TEST(JsonType, OnlyJsonInUtf8Passes) {
  EXPECT_FALSE(JsonTypeProblem(WithField("content-type", "application/json")));
  EXPECT_FALSE(JsonTypeProblem(WithField("Content-Type", "Application/JSON ; charset=UTF-8")));
  for (const char* bad :
       {"text/plain", "application/jsonp", "application/json; charset=latin1", ""})
    EXPECT_EQ(JsonTypeProblem(WithField("Content-Type", bad))->status, 415) << bad;
}

TEST(Problem, IsADocumentThatNamesTheField) {
  Problem problem{.status = 400,
                  .type = "invalid-argument",
                  .detail = "top_n is \"0\"",
                  .field = "top_n",
                  .accepted = "an integer from 1 to 100",
                  .position = 7};
  EXPECT_EQ(
      ToJson(problem, "r1"),
      R"({"type":"urn:problem-type:aisle:invalid-argument","title":"Bad Request","status":400,)"
      R"("detail":"top_n is \"0\"","field":"top_n","accepted":"an integer from 1 to 100",)"
      R"("position":7,"request_id":"r1"})");
}

TEST(Problem, OurOwnFailuresKeepTheirDetailsToTheLog) {
  EXPECT_EQ(ProblemOf({ErrorCode::kNotFound, "no customer 7"}).status, 404);
  EXPECT_EQ(ProblemOf({ErrorCode::kInvalidArgument, "top_n is 0", "top_n"}).field, "top_n");
  EXPECT_EQ(ProblemOf({ErrorCode::kInternal, "top_n is 0", "top_n"}).field, "");
  EXPECT_EQ(ProblemOf({ErrorCode::kUnavailable, "nothing published"}).detail, "nothing published");
  const Problem internal = ProblemOf({ErrorCode::kInternal, "/secret/path is damaged"});
  EXPECT_EQ(internal.status, 500);
  EXPECT_THAT(internal.detail, testing::Not(HasSubstr("secret")));
}

std::string Escaped(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(JsonText, EscapesControlsAndKeepsUtf8) {
  EXPECT_EQ(Escaped("plain"), "\"plain\"");
  EXPECT_EQ(Escaped("\"\\\n\r\t\x01\x7f/"), R"("\"\\\n\r\t\u0001\u007f/")");
  EXPECT_EQ(Escaped("caf\xC3\xA9 \xF0\x9F\x98\x80"), "\"caf\xC3\xA9 \xF0\x9F\x98\x80\"");
  EXPECT_EQ(Escaped(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonText, WhatIsNotUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(Escaped("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(Escaped("\xC3"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(Escaped("\xC0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80"));
  EXPECT_FALSE(IsUtf8("\xF4\x90\x80\x80"));
  EXPECT_TRUE(IsUtf8("\xF4\x8F\xBF\xBF"));
}

TEST(JsonText, NumbersReadBackTheSame) {
  for (const float value : {0.0F, 0.9234F, 1e-7F, 0.1F, 123456.0F}) {
    std::string out;
    AppendJsonNumber(out, value);
    EXPECT_EQ(std::stof(out), value) << out;
  }
  std::string out;
  AppendJsonNumber(out, std::nanf(""));
  EXPECT_EQ(out, "null");
}

TEST(JsonBody, ReadsWhatIsValid) {
  const auto value =
      ParseJson(R"( {"a": [1, -2, 18446744073709551615, 1.5, "x\u00e9", null, true]} )");
  ASSERT_TRUE(value);
  const auto& list = value->at("a").as_array();
  EXPECT_EQ(list[0].as_int64(), 1);
  EXPECT_TRUE(list[2].is_uint64());
  EXPECT_TRUE(list[3].is_double());
  EXPECT_EQ(list[4].as_string(), "x\xC3\xA9");
}

TEST(JsonBody, ARepeatedKeyIsRefusedByName) {
  const auto twice = ParseJson(R"({"data": [{"a": 1, "b": 2, "a": 3}]})");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().field, "a");
  EXPECT_FALSE(ParseJson(R"({"a": 1, "\u0061": 3})"));
  EXPECT_TRUE(ParseJson(R"([{"a": 1}, {"a": {"a": 2}}])"));
}

TEST(JsonBody, WhatIsNotJsonIsRefusedWithItsPosition) {
  EXPECT_EQ(ParseJson(R"({"a": 01})").error().position, 7U);
  EXPECT_EQ(ParseJson("{} x").error().position, 3U);
  EXPECT_THAT(ParseJson("{\"a\": 1").error().detail, HasSubstr("not complete"));
  EXPECT_THAT(ParseJson("").error().detail, HasSubstr("empty"));
  EXPECT_THAT(ParseJson(" \n").error().detail, HasSubstr("empty"));
  EXPECT_FALSE(ParseJson("{\"a\": NaN}"));
  EXPECT_FALSE(ParseJson("{'a': 1}"));
  EXPECT_FALSE(ParseJson("{\"a\": 1,}"));
  EXPECT_FALSE(ParseJson("/* */ {}"));
  EXPECT_FALSE(ParseJson("\"\xFF\""));
  EXPECT_FALSE(ParseJson(std::string_view("{}\0", 3)));
  EXPECT_FALSE(ParseJson(R"("\ud800")"));
  const std::string deep = std::string(100'000, '[');
  EXPECT_THAT(ParseJson(deep).error().detail, HasSubstr("deeper than 16"));
  EXPECT_TRUE(ParseJson(std::string(16, '[') + std::string(16, ']')));
  EXPECT_FALSE(ParseJson(std::string(17, '[') + std::string(17, ']')));
}

}  // namespace
}  // namespace aisle::web
