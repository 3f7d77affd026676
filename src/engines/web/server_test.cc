// What a server answers, request by request.
#include "web/server.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "web/echo_server_testing.h"

namespace aisle::web {
namespace {

using testing::HasSubstr;

TEST(Server, AnswersAndKeepsTheConnection) {
  Running running;
  Client client = running.Connect();
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.Get(fmt::format("/echo?i={}", i));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, fmt::format("i={};", i));
    EXPECT_EQ(answer->Find("Content-Type"), "application/json");
    EXPECT_THAT(std::string(answer->Find("Date")), HasSubstr(" GMT"));
  }
  EXPECT_EQ(client.Post("/echo", std::string(300'000, 'b'))->body, std::string(300'000, 'b'));
}

TEST(Server, PipelinedRequestsAreAnsweredInOrderAlthoughTheFirstIsSlow) {
  Running running;
  Client client = running.Connect();
  std::string requests = "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (int i = 0; i < 100; ++i)
    requests += fmt::format("GET /echo?i={} HTTP/1.1\r\nHost: localhost\r\n\r\n", i);
  ASSERT_TRUE(client.Send(requests));
  EXPECT_EQ(client.Receive()->body, "slow");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client.Receive()->body, fmt::format("i={};", i));
}

TEST(Server, HeadHasTheLengthAndNoBody) {
  Running running;
  Client client = running.Connect();
  ASSERT_TRUE(client.Send("HEAD /echo?a=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const auto head = client.Receive(true);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->Find("Content-Length"), "4");
  EXPECT_EQ(client.Get("/echo?b=2")->body, "b=2;");  // Nothing stood between.
}

TEST(Server, RequestIdIsTheClientsOwnWhenItIsPlain) {
  Running running;
  Client client = running.Connect();
  const auto id_for = [&](const std::string& given) {
    AISLE_ASSERT(client.Send("GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: " + given +
                             "\r\n\r\n"));
    return std::string(client.Receive()->Find("X-Request-Id"));
  };
  EXPECT_EQ(id_for("order-7.b_2"), "order-7.b_2");
  EXPECT_EQ(id_for("with space").size(), 16U);
  EXPECT_EQ(id_for(std::string(65, 'a')).size(), 16U);
  EXPECT_NE(id_for(""), id_for(""));
}

TEST(Server, MissesWrongMethodsAndForeignHostsAreProblems) {
  Running running;
  Client client = running.Connect();
  const auto missing = client.Get("/nowhere");
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(missing->Find("Content-Type"), "application/problem+json");
  ASSERT_TRUE(client.Send("DELETE /echo HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const auto wrong_method = client.Receive();
  EXPECT_EQ(wrong_method->status, 405);
  EXPECT_EQ(wrong_method->Find("Allow"), "GET, HEAD, POST, OPTIONS");
  ASSERT_TRUE(client.Send("GET /echo HTTP/1.1\r\nHost: evil.example\r\n\r\n"));
  EXPECT_EQ(client.Receive()->status, 421);
  ASSERT_TRUE(
      client.Send("GET /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n"));
  EXPECT_EQ(client.Receive()->status, 403);
  EXPECT_EQ(client.Get("/echo?a=%zz")->status, 400);
  EXPECT_EQ(client.Get("/echo?a=1")->status, 200);  // The connection lives on.
}

TEST(Server, AHandlersExceptionIsAnsweredWithoutDetails) {
  Running running;
  Client client = running.Connect();
  for (const char* path : {"/throw", "/throw-int"}) {
    const auto answer = client.Get(path);
    EXPECT_EQ(answer->status, 500);
    EXPECT_THAT(answer->body, testing::Not(HasSubstr("expected in this test")));
  }
  EXPECT_EQ(client.Get("/echo?a=1")->status, 200);
}

TEST(Server, RefusedRequestsAreAnsweredNotReset) {
  Running running;
  {
    Client client = running.Connect();
    const auto too_large = client.Post("/echo", std::string(2 * 1024 * 1024, 'b'));
    ASSERT_TRUE(too_large) << too_large.error().message;
    EXPECT_EQ(too_large->status, 413);
    EXPECT_EQ(too_large->Find("Connection"), "close");
    EXPECT_TRUE(client.ClosedByServer());
  }
  for (const auto& [bytes, status] : std::vector<std::pair<std::string, int>>{
           {"GET / HTTP/1.1\r\n\r\n", 400},
           {"nonsense\r\n\r\n" + std::string(100'000, 'n'), 400},
           {"GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 414},
           {"GET / HTTP/1.1\r\nA: " + std::string(100'000, 'a') + "\r\n\r\n", 431},
           {"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 501}}) {
    Client client = running.Connect();
    ASSERT_TRUE(client.Send(bytes));
    const auto answer = client.Receive();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, status);
    EXPECT_THAT(answer->body, HasSubstr("\"request_id\":"));
  }
  running.ExpectWell();
}

TEST(Server, APathsSegmentIsGivenToTheHandlerByItsName) {
  Running running;
  Client client = running.Connect();
  EXPECT_EQ(client.Get("/v1/products/42?x=1")->body, "42");
  EXPECT_EQ(client.Get("/v1/products/caf%C3%A9%2F1+2")->body, "caf\xC3\xA9/1+2");
  EXPECT_EQ(client.Get("/v1/products/%zz")->status, 400);
  for (const char* path :
       {"/v1/products/", "/v1/products", "/v1/products/4/2", "/v1%2Fproducts/42"})
    EXPECT_EQ(client.Get(path)->status, 404) << path;
  const auto wrong_method = client.Post("/v1/products/42", "{}");
  EXPECT_EQ(wrong_method->status, 405);
  EXPECT_EQ(wrong_method->Find("Allow"), "GET, HEAD, OPTIONS");
  ASSERT_TRUE(client.Send("HEAD /v1/products/42 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_EQ(client.Receive(true)->Find("Content-Length"), "2");
}

TEST(Server, ARoutesOwnLimitsHoldBeforeItsBodyIsRead) {
  Running running;
  EXPECT_EQ(running.Connect().Post("/short", std::string(16, 'b'))->body, "70");
  EXPECT_EQ(running.Connect().Get("/short")->status, 200);
  const std::string host = " /short HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [bytes, accepted] : std::vector<std::pair<std::string, std::string>>{
           {"POST" + host + "Content-Length: 17\r\n\r\n", "at most 16 bytes"},
           {"POST" + host + "Content-Length: 17\r\nExpect: 100-continue\r\n\r\n",
            "at most 16 bytes"},
           {"POST" + host + "Transfer-Encoding: chunked\r\n\r\n11\r\n", "at most 16 bytes"},
           {"GET" + host + "Content-Length: 1\r\n\r\n", "no body"},
           {"HEAD" + host + "Content-Length: 1\r\n\r\n", "no body"}}) {
    Client client = running.Connect();
    ASSERT_TRUE(client.Send(bytes));
    const auto answer = client.Receive(bytes.starts_with("HEAD"));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 413) << bytes;
    EXPECT_EQ(answer->Find("Connection"), "close");
    if (bytes.starts_with("HEAD")) continue;
    EXPECT_THAT(answer->body, HasSubstr(accepted));
  }
  Client client = running.Connect();  // The limit is that of each request's own route.
  ASSERT_TRUE(client.Send("GET" + host + "Content-Length: 0\r\n\r\n"));
  EXPECT_EQ(client.Receive()->status, 200);
  EXPECT_EQ(client.Post("/echo", std::string(300'000, 'b'))->body.size(), 300'000U);
  EXPECT_EQ(client.Post("/short", std::string(17, 'b'))->status, 413);
}

TEST(Server, AClientThatWaitsForContinueMaySend) {
  Running running;
  Client client = running.Connect();
  ASSERT_TRUE(
      client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: "
                  "100-continue\r\n\r\n"));
  EXPECT_EQ(client.Receive()->status, 100);
  ASSERT_TRUE(client.Send("ab"));
  EXPECT_EQ(client.Receive()->body, "ab");
}

}  // namespace
}  // namespace aisle::web
