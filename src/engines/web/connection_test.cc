// One connection: what is sent for what has arrived, and when it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "web/served_connection_testing.h"

namespace aisle::web {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

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
