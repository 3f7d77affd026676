#include "forest/predict_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "base/files.h"
#include "forest/formats/load.h"
#include "forest/model/output.h"

namespace aisle::forest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockValues = std::size_t{1} << 20U;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

Result<File> Open(const fs::path& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode));
  if (file) return file;
  const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable;
  return Fail(code, fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
}

// Lines without their ends, one at a time, numbered from 1.
class LineReader {
 public:
  LineReader(File file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  // False at the end of the file.
  Result<bool> Next(std::string_view& line) {
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

  std::size_t Number() const { return number_; }
  const std::string& Name() const { return name_; }

 private:
  Status Fill() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    scanned_ = buffer_.size();
    buffer_.resize(scanned_ + (std::size_t{1} << 18U));
    const std::size_t count =
        std::fread(buffer_.data() + scanned_, 1, std::size_t{1} << 18U, file_.get());
    buffer_.resize(scanned_ + count);
    if (std::ferror(file_.get()) != 0) {
      return Fail(ErrorCode::kInternal, fmt::format("cannot read {}", name_));
    }
    ended_ = count == 0;
    return {};
  }

  File file_;
  std::string name_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t scanned_ = 0;
  std::size_t number_ = 0;
  bool ended_ = false;
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the first cell off the line; false when a quote is not closed. A quoted cell loses its quotes.
bool TakeCell(std::string_view& rest, std::string& cell, bool& last) {
  cell.clear();
  if (rest.starts_with('"')) {
    std::size_t i = 1;
    for (;; ++i) {
      if (i >= rest.size()) return false;
      if (rest[i] != '"') {
        cell.push_back(rest[i]);
      } else if (i + 1 < rest.size() && rest[i + 1] == '"') {
        cell.push_back(rest[++i]);
      } else {
        break;
      }
    }
    if (i + 1 < rest.size() && rest[i + 1] != ',') return false;
    last = i + 1 >= rest.size();
    rest.remove_prefix(last ? rest.size() : i + 2);
    return true;
  }
  const std::size_t comma = rest.find(',');
  last = comma == std::string_view::npos;
  cell = Trim(rest.substr(0, comma));
  rest.remove_prefix(last ? rest.size() : comma + 1);
  return true;
}

std::unexpected<Error> BadLine(const LineReader& lines, std::string message) {
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("{}, line {}: {}", lines.Name(), lines.Number(), message));
}

struct Header {
  std::vector<std::string> names;
  std::vector<std::size_t> feature_of;  // Which input the n-th column is.
};

Result<Header> ReadHeader(LineReader& lines, const Forest& forest) {
  std::string_view rest;
  AISLE_TRY(const bool found, lines.Next(rest));
  if (!found) return Fail(ErrorCode::kInvalidArgument, lines.Name() + ": no header line");
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  Header header;
  std::string cell;
  for (bool last = false; !last;) {
    if (!TakeCell(rest, cell, last)) return BadLine(lines, "a quote that is not closed");
    header.names.push_back(cell);
    if (header.names.size() > kFeaturesMax) return BadLine(lines, "too many columns");
  }
  const auto& inputs = forest.FeatureNames();
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < inputs.size(); ++i) places.emplace(inputs[i], i);
  std::vector<bool> seen(forest.FeatureCount(), false);
  for (std::size_t i = 0; i < header.names.size(); ++i) {
    std::size_t place = i;
    if (!inputs.empty()) {
      const auto at = places.find(header.names[i]);
      if (at == places.end()) {
        return BadLine(lines, fmt::format("column '{}' is no input of the model", header.names[i]));
      }
      place = at->second;
      if (seen[place])
        return BadLine(lines, fmt::format("column '{}' stands twice", header.names[i]));
      seen[place] = true;
    }
    header.feature_of.push_back(place);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!seen[i]) return BadLine(lines, fmt::format("column '{}' is missing", inputs[i]));
  }
  if (header.names.size() != forest.FeatureCount()) {
    return BadLine(lines, fmt::format("{} columns; the model has {} inputs", header.names.size(),
                                      forest.FeatureCount()));
  }
  return header;
}

template <typename Number>
Result<Number> ReadNumber(std::string_view text) {
  if (text.empty()) return std::numeric_limits<Number>::quiet_NaN();
  std::string_view digits = text;
  if (digits.starts_with('+') && digits.size() > 1 && digits[1] != '-') digits.remove_prefix(1);
  Number value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, code] = std::from_chars(digits.data(), end, value);
  if (stop == end && code == std::errc()) return value;
  if (stop == end && code == std::errc::result_out_of_range) {
    // 1e-50 and 1e50: written numbers that a float rounds to zero or infinity. As doubles, 1e-500 and 1e500.
    return static_cast<Number>(std::strtod(std::string(digits).c_str(), nullptr));
  }
  return Fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a number", text.substr(0, 40)));
}

template <typename Number>
Status ReadRow(const LineReader& lines, std::string_view rest, const Header& header, Number* row) {
  std::string cell;
  std::size_t column = 0;
  for (bool last = false; !last; ++column) {
    if (column == header.names.size()) {
      return BadLine(lines, fmt::format("more than {} cells", header.names.size()));
    }
    if (!TakeCell(rest, cell, last)) return BadLine(lines, "a quote that is not closed");
    auto value = ReadNumber<Number>(cell);
    if (!value) {
      return BadLine(lines, fmt::format("column {} '{}': {}", column + 1, header.names[column],
                                        value.error().message));
    }
    row[header.feature_of[column]] = *value;
  }
  if (column != header.names.size()) {
    return BadLine(lines, fmt::format("{} cells; the header has {}", column, header.names.size()));
  }
  return {};
}

// "prediction", or one name per class.
std::string OutputHeader(const Model& model, bool margin) {
  const char* const name = margin ? "margin" : "prediction";
  const std::size_t count = margin ? model.group_count : model.OutputCount();
  if (count == 1) return fmt::format("{}\n", name);
  std::string header;
  for (std::size_t i = 0; i < count; ++i) {
    header += fmt::format("{}{}_{}", i == 0 ? "" : ",", name, i);
  }
  return header + "\n";
}

// How blocks of rows become lines.
struct Output {
  const Forest& forest;
  bool margin;
  const SweepRows& sweep;
  base::StagedFile& file;

  std::size_t Width() const { return margin ? forest.GroupCount() : forest.OutputCount(); }
};

// Models that the sweep takes have one group and sum floats.
Status SweepBlock(const Output& out, std::span<const float> rows, std::size_t first_row,
                  std::span<double> scores) {
  std::vector<float> floats(scores.size());
  AISLE_CHECK(out.sweep(out.forest.BuiltFrom(), rows, first_row, floats));
  if (!out.margin) ApplyObjective(out.forest.BuiltFrom(), std::span<float>(floats), floats);
  std::ranges::copy(floats, scores.begin());
  return {};
}

template <typename Number>
Status ScoreBlock(const Output& out, std::span<const Number> rows, std::size_t first_row) {
  const Forest& forest = out.forest;
  std::vector<double> scores(rows.size() / forest.FeatureCount() * out.Width());
  if constexpr (std::is_same_v<Number, float>) {
    if (forest.SweepWasChosen()) AISLE_CHECK(SweepBlock(out, rows, first_row, scores));
  }
  if (!forest.SweepWasChosen())
    out.margin ? forest.WideMargins(rows, scores) : forest.WidePredict(rows, scores);
  const int digits = forest.BuiltFrom().wide ? 17 : 9;
  std::string text;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{:.{}g}{}", scores[i], digits,
                   (i + 1) % out.Width() == 0 ? '\n' : ',');
  }
  return out.file.Write(text);
}

// Cells are read as the numbers that the model compares.
template <typename Number>
Status ScoreRows(const Output& out, LineReader& lines, const Header& header) {
  const std::size_t width = out.forest.FeatureCount();
  const std::size_t widest = std::max(width, out.forest.GroupCount());
  const std::size_t block_rows = std::clamp<std::size_t>(kBlockValues / widest, 1, 16384);
  std::vector<Number> rows(block_rows * width);
  std::size_t filled = 0;
  std::size_t done = 0;
  for (std::string_view line;;) {
    AISLE_TRY(const bool found, lines.Next(line));
    if (found && line.empty() && width > 1) return BadLine(lines, "an empty line");
    if (found) AISLE_CHECK(ReadRow(lines, line, header, &rows[filled++ * width]));
    if (filled == block_rows || (!found && filled > 0)) {
      const auto block = std::span<const Number>(rows).first(filled * width);
      const Status scored = ScoreBlock(out, block, done + 1);
      if (!scored && scored.error().code == ErrorCode::kInvalidArgument)
        return Within(lines.Name(), scored.error());
      AISLE_CHECK(scored);
      done += std::exchange(filled, 0);
    }
    if (!found) return {};
  }
}

}  // namespace

Result<PredictReport> PredictFile(const fs::path& model_path, const fs::path& rows_csv,
                                  Engine engine, bool margin, const fs::path& out_csv,
                                  const SweepRows& sweep) {
  AISLE_TRY(Model model, LoadModelFile(model_path));
  AISLE_TRY(const Forest forest, Forest::Build(std::move(model), engine));
  if (forest.SweepWasChosen() && !sweep) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("engine {} scores requests, not rows", EngineName(Engine::kSweep)));
  }
  AISLE_TRY(File file, Open(rows_csv, "rb"));
  LineReader lines(std::move(file), rows_csv.string());
  AISLE_TRY(const Header header, ReadHeader(lines, forest));
  AISLE_TRY(base::StagedFile out, base::StagedFile::Create(out_csv));
  AISLE_CHECK(out.Write(OutputHeader(forest.BuiltFrom(), margin)));
  const Output output{forest, margin, sweep, out};
  AISLE_CHECK(forest.BuiltFrom().double_inputs ? ScoreRows<double>(output, lines, header)
                                               : ScoreRows<float>(output, lines, header));
  AISLE_CHECK(out.Commit());
  return PredictReport{.early_stop = forest.BuiltFrom().early_stop};
}

}  // namespace aisle::forest
