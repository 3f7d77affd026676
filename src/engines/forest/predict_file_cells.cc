#include "forest/predict_file_cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace aisle::forest {
namespace {

constexpr std::size_t kHinted = 5;

template <typename Number>
std::optional<Number> ReadNumber(std::string_view text) {
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
  return std::nullopt;
}

// A model's inputs by their names, as they may stand in a header: exactly; but for blanks around them; or with the
// underscores that LightGBM writes for blanks.
class InputNames {
 public:
  explicit InputNames(const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      exact_.emplace(names[i], i);
      const auto [place, first] = trimmed_.emplace(Trim(names[i]), i);
      if (!first) place->second = kSeveral;
    }
  }

  // The input; nothing when there is none.
  Result<std::size_t> Find(const Cell& cell) const {
    if (!cell.quoted) {
      if (const auto at = exact_.find(cell.raw); at != exact_.end()) return at->second;
    }
    if (const auto at = exact_.find(cell.text); at != exact_.end()) return at->second;
    if (const auto at = trimmed_.find(Trim(cell.text)); at != trimmed_.end()) {
      if (at->second != kSeveral) return at->second;
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format(
              "column '{}' may be one of several inputs, whose names differ by blanks only; "
              "write the name in quotes, as the model has it",
              cell.text));
    }
    for (const std::string_view name :
         {cell.quoted ? std::string_view(cell.text) : std::string_view(cell.raw),
          Trim(cell.text)}) {
      std::string joined(name);
      std::ranges::replace(joined, ' ', '_');
      if (const auto at = exact_.find(joined); at != exact_.end()) return at->second;
    }
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("column '{}' is no input of the model", cell.text));
  }

 private:
  static constexpr std::size_t kSeveral = std::numeric_limits<std::size_t>::max();
  std::unordered_map<std::string_view, std::size_t> exact_;
  std::unordered_map<std::string_view, std::size_t> trimmed_;
};

// "; inputs without a column: 'a', 'b', ..."
std::string StillWithout(const std::vector<std::string>& inputs, const std::vector<bool>& seen) {
  std::string hint;
  std::size_t count = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (seen[i]) continue;
    if (++count > kHinted) return hint + ", ...";
    hint +=
        fmt::format("{} '{}'", count == 1 ? "; inputs without a column so far:" : ",", inputs[i]);
  }
  return hint;
}

}  // namespace

CategoryCodes::CategoryCodes(const CategoryNames& names) : booleans_(names.booleans) {
  for (std::uint32_t i = 0; i < names.texts.size(); ++i) texts_.emplace(names.texts[i], i);
  for (std::uint32_t i = 0; i < names.numbers.size(); ++i) numbers_.emplace(names.numbers[i], i);
}

std::optional<std::uint32_t> CategoryCodes::Find(const Cell& cell) const {
  if (!texts_.empty()) {
    auto at = cell.quoted ? texts_.end() : texts_.find(cell.raw);
    if (at == texts_.end()) at = texts_.find(cell.text);
    if (at == texts_.end()) return std::nullopt;
    return at->second;
  }
  std::optional<double> number = ReadNumber<double>(Trim(cell.text));
  if (booleans_ && !number) {
    if (cell.text == "true" || cell.text == "True" || cell.text == "TRUE") number = 1;
    if (cell.text == "false" || cell.text == "False" || cell.text == "FALSE") number = 0;
  }
  if (!number || std::isnan(*number)) return std::nullopt;
  const auto at = numbers_.find(*number);
  if (at == numbers_.end()) return std::nullopt;
  return at->second;
}

std::vector<bool> InputsWithCategories(const Model& model) {
  std::vector<bool> inputs(model.feature_count, false);
  for (const Node& node : model.nodes) {
    if (node.left != 0 && (node.split == Split::kInSet || node.split == Split::kInSetNegativeHalf))
      inputs[node.feature] = true;
  }
  return inputs;
}

Result<RowReader> RowReader::Make(LineReader lines, const Model& model, bool codes) {
  RowReader reader(std::move(lines), model);
  if (!codes) {
    for (const CategoryNames& names : model.names.inputs)
      reader.names_.emplace(names.feature, CategoryCodes(names));
  }
  reader.categories_ = InputsWithCategories(model);
  AISLE_CHECK(reader.ReadHeader());
  return reader;
}

namespace {

// What a first line is instead of one of CSV; empty: nothing that can be seen.
std::string_view NoCsvHeader(std::string_view line) {
  if (line.starts_with("PAR1")) return "it is a Parquet file; write its rows as CSV";
  if (line.starts_with("\x1f\x8b")) return "it is a gzip'd file; unpack it first";
  if (line.starts_with("\xff\xfe") || line.starts_with("\xfe\xff"))
    return "it is a text in UTF-16; save it as UTF-8";
  if (line.find('\r') != std::string_view::npos)
    return "its lines end with CR alone, as old programs for the Mac write them; save it with LF "
           "or CRLF";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; };
  if (std::ranges::any_of(line, is_control))
    return "its first line holds control characters: it is no CSV text";
  return {};
}

}  // namespace

Status RowReader::ReadHeader() {
  std::string_view rest;
  AISLE_TRY(const bool found, lines_.Next(rest));
  if (!found) return Fail(ErrorCode::kInvalidArgument, lines_.Name() + ": no header line");
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  if (const std::string_view what = NoCsvHeader(rest); !what.empty())
    return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", lines_.Name(), what));
  const auto& inputs = model_->feature_names;
  const InputNames names(inputs);
  std::vector<bool> seen(model_->feature_count, false);
  Cell cell;
  for (bool last = false; !last;) {
    if (!TakeCell(rest, cell, last)) return lines_.BadLine("a quote that is not closed");
    if (columns_.size() == kFeaturesMax) return lines_.BadLine("too many columns");
    std::size_t input = columns_.size();
    if (!inputs.empty()) {
      const auto place = names.Find(cell);
      if (!place) return lines_.BadLine(place.error().message + StillWithout(inputs, seen));
      input = *place;
      if (seen[input]) return lines_.BadLine(fmt::format("column '{}' stands twice", cell.text));
      seen[input] = true;
    }
    const auto stored = names_.find(input);
    columns_.push_back({.name = cell.text,
                        .input = input,
                        .names = stored == names_.end() ? nullptr : &stored->second});
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!seen[i]) return lines_.BadLine(fmt::format("column '{}' is missing", inputs[i]));
  }
  if (columns_.size() != model_->feature_count) {
    return lines_.BadLine(
        fmt::format("{} columns; the model has {} inputs", columns_.size(), model_->feature_count));
  }
  return {};
}

std::string RowReader::Where(std::size_t column) const {
  return fmt::format("column {} '{}'", column + 1, columns_[column].name);
}

template <typename Number>
Result<Number> RowReader::ReadName(const Column& column, const Cell& cell) {
  constexpr Number kMissing = std::numeric_limits<Number>::quiet_NaN();
  if (cell.text.empty() && !cell.quoted) return kMissing;
  if (const auto code = column.names->Find(cell)) return static_cast<Number>(*code);
  const auto number = ReadNumber<double>(Trim(cell.text));
  if (number && std::isnan(*number)) return kMissing;
  if (!model_->names.unseen_is_missing) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("'{}' is no category that the model was trained with, and XGBoost refuses such "
                    "rows too; "
                    "leave the cell empty (missing), or, if cells are category codes, say --codes",
                    cell.text.substr(0, 40)));
  }
  if (unseen_count_++ == 0) {
    first_unseen_ = fmt::format("line {}, column '{}': '{}'", lines_.Number(), column.name,
                                cell.text.substr(0, 40));
  }
  return kMissing;
}

template <typename Number>
Result<bool> RowReader::Next(Number* row) {
  std::string_view rest;
  AISLE_TRY(const bool found, lines_.Next(rest));
  if (!found) return false;
  if (rest.empty() && model_->feature_count > 1) return lines_.BadLine("an empty line");
  Cell cell;
  std::size_t at = 0;
  for (bool last = false; !last; ++at) {
    if (at == columns_.size())
      return lines_.BadLine(fmt::format("more than {} cells", columns_.size()));
    if (!TakeCell(rest, cell, last)) return lines_.BadLine("a quote that is not closed");
    const Column& column = columns_[at];
    if (column.names != nullptr) {
      const auto code = ReadName<Number>(column, cell);
      if (!code) return lines_.BadLine(fmt::format("{}: {}", Where(at), code.error().message));
      row[column.input] = *code;
      continue;
    }
    const auto value = ReadNumber<Number>(cell.text);
    if (!value) {
      return lines_.BadLine(fmt::format(
          "{}: '{}' is not a number{}", Where(at), cell.text.substr(0, 40),
          categories_[column.input] ? "; this input is a category, given by its code (0, 1, ...)"
                                    : ""));
    }
    row[column.input] = *value;
  }
  if (at != columns_.size()) {
    return lines_.BadLine(fmt::format("{} cells; the header has {}", at, columns_.size()));
  }
  return true;
}

template Result<bool> RowReader::Next(float* row);
template Result<bool> RowReader::Next(double* row);

Status CheckNames(const Model& model, bool codes, const std::string& path) {
  if (codes || model.names.unusable.empty()) return {};
  return Fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", path, model.names.unusable));
}

CategoriesReport ReportCategories(const Model& model, bool codes, const RowReader& reader) {
  CategoriesReport report;
  const auto name = [&](std::size_t input) {
    return model.feature_names.empty() ? fmt::format("input {}", input)
                                       : model.feature_names[input];
  };
  std::vector<bool> asked = InputsWithCategories(model);
  if (!codes) {
    for (const CategoryNames& names : model.names.inputs) {
      report.by_name.push_back(name(names.feature));
      asked[names.feature] = false;
    }
  }
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (asked[i]) report.by_code.push_back(name(i));
  }
  report.file_has_names = !model.names.IsEmpty();
  report.unseen_count = reader.UnseenCount();
  report.first_unseen = reader.FirstUnseen();
  return report;
}

}  // namespace aisle::forest
