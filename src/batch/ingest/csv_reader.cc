#include "ingest/csv_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

#include "ingest/first_bytes.h"
#include "ingest/gzip_stream.h"
#include "raw/plain_text.h"

namespace aisle::ingest {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 18;
constexpr std::size_t kNone = std::string_view::npos;
constexpr std::string_view kCarriageAlone =
    "its lines end with CR alone, as old programs for the Mac write them; save it with LF or CRLF "
    "(tr '\\r' '\\n' < FILE > NEW)";

}  // namespace

CsvReader::CsvReader(std::unique_ptr<std::istream> in, std::string name, char delimiter,
                     Encoding encoding)
    : in_(std::move(in)),
      name_(std::move(name)),
      delimiter_(delimiter),
      not_text_(encoding == Encoding::kUtf8 ? "not UTF-8 text"
                                            : fmt::format("not {} text", NameOf(encoding))) {}

namespace {

Result<std::unique_ptr<std::istream>> OpenFile(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    return Fail(ErrorCode::kNotFound, fmt::format("{}: no such file", path.string()));
  if (std::filesystem::is_directory(path, ignored))
    return Fail(ErrorCode::kInvalidArgument, fmt::format("{} is a folder", path.string()));
  auto in = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*in) {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: cannot be read: {}", path.string(),
                                                         std::generic_category().message(errno)));
  }
  return in;
}

// What is compressed as what it holds, what is of another encoding as UTF-8.
std::unique_ptr<std::istream> Unwrapped(std::unique_ptr<std::istream> in, Encoding encoding) {
  std::string mark(kGzipMark.size(), ' ');
  in->read(mark.data(), static_cast<std::streamsize>(mark.size()));
  const bool gzip = *in && mark == kGzipMark;
  in->clear();
  in->seekg(0);
  if (gzip) in = std::make_unique<GzipStream>(std::move(in));
  if (encoding != Encoding::kUtf8) in = std::make_unique<DecodedStream>(std::move(in), encoding);
  return in;
}

}  // namespace

Result<CsvReader> CsvReader::Open(const std::filesystem::path& path, char delimiter, bool header,
                                  std::size_t column_count, std::string name, bool may_be_empty,
                                  Encoding encoding) {
  AISLE_TRY(auto in, OpenFile(path));
  if (name.empty()) name = path.filename().string();
  return CsvReader(Unwrapped(std::move(in), encoding), std::move(name), delimiter, encoding)
      .Begin(header, column_count, may_be_empty);
}

Result<CsvReader> CsvReader::Over(std::string bytes, std::string name, char delimiter, bool header,
                                  std::size_t column_count, Encoding encoding) {
  auto in = std::make_unique<std::istringstream>(std::move(bytes));
  return CsvReader(Unwrapped(std::move(in), encoding), std::move(name), delimiter, encoding)
      .Begin(header, column_count, false);
}

std::unexpected<Error> CsvReader::Wrong(std::string_view what) const {
  return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", name_, what));
}

// By what is read first, whether it is text in lines at all.
Status CsvReader::CheckKind() const {
  if (const std::string_view kind = KindOfFile(buffer_); !kind.empty())
    return Wrong(fmt::format("this is {}", kind));
  const std::size_t carriage = buffer_.find('\r');
  if (carriage != kNone && carriage + 1 < buffer_.size() && buffer_.find('\n') == kNone)
    return Wrong(kCarriageAlone);
  return {};
}

Status CsvReader::TakeHeader(bool may_be_empty) {
  CsvRecord record;
  AISLE_TRY(const bool any, Next(record));
  if (!any && may_be_empty) return {};
  if (!any) return Wrong("empty, not even a header");
  if (!record.reject.empty()) {
    const std::string_view hint =
        record.reject == not_text_
            ? "; name its encoding in its source (encoding = \"windows-1252\"), "
              "or save the file as UTF-8 (iconv -f WINDOWS-1252 -t UTF-8)"
            : "";
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}:{}: the header: {}{}", name_, record.line, record.reject, hint));
  }
  std::set<std::string_view> names;
  for (const std::string_view field : record.fields) {
    if (field.find('\r') != kNone) return Wrong(kCarriageAlone);
    // Spreadsheets leave empty columns behind, which nobody can name.
    if (!field.empty() && !names.insert(field).second)
      return Wrong(fmt::format("the header names '{}' twice", field));
    header_.emplace_back(field);
  }
  return {};
}

Result<CsvReader> CsvReader::Begin(bool header, std::size_t column_count, bool may_be_empty) && {
  AISLE_CHECK(Fill());
  AISLE_CHECK(CheckKind());
  if (buffer_.starts_with("\xEF\xBB\xBF")) position_ = 3;
  column_count_ = 0;  // Of a header: as many as there are.
  if (header) AISLE_CHECK(TakeHeader(may_be_empty));
  column_count_ = header ? header_.size() : column_count;
  return std::move(*this);
}

Status CsvReader::Fill() {
  buffer_.erase(0, position_);
  position_ = 0;
  const std::size_t old_bytes = buffer_.size();
  buffer_.resize(old_bytes + kChunkBytes);
  in_->read(buffer_.data() + old_bytes, static_cast<std::streamsize>(kChunkBytes));
  const auto got = static_cast<std::size_t>(in_->gcount());
  buffer_.resize(old_bytes + got);
  if (in_->bad()) {
    const auto* const gzip = dynamic_cast<const GzipStream*>(in_.get());
    if (gzip != nullptr && !gzip->WhatIsWrong().empty()) return Wrong(gzip->WhatIsWrong());
    const auto* const decoded = dynamic_cast<const DecodedStream*>(in_.get());
    if (decoded != nullptr && !decoded->WhatIsWrong().empty()) return Wrong(decoded->WhatIsWrong());
    return Fail(ErrorCode::kInternal, fmt::format("{}: read error", name_));
  }
  at_end_ = got < kChunkBytes;
  return {};
}

// A quote opens only at the beginning of a field; inside, a doubled one is itself.
Result<CsvReader::Extent> CsvReader::Find() {
  enum class In : std::uint8_t { kFieldBegin, kPlain, kQuoted, kAfterQuote, kBroken };
  In state = In::kFieldBegin;
  std::size_t first_end = kNone;  // Of the first line: after a bad record reading goes on there.
  const char* reject = nullptr;
  for (std::size_t i = 0;; ++i) {
    if (position_ + i == buffer_.size() && !at_end_) AISLE_CHECK(Fill());
    if (position_ + i == buffer_.size()) {
      if (state == In::kQuoted) reject = "a quote is never closed";
      return Extent::Make(buffer_, position_, reject && first_end != kNone ? first_end : i, reject);
    }
    const char c = buffer_[position_ + i];
    if (c == '\n') {
      if (state != In::kQuoted) return Extent::Make(buffer_, position_, i, reject);
      if (first_end == kNone) first_end = i;
    } else if (c == '"' && (state == In::kFieldBegin || state == In::kAfterQuote)) {
      state = In::kQuoted;
    } else if (c == '"' && state == In::kQuoted) {
      state = In::kAfterQuote;
    } else if (state == In::kAfterQuote && c != delimiter_ && c != '\r') {
      state = In::kBroken;
      reject = "text after a closing quote";
    } else if (state == In::kFieldBegin || state == In::kPlain || state == In::kAfterQuote) {
      if (c == delimiter_) {
        state = In::kFieldBegin;
      } else if (state == In::kFieldBegin) {
        state = In::kPlain;
      }
    }
    if (i > kCsvRecordBytesMax) reject = "longer than 1 MiB";
    if (reject != nullptr && first_end != kNone)
      return Extent::Make(buffer_, position_, first_end, reject);
    if (i > kCsvRecordBytesMax) {
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("{}:{}: a line longer than 1 MiB; is this a CSV file?", name_, line_));
    }
  }
}

CsvReader::Extent CsvReader::Extent::Make(std::string_view buffer, std::size_t begin,
                                          std::size_t bytes, const char* reject) {
  const bool carriage = bytes > 0 && buffer[begin + bytes - 1] == '\r';
  const std::size_t line_end = begin + bytes < buffer.size() ? 1 : 0;
  return {bytes - (carriage ? 1 : 0), bytes + line_end, reject};
}

void CsvReader::Split(std::string_view text, CsvRecord& record) {
  std::size_t held = 0;  // Fields of unquoted_ in use; it never moves a text that is viewed.
  unquoted_.resize(static_cast<std::size_t>(std::ranges::count(text, '"')) / 2 + 1);
  std::size_t at = 0;
  for (;;) {
    if (at < text.size() && text[at] == '"') {
      std::string& field = unquoted_[held++];
      field.clear();
      ++at;
      for (;;) {
        const std::size_t quote = text.find('"', at);
        AISLE_ASSERT(quote != kNone);  // Find() saw it.
        field.append(text.substr(at, quote - at));
        at = quote + 1;
        if (at >= text.size() || text[at] != '"') break;
        field.push_back('"');
        ++at;
      }
      if (at < text.size() && text[at] != delimiter_) {
        record.reject = "text after a closing quote";  // A carriage return in mid-line.
        return;
      }
      record.fields.emplace_back(field);
    } else {
      const std::size_t end = std::min(text.find(delimiter_, at), text.size());
      record.fields.push_back(text.substr(at, end - at));
      at = end;
    }
    if (at >= text.size()) return;
    ++at;  // The delimiter.
    if (at == text.size()) {
      record.fields.emplace_back();
      return;
    }
  }
}

Result<bool> CsvReader::Next(CsvRecord& record) {
  for (;;) {
    AISLE_TRY(const Extent extent, Find());
    if (extent.whole_bytes == 0) return false;
    const std::string_view text(buffer_.data() + position_, extent.text_bytes);
    record.fields.clear();
    record.reject.clear();
    record.line = line_;
    record.text = text;
    if (extent.reject != nullptr) record.reject = extent.reject;
    if (record.reject.empty() && !text.empty()) Split(text, record);
    const std::string_view whole(buffer_.data() + position_, extent.whole_bytes);
    line_ += std::ranges::count(whole, '\n');
    position_ += extent.whole_bytes;
    if (text.empty() && record.reject.empty()) continue;
    if (record.reject.empty() && !raw::IsPlainText(text)) record.reject = not_text_;
    if (record.reject.empty() && column_count_ != 0 && record.fields.size() != column_count_) {
      record.reject = fmt::format("{} fields where the file has {} columns", record.fields.size(),
                                  column_count_);
    }
    return true;
  }
}

}  // namespace aisle::ingest
