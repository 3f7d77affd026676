// What a gate is asked, when, and what becomes of a request that it refuses.
#include "web/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/temp_folder_testing.h"
#include "web/certificate_testing.h"
#include "web/echo_server_testing.h"

namespace aisle::web {
namespace {

using testing::HasSubstr;

// Lets in who says "Authorization: yes"; whoever says "soon" after it has looked again.
class SomeGate : public Gate {
 public:
  Verdict Admit(const Request& request, bool looked) override {
    ++asked;
    encrypted = request.encrypted;
    Verdict verdict;
    const std::string_view said = request.Find("Authorization");
    if (said == "yes" || (said == "soon" && looked)) {
      verdict.principal = std::make_shared<Principal>(Principal{.id = "x", .role = Role::kAdmin});
      return verdict;
    }
    Problem problem;
    problem.status = 401;
    problem.type = "token-needed";
    verdict.refused = std::move(problem);
    verdict.fields.emplace_back("WWW-Authenticate", "Bearer");
    verdict.may_be_new = said == "soon";
    return verdict;
  }
  net::Task<void> LookAgain() override {
    ++looks;
    co_await net::Sleep(1ms);
  }

  std::atomic<int> asked = 0;
  std::atomic<int> looks = 0;
  std::atomic<bool> encrypted = false;  // The last that was asked about.
};

class GateTest : public testing::Test {
 protected:
  ClientAnswer Ask(Client& client, const std::string& head, const std::string& body = "") {
    EXPECT_TRUE(client.Send(head + "\r\n" + body));
    const auto answer = client.Receive();
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(ClientAnswer{});
  }

  std::shared_ptr<SomeGate> gate = std::make_shared<SomeGate>();
  Running running{{.gate = gate}};
};

constexpr const char* kGet = "GET /echo?a=1 HTTP/1.1\r\nHost: localhost\r\n";

TEST_F(GateTest, WhoIsRefusedMayAskAgainOnTheSameConnection) {
  Client client = running.Connect();
  const ClientAnswer refused = Ask(client, kGet);
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.Find("WWW-Authenticate"), "Bearer");
  EXPECT_FALSE(refused.Find("X-Request-Id").empty());
  EXPECT_THAT(refused.body, HasSubstr(R"("request_id":")"));
  const ClientAnswer let_in = Ask(client, std::string(kGet) + "Authorization: yes\r\n");
  EXPECT_EQ(let_in.status, 200);
  EXPECT_EQ(let_in.body, "a=1;");
  // Whoever was let in once says so each time.
  EXPECT_EQ(Ask(client, kGet).status, 401);
  EXPECT_EQ(gate->looks, 0);
}

TEST_F(GateTest, ABodyIsNotReadOfWhoIsRefused) {
  Client client = running.Connect();
  // Only the head arrives: the answer does not wait for the body.
  const ClientAnswer answer =
      Ask(client, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.Find("Connection"), "close");
  Client chunked = running.Connect();
  EXPECT_EQ(Ask(chunked, "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n")
                .status,
            401);
}

TEST_F(GateTest, WhoIsRefusedIsNotToldToContinue) {
  Client client = running.Connect();
  const ClientAnswer answer = Ask(client,
                                  "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
                                  "Expect: 100-continue\r\n");
  EXPECT_EQ(answer.status, 401);
}

// The refusal of the gate, not that of the limit: who may not ask is not told what the limit is.
TEST_F(GateTest, TooLongABodyOfWhoIsRefusedIsRefusedForWhoAsks) {
  Client client = running.Connect();
  EXPECT_EQ(Ask(client, "POST /short HTTP/1.1\r\nHost: localhost\r\nContent-Length: 17\r\n").status,
            401);
}

// What is sent behind a body that was not read is never taken for a request.
TEST_F(GateTest, WhatFollowsARefusedBodyIsNoRequest) {
  Client client = running.Connect();
  const std::string hidden = std::string(kGet) + "Authorization: yes\r\n\r\n";
  const ClientAnswer answer =
      Ask(client, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n", hidden);
  EXPECT_EQ(answer.status, 401);
  EXPECT_TRUE(client.ClosedByServer());
  EXPECT_EQ(gate->asked, 1);
}

// It tells nothing but methods, and a browser asks it without a token before it asks with one.
TEST_F(GateTest, WhichMethodsThereAreIsToldToEverybody) {
  Client client = running.Connect();
  const ClientAnswer answer = Ask(client, "OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\n");
  EXPECT_EQ(answer.status, 204);
  EXPECT_THAT(std::string(answer.Find("Allow")), HasSubstr("OPTIONS"));
  EXPECT_EQ(gate->asked, 0);
}

// A request without a body is whole with its head: what the head alone would be answered comes after the gate.
TEST_F(GateTest, WhoIsRefusedIsNotToldWhatElseIsWrong) {
  Client client = running.Connect();
  EXPECT_EQ(Ask(client, std::string(kGet) + "X-Envoy-Expected-Rq-Timeout-Ms: soon\r\n").status,
            401);
  EXPECT_EQ(Ask(client, std::string(kGet) +
                            "X-Envoy-Expected-Rq-Timeout-Ms: soon\r\nAuthorization: yes\r\n")
                .status,
            400);
}

TEST_F(GateTest, WhoIsLetInIsToldToContinue) {
  Client client = running.Connect();
  ASSERT_TRUE(
      client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
                  "Authorization: yes\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.Receive()->status, 100);
}

// Sessions are made by it: a cookie that is good over TLS is never sent without.
TEST_F(GateTest, WhetherARequestCameOverTlsIsKnown) {
  const base::TempFolder folder;
  const Running over_tls(
      {.certificate = KeepCertificate(folder.Path(), "shop.example"), .gate = gate});
  Client client = over_tls.Connect();
  EXPECT_EQ(Ask(client, std::string(kGet) + "Authorization: yes\r\n").status, 200);
  EXPECT_TRUE(gate->encrypted);
  EXPECT_EQ(Ask(client, kGet).status, 401);
  Client plain = running.Connect();
  EXPECT_EQ(Ask(plain, std::string(kGet) + "Authorization: yes\r\n").status, 200);
  EXPECT_FALSE(gate->encrypted);
}

TEST_F(GateTest, PipelinedRequestsAreEachAsked) {
  Client client = running.Connect();
  const std::string with = std::string(kGet) + "Authorization: yes\r\n\r\n";
  const std::string without = std::string(kGet) + "\r\n";
  ASSERT_TRUE(client.Send(with + without + with));
  EXPECT_EQ(client.Receive()->status, 200);
  EXPECT_EQ(client.Receive()->status, 401);
  EXPECT_EQ(client.Receive()->status, 200);
  EXPECT_EQ(gate->asked, 3);
}

TEST_F(GateTest, WhatMayBeNewIsLookedForOnce) {
  Client client = running.Connect();
  EXPECT_EQ(Ask(client, std::string(kGet) + "Authorization: soon\r\n").status, 200);
  EXPECT_EQ(gate->looks, 1);
  EXPECT_EQ(gate->asked, 2);
}

TEST_F(GateTest, ThePathAndTheLoopbackGuardComeFirst) {
  Client client = running.Connect();
  EXPECT_EQ(Ask(client, "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n").status, 404);
  EXPECT_EQ(Ask(client, "PUT /echo HTTP/1.1\r\nHost: localhost\r\n").status, 405);
  EXPECT_EQ(Ask(client, "GET /echo HTTP/1.1\r\nHost: shop.example\r\n").status, 421);
  EXPECT_EQ(Ask(client, "GET /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n")
                .status,
            403);
  EXPECT_EQ(gate->asked, 0);
}

}  // namespace
}  // namespace aisle::web
