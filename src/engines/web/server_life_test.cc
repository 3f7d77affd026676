// How connections and a server end, and what happens when there are many: slow and rude clients, limits, stopping.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "web/echo_server_testing.h"
#include "web/server.h"

namespace aisle::web {
namespace {

using testing::HasSubstr;

TEST(Server, HalfARequestThenCloseIsNoHarm) {
  Running running;
  for (const char* half :
       {"", "GET /ec", "GET /echo HTTP/1.1\r\nHost: loc",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nab"}) {
    {
      ASSERT_TRUE(running.Connect().Send(half));
    }
    Client half_closed = running.Connect();
    ASSERT_TRUE(half_closed.Send(half));
    half_closed.FinishSending();
    if (*half == '\0') {
      EXPECT_TRUE(half_closed.ClosedByServer());
    } else {
      EXPECT_EQ(half_closed.Receive()->status, 400);
    }
  }
  Client whole = running.Connect();
  ASSERT_TRUE(whole.Send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  whole.FinishSending();
  EXPECT_EQ(whole.Receive()->body, "slow");
  running.ExpectWell();
}

TEST(Server, SlowSendersIdlersAndClientsThatDoNotReadAreDropped) {
  ServerOptions options;
  options.idle_timeout = 200ms;
  options.request_timeout = 400ms;
  options.write_timeout = 400ms;
  options.drain_timeout = 200ms;
  Running running(std::move(options));
  Client idler = running.Connect();
  Client reluctant = running.Connect();
  ASSERT_TRUE(reluctant.Send("GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  Client slow = running.Connect();
  ASSERT_TRUE(slow.Send("GET /echo HTTP/1.1\r\nHost: localhost\r\n"));
  for (int i = 0; i < 100; ++i) {  // A byte now and then does not help.
    if (!slow.Send("A")) break;
    std::this_thread::sleep_for(10ms);
  }
  const auto answer = slow.Receive();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 408);
  EXPECT_TRUE(idler.ClosedByServer());
  std::this_thread::sleep_for(600ms);  // A sweep more, should it have begun after the others.
  EXPECT_FALSE(reluctant.Receive());   // Cut off.
  running.ExpectWell();
}

TEST(Server, AboveItsConnectionsItSaysSo) {
  ServerOptions options;
  options.connections_per_loop = 2;
  Running running(std::move(options));
  {
    Client first = running.Connect();
    EXPECT_EQ(first.Get("/echo")->status, 200);
    Client second = running.Connect();
    EXPECT_EQ(second.Get("/echo")->status, 200);
    Client third = running.Connect();
    const auto refused = third.Get("/echo");
    ASSERT_TRUE(refused) << refused.error().message;
    EXPECT_EQ(refused->status, 503);
    EXPECT_TRUE(third.ClosedByServer());
    EXPECT_EQ(first.Get("/echo")->status, 200);
  }
}

TEST(Server, TwoHundredConnectionsAtOnceOnTwoLoops) {
  Running running(ServerOptions{}, 2);
  std::vector<Client> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(running.Connect());
  for (int round = 0; round < 3; ++round) {
    for (Client& client : clients)
      ASSERT_TRUE(client.Send("GET /echo?a=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    for (Client& client : clients) ASSERT_EQ(client.Receive()->body, "a=1;");
  }
}

TEST(Server, ATakenPortIsAnErrorThatSaysWhatToDo) {
  Running running;
  net::EventLoops loops(1, "second");
  const auto second =
      Server::Start(loops, {.listen = running.server->ListeningAt().Text()}, EchoRouter());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message, HasSubstr("the port is taken"));
  const auto nonsense = Server::Start(loops, {.listen = "everywhere"}, EchoRouter());
  EXPECT_EQ(nonsense.error().code, ErrorCode::kInvalidArgument);
}

TEST(Server, StopAnswersWhatIsUnderWayAndClosesTheIdle) {
  Running running(ServerOptions{}, 2);
  Client idle = running.Connect();
  EXPECT_EQ(idle.Get("/echo")->status, 200);
  Client busy = running.Connect();
  Client half = running.Connect();
  for (Client* client : {&busy, &half}) EXPECT_EQ(client->Get("/echo")->status, 200);
  ASSERT_TRUE(busy.Send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  ASSERT_TRUE(half.Send("GET /echo?late=1 HTTP/1.1\r\nHo"));
  running.loops.Stop();
  EXPECT_TRUE(idle.ClosedByServer());
  ASSERT_TRUE(half.Send("st: localhost\r\n\r\n"));
  EXPECT_EQ(half.Receive()->body, "late=1;");
  const auto answer = busy.Receive();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "slow");
  EXPECT_EQ(answer->Find("Connection"), "close");
  half.FinishSending();
  busy.FinishSending();
  EXPECT_TRUE(running.loops.Join(10s));
  EXPECT_FALSE(Client::Connect(running.server->ListeningAt()));
}

TEST(Server, RequestsThatOutlastTheGraceAreDropped) {
  net::EventLoops loops(1, "test");
  std::atomic<bool> begun = false;
  Router router({At("GET", "/forever", [&begun](const Request&) -> net::Task<Response> {
    begun = true;
    co_await net::Sleep(1h);
    co_return Response{};
  })});
  auto server = Server::Start(loops, {.listen = "127.0.0.1:0"}, std::move(router));
  ASSERT_TRUE(server);
  loops.Start();
  auto client = Client::Connect((*server)->ListeningAt());
  ASSERT_TRUE(client);
  ASSERT_TRUE(client->Send("GET /forever HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  while (!begun) std::this_thread::sleep_for(1ms);
  loops.Stop();
  EXPECT_FALSE(loops.Join(50ms));
}

}  // namespace
}  // namespace aisle::web
