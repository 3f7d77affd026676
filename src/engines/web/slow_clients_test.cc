// Hundreds of clients that send or read as slowly as they can, while others are answered.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/temp_folder_testing.h"
#include "web/certificate_testing.h"
#include "web/echo_server_testing.h"

namespace aisle::web {
namespace {

constexpr int kOfEach = 150;

class SlowClients : public testing::TestWithParam<bool> {
 protected:
  ServerOptions Options() const {
    ServerOptions options;
    if (GetParam()) options.certificate = KeepCertificate(folder_.Path(), "shop.example");
    return options;
  }
  base::TempFolder folder_;
};

// Asks for more than the sockets of both sides hold.
std::string AskForMuch() {
  std::string requests;
  for (int i = 0; i < 60; ++i) requests += "GET /medium HTTP/1.1\r\nHost: localhost\r\n\r\n";
  return requests;
}

TEST_P(SlowClients, ByTheHundredsDoNotKeepOthersFromBeingAnswered) {
  ServerOptions options = Options();
  options.handshake_timeout = 60s;  // All are still there while the others are answered.
  options.head_timeout = options.request_timeout = options.write_timeout = 60s;
  const Running running(std::move(options), 2);
  std::vector<Client> silent;
  std::vector<Client> heads;
  std::vector<Client> bodies;
  std::vector<Client> readers;
  for (int i = 0; i < kOfEach; ++i) {
    silent.push_back(running.ConnectPlainly());
    heads.push_back(running.Connect());
    ASSERT_TRUE(heads.back().Send("GET /echo?slow=1 HTTP/1.1\r\nHost: loc"));
    bodies.push_back(running.Connect());
    ASSERT_TRUE(bodies.back().Send(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbo"));
    readers.push_back(running.Connect());
    ASSERT_TRUE(readers.back().Send(AskForMuch()));
  }
  for (int round = 0; round < 20; ++round) {
    running.ExpectWell();
    const auto at = static_cast<std::size_t>(round);
    ASSERT_TRUE(heads[at].Send("a"));
    ASSERT_TRUE(bodies[at].Send(round % 2 == 0 ? "d" : ""));
  }
  // They were slow, and are answered when they are done.
  ASSERT_TRUE(heads.back().Send("alhost\r\n\r\n"));
  EXPECT_EQ(heads.back().Receive()->body, "slow=1;");
  ASSERT_TRUE(bodies.back().Send("dy"));
  EXPECT_EQ(bodies.back().Receive()->body, "body");
  for (int i = 0; i < 60; ++i) ASSERT_EQ(readers.back().Receive()->body.size(), 256U * 1024);
}

TEST_P(SlowClients, AreAllLetGoWhenTheirTimeIsOver) {
  ServerOptions options = Options();
  options.handshake_timeout = options.head_timeout = options.request_timeout = 300ms;
  options.drain_timeout = options.idle_timeout = 300ms;
  const Running running(std::move(options), 2);
  std::vector<Client> clients;
  for (int i = 0; i < kOfEach; ++i) {
    clients.push_back(running.ConnectPlainly());
    if (GetParam()) {
      ASSERT_TRUE(clients.back().Send("\x16\x03\x01"));
    } else {
      ASSERT_TRUE(clients.back().Send(i % 2 == 0 ? "GET /ec"
                                                 : "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
                                                   "Content-Length: 4\r\n\r\nbo"));
    }
  }
  for (Client& client : clients) {
    if (!GetParam()) {
      const auto answer = client.Receive();
      ASSERT_TRUE(answer) << answer.error().message;
      EXPECT_EQ(answer->status, 408);
    }
    EXPECT_TRUE(client.ClosedByServer());
  }
  running.ExpectWell();
}

INSTANTIATE_TEST_SUITE_P(Streams, SlowClients, testing::Bool(),
                         [](const auto& tls) { return std::string(tls.param ? "Tls" : "Tcp"); });

TEST(ClientLimit, OneClientsConnectionsAreCountedOverAllLoopsAndOthersAreNotHarmed) {
  const Running running({.connections_per_client = 10}, 2);
  std::vector<Client> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(running.Connect());
    EXPECT_EQ(clients.back().Get("/echo?a=1")->status, 200);
  }
  Client above = running.Connect();
  const auto refused = above.Get("/echo?a=1");
  ASSERT_TRUE(refused) << refused.error().message;
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->Find("Retry-After"), "1");
  EXPECT_TRUE(above.ClosedByServer());
  // Far above nobody is told: some are cut off at once.
  int cut_off = 0;
  std::vector<Client> many;
  for (int i = 0; i < 40; ++i) many.push_back(running.Connect());
  for (Client& client : many) {
    if (!client.Get("/echo?a=1")) ++cut_off;
  }
  EXPECT_GT(cut_off, 0);
  EXPECT_EQ(clients.front().Get("/echo?a=1")->status, 200);
  many.clear();
  clients.clear();
  for (int i = 0; i < 2000; ++i) {
    const auto answer = running.Connect().Get("/echo?a=1");
    if (answer && answer->status == 200) return;
    std::this_thread::sleep_for(5ms);
  }
  ADD_FAILURE() << "nobody was let in again";
}

}  // namespace
}  // namespace aisle::web
