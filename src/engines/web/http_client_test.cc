#include "web/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temp_folder_testing.h"
#include "net/event_loops.h"
#include "web/certificate_testing.h"
#include "web/echo_server_testing.h"
#include "web/hostile_server_testing.h"

namespace aisle::web {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// The answers to requests sent one after the other by one client; an error as its message.
std::vector<std::string> Ask(HttpClient& client, std::size_t count,
                             net::Deadline deadline = net::Deadline::After(20s)) {
  std::vector<std::string> answers;
  const auto ask = [&]() -> net::Task<void> {
    for (std::size_t i = 0; i < count; ++i) {
      HttpAsk request{.target = "/echo"};
      request.body = "body " + std::to_string(i);
      const auto answer = co_await client.Send(std::move(request), deadline);
      answers.push_back(answer ? answer->body : answer.error().message);
      EXPECT_TRUE(answer || answer.error().code == ErrorCode::kUnavailable);
    }
  };
  net::RunToEnd(ask());
  return answers;
}

std::string AskOnce(const Script& script, std::chrono::milliseconds wait = 20s) {
  const HostileServer server({script});
  HttpClient client({.address = server.At(),
                     .limits = {.head_bytes = 1024, .field_count = 10, .body_bytes = 100}});
  return Ask(client, 1, net::Deadline::After(wait)).front();
}

Script Saying(std::string text) {
  return [text = std::move(text)](Victim& victim) {
    victim.Read();
    victim.Send(text);
  };
}

TEST(HttpClient, AsksOverTlsWhereTheAddressSaysSo) {
  const base::TempFolder folder;
  const Running running({.certificate = KeepCertificate(folder.Path(), "shop.example")});
  HttpClient client({.address = running.server->ListeningAt()});
  EXPECT_THAT(Ask(client, 2), testing::ElementsAre("body 0", "body 1"));
  const Running plain;
  Address wrong = plain.server->ListeningAt();
  wrong.tls = true;
  HttpClient to_plain({.address = wrong});
  EXPECT_THAT(Ask(to_plain, 1).front(), HasSubstr("did not shake hands over TLS"));
}

TEST(HttpClient, ConnectionsAreKeptAndUsedAgain) {
  const HostileServer server({[](Victim& victim) {
    while (!victim.Read().empty()) victim.Send(kOk);
  }});
  {
    HttpClient client({.address = server.At()});
    EXPECT_THAT(Ask(client, 3), testing::Each("ok"));
    EXPECT_EQ(client.KeptCount(), 1U);
    // The client outlives the loop of its first requests.
    EXPECT_THAT(Ask(client, 2), testing::Each("ok"));
  }
  EXPECT_EQ(server.Connections(), 1);
}

TEST(HttpClient, TheRequestIsWholeAndCarriesWhatWasAsked) {
  std::string request;
  {
    const HostileServer server({[&](Victim& victim) {
      request = victim.Read();
      victim.Send(
          "HTTP/1.1 404 Not Found\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
          "3\r\nnot\r\n5\r\n here\r\n0\r\n\r\n");
    }});
    HttpClient client({.address = server.At()});
    const auto ask = [&]() -> net::Task<void> {
      HttpAsk made{.target = "/a?b=c", .content_type = "application/octet-stream"};
      made.fields.emplace_back("X-Length", "12");
      made.body = std::string("\0\1", 2);
      const auto answer = co_await client.Send(std::move(made), net::Deadline::After(20s));
      EXPECT_TRUE(answer);
      if (!answer) co_return;
      EXPECT_EQ(answer->status, 404);
      EXPECT_EQ(answer->body, "not here");
    };
    net::RunToEnd(ask());
    EXPECT_EQ(client.KeptCount(), 0U);
  }
  EXPECT_THAT(request, testing::StartsWith("POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(request,
              HasSubstr("\r\nContent-Type: application/octet-stream\r\nX-Length: 12\r\n\r\n"));
  EXPECT_TRUE(request.ends_with(std::string("\r\n\r\n\0\1", 6)));
}

TEST(HttpClient, AnAnswerThatIsCutOffIsNone) {
  EXPECT_THAT(AskOnce(Saying("")), HasSubstr("closed without an answer"));
  EXPECT_THAT(AskOnce(Saying("HTTP/1.1 200")), HasSubstr("cut its answer off"));
  EXPECT_THAT(AskOnce(Saying("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok")),
              HasSubstr("cut its answer off"));
  EXPECT_THAT(AskOnce(Saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")),
              HasSubstr("cut its answer off"));
  EXPECT_THAT(AskOnce(Saying("HTTP/1.1 200 OK\r\n\r\nok")), HasSubstr("not sound"));
}

TEST(HttpClient, AnAnswerWithAnotherFramingIsRefused) {
  for (const char* const head :
       {"Content-Length: 2\r\nContent-Length: 2\r\n",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "Content-Length: +2\r\n",
        "Content-Length: 2, 2\r\n", "Content-Length: 101\r\n", "Content-Length: \r\n",
        "Transfer-Encoding: gzip\r\n", "Content-Length : 2\r\n", " Content-Length: 2\r\n",
        "X: 1\r\n 2\r\nContent-Length: 2\r\n", "X: \1\r\nContent-Length: 2\r\n",
        "a: 1\r\nb: 1\r\nc: 1\r\nd: 1\r\ne: 1\r\nf: 1\r\ng: 1\r\nh: 1\r\ni: 1\r\nj: "
        "1\r\nContent-Length: 2\r\n"}) {
    EXPECT_THAT(AskOnce(Saying(std::string("HTTP/1.1 200 OK\r\n") + head + "\r\nok")),
                HasSubstr("not sound"))
        << head;
  }
  for (const char* const line :
       {"HTTP/2 200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000", "HTTP/1.2 200 OK", "http/1.1 200 OK",
        "HTTP/1.1 101 Switching", "\r\n"}) {
    EXPECT_THAT(AskOnce(Saying(std::string(line) + "\r\nContent-Length: 2\r\n\r\nok")),
                HasSubstr("not sound"))
        << line;
  }
  EXPECT_THAT(AskOnce(Saying("HTTP/1.1 200 OK\r\nX: " + std::string(2000, 'x'))),
              HasSubstr("more than 1024"));
}

TEST(HttpClient, InterimAnswersAreReadOver) {
  EXPECT_EQ(AskOnce(Saying("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + std::string(kOk))),
            "ok");
  std::string many;
  for (int i = 0; i < 20; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_THAT(AskOnce(Saying(many + std::string(kOk))), HasSubstr("not sound"));
}

TEST(HttpClient, AServerThatIsSlowIsLeftAtTheDeadline) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(AskOnce([](Victim& victim) { victim.WaitUntilClientIsGone(); }, 50ms),
              HasSubstr("did not answer in time"));
  const auto dripping = [](Victim& victim) {
    victim.Read();
    victim.Send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n");
    for (int i = 0; i < 10; ++i, std::this_thread::sleep_for(20ms)) victim.Send("x");
    victim.WaitUntilClientIsGone();
  };
  EXPECT_THAT(AskOnce(dripping, 50ms), HasSubstr("did not answer in time"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST(HttpClient, ASecondAnswerIsNeverTakenForTheNext) {
  const HostileServer server({[](Victim& victim) {
                                victim.Read();
                                victim.Send(std::string(kOk) +
                                            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
                                victim.WaitUntilClientIsGone();
                              },
                              [](Victim& victim) {
                                victim.Read();
                                victim.Send(kOk);
                                // And one that comes while the connection waits.
                                std::this_thread::sleep_for(30ms);
                                victim.Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
                                victim.WaitUntilClientIsGone();
                              },
                              [](Victim& victim) {
                                while (!victim.Read().empty()) victim.Send(kOk);
                              }});
  HttpClient client({.address = server.At()});
  EXPECT_THAT(Ask(client, 2), testing::Each("ok"));
  EXPECT_EQ(client.KeptCount(), 1U);
  std::this_thread::sleep_for(100ms);
  EXPECT_THAT(Ask(client, 2), testing::Each("ok"));
  EXPECT_EQ(server.Connections(), 3);
}

TEST(HttpClient, AKeptConnectionThatWasClosedIsReplaced) {
  const HostileServer server({[](Victim& victim) {
                                victim.Read();
                                victim.Send(kOk);
                                victim.Read();  // Takes the next request and goes.
                              },
                              [](Victim& victim) {
                                while (!victim.Read().empty()) victim.Send(kOk);
                              }});
  HttpClient client({.address = server.At()});
  EXPECT_THAT(Ask(client, 3), testing::Each("ok"));
  EXPECT_EQ(server.Connections(), 2);
}

TEST(HttpClient, NobodyThereIsUnavailableAndSaidSo) {
  HttpClient client({.address = {.host = "127.0.0.1", .port = 1}});
  EXPECT_THAT(Ask(client, 1).front(), testing::StartsWith("http://127.0.0.1:1: "));
  HttpClient unix_client({.address = {.host = {}, .port = 0, .path = "/nowhere/aisle.sock"}});
  EXPECT_THAT(Ask(unix_client, 1).front(), HasSubstr("/nowhere/aisle.sock"));
}

TEST(HttpClient, ManyRequestsAtOnceEachGetTheirOwnAnswerOfOurServer) {
  const Running running;
  HttpClient client(
      {.address = running.server->ListeningAt(), .limits = {}, .requests_max = 40, .kept_max = 4});
  net::EventLoops loops(1, "client");
  int right = 0;
  int refused = 0;
  int left = 50;
  const auto ask = [&](int i) -> net::Task<void> {
    HttpAsk request{.target = "/echo"};
    request.body = std::string(static_cast<std::size_t>(i) * 1000, 'a') + std::to_string(i);
    const std::string wanted = request.body;
    const auto answer = co_await client.Send(std::move(request), net::Deadline::After(30s));
    right += answer && answer->body == wanted ? 1 : 0;
    refused += answer ? 0 : 1;
    if (--left == 0) loops.Stop();
  };
  for (int i = 0; i < 50; ++i) loops.Spawn(0, ask(i));
  loops.Start();
  EXPECT_TRUE(loops.Join(30s));
  EXPECT_EQ(right, 40);
  EXPECT_EQ(refused, 10);
  EXPECT_EQ(client.KeptCount(), 4U);
}

}  // namespace
}  // namespace aisle::web
