// A connection over a stream that is no socket: bytes come and go by the test's hand, and time passes when the test
// says so.
//
//   threads  one; the test runs the loop.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "web/connection.h"

namespace aisle::web {

namespace asio = boost::asio;

// Both ends of a stream in memory.
struct Wire {
  explicit Wire(asio::io_context& context) : wake(context) {}

  std::string arriving;       // From the client, unread.
  bool client_ended = false;  // The client sends no more.
  std::string sent;           // By the server.
  bool server_ended = false;
  std::size_t piece = 1'000'000;  // Bytes of a read at most.
  bool takes_answers = true;      // False: a client that does not read.
  Reach reach = Reach::kFile;
  std::optional<ClientKey> client;
  int cancel_count = 0;
  asio::steady_timer wake;  // Cancelled when something changed.
};

class MemoryStream final : public Stream {
 public:
  explicit MemoryStream(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}

  net::Task<bool> ShakeHands() override { co_return true; }
  net::Task<std::size_t> ReadSome(std::span<char> into) override {
    const int cancelled = wire_->cancel_count;
    while (wire_->arriving.empty() && !wire_->client_ended && wire_->cancel_count == cancelled)
      co_await Change();
    const std::size_t count = std::min({into.size(), wire_->arriving.size(), wire_->piece});
    std::copy_n(wire_->arriving.begin(), count, into.begin());
    wire_->arriving.erase(0, count);
    co_return count;
  }
  net::Task<bool> WriteAll(std::string_view head, std::string_view body) override {
    const int cancelled = wire_->cancel_count;
    while (!wire_->takes_answers && wire_->cancel_count == cancelled) co_await Change();
    if (wire_->cancel_count != cancelled) co_return false;
    wire_->sent.append(head).append(body);
    co_return true;
  }
  net::Task<void> FinishSending() override {
    wire_->server_ended = true;
    co_return;
  }
  void Cancel() override {
    ++wire_->cancel_count;
    wire_->wake.cancel();
  }
  bool HasInput() const override { return !wire_->arriving.empty(); }
  Reach ReachedBy() const override { return wire_->reach; }
  std::string Peer() const override { return "the test"; }
  std::optional<ClientKey> Client() const override { return wire_->client; }

 private:
  net::Task<void> Change() {
    wire_->wake.expires_at(net::SteadyTime::max());
    co_await wire_->wake.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  std::shared_ptr<Wire> wire_;
};

inline Response Text(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

// One connection that is served; the client is the test.
class Served : public testing::Test {
 protected:
  Served() {
    site->router = Router({{.method = "GET",
                            .pattern = "/items/{id}",
                            .role = Role::kPublic,
                            .handler = [](const Request& request) -> net::Task<Response> {
                              co_return Text("item " + std::string(request.PathParameter("id")));
                            }},
                           {.method = "POST",
                            .pattern = "/items",
                            .role = Role::kPublic,
                            .limits = {.body_bytes = 8},
                            .handler = [](const Request& request) -> net::Task<Response> {
                              co_return Text(request.body);
                            }},
                           {.method = "GET",
                            .pattern = "/throw",
                            .role = Role::kPublic,
                            .handler = [](const Request&) -> net::Task<Response> {
                              throw std::runtime_error("a handler (expected in this test)");
                              co_return Response{};
                            }}});
    loop->site = site;
  }
  ~Served() override {
    wire->client_ended = true;
    Settle();
    EXPECT_TRUE(loop->connections.empty());
  }

  void Connect() {
    const auto serve = [](std::shared_ptr<LoopState> state,
                          std::shared_ptr<Wire> ends) -> net::Task<void> {
      Connection connection(std::move(state), std::make_unique<MemoryStream>(std::move(ends)));
      co_await connection.Run();
    };
    asio::co_spawn(context, serve(loop, wire), asio::detached);
    Settle();
  }
  // Runs everything that can run now.
  void Settle() {
    wire->wake.cancel();
    context.restart();
    context.poll();
  }
  void Send(std::string_view bytes) {
    wire->arriving += bytes;
    Settle();
  }
  // What the server has sent since the last call.
  std::string Take() { return std::exchange(wire->sent, {}); }
  // The sweeper comes, `after` from now.
  void Sweep(std::chrono::milliseconds after) {
    for (Connection* connection : loop->connections)
      connection->Sweep(std::chrono::steady_clock::now() + after);
    Settle();
  }
  bool IsOpen() const { return !loop->connections.empty(); }

  asio::io_context context;
  std::shared_ptr<Site> site = std::make_shared<Site>();  // Changed before Connect() only.
  std::shared_ptr<Wire> wire = std::make_shared<Wire>(context);
  std::shared_ptr<LoopState> loop = std::make_shared<LoopState>();
};

}  // namespace aisle::web
