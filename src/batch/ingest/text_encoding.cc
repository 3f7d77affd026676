#include "ingest/text_encoding.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <streambuf>
#include <utility>

#include "ingest/gzip_stream.h"
#include "raw/plain_text.h"

namespace aisle::ingest {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 16U;
constexpr char32_t kNoLetter = 0xFFFFFFFF;

// Of 0x80 to 0x9F; 0: no letter.
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

char32_t Letter(unsigned char byte, Encoding encoding) {
  if (byte < 0x80) return byte;
  if (byte < 0xA0) {
    // The controls of ISO 8859 are in no export: such a byte says that the encoding is another.
    const char16_t letter = encoding == Encoding::kWindows1252 ? kWindows1252[byte - 0x80U] : 0;
    return letter == 0 ? kNoLetter : letter;
  }
  if (encoding != Encoding::kLatin9) return byte;
  switch (byte) {
    case 0xA4:
      return 0x20AC;
    case 0xA6:
      return 0x0160;
    case 0xA8:
      return 0x0161;
    case 0xB4:
      return 0x017D;
    case 0xB8:
      return 0x017E;
    case 0xBC:
      return 0x0152;
    case 0xBD:
      return 0x0153;
    case 0xBE:
      return 0x0178;
    default:
      return byte;
  }
}

void Append(std::string& text, char32_t letter) {
  if (letter == kNoLetter) {
    text += '\xFF';
  } else if (letter < 0x80) {
    text += static_cast<char>(letter);
  } else if (letter < 0x800) {
    text += static_cast<char>(0xC0U | (letter >> 6U));
    text += static_cast<char>(0x80U | (letter & 0x3FU));
  } else if (letter < 0x10000) {
    text += static_cast<char>(0xE0U | (letter >> 12U));
    text += static_cast<char>(0x80U | ((letter >> 6U) & 0x3FU));
    text += static_cast<char>(0x80U | (letter & 0x3FU));
  } else {
    text += static_cast<char>(0xF0U | (letter >> 18U));
    text += static_cast<char>(0x80U | ((letter >> 12U) & 0x3FU));
    text += static_cast<char>(0x80U | ((letter >> 6U) & 0x3FU));
    text += static_cast<char>(0x80U | (letter & 0x3FU));
  }
}

// Letters beyond ASCII that make UTF-8 by chance are none that anybody writes.
bool IsSurelyUtf8(std::string_view bytes) {
  const std::string_view lines = bytes.substr(0, bytes.rfind('\n'));
  for (const char c : lines) {
    if ((c & 0x80) != 0) return raw::IsPlainText(lines);
  }
  return false;
}

// Turns bytes into UTF-8 piece by piece; what is half a letter waits for the next piece.
class Decoder {
 public:
  explicit Decoder(Encoding encoding) : encoding_(encoding) {}

  void Decode(std::string_view bytes, std::string& text) {
    if (encoding_ == Encoding::kUtf16) {
      DecodePairs(bytes, text);
    } else {
      for (const char c : bytes) Append(text, Letter(static_cast<unsigned char>(c), encoding_));
    }
  }

  bool InsideLetter() const { return half_.has_value() || high_ != 0; }

 private:
  void DecodePairs(std::string_view bytes, std::string& text) {
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      if (!half_) {
        half_ = byte;
        continue;
      }
      const unsigned char first = *std::exchange(half_, std::nullopt);
      if (!order_known_) {
        order_known_ = true;
        // A mark in the other order is FE FF; a table's first letter is ASCII.
        big_end_first_ = (first == 0xFE && byte == 0xFF) || (first == 0 && byte != 0);
      }
      Take(big_end_first_ ? (first << 8U | byte) : (byte << 8U | first), text);
    }
  }

  void Take(std::uint32_t unit, std::string& text) {
    const bool high = unit >= 0xD800 && unit < 0xDC00;
    const bool low = unit >= 0xDC00 && unit < 0xE000;
    if (high_ != 0 && low) {
      Append(text, 0x10000 + ((high_ - 0xD800) << 10U) + (unit - 0xDC00));
      high_ = 0;
      return;
    }
    if (high_ != 0) Append(text, kNoLetter);
    high_ = high ? unit : 0;
    if (!high) Append(text, low ? kNoLetter : unit);
  }

  Encoding encoding_;
  bool order_known_ = false;
  bool big_end_first_ = false;
  std::optional<unsigned char> half_;
  std::uint32_t high_ = 0;  // The first half of a pair; 0: none waits.
};

}  // namespace

const std::vector<std::string_view>& EncodingNames() {
  static const std::vector<std::string_view> kNames = {"utf-8", "windows-1252", "latin-1",
                                                       "latin-9", "utf-16"};
  return kNames;
}

std::string_view NameOf(Encoding encoding) {
  return EncodingNames()[static_cast<std::size_t>(encoding)];
}

class DecodedStream::Buffer : public std::streambuf {
 public:
  Buffer(std::unique_ptr<std::istream> inner, Encoding encoding)
      : inner_(std::move(inner)), encoding_(encoding), decoder_(encoding) {}

  const std::string& WhatIsWrong() const { return wrong_; }

 protected:
  // Throws on damage, as GzipStream's does.
  int_type underflow() override {
    out_.clear();
    while (out_.empty()) {
      inner_->read(in_.data(), static_cast<std::streamsize>(in_.size()));
      const std::string_view bytes(in_.data(), static_cast<std::size_t>(inner_->gcount()));
      CheckInner();
      if (bytes.empty() && decoder_.InsideLetter()) Stop("its UTF-16 text ends in half a letter");
      if (bytes.empty()) return traits_type::eof();
      if (encoding_ != Encoding::kUtf16 && IsSurelyUtf8(bytes)) {
        Stop(fmt::format("its text is UTF-8 and not {}; say encoding = \"utf-8\" in its source",
                         NameOf(encoding_)));
      }
      decoder_.Decode(bytes, out_);
    }
    setg(out_.data(), out_.data(), out_.data() + out_.size());
    return traits_type::to_int_type(out_[0]);
  }

 private:
  void CheckInner() {
    if (!inner_->bad()) return;
    const auto* const gzip = dynamic_cast<const GzipStream*>(inner_.get());
    Stop(gzip != nullptr && !gzip->WhatIsWrong().empty() ? gzip->WhatIsWrong() : "read error");
  }
  [[noreturn]] void Stop(std::string why) {
    wrong_ = std::move(why);
    throw std::runtime_error(wrong_);
  }

  std::unique_ptr<std::istream> inner_;
  Encoding encoding_;
  Decoder decoder_;
  std::array<char, kBufferBytes> in_;
  std::string out_;
  std::string wrong_;
};

DecodedStream::DecodedStream(std::unique_ptr<std::istream> inner, Encoding encoding)
    : std::istream(nullptr), buffer_(std::make_unique<Buffer>(std::move(inner), encoding)) {
  rdbuf(buffer_.get());
}
DecodedStream::~DecodedStream() = default;

const std::string& DecodedStream::WhatIsWrong() const { return buffer_->WhatIsWrong(); }

std::string Decoded(std::string_view bytes, Encoding encoding) {
  if (encoding == Encoding::kUtf8) return std::string(bytes);
  std::string text;
  Decoder(encoding).Decode(bytes, text);
  return text;
}

}  // namespace aisle::ingest
