// Where a server listens: "127.0.0.1:8000", "[::1]:8000", "localhost:0".
//
// Addresses are numeric; `localhost` stands for 127.0.0.1. Names are not looked up.
//
//   errors   kInvalidArgument: not HOST:PORT.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aisle::web {

struct Address {
  std::string host;  // "127.0.0.1" or "::1", without brackets.
  std::uint16_t port = 0;

  bool IsLoopback() const;
  std::string Text() const;  // "127.0.0.1:8000", "[::1]:8000"
};

Result<Address> ParseAddress(std::string_view text);

// "localhost", "127.x.y.z" or "[::1]", each with or without a port: the only hosts a browser can have
// meant when it reaches a loopback listener by an honest name.
bool IsLoopbackAuthority(std::string_view authority);

}  // namespace aisle::web
