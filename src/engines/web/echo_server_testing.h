// A server to ask in tests: handlers that echo, wait, fail, or answer much, on loops that end with the test.
//
//   errors   what cannot be set up stops the test run.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "web/client_testing.h"
#include "web/server.h"

namespace aisle::web {

using namespace std::chrono_literals;

inline Route At(std::string_view method, std::string_view pattern, Handler handler) {
  return {
      .method = method, .pattern = pattern, .role = Role::kPublic, .handler = std::move(handler)};
}

inline Router EchoRouter() {
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
  routes.push_back(At("GET", "/medium", [](const Request&) -> net::Task<Response> {
    Response response;
    response.content_type = "application/octet-stream";
    response.body.assign(256 * 1024, 'x');
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
    if (options.listen == ServerOptions{}.listen) options.listen = "127.0.0.1:0";
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
  // Below TLS, if there is any.
  Client ConnectPlainly() const {
    Address address = server->ListeningAt();
    address.tls = false;
    auto client = Client::Connect(address);
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

}  // namespace aisle::web
