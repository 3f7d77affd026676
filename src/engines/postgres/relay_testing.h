// Two servers that stand where Postgres should: one that takes connections and never answers, and
// one that passes bytes on, until it is told to swallow them as a broken network does.
//
//   threads  a Relay has one of its own; Swallow() may be called from any.
//   cost     a thread; it wakes twenty times a second.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace aisle::postgres {

// Listens at an address of this machine, on a port that was free.
inline int ListenAt(const std::string& address, std::uint16_t& port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  inet_pton(AF_INET, address.c_str(), &at.sin_addr);
  AISLE_ASSERT(bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  AISLE_ASSERT(listen(listener, 8) == 0);
  socklen_t size = sizeof at;
  AISLE_ASSERT(getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) == 0);
  port = ntohs(at.sin_port);
  return listener;
}

class SilentServer {
 public:
  SilentServer() : listener_(ListenAt("127.0.0.1", port_)) {}
  ~SilentServer() { close(listener_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  std::uint16_t Port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  int listener_;
};

class Relay {
 public:
  Relay(const std::string& address, std::uint16_t to)
      : listener_(ListenAt(address, port_)), to_(to), thread_([this] { Run(); }) {}
  ~Relay() {
    stopping_ = true;
    thread_.join();
    for (const auto& pair : pairs_) {
      close(pair[0]);
      close(pair[1]);
    }
    close(listener_);
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  std::uint16_t Port() const { return port_; }
  void Swallow(bool on) { swallowing_ = on; }

 private:
  void Run() {
    while (!stopping_) {
      std::vector<pollfd> sockets = {{listener_, POLLIN, 0}};
      for (const auto& pair : pairs_) {
        sockets.push_back({pair[0], POLLIN, 0});
        sockets.push_back({pair[1], POLLIN, 0});
      }
      poll(sockets.data(), sockets.size(), 50);
      for (std::size_t i = 1; i < sockets.size(); ++i) {
        if (sockets[i].revents != 0) PassOn(pairs_[(i - 1) / 2], (i - 1) % 2);
      }
      if ((sockets[0].revents & POLLIN) != 0) Accept();
      std::erase_if(pairs_, [](const auto& pair) { return pair[0] < 0; });
    }
  }
  void Accept() {
    const int client = accept(listener_, nullptr, nullptr);
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(to_);
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    if (connect(server, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0) {
      pairs_.push_back({client, server});
    } else {
      close(client);
      close(server);
    }
  }
  void PassOn(std::array<int, 2>& pair, std::size_t from) {
    if (pair[0] < 0) return;
    std::array<char, 65536> bytes{};
    const ssize_t count = read(pair[from], bytes.data(), bytes.size());
    if (count > 0 && swallowing_) return;
    const bool sent = count > 0 && send(pair[1 - from], bytes.data(),
                                        static_cast<std::size_t>(count), MSG_NOSIGNAL) == count;
    if (sent) return;
    close(pair[0]);
    close(pair[1]);
    pair = {-1, -1};
  }

  std::uint16_t port_ = 0;
  int listener_;
  std::uint16_t to_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> swallowing_ = false;
  std::vector<std::array<int, 2>> pairs_;  // Client, server.
  std::thread thread_;
};

}  // namespace aisle::postgres
