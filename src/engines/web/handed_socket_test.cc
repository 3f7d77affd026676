// Sockets that somebody else made and handed over, as systemd does it.
#include "web/handed_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/temp_folder_testing.h"
#include "web/echo_server_testing.h"

namespace aisle::web {
namespace {

using testing::HasSubstr;

class Handed : public testing::Test {
 protected:
  ~Handed() override {
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  template <typename Name>
  void Listen(int family, const Name& name) {
    descriptor_ = ::socket(family, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    ASSERT_EQ(::listen(descriptor_, 8), 0);
  }
  void ListenOnTcp(in_addr_t host) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(host);
    Listen(AF_INET, name);
  }
  // As if it were the last of as many sockets as there are descriptors from 3 to it, called `name`.
  void Hand(const std::string& name, int pid = ::getpid()) const {
    std::string names;
    for (int i = 3; i < descriptor_; ++i) names += fmt::format("other{}:", i);
    ::setenv("LISTEN_PID", std::to_string(pid).c_str(), 1);
    ::setenv("LISTEN_FDS", std::to_string(descriptor_ - 2).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", (names + name).c_str(), 1);
  }
  int descriptor_ = -1;
};

void ExpectAnswers(const std::string& listen) {
  const Running running({.listen = listen}, 2);
  for (int i = 0; i < 20; ++i) running.ExpectWell();
}

TEST_F(Handed, IsServedOnByItsNameAndStaysOpen) {
  ListenOnTcp(INADDR_LOOPBACK);
  Hand("http");
  const auto found = FindHandedSocket("http");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->descriptor, descriptor_);
  EXPECT_TRUE(found->address.IsLoopback());
  EXPECT_EQ(WhereItListens(*ParseAddress("systemd:http"))->Text(), found->address.Text());
  ExpectAnswers("systemd:http");
  // Who connects between two servers waits, and is answered by the next.
  auto waiting = Client::Connect(found->address);
  ASSERT_TRUE(waiting);
  const Running next({.listen = "systemd:http"});
  EXPECT_EQ(waiting->Get("/echo?a=1")->body, "a=1;");
}

TEST_F(Handed, OfIpv6AndOfUnixAreServedOnToo) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  Listen(AF_INET6, v6);
  Hand("http");
  ExpectAnswers("systemd:http");
  ::close(descriptor_);

  const base::TempFolder folder;
  sockaddr_un unix_name{};
  unix_name.sun_family = AF_UNIX;
  (folder.Path() / "handed.sock").string().copy(unix_name.sun_path, sizeof unix_name.sun_path - 1);
  Listen(AF_UNIX, unix_name);
  Hand("http");
  ExpectAnswers("systemd:http");
  EXPECT_TRUE(std::filesystem::exists(folder.Path() / "handed.sock"));  // Its maker's.
}

TEST_F(Handed, TheOnlyOneNeedsNoName) {
  ListenOnTcp(INADDR_LOOPBACK);
  const int before = ::fcntl(3, F_DUPFD_CLOEXEC, 100);
  ASSERT_EQ(::dup2(descriptor_, 3), 3);
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", "1", 1);
  ExpectAnswers("systemd");
  if (before >= 0) {
    ::dup2(before, 3);
    ::close(before);
  } else {
    ::close(3);
  }
}

TEST_F(Handed, WhatWasNotHandedOverIsAnErrorThatSaysWhatWas) {
  const auto error = [](std::string_view name) {
    const auto found = FindHandedSocket(name);
    return found ? std::string("none") : found.error().message;
  };
  EXPECT_THAT(error("http"), HasSubstr("none was handed over"));
  ListenOnTcp(INADDR_LOOPBACK);
  Hand("http", ::getpid() + 1);  // To another process.
  EXPECT_THAT(error("http"), HasSubstr("none was handed over"));
  Hand("http");
  EXPECT_THAT(error("https"), HasSubstr("none is named 'https'; there are: "));
  ::setenv("LISTEN_FDS", "2", 1);
  EXPECT_THAT(error(""), HasSubstr("2 were handed over; name one"));
  ::close(descriptor_);
  descriptor_ = ::socket(AF_INET, SOCK_STREAM, 0);  // Does not listen.
  Hand("http");
  EXPECT_THAT(error("http"), HasSubstr("no socket that listens"));
}

TEST_F(Handed, OneThatListensToTheNetworkIsNotLocal) {
  ListenOnTcp(INADDR_ANY);
  Hand("http");
  const auto at = WhereItListens(*ParseAddress("systemd:http"));
  ASSERT_TRUE(at) << at.error().message;
  EXPECT_FALSE(at->IsLoopback());
  EXPECT_EQ(at->host, "0.0.0.0");
}

TEST(Loopback, OfIpv6IsServed) {
  const Running running({.listen = "[::1]:0"}, 2);
  EXPECT_TRUE(running.server->ListeningAt().Text().starts_with("[::1]:"));
  running.ExpectWell();
}

}  // namespace
}  // namespace aisle::web
