// A gzip'd file as a stream of the bytes that were compressed.
//
// Read forwards only. A file of several gzip members, as appending and parallel compressors make it, is all
// of them.
//
//   errors   the stream goes bad(), and WhatIsWrong() says why: the file was cut short, its checksum differs,
//            or it is no gzip (also behind a member, where only zeros are let pass).
//   cost     two buffers of 64 KiB.
//   source   RFC 1952 through zlib.
#pragma once

#include <istream>
#include <memory>
#include <string>

namespace aisle::ingest {

class GzipStream : public std::istream {
 public:
  // Of the compressed bytes, from where they begin.
  explicit GzipStream(std::unique_ptr<std::istream> compressed);
  ~GzipStream() override;
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  // Empty: nothing so far.
  const std::string& WhatIsWrong() const;

 private:
  class Buffer;
  std::unique_ptr<Buffer> buffer_;
};

}  // namespace aisle::ingest
