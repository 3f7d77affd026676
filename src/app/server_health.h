// What a running server says of itself: GET /health at its address, as anybody may ask it.
//
//   errors   kUnavailable: it does not answer in time, or not with JSON.
//   cost     one connection on this machine.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace aisle::app {

inline constexpr std::chrono::milliseconds kHealthPatience{3000};

// `address`: as servers write it, "127.0.0.1:8000" or "unix:/run/aisle.sock".
Result<boost::json::object> AskHealth(const std::string& address,
                                      std::chrono::milliseconds patience = kHealthPatience);

// What of it somebody has to act on, in words.
std::vector<std::string> ProblemsOf(const boost::json::object& health);

// "postgres: breaker open; last error 3 s ago: connection refused": each store that customers are looked up in, in
// its order.
std::vector<std::string> StoresOf(const boost::json::object& health);

}  // namespace aisle::app
