// The framing suite against a server, on every kind of stream: what the reader refuses alone must be refused there too,
// and a request that is hidden behind it must never be answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/temp_folder_testing.h"
#include "web/certificate_testing.h"
#include "web/echo_server_testing.h"
#include "web/framing_cases_testing.h"

namespace aisle::web {
namespace {

enum class Kind : std::uint8_t { kTcp, kTls, kUnix };

class Framing : public testing::TestWithParam<Kind> {
 protected:
  ServerOptions Options() const {
    ServerOptions options;
    if (GetParam() == Kind::kTls)
      options.certificate = KeepCertificate(folder_.Path(), "shop.example");
    if (GetParam() == Kind::kUnix)
      options.listen = "unix:" + (folder_.Path() / "aisle.sock").string();
    return options;
  }
  base::TempFolder folder_;
};

constexpr std::string_view kMarked = "GET /echo?marked=1 HTTP/1.1\r\nHost: localhost\r\n\r\n";

// The status of the only answer; 0: there was none, or more followed.
int StatusOfAll(Client& client) {
  const auto answer = client.Receive();
  if (!answer || answer->body.find("marked") != std::string::npos) return 0;
  return client.ClosedByServer() ? answer->status : 0;
}

TEST_P(Framing, WhatIsRefusedIsRefusedAloneAndWithAMarkedRequestBehindIt) {
  const Running running(Options());
  for (const RefusedCase& one : FramingCases()) {
    Client alone = running.Connect();
    ASSERT_TRUE(alone.Send(one.bytes));
    EXPECT_EQ(StatusOfAll(alone), one.status) << one.bytes;
    Client pipelined = running.Connect();
    ASSERT_TRUE(pipelined.Send(one.bytes + std::string(kMarked)));
    EXPECT_EQ(StatusOfAll(pipelined), one.status) << one.bytes;
  }
  running.ExpectWell();
}

TEST_P(Framing, OneSoundRequestBeforeItIsAnsweredAndNothingBehindIt) {
  const Running running(Options());
  for (const RefusedCase& one : FramingCases()) {
    Client client = running.Connect();
    ASSERT_TRUE(client.Send("GET /echo?first=1 HTTP/1.1\r\nHost: localhost\r\n\r\n" + one.bytes +
                            std::string(kMarked)));
    const auto first = client.Receive();
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->body, "first=1;") << one.bytes;
    EXPECT_EQ(StatusOfAll(client), one.status) << one.bytes;
  }
}

// A body that looks like a request is a body.
TEST_P(Framing, WhatABodyHoldsIsNotReadAsARequest) {
  const Running running(Options());
  Client client = running.Connect();
  const std::string marked(kMarked);
  ASSERT_TRUE(client.Send(
      fmt::format("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}"
                  "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "{:x}\r\n{}\r\n0\r\n\r\nGET /echo?last=1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                  marked.size(), marked, marked.size(), marked)));
  EXPECT_EQ(client.Receive()->body, marked);
  EXPECT_EQ(client.Receive()->body, marked);
  EXPECT_EQ(client.Receive()->body, "last=1;");
}

INSTANTIATE_TEST_SUITE_P(Streams, Framing, testing::Values(Kind::kTcp, Kind::kTls, Kind::kUnix),
                         [](const auto& kind) {
                           return std::string(kind.param == Kind::kTcp   ? "Tcp"
                                              : kind.param == Kind::kTls ? "Tls"
                                                                         : "Unix");
                         });

}  // namespace
}  // namespace aisle::web
