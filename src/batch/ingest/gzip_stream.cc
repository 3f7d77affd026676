#include "ingest/gzip_stream.h"

#include <zlib.h>

#include <array>
#include <new>
#include <stdexcept>
#include <streambuf>
#include <utility>

namespace aisle::ingest {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 16U;
constexpr int kGzipOnly = 15 + 16;  // The largest window, and no other wrapping than gzip's.

}  // namespace

class GzipStream::Buffer : public std::streambuf {
 public:
  explicit Buffer(std::unique_ptr<std::istream> file) : file_(std::move(file)) {
    if (inflateInit2(&inflating_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~Buffer() override { inflateEnd(&inflating_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  const std::string& WhatIsWrong() const { return wrong_; }

 protected:
  // Throws on damage: the istream around it catches that and goes bad(), as the standard has it.
  int_type underflow() override {
    while (wrong_.empty()) {
      inflating_.next_out = reinterpret_cast<Bytef*>(out_.data());
      inflating_.avail_out = static_cast<uInt>(out_.size());
      if (!Inflate()) return traits_type::eof();
      const std::size_t made = out_.size() - inflating_.avail_out;
      if (made == 0) continue;
      setg(out_.data(), out_.data(), out_.data() + made);
      return traits_type::to_int_type(out_[0]);
    }
    throw std::runtime_error(wrong_);
  }

 private:
  // Some bytes of the file; false at its end.
  bool FillIn() {
    file_->read(in_.data(), static_cast<std::streamsize>(in_.size()));
    inflating_.next_in = reinterpret_cast<Bytef*>(in_.data());
    inflating_.avail_in = static_cast<uInt>(file_->gcount());
    if (file_->bad()) wrong_ = "read error";
    return inflating_.avail_in > 0;
  }

  // One step; false at the end of the last member.
  bool Inflate() {
    if (inflating_.avail_in == 0 && !FillIn()) {
      if (!between_members_ && wrong_.empty())
        wrong_ = "its gzip data ends too early; was its copy cut short?";
      return !between_members_;
    }
    if (between_members_ && any_member_) {  // Tapes are filled up with zeros.
      while (inflating_.avail_in > 0 && *inflating_.next_in == 0) {
        ++inflating_.next_in;
        --inflating_.avail_in;
      }
      if (inflating_.avail_in == 0) return true;
    }
    between_members_ = false;
    const int said = inflate(&inflating_, Z_NO_FLUSH);
    if (said == Z_STREAM_END) {
      between_members_ = any_member_ = true;
      inflateReset(&inflating_);
    } else if (said != Z_OK && said != Z_BUF_ERROR) {
      wrong_ = "its gzip data is damaged";
    }
    return true;
  }

  std::unique_ptr<std::istream> file_;
  z_stream inflating_{};
  std::array<char, kBufferBytes> in_;
  std::array<char, kBufferBytes> out_;
  bool between_members_ = false;
  bool any_member_ = false;
  std::string wrong_;
};

GzipStream::GzipStream(std::unique_ptr<std::istream> compressed)
    : std::istream(nullptr), buffer_(std::make_unique<Buffer>(std::move(compressed))) {
  rdbuf(buffer_.get());
}
GzipStream::~GzipStream() = default;

const std::string& GzipStream::WhatIsWrong() const { return buffer_->WhatIsWrong(); }

}  // namespace aisle::ingest
