// A server that does as a test says, badly: sends pieces, cuts, waits, answers twice. Private to the tests of
// clients.
//
// Each connection that it accepts gets the next script; the last one serves all that follow.
//
//   threads  scripts run on a thread of the server, one connection after the other.
//   errors   what cannot be set up stops the test run.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"
#include "web/address.h"

namespace aisle::web {

// What a script may do with its connection.
class Victim {
 public:
  explicit Victim(int descriptor) : descriptor_(descriptor) {}

  // Reads one request, head and body by its Content-Length; empty: the client is gone.
  std::string Read() {
    for (;;) {
      const std::size_t end = input_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t at = input_.find("Content-Length: ");
        const std::size_t length = std::stoul(input_.substr(at + 16));
        if (input_.size() >= end + 4 + length) {
          std::string request = input_.substr(0, end + 4 + length);
          input_.erase(0, request.size());
          return request;
        }
      }
      char bytes[4096];
      const auto count = ::recv(descriptor_, bytes, sizeof bytes, 0);
      if (count <= 0) return {};
      input_.append(bytes, static_cast<std::size_t>(count));
    }
  }
  void Send(std::string_view bytes) {
    ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  void WaitUntilClientIsGone() {
    char byte = 0;
    while (::recv(descriptor_, &byte, 1, 0) > 0) continue;
  }

 private:
  int descriptor_;
  std::string input_;
};

using Script = std::function<void(Victim&)>;

class HostileServer {
 public:
  explicit HostileServer(std::vector<Script> scripts)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof name;
    AISLE_ASSERT(::bind(listener_, reinterpret_cast<sockaddr*>(&name), bytes) == 0);
    AISLE_ASSERT(::listen(listener_, 16) == 0);
    AISLE_ASSERT(::getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &bytes) == 0);
    address_ = {.host = "127.0.0.1", .port = ntohs(name.sin_port)};
    thread_ = std::thread([this, scripts = std::move(scripts)] {
      for (std::size_t i = 0;; ++i) {
        const int descriptor = ::accept(listener_, nullptr, nullptr);
        if (descriptor < 0) return;
        ++connections_;
        Victim victim(descriptor);
        scripts[std::min(i, scripts.size() - 1)](victim);
        ::close(descriptor);
      }
    });
  }
  // Clients must be gone.
  ~HostileServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  const Address& At() const { return address_; }
  int Connections() const { return connections_; }

 private:
  int listener_;
  Address address_;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

}  // namespace aisle::web
