// Lines and cells of a CSV file, for predict_file.h. Private to this module.
//
//   order    lines from 1, each once; a line's view holds until the next is taken.
//   missing  the last line may lack its end.
//   errors   kNotFound or kUnavailable: the file does not open; kInvalidArgument: a line longer than kLineBytesMax;
//            kInternal: it cannot be read.
//   cost     memory: the longest line and a quarter of a megabyte.
//   source   RFC 4180 without line breaks inside quotes; CR LF and LF.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aisle::forest {

// Lines without their ends, one at a time.
class LineReader {
 public:
  static Result<LineReader> Open(const std::filesystem::path& path);

  // False at the end of the file.
  Result<bool> Next(std::string_view& line);
  std::size_t Number() const { return number_; }
  const std::string& Name() const { return name_; }
  // An error that names the file and the line taken last.
  std::unexpected<Error> BadLine(std::string_view message) const;

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, CloseFile>;

  LineReader(File file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
  Status Fill();

  File file_;
  std::string name_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t scanned_ = 0;
  std::size_t number_ = 0;
  bool ended_ = false;
};

struct Cell {
  std::string text;      // A quoted cell without its quotes, any other without blanks around it.
  std::string_view raw;  // As it stands in the line, blanks and quotes included.
  bool quoted = false;
};

std::string_view Trim(std::string_view text);
// Takes the first cell off the line; false when a quote is not closed.
bool TakeCell(std::string_view& rest, Cell& cell, bool& last);

}  // namespace aisle::forest
