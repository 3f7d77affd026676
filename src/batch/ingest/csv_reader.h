// Reads a CSV file record by record and says for each bad one where it is, what it says and why.
//
// Our own reader because a rejected row must be found again: every record, good or bad, carries the
// number of its line, and nothing is guessed from the first lines (no sniffing of types or quotes).
//
//   shapes   CsvRecord::fields has as many fields as the header, or `reject` says why not. Views hold
//            until the next call of Next().
//   order    that of the file. Lines count from 1, the header included.
//   missing  empty lines are no records; an empty field is an empty text here.
//   errors   Open: kNotFound; kInvalidArgument: no header, a name twice (nameless columns may be many: nobody can
//            read them), lines that end with CR alone, or another kind of file (first_bytes.h says which). Next:
//            kInternal for a read error, kInvalidArgument for damaged gzip data and for a line of more than
//            kCsvRecordBytesMax. A bad record is no error: a wrong number of fields, text
//            after a closing quote, a quote that never closes, more than kCsvRecordBytesMax, not
//            UTF-8. Reading goes on with the next line.
//   cost     one buffer of about kCsvRecordBytesMax; no copy of unquoted fields.
//   source   RFC 4180, with LF or CRLF, any one-character delimiter, and a leading UTF-8 mark allowed; gzip'd
//            or not, as its first bytes say. Text of another encoding is read as UTF-8 (text_encoding.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/text_encoding.h"

namespace aisle::ingest {

inline constexpr std::size_t kCsvRecordBytesMax = std::size_t{1} << 20;

struct CsvRecord {
  std::int64_t line = 0;
  std::vector<std::string_view> fields;
  std::string reject;     // Empty: a good record.
  std::string_view text;  // The record as it stands in the file, without its end of line.
};

class CsvReader {
 public:
  // Without a header the records have `column_count` fields. `name` is for errors; empty: the file's own.
  // `may_be_empty`: a file without a header has no columns and no records, and is no error.
  static Result<CsvReader> Open(const std::filesystem::path& path, char delimiter, bool header,
                                std::size_t column_count = 0, std::string name = {},
                                bool may_be_empty = false, Encoding encoding = Encoding::kUtf8);
  // The same over bytes in memory, for tests; `name` is for errors.
  static Result<CsvReader> Over(std::string bytes, std::string name, char delimiter, bool header,
                                std::size_t column_count = 0, Encoding encoding = Encoding::kUtf8);

  const std::vector<std::string>& Header() const { return header_; }
  // False at the end.
  Result<bool> Next(CsvRecord& record);
  // Lines begun so far; at the end, at least as many as the file has.
  std::int64_t Lines() const { return line_; }

 private:
  CsvReader(std::unique_ptr<std::istream> in, std::string name, char delimiter, Encoding encoding);
  Result<CsvReader> Begin(bool header, std::size_t column_count, bool may_be_empty) &&;
  Status CheckKind() const;
  Status TakeHeader(bool may_be_empty);
  std::unexpected<Error> Wrong(std::string_view what) const;
  Status Fill();
  // Finds the record at position_: its length without and with the end of line.
  struct Extent {
    std::size_t text_bytes = 0;
    std::size_t whole_bytes = 0;
    const char* reject = nullptr;
    static Extent Make(std::string_view buffer, std::size_t begin, std::size_t bytes,
                       const char* reject);
  };
  Result<Extent> Find();
  void Split(std::string_view text, CsvRecord& record);

  std::unique_ptr<std::istream> in_;
  std::string name_;
  char delimiter_;
  std::string not_text_;  // What a line is that holds no text.
  std::vector<std::string> header_;
  std::size_t column_count_ = 0;
  std::string buffer_;
  std::size_t position_ = 0;
  bool at_end_ = false;
  std::int64_t line_ = 1;
  std::vector<std::string> unquoted_;  // Room for fields that held quotes.
};

}  // namespace aisle::ingest
