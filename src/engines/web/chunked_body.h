// A body in the chunked transfer coding, byte by byte.
//
// Extensions and trailer fields are read over; together with the chunk heads they may take no more
// than a fixed allowance plus eight bytes per byte of body (a chunk of one byte needs five).
//
//   order    how the bytes are cut into calls makes no difference.
//   source   RFC 9112, section 7.1. (Beast 1.81's own decoder stops the process by an assertion when
//            the last chunk arrives in pieces.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace aisle::web {

class ChunkedBody {
 public:
  enum class State : std::uint8_t { kNeedMore, kDone, kMalformed, kTooLarge };

  ChunkedBody(std::size_t body_bytes_max, std::size_t framing_bytes_max)
      : body_bytes_max_(body_bytes_max), framing_bytes_max_(framing_bytes_max) {}

  // Appends to `body`. Takes everything unless the body ends before: `consumed` says where.
  State Feed(std::string_view bytes, std::size_t& consumed, std::string& body);

 private:
  enum class Step : std::uint8_t {
    kSize,       // Hexadecimal digits.
    kExtension,  // Up to the line's end.
    kSizeEnd,    // The line feed after them.
    kData,
    kDataReturn,
    kDataFeed,
    kTrailerStart,
    kTrailer,
    kTrailerEnd,
    kLastFeed,
  };
  // False: malformed.
  bool TakeFraming(char c);
  bool TakeSizeDigit(char c);

  std::size_t body_bytes_max_;
  std::size_t framing_bytes_max_;
  std::size_t framing_bytes_ = 0;
  std::size_t size_ = 0;  // Of the chunk; what is left of it in kData.
  std::size_t digit_count_ = 0;
  Step step_ = Step::kSize;
  bool done_ = false;
};

}  // namespace aisle::web
