#include "web/request_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <limits>
#include <optional>

#include "web/chunked_body.h"

namespace aisle::web {
namespace http = boost::beast::http;
namespace {

using ErrorBits = boost::beast::error_code;
using Text = boost::beast::string_view;

std::string_view View(Text text) { return {text.data(), text.size()}; }

// Stores the parts of a head as Beast's grammar finds them. Views point into the bytes given to
// put(), which the reader keeps. Bodies are read without Beast.
class HeadParser final : public http::basic_parser<true> {
 public:
  HeadParser(Request& request, const Limits& limits) : request_(request), limits_(limits) {
    header_limit(std::numeric_limits<std::uint32_t>::max());  // The reader has checked the size.
    skip(true);
  }
  bool TooManyFields() const { return field_count_ > limits_.field_count; }

 private:
  void on_request_impl(http::verb, Text method, Text target, int version, ErrorBits&) override {
    request_.method = View(method);
    request_.target = View(target);
    request_.http_minor = version % 10;
  }
  void on_response_impl(int, Text, int, ErrorBits&) override {}
  void on_field_impl(http::field, Text name, Text value, ErrorBits& error) override {
    if (++field_count_ > limits_.field_count) {
      error = http::error::header_limit;
      return;
    }
    request_.fields.push_back({View(name), View(value)});
  }
  void on_header_impl(ErrorBits&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorBits&) override {}
  std::size_t on_body_impl(Text, ErrorBits&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, Text, ErrorBits&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text, ErrorBits&) override { return 0; }
  void on_finish_impl(ErrorBits&) override {}

  Request& request_;
  const Limits& limits_;
  std::size_t field_count_ = 0;
};

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Problem Malformed(std::string detail, std::string field = {}) {
  return {.status = 400,
          .type = "malformed-request",
          .detail = std::move(detail),
          .field = std::move(field),
          .accepted = {},
          .position = {}};
}

// How often each field that decides about framing stands in the head.
struct Framing {
  int hosts = 0;
  int lengths = 0;
  int encodings = 0;
  std::string_view host;
  std::string_view length;
  std::string_view encoding;
  std::string_view expect;
};

Framing FramingOf(const Request& request) {
  Framing found;
  for (const Field& field : request.fields) {
    if (EqualFold(field.name, "Host")) {
      ++found.hosts;
      found.host = field.value;
    } else if (EqualFold(field.name, "Content-Length")) {
      ++found.lengths;
      found.length = field.value;
    } else if (EqualFold(field.name, "Transfer-Encoding")) {
      ++found.encodings;
      found.encoding = field.value;
    } else if (EqualFold(field.name, "Expect")) {
      found.expect = field.value;
    }
  }
  return found;
}

// What the head breaks beyond the grammar, if anything.
std::optional<Problem> HeadProblem(const Request& request, const Framing& framing,
                                   const Limits& limits) {
  if (framing.hosts > 1) return Malformed("the Host field stands there twice", "Host");
  if (request.http_minor >= 1 && framing.host.empty())
    return Malformed("the Host field is missing", "Host");
  if (framing.lengths > 0 && framing.encodings > 0)
    return Malformed("Content-Length and Transfer-Encoding exclude each other", "Content-Length");
  if (framing.lengths > 1) return Malformed("Content-Length stands there twice", "Content-Length");
  if (framing.lengths == 1 && !IsDigits(framing.length))
    return Malformed("Content-Length is not a number of bytes", "Content-Length");
  if (framing.encodings > 0 && request.http_minor == 0)
    return Malformed("HTTP/1.0 has no Transfer-Encoding", "Transfer-Encoding");
  if (framing.encodings > 1 ||
      (framing.encodings == 1 && !EqualFold(framing.encoding, "chunked"))) {
    return Problem{.status = 501,
                   .type = "unsupported-encoding",
                   .detail = "this Transfer-Encoding is not supported",
                   .field = "Transfer-Encoding",
                   .accepted = "chunked",
                   .position = {}};
  }
  if (!framing.expect.empty() && !EqualFold(framing.expect, "100-continue")) {
    return Problem{.status = 417,
                   .type = "expectation-failed",
                   .detail = "this expectation cannot be met",
                   .field = "Expect",
                   .accepted = "100-continue",
                   .position = {}};
  }
  if (request.target.size() > limits.target_bytes) {
    return Problem{.status = 414,
                   .type = "target-too-long",
                   .detail = fmt::format("the target has {} bytes", request.target.size()),
                   .field = {},
                   .accepted = fmt::format("at most {} bytes", limits.target_bytes),
                   .position = {}};
  }
  const bool of_all = request.target == "*" && request.method == "OPTIONS";
  if (!of_all && (request.target.empty() || request.target[0] != '/'))
    return Malformed("the target must be a path that begins with a slash");
  return std::nullopt;
}

}  // namespace

using State = RequestReader::State;

struct RequestReader::Impl {
  Impl(const Limits& reader_limits, BodyLimit limit)
      : limits(reader_limits), body_limit(std::move(limit)) {}

  const Limits limits;
  const BodyLimit body_limit;
  Request request;
  Problem problem;
  std::string head;                   // The bytes that the request's views point into.
  std::optional<ChunkedBody> chunks;  // When the body comes in chunks.
  std::size_t searched = 0;           // Bytes of the coming head in which its end was not found.
  std::size_t body_left = 0;          // When the body has a length.
  std::size_t body_bytes_max = 0;     // Of this request.
  bool forgave_line = false;
  bool head_done = false;
  bool started = false;
  bool wants_continue = false;

  State Refuse(Problem what) {
    problem = std::move(what);
    return State::kRefused;
  }
  State RefuseLongBody() {
    const bool takes_none = body_bytes_max == 0;
    return Refuse(
        {.status = 413,
         .type = "body-too-large",
         .detail = takes_none ? "this takes no body" : "the body is too large",
         .field = {},
         .accepted = takes_none ? "no body" : fmt::format("at most {} bytes", body_bytes_max),
         .position = {}});
  }
  State RefuseHead(const HeadParser& parser, ErrorBits error) {
    if (parser.TooManyFields()) {
      return Refuse({.status = 431,
                     .type = "head-too-large",
                     .detail = "too many header fields",
                     .field = {},
                     .accepted = fmt::format("at most {} fields", limits.field_count),
                     .position = {}});
    }
    if (error == http::error::bad_version && request.method.empty()) {
      return Refuse({.status = 505,
                     .type = "http-version",
                     .detail = "this is not a request of HTTP/1.0 or HTTP/1.1",
                     .field = {},
                     .accepted = "HTTP/1.1",
                     .position = {}});
    }
    return Refuse(Malformed(fmt::format("not a valid HTTP request: {}", error.message())));
  }
  State RefuseLongHead(std::string_view bytes) {
    if (bytes.find('\n') == std::string_view::npos || bytes.find('\n') > limits.target_bytes) {
      return Refuse({.status = 414,
                     .type = "target-too-long",
                     .detail = "the request line is too long",
                     .field = {},
                     .accepted = fmt::format("a target of at most {} bytes", limits.target_bytes),
                     .position = {}});
    }
    return Refuse({.status = 431,
                   .type = "head-too-large",
                   .detail = "the header fields are too large",
                   .field = {},
                   .accepted = fmt::format("at most {} bytes", limits.head_bytes),
                   .position = {}});
  }

  State FeedHead(std::string_view bytes, std::size_t& consumed);
  State FeedBody(std::string_view bytes, std::size_t& consumed);
};

State RequestReader::Impl::FeedHead(std::string_view bytes, std::size_t& consumed) {
  if (!started) {
    // One empty line before a request is forgiven: some clients end a body with it.
    if (!forgave_line) {
      if (bytes == "\r") return State::kNeedMore;
      if (bytes.starts_with("\r\n")) {
        forgave_line = true;
        consumed = 2;
        bytes.remove_prefix(2);
      }
    }
    if (bytes.empty()) return State::kNeedMore;
    started = true;
  }
  const std::size_t end = bytes.find("\r\n\r\n", searched);
  if (end == std::string_view::npos ? bytes.size() > limits.head_bytes
                                    : end + 4 > limits.head_bytes) {
    return RefuseLongHead(bytes.substr(0, end));
  }
  if (end == std::string_view::npos) {
    searched = bytes.size() < 3 ? 0 : bytes.size() - 3;
    return State::kNeedMore;
  }
  head.assign(bytes.substr(0, end + 4));
  consumed += head.size();
  if (head.find("\r\n ") != std::string::npos || head.find("\r\n\t") != std::string::npos)
    return Refuse(Malformed("a header field goes on in the next line"));
  HeadParser parser(request, limits);
  ErrorBits error;
  const std::size_t parsed = parser.put({head.data(), head.size()}, error);
  if (error) return RefuseHead(parser, error);
  if (parsed != head.size() || !parser.is_done())
    return Refuse(Malformed("not a valid HTTP request: an empty line inside the head"));
  const Framing framing = FramingOf(request);
  if (auto found = HeadProblem(request, framing, limits)) return Refuse(std::move(*found));
  request.keep_alive = parser.keep_alive();
  head_done = true;
  body_bytes_max =
      body_limit ? std::min(limits.body_bytes, body_limit(request)) : limits.body_bytes;
  if (framing.encodings > 0) {
    chunks.emplace(body_bytes_max, limits.head_bytes);
  } else if (framing.lengths > 0) {
    const std::string_view digits = framing.length;
    const auto length = std::from_chars(digits.data(), digits.data() + digits.size(), body_left);
    if (length.ec != std::errc{} || body_left > body_bytes_max) return RefuseLongBody();
  }
  if (!chunks && body_left == 0) return State::kDone;
  wants_continue = !framing.expect.empty() && request.http_minor >= 1;
  return State::kNeedMore;
}

State RequestReader::Impl::FeedBody(std::string_view bytes, std::size_t& consumed) {
  if (!chunks) {
    const std::size_t count = std::min(bytes.size(), body_left);
    request.body.append(bytes, 0, count);
    consumed += count;
    body_left -= count;
    return body_left == 0 ? State::kDone : State::kNeedMore;
  }
  std::size_t taken = 0;
  const ChunkedBody::State state = chunks->Feed(bytes, taken, request.body);
  consumed += taken;
  switch (state) {
    case ChunkedBody::State::kNeedMore:
      return State::kNeedMore;
    case ChunkedBody::State::kDone:
      return State::kDone;
    case ChunkedBody::State::kTooLarge:
      return RefuseLongBody();
    case ChunkedBody::State::kMalformed:
      break;
  }
  return Refuse(Malformed("the body's chunks are malformed, or carry too much beside the body"));
}

RequestReader::RequestReader(const Limits& limits, BodyLimit body_limit)
    : impl_(std::make_unique<Impl>(limits, std::move(body_limit))) {}
RequestReader::~RequestReader() = default;

RequestReader::State RequestReader::Feed(std::string_view bytes, std::size_t& consumed) {
  consumed = 0;
  if (!impl_->head_done) {
    const State state = impl_->FeedHead(bytes, consumed);
    if (state != State::kNeedMore || !impl_->head_done) return state;
    bytes.remove_prefix(consumed);
  }
  if (bytes.empty()) return State::kNeedMore;
  impl_->wants_continue = false;  // The client did not wait.
  return impl_->FeedBody(bytes, consumed);
}

void RequestReader::Reset() {
  Impl& impl = *impl_;
  impl.request.method = {};
  impl.request.target = {};
  impl.request.http_minor = 1;
  impl.request.keep_alive = true;
  impl.request.fields.clear();
  impl.request.query.clear();
  impl.request.route = nullptr;
  impl.request.path_parameters.clear();
  impl.request.client_deadline = net::Deadline();
  impl.request.principal.reset();
  if (impl.request.body.capacity() > 64 * 1024) std::string().swap(impl.request.body);
  impl.request.body.clear();
  impl.chunks.reset();
  impl.searched = 0;
  impl.body_left = 0;
  impl.forgave_line = false;
  impl.head_done = false;
  impl.started = false;
  impl.wants_continue = false;
}

bool RequestReader::Started() const { return impl_->started; }
bool RequestReader::HasHead() const { return impl_->head_done; }
bool RequestReader::TakeContinue() { return std::exchange(impl_->wants_continue, false); }
Request& RequestReader::Received() { return impl_->request; }
const Problem& RequestReader::WhatIsWrong() const { return impl_->problem; }

}  // namespace aisle::web
