#include "web/chunked_body.h"

#include <algorithm>

namespace aisle::web {
namespace {

// Of an extension or a trailer line.
bool IsText(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7F'); }

}  // namespace

bool ChunkedBody::TakeSizeDigit(char c) {
  const char lower = static_cast<char>(c | 0x20);
  std::size_t digit = 0;
  if (c >= '0' && c <= '9') {
    digit = static_cast<std::size_t>(c - '0');
  } else if (lower >= 'a' && lower <= 'f') {
    digit = static_cast<std::size_t>(lower - 'a') + 10;
  } else {
    if (digit_count_ == 0) return false;
    if (c == '\r') {
      step_ = Step::kSizeEnd;
      return true;
    }
    step_ = Step::kExtension;
    return c == ';' || c == ' ' || c == '\t';
  }
  size_ = size_ * 16 + digit;
  return ++digit_count_ <= 15;  // No overflow.
}

bool ChunkedBody::TakeFraming(char c) {
  switch (step_) {
    case Step::kSize:
      return TakeSizeDigit(c);
    case Step::kExtension:
      if (c == '\r') step_ = Step::kSizeEnd;
      return c == '\r' || IsText(c);
    case Step::kSizeEnd:
      step_ = size_ > 0 ? Step::kData : Step::kTrailerStart;
      return c == '\n';
    case Step::kDataReturn:
      step_ = Step::kDataFeed;
      return c == '\r';
    case Step::kDataFeed:
      step_ = Step::kSize;
      digit_count_ = 0;
      return c == '\n';
    case Step::kTrailerStart:
    case Step::kTrailer:
      if (c == '\r') {
        step_ = step_ == Step::kTrailerStart ? Step::kLastFeed : Step::kTrailerEnd;
        return true;
      }
      step_ = Step::kTrailer;
      return IsText(c);
    case Step::kTrailerEnd:
      step_ = Step::kTrailerStart;
      return c == '\n';
    case Step::kLastFeed:
      done_ = true;
      return c == '\n';
    case Step::kData:
      break;
  }
  return false;
}

ChunkedBody::State ChunkedBody::Feed(std::string_view bytes, std::size_t& consumed,
                                     std::string& body) {
  consumed = 0;
  while (consumed < bytes.size() && !done_) {
    if (step_ == Step::kData) {
      if (size_ > body_bytes_max_ - body.size()) return State::kTooLarge;
      const std::size_t count = std::min(size_, bytes.size() - consumed);
      body.append(bytes, consumed, count);
      consumed += count;
      size_ -= count;
      if (size_ == 0) step_ = Step::kDataReturn;
      continue;
    }
    if (!TakeFraming(bytes[consumed++])) return State::kMalformed;
    if (++framing_bytes_ > framing_bytes_max_ + 8 * body.size()) return State::kMalformed;
    if (step_ == Step::kData && size_ > body_bytes_max_ - body.size()) return State::kTooLarge;
  }
  return done_ ? State::kDone : State::kNeedMore;
}

}  // namespace aisle::web
