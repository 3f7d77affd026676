// How long the client will wait, as it says itself: X-Envoy-Expected-Rq-Timeout-Ms.
//
// Envoy, and what is built on it (Istio and other meshes), sets this field on every request that it passes on, to what
// is left of its own timeout; so most clients send it without knowing. It is whole milliseconds. A client can only
// shorten what it gets by it.
//
//   units    milliseconds, 1 to 9,999,999,999, from the moment that the head is whole.
//   missing  no field: never.
//   errors   kInvalidArgument: empty, 0, not plain digits, more than ten of them, or twice.
//   source   Envoy's "HTTP header manipulation". gRPC's grpc-timeout says the same with a unit behind the digits; only
//            its own clients send it.
#pragma once

#include <string_view>

#include "base/result.h"
#include "net/deadline.h"
#include "web/message.h"

namespace aisle::web {

inline constexpr std::string_view kDeadlineField = "X-Envoy-Expected-Rq-Timeout-Ms";

Result<net::Deadline> ClientDeadlineOf(const Request& request);

}  // namespace aisle::web
