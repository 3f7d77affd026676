// Where a server listens: "127.0.0.1:8000", "[::1]:8000", "localhost:0", "unix:/run/aisle.sock", "systemd:http".
//
// Addresses are numeric; `localhost` stands for 127.0.0.1. Names are not looked up. A Unix socket is
// named by an absolute path. "systemd" is the one socket that systemd handed over, "systemd:NAME" the one of that
// name (handed_socket.h); where they listen is known once they are looked at. A server that is found by its address
// and speaks TLS is "https://127.0.0.1:8443".
//
//   errors   kInvalidArgument: none of these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aisle::web {

struct Address {
  std::string host;  // "127.0.0.1" or "::1", without brackets.
  std::uint16_t port = 0;
  std::string path = {};  // Of a Unix socket, "/run/aisle.sock"; host and port then say nothing.
  bool tls = false;       // Over TCP only.
  // Of a socket that was handed over, its name or nothing; all the rest then says nothing.
  std::optional<std::string> handed = {};

  bool IsUnix() const { return !path.empty(); }
  bool IsLoopback() const;  // TCP, on this machine only.
  // "127.0.0.1:8000", "[::1]:8000", "https://127.0.0.1:8443", "unix:/run/aisle.sock", "systemd:http"
  std::string Text() const;
};

// The most bytes of a Unix socket's path; the system sets it.
inline constexpr std::size_t kSocketPathBytesMax = 107;

// An address's text as it is shown to people: "http://127.0.0.1:8000", "https://127.0.0.1:8443",
// "unix:/run/aisle.sock".
std::string UrlOf(std::string_view address_text);

Result<Address> ParseAddress(std::string_view text);
// The address itself; of a socket that was handed over, where that listens. kInvalidArgument: as FindHandedSocket.
Result<Address> WhereItListens(const Address& address);

// "localhost", "127.x.y.z" or "[::1]", each with or without a port: the only hosts a browser can have
// meant when it reaches a loopback listener by an honest name.
bool IsLoopbackAuthority(std::string_view authority);

}  // namespace aisle::web
