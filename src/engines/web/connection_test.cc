// A connection over a stream that is no socket: bytes come and go by the test's hand, and time passes
// when the test says so.
#include "web/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>

namespace aisle::web {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

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
  std::optional<ClientKey> Client() const override { return std::nullopt; }

 private:
  net::Task<void> Change() {
    wire_->wake.expires_at(net::SteadyTime::max());
    co_await wire_->wake.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  std::shared_ptr<Wire> wire_;
};

Response Text(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

// One connection that is served; the client is the test.
class Served : public testing::Test {
 protected:
  Served() {
    auto site = std::make_shared<Site>();
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
    loop->site = std::move(site);
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
  std::shared_ptr<Wire> wire = std::make_shared<Wire>(context);
  std::shared_ptr<LoopState> loop = std::make_shared<LoopState>();
};

constexpr std::string_view kGet = "GET /items/7%2F8 HTTP/1.1\r\nHost: shop.example\r\n\r\n";
constexpr std::string_view kPost =
    "POST /items HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 4\r\n\r\nbody";

TEST_F(Served, RequestsAreAnsweredInOrderHoweverTheirBytesCome) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1'000'000}}) {
    wire->piece = piece;
    wire->client_ended = wire->server_ended = false;
    Connect();
    Send(std::string(kGet) + std::string(kPost));
    const std::string sent = Take();
    EXPECT_THAT(sent, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\n\r\nitem 7/8HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(sent, EndsWith("\r\n\r\nbody"));
    EXPECT_TRUE(IsOpen());
    EXPECT_FALSE(wire->server_ended);
    wire->client_ended = true;
    Settle();
    EXPECT_FALSE(IsOpen());
  }
}

TEST_F(Served, ARefusedRequestIsAnsweredThenTheSendingSideEndsAndTheRestIsReadOver) {
  Connect();
  Send("POST /items HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 9\r\n\r\n");
  EXPECT_THAT(Take(), StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(wire->server_ended);
  Send("123456789");
  EXPECT_EQ(wire->arriving, "");
  EXPECT_EQ(Take(), "");
  EXPECT_TRUE(IsOpen());
  Sweep(1h);
  EXPECT_FALSE(IsOpen());
}

TEST_F(Served, OnlyWhereABrowserCanBeTheHostMustBeLoopback) {
  for (const auto& [reach, status] : std::vector<std::pair<Reach, std::string>>{
           {Reach::kFile, "200"}, {Reach::kNetwork, "200"}, {Reach::kLoopback, "421"}}) {
    wire->reach = reach;
    wire->client_ended = false;
    Connect();
    Send(kGet);
    EXPECT_THAT(Take(), StartsWith("HTTP/1.1 " + status));
    wire->client_ended = true;
    Settle();
  }
}

TEST_F(Served, WhoeverIsLateIsCutOffByTheSweeper) {
  Connect();
  Sweep(0ms);
  EXPECT_TRUE(IsOpen());
  Send("GET /items/7 HT");
  Sweep(1h);
  EXPECT_THAT(Take(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(wire->server_ended);
  Sweep(1h);
  EXPECT_FALSE(IsOpen());

  Connect();
  Sweep(1h);  // Asked for nothing.
  EXPECT_FALSE(IsOpen());
  EXPECT_EQ(Take(), "");

  wire->takes_answers = false;
  Connect();
  Send(kGet);
  EXPECT_TRUE(IsOpen());
  Sweep(1h);
  EXPECT_FALSE(IsOpen());
  EXPECT_EQ(Take(), "");
}

TEST_F(Served, AStopLetsGoOfTheIdleAndAnswersWhatHasArrived) {
  Connect();
  loop->stopping = true;
  loop->connections.front()->Stop();
  Settle();
  EXPECT_FALSE(IsOpen());

  loop->stopping = false;
  Connect();
  wire->arriving = kGet;  // Arrived, not yet read.
  loop->stopping = true;
  loop->connections.front()->Stop();
  Settle();
  const std::string sent = Take();
  EXPECT_THAT(sent, HasSubstr("Connection: close"));
  EXPECT_THAT(sent, EndsWith("item 7/8"));
  EXPECT_TRUE(wire->server_ended);
}

TEST_F(Served, AHandlerThatThrowsIsLoggedByItsPatternAndItsClient) {
  testing::internal::CaptureStderr();
  Connect();
  Send("GET /throw?secret=1 HTTP/1.1\r\nHost: shop.example\r\n\r\n");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(Take(), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(log, HasSubstr("of the test: GET /throw failed: a handler"));
  EXPECT_THAT(log, testing::Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace aisle::web
