#include "web/server.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "web/client_testing.h"

namespace aisle::web {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Route At(std::string_view method, std::string_view pattern, Handler handler) {
  return {
      .method = method, .pattern = pattern, .role = Role::kPublic, .handler = std::move(handler)};
}

Router EchoRouter() {
  std::vector<Route> routes;
  routes.push_back(At("GET", "/echo", [](const Request& request) -> net::Task<Response> {
    Response response;
    for (const Parameter& parameter : request.query)
      response.body += parameter.name + "=" + parameter.value + ";";
    co_return response;
  }));
  routes.push_back(At("POST", "/echo", [](const Request& request) -> net::Task<Response> {
    Response response;
    response.body = request.body;
    co_return response;
  }));
  routes.push_back(At("GET", "/slow", [](const Request&) -> net::Task<Response> {
    co_await net::Sleep(300ms);
    Response response;
    response.body = "slow";
    co_return response;
  }));
  routes.push_back(At("GET", "/throw", [](const Request&) -> net::Task<Response> {
    throw std::runtime_error("a handler (expected in this test)");
    co_return Response{};
  }));
  routes.push_back(At("GET", "/throw-int", [](const Request&) -> net::Task<Response> {
    throw 5;
    co_return Response{};
  }));
  routes.push_back(At("GET", "/long", [](const Request&) -> net::Task<Response> {
    Response response;
    response.body.assign(32 * 1024 * 1024, 'x');
    co_return response;
  }));
  routes.push_back(
      At("GET", "/v1/products/{id}", [](const Request& request) -> net::Task<Response> {
        Response response;
        response.body = request.PathParameter("id");
        co_return response;
      }));
  routes.push_back({.method = "POST",
                    .pattern = "/short",
                    .role = Role::kPublic,
                    .limits = {.body_bytes = 16, .deadline = 70ms},
                    .handler = [](const Request& request) -> net::Task<Response> {
                      Response response;
                      response.body = std::to_string(request.route->limits.deadline->count());
                      co_return response;
                    }});
  routes.push_back(
      {.method = "GET",
       .pattern = "/short",
       .role = Role::kPublic,
       .limits = {.body_bytes = 0},
       .handler = [](const Request&) -> net::Task<Response> { co_return Response{}; }});
  return Router(std::move(routes));
}

// Loops with an echo server, stopped at the end.
class Running {
 public:
  explicit Running(ServerOptions options = {}, int loop_count = 1) : loops(loop_count, "test") {
    options.listen = "127.0.0.1:0";
    auto started = Server::Start(loops, std::move(options), EchoRouter());
    AISLE_ASSERT(started);
    server = *std::move(started);
    loops.Start();
  }
  ~Running() {
    loops.Stop();
    loops.Join(10s);
  }
  Client Connect() const {
    auto client = Client::Connect(server->ListeningAt());
    AISLE_ASSERT(client);
    return *std::move(client);
  }
  // The server is well: a fresh connection is answered.
  void ExpectWell() const {
    Client client = Connect();
    const auto answer = client.Get("/echo?well=1");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "well=1;");
  }

  std::unique_ptr<Server> server;
  net::EventLoops loops;
};

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
  EXPECT_EQ(wrong_method->Find("Allow"), "GET, HEAD, POST");
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
  EXPECT_EQ(wrong_method->Find("Allow"), "GET, HEAD");
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
