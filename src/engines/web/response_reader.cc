#include "web/response_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "web/message.h"

namespace aisle::web {
namespace {

constexpr std::size_t kInterimMax = 8;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsTokenLetter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsText(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Whether a list like "close, upgrade" has the word.
bool HasWord(std::string_view list, std::string_view word) {
  for (;;) {
    const std::size_t comma = list.find(',');
    if (EqualFold(Trimmed(list.substr(0, comma)), word)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

using State = ResponseReader::State;

std::string_view HttpAnswer::Find(std::string_view field_name) const {
  for (const auto& [name, value] : fields) {
    if (EqualFold(name, field_name)) return value;
  }
  return {};
}

State ResponseReader::Refuse(std::string what) {
  problem_ = std::move(what);
  return State::kRefused;
}

bool ResponseReader::TakeField(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (!std::ranges::all_of(name, IsTokenLetter) || !IsText(value)) return false;
  answer_.fields.emplace_back(name, value);
  return true;
}

// `head` ends with the empty line.
bool ResponseReader::ParseHead(std::string_view head) {
  const std::size_t end = head.find("\r\n");
  const std::string_view status = head.substr(0, end);
  const bool sound = status.size() >= 12 && status.starts_with("HTTP/1.") &&
                     (status[7] == '0' || status[7] == '1') && status[8] == ' ' &&
                     std::ranges::all_of(status.substr(9, 3), IsDigit) && status[9] != '0' &&
                     (status.size() == 12 || status[12] == ' ') && IsText(status);
  if (!sound) return false;
  http_minor_ = status[7] - '0';
  std::from_chars(status.data() + 9, status.data() + 12, answer_.status);
  for (std::size_t at = end + 2; at + 2 < head.size();) {
    const std::size_t line_end = head.find("\r\n", at);
    if (answer_.fields.size() == limits_.field_count || !TakeField(head.substr(at, line_end - at)))
      return false;
    at = line_end + 2;
  }
  return true;
}

State ResponseReader::BeginBody() {
  int lengths = 0;
  int encodings = 0;
  std::string_view length;
  std::string_view encoding;
  std::string_view connection;
  for (const auto& [name, value] : answer_.fields) {
    if (EqualFold(name, "Content-Length")) {
      ++lengths;
      length = value;
    } else if (EqualFold(name, "Transfer-Encoding")) {
      ++encodings;
      encoding = value;
    } else if (EqualFold(name, "Connection")) {
      connection = value;
    }
  }
  answer_.keep_alive =
      http_minor_ == 1 ? !HasWord(connection, "close") : HasWord(connection, "keep-alive");
  if (answer_.status == 204 || answer_.status == 304) return State::kDone;
  if (lengths + encodings != 1)
    return Refuse("not one of Content-Length and Transfer-Encoding, once");
  if (encodings == 1) {
    if (http_minor_ == 0 || !EqualFold(encoding, "chunked"))
      return Refuse("a Transfer-Encoding that is not chunked");
    chunks_.emplace(limits_.body_bytes, limits_.head_bytes);
    return State::kNeedMore;
  }
  if (length.empty() || !std::ranges::all_of(length, IsDigit))
    return Refuse("Content-Length is not a number of bytes");
  const auto read = std::from_chars(length.data(), length.data() + length.size(), body_left_);
  if (read.ec != std::errc() || body_left_ > limits_.body_bytes)
    return Refuse(
        fmt::format("a body of {} bytes; at most {} are taken", length, limits_.body_bytes));
  return body_left_ == 0 ? State::kDone : State::kNeedMore;
}

State ResponseReader::FeedHead(std::string_view bytes, std::size_t& consumed) {
  for (;;) {
    std::string_view rest = bytes.substr(consumed);
    if (!rest.empty()) started_ = true;
    const std::size_t end = rest.find("\r\n\r\n");
    if ((end == std::string_view::npos ? rest.size() : end + 4) > limits_.head_bytes)
      return Refuse(fmt::format("a head of more than {} bytes", limits_.head_bytes));
    if (end == std::string_view::npos) return State::kNeedMore;
    answer_.fields.clear();
    if (!ParseHead(rest.substr(0, end + 4))) return Refuse("not an answer of HTTP/1.1");
    consumed += end + 4;
    if (answer_.status >= 200) break;
    if (answer_.status == 101 || ++interim_count_ > kInterimMax)
      return Refuse(fmt::format("status {}, which nobody asked for", answer_.status));
  }
  head_done_ = true;
  return BeginBody();
}

State ResponseReader::FeedBody(std::string_view bytes, std::size_t& consumed) {
  if (!chunks_) {
    const std::size_t count = std::min(bytes.size(), body_left_);
    answer_.body.append(bytes, 0, count);
    consumed += count;
    body_left_ -= count;
    return body_left_ == 0 ? State::kDone : State::kNeedMore;
  }
  std::size_t taken = 0;
  const ChunkedBody::State state = chunks_->Feed(bytes, taken, answer_.body);
  consumed += taken;
  if (state == ChunkedBody::State::kDone) return State::kDone;
  if (state == ChunkedBody::State::kNeedMore) return State::kNeedMore;
  return Refuse(state == ChunkedBody::State::kTooLarge ? "a body that is too large"
                                                       : "chunks that are malformed");
}

State ResponseReader::Feed(std::string_view bytes, std::size_t& consumed) {
  consumed = 0;
  if (!head_done_) {
    const State state = FeedHead(bytes, consumed);
    if (state != State::kNeedMore || !head_done_) return state;
    bytes.remove_prefix(consumed);
  }
  if (bytes.empty()) return State::kNeedMore;
  std::size_t of_body = 0;
  const State state = FeedBody(bytes, of_body);
  consumed += of_body;
  return state;
}

void ResponseReader::Reset() {
  answer_ = {};
  problem_.clear();
  chunks_.reset();
  body_left_ = 0;
  interim_count_ = 0;
  head_done_ = false;
  started_ = false;
}

}  // namespace aisle::web
