// Text of an older encoding, or of two bytes a letter, as a stream of UTF-8.
//
// What spreadsheets and tills save is often no UTF-8. A source names its encoding; nothing is guessed here.
//
//   missing  a byte that the encoding has no letter for becomes 0xFF, which is no UTF-8: its line is rejected, and
//            nothing is put in its place.
//   threads  a stream belongs to one thread.
//   errors   the stream goes bad(), and WhatIsWrong() says why: the text is UTF-8 and would come out as other
//            letters ("Ã©"), it ends in half a letter, or what the inner stream says.
//   cost     two buffers of 64 KiB.
//   source   windows-1252, ISO 8859-1 and -15 as Unicode's tables have them; UTF-16 by its mark, else by where the
//            first letter's zero stands.
#pragma once

#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aisle::ingest {

enum class Encoding : std::uint8_t { kUtf8, kWindows1252, kLatin1, kLatin9, kUtf16 };

// In the order of Encoding: "utf-8", "windows-1252", "latin-1", "latin-9", "utf-16".
const std::vector<std::string_view>& EncodingNames();
std::string_view NameOf(Encoding encoding);

class DecodedStream : public std::istream {
 public:
  // `inner` from where it begins; not for kUtf8.
  DecodedStream(std::unique_ptr<std::istream> inner, Encoding encoding);
  ~DecodedStream() override;
  DecodedStream(const DecodedStream&) = delete;
  DecodedStream& operator=(const DecodedStream&) = delete;

  // Empty: nothing so far.
  const std::string& WhatIsWrong() const;

 private:
  class Buffer;
  std::unique_ptr<Buffer> buffer_;
};

// The whole of `bytes` as UTF-8, under the same rules; for a sample that ends in half a letter, that is left out.
std::string Decoded(std::string_view bytes, Encoding encoding);

}  // namespace aisle::ingest
