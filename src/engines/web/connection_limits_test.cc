// What one connection may cost, and what is answered before a body is sent: by the head alone.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "web/compression.h"
#include "web/served_connection_testing.h"

namespace aisle::web {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string Ask(std::string_view method, std::string_view target, std::string_view fields = {}) {
  return fmt::format("{} {} HTTP/1.1\r\nHost: shop.example\r\n{}\r\n", method, target, fields);
}

std::size_t AnswerCount(const std::string& sent) {
  std::size_t count = 0;
  for (std::size_t at = sent.find("HTTP/1.1 "); at != std::string::npos;
       at = sent.find("HTTP/1.1 ", at + 1))
    ++count;
  return count;
}

TEST_F(Served, AHeadHasLessTimeThanAWholeRequest) {
  site->options.head_timeout = 5s;
  site->options.request_timeout = 10s;
  Connect();
  Send("GET /items/7 HTTP/1.1\r\nHost: sh");
  Sweep(4s);
  EXPECT_EQ(Take(), "");
  Sweep(6s);
  EXPECT_THAT(Take(), StartsWith("HTTP/1.1 408 "));
  Sweep(1h);
  ASSERT_FALSE(IsOpen());

  wire->server_ended = false;
  Connect();
  Send("POST /items HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 4\r\n\r\nbo");
  Sweep(6s);
  EXPECT_EQ(Take(), "");
  Send("d");  // A byte more is not more time.
  Sweep(11s);
  EXPECT_THAT(Take(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(Served, PipelinedRequestsAreAnsweredToTheDepthThenItEnds) {
  site->options.pipeline_depth = 20;
  Connect();
  std::string requests;
  for (int i = 0; i < 21; ++i) requests += Ask("GET", "/items/7");
  Send(requests);
  std::string sent = Take();
  EXPECT_EQ(AnswerCount(sent), 21U);
  EXPECT_THAT(sent, Not(HasSubstr("Connection: close")));
  EXPECT_TRUE(IsOpen());
  Send(requests);  // Those before are answered: it counts what lies there at once.
  EXPECT_EQ(AnswerCount(Take()), 21U);
  for (int i = 0; i < 5; ++i) requests += Ask("GET", "/items/7");
  Send(requests);
  sent = Take();
  EXPECT_EQ(AnswerCount(sent), 22U);
  EXPECT_THAT(sent, HasSubstr("Connection: close"));
  EXPECT_TRUE(wire->server_ended);
}

TEST_F(Served, AClientWithTooManyConnectionsIsToldSo) {
  site->options.connections_per_client = 1;
  wire->client = 7;
  EXPECT_EQ(site->clients->Enter(7), 1U);  // Another connection of its.
  Connect();
  Send(Ask("GET", "/items/7"));
  EXPECT_THAT(Take(), StartsWith("HTTP/1.1 429 "));
  EXPECT_TRUE(wire->server_ended);
  Sweep(1h);
  EXPECT_FALSE(IsOpen());
  EXPECT_EQ(site->clients->Of(7), 1U);
  site->clients->Leave(7);
  Connect();
  Send(Ask("GET", "/items/7"));
  EXPECT_THAT(Take(), StartsWith("HTTP/1.1 200 "));
}

// Nobody is asked to send a body that nobody will look at.
TEST_F(Served, OneThatWaitsForContinueIsAnsweredByItsHead) {
  const std::string waits = "Content-Length: 4\r\nExpect: 100-continue\r\n";
  wire->reach = Reach::kLoopback;
  const std::string foreign = "POST /items HTTP/1.1\r\nHost: evil.example\r\n" + waits + "\r\n";
  const std::string here = " HTTP/1.1\r\nHost: localhost\r\n" + waits;
  for (const auto& [bytes, status] : std::vector<std::pair<std::string, std::string>>{
           {"POST /nowhere" + here + "\r\n", "404"},
           {"PUT /items" + here + "\r\n", "405"},
           {"POST /items?%zz" + here + "\r\n", "400"},
           {"POST /items" + here + "X-Envoy-Expected-Rq-Timeout-Ms: x\r\n\r\n", "400"},
           {foreign, "421"}}) {
    wire->server_ended = wire->client_ended = false;
    Connect();
    Send(bytes);
    const std::string sent = Take();
    EXPECT_THAT(sent, StartsWith("HTTP/1.1 " + status)) << bytes;
    EXPECT_THAT(sent, HasSubstr("Connection: close"));
    EXPECT_TRUE(wire->server_ended);
    wire->client_ended = true;
    Settle();
  }
  wire->client_ended = false;
  Connect();
  Send("POST /items" + here + "\r\n");
  EXPECT_EQ(Take(), "HTTP/1.1 100 Continue\r\n\r\n");
  Send("body");
  EXPECT_THAT(Take(), EndsWith("\r\n\r\nbody"));
  Send("POST /items" + here + "\r\nbody");  // It did not wait.
  EXPECT_THAT(Take(), StartsWith("HTTP/1.1 200 OK"));
  Send("POST /items HTTP/1.0\r\nHost: localhost\r\n" + waits + "\r\n");  // Knows no 100.
  EXPECT_EQ(Take(), "");
  Send("body");
  EXPECT_THAT(Take(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(Served, OptionsSaysWhatIsAllowedAndHasNoBody) {
  Connect();
  Send(Ask("OPTIONS", "/items/7"));
  std::string sent = Take();
  EXPECT_THAT(sent, StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nAllow: GET, HEAD, OPTIONS\r\n"));
  EXPECT_THAT(sent, Not(HasSubstr("Content-")));
  EXPECT_THAT(sent, EndsWith("\r\n\r\n"));
  Send(Ask("OPTIONS", "*"));
  EXPECT_THAT(Take(), HasSubstr("\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"));
  Send(Ask("OPTIONS", "/nowhere"));
  EXPECT_THAT(Take(), StartsWith("HTTP/1.1 404 "));
  Send(Ask("OPTIONS", "/items", "Content-Length: 4\r\n") + "body" + Ask("GET", "/items/7"));
  sent = Take();
  EXPECT_THAT(sent, StartsWith("HTTP/1.1 204 "));
  EXPECT_THAT(sent, EndsWith("item 7"));
}

TEST_F(Served, HeadIsTheHeadOfGetWhateverItMeets) {
  site->options.compress_bytes = 1;
  Connect();
  for (const auto& [target, fields] :
       std::vector<std::pair<std::string, std::string>>{{"/items/7", ""},
                                                        {"/items/7", "Accept-Encoding: gzip\r\n"},
                                                        {"/nowhere", ""},
                                                        {"/throw", ""},
                                                        {"/items", ""}}) {
    const std::string with = fields + "X-Request-Id: 7\r\n";
    Send(Ask("GET", target, with));
    const std::string get = Take();
    Send(Ask("HEAD", target, with));
    const std::string head = get.substr(0, get.find("\r\n\r\n") + 4);
    const std::string sent = Take();
    const auto undated = [](const std::string& text) {
      const std::size_t at = text.find("\r\nDate: ");
      return text.substr(0, at) + text.substr(text.find("\r\n", at + 2));
    };
    // Of a path that has no GET the method is named, which is a byte longer.
    if (target == "/items") {
      EXPECT_THAT(sent, StartsWith("HTTP/1.1 405 "));
      EXPECT_THAT(sent, EndsWith("\r\n\r\n"));
    } else {
      EXPECT_EQ(undated(sent), undated(head)) << target;
    }
  }
}

TEST_F(Served, TheHandlerHasTheSoonerOfTheRoutesAndTheClientsDeadline) {
  std::vector<std::chrono::milliseconds> left;
  site->router = Router({{.method = "GET",
                          .pattern = "/with",
                          .role = Role::kPublic,
                          .limits = {.deadline = 100s},
                          .handler = [&](const Request& request) -> net::Task<Response> {
                            left.push_back(DeadlineOf(request).Left());
                            co_return Response{};
                          }},
                         {.method = "GET",
                          .pattern = "/without",
                          .role = Role::kPublic,
                          .handler = [&](const Request& request) -> net::Task<Response> {
                            left.push_back(DeadlineOf(request).Left());
                            co_return Response{};
                          }}});
  Connect();
  const std::string within = "x-envoy-expected-rq-timeout-ms: 50000\r\n";
  const std::string beyond = "x-envoy-expected-rq-timeout-ms: 500000\r\n";
  Send(Ask("GET", "/with", within) + Ask("GET", "/with", beyond) + Ask("GET", "/without", within) +
       Ask("GET", "/without"));
  ASSERT_EQ(left.size(), 4U);
  EXPECT_LE(left[0], 50s);
  EXPECT_LE(left[1], 100s);
  EXPECT_GT(left[1], 50s);
  EXPECT_LE(left[2], 50s);
  EXPECT_EQ(left[3], std::chrono::milliseconds::max());
  Take();
  for (const char* wrong : {"", "0", "-1", "1.5", "12345678901", "5s", "1, 2"}) {
    Send(Ask("GET", "/with", fmt::format("X-Envoy-Expected-Rq-Timeout-Ms: {}\r\n", wrong)));
    EXPECT_THAT(Take(), StartsWith("HTTP/1.1 400 ")) << wrong;
  }
  Send(Ask("GET", "/with", within + within));
  EXPECT_THAT(Take(), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(left.size(), 4U);
}

TEST_F(Served, WhoeverDoesNotWaitAnyMoreCostsNoAnswer) {
  Connect();
  Send(
      "POST /items HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 4\r\n"
      "X-Envoy-Expected-Rq-Timeout-Ms: 1\r\n\r\n");
  const auto until = std::chrono::steady_clock::now() + 2ms;
  while (std::chrono::steady_clock::now() < until) {
  }
  Send("body");
  EXPECT_THAT(Take(), StartsWith("HTTP/1.1 504 "));
  EXPECT_TRUE(IsOpen());
}

std::string Unpacked(std::string_view packed) {
  z_stream stream{};
  AISLE_ASSERT(::inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string out(8 * 1024 * 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = ::inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::inflateEnd(&stream);
  return code == Z_STREAM_END ? out : "broken";
}

TEST_F(Served, TextsOfASizeAreCompressedForWhoeverTakesIt) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += fmt::format("{{\"product_id\":{}}},", i);
  std::string_view type = "application/json";
  site->router = Router({{.method = "GET",
                          .pattern = "/{bytes}",
                          .role = Role::kPublic,
                          .handler = [&](const Request& request) -> net::Task<Response> {
                            Response response;
                            response.content_type = type;
                            response.body = text.substr(
                                0, std::stoul(std::string(request.PathParameter("bytes"))));
                            co_return response;
                          }}});
  site->options.compress_bytes = 1000;
  Connect();
  const auto body_of = [](const std::string& sent) {
    return sent.substr(sent.find("\r\n\r\n") + 4);
  };
  const std::string takes = "Accept-Encoding: gzip\r\n";
  for (const std::size_t bytes :
       {std::size_t{1000}, std::size_t{65'536}, std::size_t{65'537}, text.size()}) {
    Send(Ask("GET", fmt::format("/{}", bytes), takes));
    const std::string sent = Take();
    EXPECT_THAT(sent, HasSubstr("\r\nVary: Accept-Encoding\r\nContent-Encoding: gzip\r\n"));
    EXPECT_THAT(sent, HasSubstr(fmt::format("Content-Length: {}\r\n", body_of(sent).size())));
    EXPECT_TRUE(Unpacked(body_of(sent)) == text.substr(0, bytes)) << bytes;
  }
  Send(Ask("GET", "/1000"));
  std::string sent = Take();
  EXPECT_THAT(sent, HasSubstr("\r\nVary: Accept-Encoding\r\n"));
  EXPECT_EQ(body_of(sent), text.substr(0, 1000));
  Send(Ask("GET", "/999", takes));
  EXPECT_THAT(Take(), Not(HasSubstr("Vary")));
  type = "application/octet-stream";
  Send(Ask("GET", "/1000", takes));
  EXPECT_THAT(Take(), Not(HasSubstr("Vary")));
}

TEST(Compression, WhatAClientTakesIsReadWithItsWeights) {
  for (const char* takes : {"gzip", "x-gzip", "GZIP", "br, gzip;q=0.1", "*",
                            "deflate , gzip ; q=1.0", "identity;q=0, *;q=0.5", "*;q=0, gzip"})
    EXPECT_TRUE(TakesGzip(takes)) << takes;
  for (const char* refuses : {"", "identity", "br", "gzip;q=0", "gzip;q=0.000, *", "gzip; Q=0",
                              "*;q=0", "gzipped", ",", "deflate;q=gzip"})
    EXPECT_FALSE(TakesGzip(refuses)) << refuses;
}

}  // namespace
}  // namespace aisle::web
