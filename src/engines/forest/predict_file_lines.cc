#include "forest/predict_file_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "forest/predict_file.h"

namespace aisle::forest {

Result<LineReader> LineReader::Open(const std::filesystem::path& path) {
  File file(std::fopen(path.c_str(), "rb"));
  if (file) return LineReader(std::move(file), path.string());
  const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable;
  return Fail(code, fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
}

Result<bool> LineReader::Next(std::string_view& line) {
  for (;;) {
    const std::size_t end = buffer_.find('\n', scanned_);
    if (end != std::string::npos || (ended_ && begin_ < buffer_.size())) {
      const std::size_t stop = std::min(end, buffer_.size());
      line = std::string_view(buffer_).substr(begin_, stop - begin_);
      if (line.ends_with('\r')) line.remove_suffix(1);
      begin_ = scanned_ = std::min(stop + 1, buffer_.size());
      ++number_;
      return true;
    }
    if (ended_) return false;
    if (buffer_.size() - begin_ > kLineBytesMax) {
      return Fail(ErrorCode::kInvalidArgument, fmt::format("{}, line {}: longer than {} bytes",
                                                           name_, number_ + 1, kLineBytesMax));
    }
    AISLE_CHECK(Fill());
  }
}

std::unexpected<Error> LineReader::BadLine(std::string_view message) const {
  return Fail(ErrorCode::kInvalidArgument, fmt::format("{}, line {}: {}", name_, number_, message));
}

Status LineReader::Fill() {
  constexpr std::size_t kPiece = std::size_t{1} << 18U;
  buffer_.erase(0, begin_);
  begin_ = 0;
  scanned_ = buffer_.size();
  buffer_.resize(scanned_ + kPiece);
  const std::size_t count = std::fread(buffer_.data() + scanned_, 1, kPiece, file_.get());
  buffer_.resize(scanned_ + count);
  if (std::ferror(file_.get()) != 0) {
    return Fail(ErrorCode::kInternal, fmt::format("cannot read {}", name_));
  }
  ended_ = count == 0;
  return {};
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool TakeCell(std::string_view& rest, Cell& cell, bool& last) {
  cell.text.clear();
  cell.quoted = rest.starts_with('"');
  if (cell.quoted) {
    std::size_t i = 1;
    for (;; ++i) {
      if (i >= rest.size()) return false;
      if (rest[i] != '"') {
        cell.text.push_back(rest[i]);
      } else if (i + 1 < rest.size() && rest[i + 1] == '"') {
        cell.text.push_back(rest[++i]);
      } else {
        break;
      }
    }
    if (i + 1 < rest.size() && rest[i + 1] != ',') return false;
    last = i + 1 >= rest.size();
    cell.raw = rest.substr(0, i + 1);
    rest.remove_prefix(last ? rest.size() : i + 2);
    return true;
  }
  const std::size_t comma = rest.find(',');
  last = comma == std::string_view::npos;
  cell.raw = rest.substr(0, comma);
  cell.text = Trim(cell.raw);
  rest.remove_prefix(last ? rest.size() : comma + 1);
  return true;
}

}  // namespace aisle::forest
