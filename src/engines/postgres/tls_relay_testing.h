// Stands in front of a server's socket as a proxy that ends TLS does, and sends records as large as
// TLS lets them be. Debian's server cuts its own at 8 KiB; newer ones and proxies do not.
//
//   threads  one of its own, for one client after another.
//   errors   none: what cannot be done stops the program.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace aisle::postgres {

class TlsRelay {
 public:
  // `socket_path` is the file of the server's Unix socket.
  TlsRelay(std::string socket_path, std::string certificate, std::string key);
  ~TlsRelay();
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;

  std::uint16_t Port() const { return port_; }

 private:
  void Run();
  void Serve(int client) const;

  std::string socket_path_;
  std::string certificate_;
  std::string key_;
  std::uint16_t port_ = 0;
  int listener_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace aisle::postgres
