// The client's side of TLS over a connected socket, for a thread that may block: `aisle status` asks a server of this
// machine so, and tests do.
//
// It does not ask whose certificate it is shown: it is for a server that is known by its process, and for what is no
// secret. Whoever needs to know the server must not use it.
//
//   threads  one.
//   errors   kUnavailable: the handshake failed, the socket broke or was silent for longer than its own time limit.
//   source   RFC 8446; the socket stays the caller's.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct ssl_st;

namespace aisle::web {

struct TlsAsk {
  std::string alpn = "http/1.1";  // Empty: none is offered.
  bool only_1_2 = false;
  bool below_1_2 = false;  // Offers TLS 1.1 at the most, for tests of who refuses it.
};

class TlsClient {
 public:
  static Result<TlsClient> ShakeHands(int descriptor, const TlsAsk& ask = {});

  Status Send(std::string_view bytes);
  // 0: the server said that it has ended.
  Result<std::size_t> Receive(std::span<char> into);
  // Says that nothing more will be sent; reading goes on.
  void FinishSending();

  std::string Version() const;   // "TLSv1.3"
  std::string Protocol() const;  // What ALPN agreed on; empty: nothing.
  std::string Subject() const;   // Of the certificate it was shown: "CN = shop.example".

 private:
  using Handle = std::unique_ptr<ssl_st, void (*)(ssl_st*)>;
  TlsClient(Handle handle, int descriptor) : handle_(std::move(handle)), descriptor_(descriptor) {}
  Status Flush();
  // 0: the other side has ended, whether or not it said so.
  Result<std::size_t> Fetch();

  Handle handle_;
  int descriptor_;
};

}  // namespace aisle::web
