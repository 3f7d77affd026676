// Bytes of a connection -> the answers of a server, with strict framing and limits: what a client believes.
//
// Feed() takes bytes from the front of what has arrived and says how many; after kDone the answer is whole, and
// Reset() begins the next one. After kRefused the connection must not be read any more. A connection that ends
// before kDone has cut its answer off: no body here lasts until the connection ends, because such a body cannot be
// told from half of one.
//
// Refused: what is not HTTP/1.0 or HTTP/1.1, a status that is not three digits, folded lines, names that are no
// tokens, Content-Length twice, not plain digits, or together with Transfer-Encoding; a Transfer-Encoding other
// than `chunked`; a body without either; 101. Interim answers (100, 103) are read over.
//
//   order    how the bytes are cut into calls makes no difference.
//   missing  204 and 304 have no body.
//   errors   WhatIsWrong(), for logs.
//   source   RFC 9110, RFC 9112. Bodies in chunks: chunked_body.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "web/chunked_body.h"

namespace aisle::web {

struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  bool keep_alive = false;

  // Empty when absent.
  std::string_view Find(std::string_view field_name) const;
};

struct AnswerLimits {
  std::size_t head_bytes = 16 * 1024;
  std::size_t field_count = 100;
  std::size_t body_bytes = 16 * 1024 * 1024;
};

class ResponseReader {
 public:
  enum class State : std::uint8_t { kNeedMore, kDone, kRefused };

  explicit ResponseReader(const AnswerLimits& limits) : limits_(limits) {}

  State Feed(std::string_view bytes, std::size_t& consumed);
  void Reset();

  bool Started() const { return started_; }
  HttpAnswer& Received() { return answer_; }
  const std::string& WhatIsWrong() const { return problem_; }

 private:
  State Refuse(std::string what);
  State FeedHead(std::string_view bytes, std::size_t& consumed);
  State FeedBody(std::string_view bytes, std::size_t& consumed);
  bool ParseHead(std::string_view head);
  bool TakeField(std::string_view line);
  State BeginBody();

  AnswerLimits limits_;
  HttpAnswer answer_;
  std::string problem_;
  std::optional<ChunkedBody> chunks_;
  std::size_t body_left_ = 0;
  std::size_t interim_count_ = 0;
  int http_minor_ = 1;
  bool head_done_ = false;
  bool started_ = false;
};

}  // namespace aisle::web
