// Where a server listens: "127.0.0.1:8000", "[::1]:8000", "localhost:0", "unix:/run/aisle.sock".
//
// Addresses are numeric; `localhost` stands for 127.0.0.1. Names are not looked up. A Unix socket is
// named by an absolute path.
//
//   errors   kInvalidArgument: neither HOST:PORT nor unix:/PATH.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aisle::web {

struct Address {
  std::string host;  // "127.0.0.1" or "::1", without brackets.
  std::uint16_t port = 0;
  std::string path = {};  // Of a Unix socket, "/run/aisle.sock"; host and port then say nothing.

  bool IsUnix() const { return !path.empty(); }
  bool IsLoopback() const;   // TCP, on this machine only.
  std::string Text() const;  // "127.0.0.1:8000", "[::1]:8000", "unix:/run/aisle.sock"
};

// The most bytes of a Unix socket's path; the system sets it.
inline constexpr std::size_t kSocketPathBytesMax = 107;

// An address's text as it is shown to people: "http://127.0.0.1:8000", "unix:/run/aisle.sock".
std::string UrlOf(std::string_view address_text);

Result<Address> ParseAddress(std::string_view text);
// One that a server without access tokens may listen at: loopback, or a Unix socket. Any other: kInvalidArgument.
Result<Address> ParseLocalAddress(std::string_view text);

// "localhost", "127.x.y.z" or "[::1]", each with or without a port: the only hosts a browser can have
// meant when it reaches a loopback listener by an honest name.
bool IsLoopbackAuthority(std::string_view authority);

}  // namespace aisle::web
