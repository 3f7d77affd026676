#include "ingest/file_sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "ingest/csv_reader.h"
#include "ingest/first_bytes.h"
#include "ingest/gzip_stream.h"
#include "ingest/sql_text.h"
#include "raw/plain_text.h"

namespace aisle::ingest {
namespace {

constexpr std::size_t kHeadBytes = std::size_t{2} << 20U;
constexpr std::size_t kTailBytes = std::size_t{1} << 20U;
constexpr std::size_t kRowsMax = 40'000;
constexpr std::size_t kRowsForDelimiter = 200;
constexpr std::string_view kOwn = "ingest/file_sample.cc";

std::string ReadSome(std::istream& in, std::size_t bytes) {
  std::string text(bytes, '\0');
  in.read(text.data(), static_cast<std::streamsize>(bytes));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

struct Bytes {
  std::string head;
  std::string tail;   // Begins with a whole line; empty: the head is all there is, or gzip'd.
  bool whole = true;  // The head ends with the file.
};

Result<Bytes> ReadEnds(const PartFile& file) {
  auto in = std::make_unique<std::ifstream>(file.path, std::ios::binary);
  if (!*in) return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: cannot be read", file.name));
  Bytes bytes;
  bytes.head = ReadSome(*in, kHeadBytes);
  bytes.whole = bytes.head.size() < kHeadBytes;
  if (bytes.head.starts_with(kGzipMark)) {
    in->clear();
    in->seekg(0);
    GzipStream text(std::move(in));
    bytes.head = ReadSome(text, kHeadBytes);
    bytes.whole = bytes.head.size() < kHeadBytes;
    if (text.bad())
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: {}", file.name, text.WhatIsWrong()));
    return bytes;
  }
  if (bytes.whole) return bytes;
  in->clear();
  in->seekg(0, std::ios::end);
  const auto size = static_cast<std::size_t>(in->tellg());
  // An even place, so that two bytes stay one letter.
  const std::size_t from = std::max(kHeadBytes, size > kTailBytes ? size - kTailBytes : 0) & ~1ULL;
  in->seekg(static_cast<std::streamoff>(from));
  bytes.tail = ReadSome(*in, kTailBytes);
  return bytes;
}

std::string WithoutHalfLine(std::string text) {
  const std::size_t end = text.rfind('\n');
  if (end != std::string::npos) text.resize(end + 1);
  return text;
}

Encoding GuessEncoding(const Bytes& bytes, std::vector<std::string>& doubts) {
  const std::string& head = bytes.head;
  const bool mark = head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF");
  const bool pairs =
      head.size() >= 4 && ((head[0] == 0) != (head[1] == 0)) && ((head[2] == 0) != (head[3] == 0));
  if (mark || pairs) return Encoding::kUtf16;
  const auto is_utf8 = [](std::string_view text) {
    // The ends of a sample may cut a letter.
    const std::size_t begin = std::min(text.find('\n'), text.size());
    const std::size_t end = text.rfind('\n');
    if (end == std::string_view::npos || end <= begin) return raw::IsPlainText(text);
    return raw::IsPlainText(text.substr(begin, end - begin));
  };
  const std::string_view first =
      std::string_view(head).substr(0, std::min(head.find('\n'), head.size()));
  if (raw::IsPlainText(first) && is_utf8(head) && is_utf8(bytes.tail)) return Encoding::kUtf8;
  doubts.emplace_back(
      "it is no UTF-8 and was taken for windows-1252: look at words with accents (latin-9 differs "
      "in "
      "some, and older sets in many)");
  return Encoding::kWindows1252;
}

// The share of rows that have as many fields as the first.
struct Split {
  std::size_t fields = 0;
  double share = 0;
};

Split TryDelimiter(const std::string& text, char delimiter) {
  auto reader = CsvReader::Over(text, "sample", delimiter, false);
  if (!reader) return {};
  Split split;
  std::size_t rows = 0;
  std::size_t alike = 0;
  CsvRecord record;
  while (rows < kRowsForDelimiter) {
    const auto more = reader->Next(record);
    if (!more || !*more) break;
    if (rows++ == 0) split.fields = record.fields.size();
    alike += record.reject.empty() && record.fields.size() == split.fields ? 1 : 0;
  }
  split.share = rows == 0 ? 0 : static_cast<double>(alike) / static_cast<double>(rows);
  return split;
}

char GuessDelimiter(const std::string& text, std::vector<std::string>& doubts) {
  constexpr std::array kDelimiters = {',', ';', '\t', '|'};
  char best = ',';
  Split found;
  for (const char one : kDelimiters) {
    const Split split = TryDelimiter(text, one);
    if (split.fields < 2 || split.share < 0.7) continue;
    if (split.fields > found.fields ||
        (split.fields == found.fields && split.share > found.share)) {
      best = one;
      found = split;
    }
  }
  if (found.fields == 0) doubts.emplace_back("no delimiter makes columns of it; a comma was taken");
  return best;
}

bool LooksLikeName(std::string_view field) {
  const bool letters = std::ranges::any_of(
      field, [](char c) { return std::isalpha(static_cast<unsigned char>(c)) || (c & 0x80) != 0; });
  return letters && field.size() < 60;
}

void AddRows(const std::string& text, bool skip_first, FileSample& sample) {
  auto reader = CsvReader::Over(text, "sample", sample.delimiter, false, sample.names.size());
  if (!reader) return;
  CsvRecord record;
  for (bool first = true; sample.columns[0].size() < kRowsMax; first = false) {
    const auto more = reader->Next(record);
    if (!more || !*more) return;
    if (first && skip_first) continue;
    if (!record.reject.empty()) {
      ++sample.bad_rows;
      continue;
    }
    for (std::size_t i = 0; i < sample.names.size(); ++i)
      sample.columns[i].emplace_back(record.fields[i]);
  }
}

Status ReadHeader(const PartFile& file, const std::string& text, FileSample& sample) {
  auto reader = CsvReader::Over(text, file.name, sample.delimiter, false);
  if (!reader) return std::unexpected(reader.error());
  CsvRecord record;
  AISLE_TRY(const bool any, reader->Next(record));
  if (!any) return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: empty", file.name));
  std::set<std::string> seen;
  for (const std::string_view field : record.fields) {
    sample.names.emplace_back(field);
    sample.header = sample.header && (field.empty() || LooksLikeName(field)) &&
                    (field.empty() || seen.emplace(field).second);
  }
  if (!sample.header) {
    sample.doubts.emplace_back("its first line is no header; the columns were numbered");
    for (std::size_t i = 0; i < sample.names.size(); ++i)
      sample.names[i] = fmt::format("column_{}", i + 1);
  }
  sample.columns.resize(sample.names.size());
  return {};
}

Result<FileSample> SampleCsv(const PartFile& file, const Bytes& bytes) {
  FileSample sample;
  sample.encoding = GuessEncoding(bytes, sample.doubts);
  std::string head = Decoded(bytes.head, sample.encoding);
  if (!bytes.whole) head = WithoutHalfLine(std::move(head));
  sample.delimiter = GuessDelimiter(head, sample.doubts);
  AISLE_CHECK(ReadHeader(file, head, sample));
  AddRows(head, sample.header, sample);
  if (!bytes.tail.empty()) {
    const std::string tail = Decoded(bytes.tail, sample.encoding);
    AddRows(tail.substr(std::min(tail.find('\n'), tail.size() - 1) + 1), false, sample);
  }
  return sample;
}

Result<FileSample> SampleParquet(warehouse::Connection& connection, const PartFile& file) {
  FileSample sample;
  sample.parquet = true;
  const std::string from =
      fmt::format("read_parquet({}, hive_partitioning = false)", Literal(file.path.string()));
  const std::string describe =
      fmt::format("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {})", from);
  AISLE_TRY(const auto columns, connection.QueryText({kOwn, describe}));
  for (const auto& column : columns) {
    sample.names.push_back(column[0]);
    sample.types.push_back(column[1]);
  }
  sample.columns.resize(sample.names.size());
  const std::string query = fmt::format(
      "SELECT coalesce(CAST(COLUMNS(*) AS VARCHAR), '') FROM {} LIMIT {}", from, kRowsMax);
  AISLE_TRY(const auto rows, connection.QueryText({kOwn, query}));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) sample.columns[i].push_back(row[i]);
  }
  return sample;
}

}  // namespace

Result<FileSample> SampleFile(warehouse::Connection& connection, const PartFile& file) {
  AISLE_TRY(const Bytes bytes, ReadEnds(file));
  if (bytes.head.starts_with(kParquetMark)) return SampleParquet(connection, file);
  const std::string_view kind = KindOfFile(bytes.head);
  if (!kind.empty() && !kind.starts_with("UTF-16"))
    return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: this is {}", file.name, kind));
  return SampleCsv(file, bytes);
}

}  // namespace aisle::ingest
