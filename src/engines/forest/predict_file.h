// Scores the rows of a CSV file with a model file: what `aisle models predict` does.
//
// The first line is a header. When the model has feature names, columns are found by name, in any order,
// and the header must name exactly the model's inputs; otherwise the n-th column is the n-th input. The
// output has a header too, and one line per row, in the same order: one column "prediction" or "margin", or, of a
// model with several classes, "prediction_0", "prediction_1", ... (the single class number of multi:softmax
// is a "prediction").
//
// Where the file keeps the names of categories, cells of these columns are names, and are recoded as the library
// does; with `codes` they are codes. Where it keeps none, they can only be codes. The report says which was taken.
//
// A column's name matches an input's exactly, or but for blanks around either; or where blanks stand for the
// underscores that LightGBM makes of them.
//
//   units    numbers have 9 significant digits, which is enough to give every float back; 17 where the model
//            sums doubles (LightGBM, CatBoost). Cells are read as floats, for LightGBM as doubles, which is what each
//            library compares.
//   missing  an empty cell, or "nan". "inf" and "-inf" are numbers. A category's name that training has not seen is
//            missing for LightGBM (counted in the report), and an error for XGBoost: what each library does.
//   errors   kInvalidArgument with file, line (the header is line 1) and column: a bad number, too many or
//            too few cells, an unknown, missing or double column; names that the file keeps but that cannot be used;
//            predictions of a model that names no objective; what LoadModelFile, Forest::Build and `sweep` return;
//            kNotFound for a missing file. On any error the output file is not touched.
//   cost     streams in blocks: memory does not grow with the number of rows.
//   source   RFC 4180 without line breaks inside quotes; CR LF and LF.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "forest/forest.h"

namespace aisle::forest {

// A line longer than this is an error rather than a way to use up the memory.
inline constexpr std::size_t kLineBytesMax = std::size_t{64} << 20U;

struct PredictAsk {
  Engine engine = Engine::kAuto;
  bool margin = false;
  bool codes = false;  // Cells of categories are codes, whatever names the file keeps.
};

// How the cells of categories were taken.
struct CategoriesReport {
  std::vector<std::string> by_name;  // Inputs whose cells were names.
  std::vector<std::string>
      by_code;  // Inputs that trees ask for categories, and whose cells were codes.
  bool file_has_names = false;
  std::size_t unseen_count =
      0;  // Cells with names that training has not seen; they were taken for missing.
  std::string first_unseen;  // "line 4, column 'shop': '99'"
};

// What a person should hear although everything went well.
struct PredictReport {
  std::size_t rows = 0;
  std::optional<EarlyStop> early_stop;  // The model has rounds after its best; all were used.
  CategoriesReport categories;
};

// Margins of a block of rows by Engine::kSweep, which needs to know what the inputs mean. `first_row` is the place of
// the block's first row in the file, from 1: for messages.
using SweepRows = std::function<Status(const Model& model, std::span<const float> rows,
                                       std::size_t first_row, std::span<float> margins)>;

// `sweep` is asked where the sweep was chosen, by `engine` or by AISLE_FOREST_ENGINE; without it that is
// kFailedPrecondition.
Result<PredictReport> PredictFile(const std::filesystem::path& model_path,
                                  const std::filesystem::path& rows_csv, const PredictAsk& ask,
                                  const std::filesystem::path& out_csv,
                                  const SweepRows& sweep = nullptr);

}  // namespace aisle::forest
