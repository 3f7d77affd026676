// A request's body as JSON, strictly: one value, no repeated keys, no comments, bounded depth.
//
// Boost.JSON's own parser keeps the last of two equal keys without a word; here that is refused, so
// that a proxy and this server cannot read one body in two ways.
//
//   units    position in the problem: bytes from the start of the body.
//   errors   a problem of status 400: not JSON (with the position), not UTF-8, a key twice (named),
//            nested deeper than kJsonDepthMax.
//   source   RFC 8259; I-JSON (RFC 7493) for the repeated keys.
#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <string_view>

#include "web/problem.h"

namespace aisle::web {

inline constexpr int kJsonDepthMax = 16;

// Numbers are int64, uint64 above that, or double when they have a fraction, an exponent, or no room.
std::expected<boost::json::value, Problem> ParseJson(std::string_view text);

}  // namespace aisle::web
