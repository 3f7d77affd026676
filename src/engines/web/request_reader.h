// Bytes of a connection -> requests, with strict framing and limits: the wall around Boost.Beast's
// parser.
//
// Feed() takes bytes from the front of what has arrived and says how many; what it leaves must be
// there again in front of newly arrived bytes. After kDone the request is complete; Reset() begins
// the next one. After kRefused the connection must not be read as HTTP any more.
//
// How long a body may be can depend on the head: BodyLimit is asked once per request, as soon as its
// head is whole and sound, and may fill what the head says of the request.
//
// Refused, beyond what the grammar forbids: a missing, empty or repeated Host (HTTP/1.1), a
// Transfer-Encoding other than `chunked`, Content-Length twice or not plain digits or together with
// Transfer-Encoding, folded lines, Transfer-Encoding in HTTP/1.0, targets that are not in origin
// form (but `*` of OPTIONS). Trailer fields and chunk extensions are read over.
//
//   units    limits in bytes; the target counts as part of the head.
//   errors   problem(): 400, 408 (the caller's), 413, 414, 417, 431, 501, 505.
//   cost     a head is copied once; a body once.
//   source   RFC 9110, RFC 9112.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "web/message.h"
#include "web/problem.h"

namespace aisle::web {

struct Limits {
  std::size_t head_bytes = 16 * 1024;
  std::size_t target_bytes = 4 * 1024;
  std::size_t field_count = 100;
  std::size_t body_bytes = 1024 * 1024;
};

class RequestReader {
 public:
  enum class State : std::uint8_t { kNeedMore, kDone, kRefused };

  // The most bytes that this request's body may have; above Limits::body_bytes it is that.
  using BodyLimit = std::function<std::size_t(Request& head)>;

  explicit RequestReader(const Limits& limits, BodyLimit body_limit = {});
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  State Feed(std::string_view bytes, std::size_t& consumed);
  void Reset();

  // True once bytes of a request have arrived.
  bool Started() const;
  // True once the head of that request is whole.
  bool HasHead() const;
  // True once after the head, when the client waits for "100 Continue" before it sends the body.
  bool TakeContinue();

  // Whole after kDone; after kRefused what was understood until then, for the answer. path, query,
  // route and request_id are not filled here.
  Request& Received();
  const Problem& WhatIsWrong() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::web
