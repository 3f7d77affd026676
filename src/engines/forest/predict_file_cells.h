// From the cells of a CSV file to the numbers that a model compares, for predict_file.h and
// explain/explain_file.h: which column is which input, and which category a name is. Private to this module.
//
//   shapes   a row has a place per input of the model, in the model's order.
//   missing  an empty cell, or "nan" (in a column of category names: unless a category is called so).
//   errors   kInvalidArgument with file, line and column.
//   cost     a hash look-up per cell of a column with names.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "forest/forest.h"
#include "forest/predict_file.h"
#include "forest/predict_file_lines.h"

namespace aisle::forest {

// The categories of one input by their names. The names must outlive this.
class CategoryCodes {
 public:
  explicit CategoryCodes(const CategoryNames& names);
  // The code of a name; nothing for one that training has not seen. Numbers match by value: 10 is 10.0.
  std::optional<std::uint32_t> Find(const Cell& cell) const;

 private:
  bool booleans_;
  std::unordered_map<std::string_view, std::uint32_t> texts_;
  std::unordered_map<double, std::uint32_t> numbers_;
};

// Reads the header when it is made, then rows.
class RowReader {
 public:
  // `codes`: cells of categories are codes although the model has names. `model` must outlive this.
  static Result<RowReader> Make(LineReader lines, const Model& model, bool codes);

  // False at the end of the file; `row` has a place per input.
  template <typename Number>
  Result<bool> Next(Number* row);
  const LineReader& Lines() const { return lines_; }

  std::size_t UnseenCount() const { return unseen_count_; }
  // "line 4, column 'shop': '99'"
  const std::string& FirstUnseen() const { return first_unseen_; }

 private:
  struct Column {
    std::string name;
    std::size_t input = 0;
    const CategoryCodes* names = nullptr;  // Null: cells are numbers.
  };

  RowReader(LineReader lines, const Model& model) : lines_(std::move(lines)), model_(&model) {}
  Status ReadHeader();
  template <typename Number>
  Result<Number> ReadName(const Column& column, const Cell& cell);
  std::string Where(std::size_t column) const;

  LineReader lines_;
  const Model* model_;
  std::unordered_map<std::size_t, CategoryCodes> names_;  // By input.
  std::vector<bool> categories_;                          // Inputs that trees ask for categories.
  std::vector<Column> columns_;
  std::size_t unseen_count_ = 0;
  std::string first_unseen_;
};

// Inputs that trees ask for categories: a place per input.
std::vector<bool> InputsWithCategories(const Model& model);

// kInvalidArgument where cells are names and the file's cannot be used.
Status CheckNames(const Model& model, bool codes, const std::string& path);
// How the reader took the cells of categories.
CategoriesReport ReportCategories(const Model& model, bool codes, const RowReader& reader);

// Gives all rows, at most `block_rows` at a time, to take(rows, place of the first one from 1), which returns a Status.
// Returns how many there were.
template <typename Number, typename Take>
Result<std::size_t> EachBlock(RowReader& reader, std::size_t width, std::size_t block_rows,
                              const Take& take) {
  std::vector<Number> rows(block_rows * width);
  std::size_t filled = 0;
  std::size_t done = 0;
  for (bool found = true; found;) {
    AISLE_TRY(found, reader.Next(&rows[filled * width]));
    if (found) ++filled;
    if (filled == block_rows || (!found && filled > 0)) {
      AISLE_CHECK(take(std::span<const Number>(rows).first(filled * width), done + 1));
      done += std::exchange(filled, 0);
    }
  }
  return done;
}

}  // namespace aisle::forest
