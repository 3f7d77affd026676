// Scores the rows of a CSV file with a model file: what `aisle models predict` does.
//
// The first line is a header. When the model has feature names, columns are found by name, in any order,
// and the header must name exactly the model's inputs; otherwise the n-th column is the n-th input. The
// output has a header too, and one line per row, in the same order: one column "prediction" or "margin", or, of a
// model with several classes, "prediction_0", "prediction_1", ... (the single class number of multi:softmax
// is a "prediction").
//
//   units    numbers have 9 significant digits, which is enough to give every float back; 17 where the model
//            sums doubles (LightGBM, CatBoost). Categories are XGBoost's and LightGBM's codes. Cells are read as
//            floats, for LightGBM as doubles, which is what each library compares.
//   missing  an empty cell, or "nan". "inf" and "-inf" are numbers.
//   errors   kInvalidArgument with file, line (the header is line 1) and column: a bad number, too many or
//            too few cells, an unknown, missing or double column; what LoadModelFile, Forest::Build and `sweep` return;
//            kNotFound for a missing file. On any error the output file is not touched.
//   cost     streams in blocks: memory does not grow with the number of rows.
//   source   RFC 4180 without line breaks inside quotes; CR LF and LF.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>

#include "base/result.h"
#include "forest/forest.h"

namespace aisle::forest {

// A line longer than this is an error rather than a way to use up the memory.
inline constexpr std::size_t kLineBytesMax = std::size_t{64} << 20U;

// What a person should hear about the model although everything went well.
struct PredictReport {
  std::optional<EarlyStop> early_stop;  // The model has rounds after its best; all were used.
};

// Margins of a block of rows by Engine::kSweep, which needs to know what the inputs mean. `first_row` is the place of
// the block's first row in the file, from 1: for messages.
using SweepRows = std::function<Status(const Model& model, std::span<const float> rows,
                                       std::size_t first_row, std::span<float> margins)>;

// `sweep` is asked where the sweep was chosen, by `engine` or by AISLE_FOREST_ENGINE; without it that is
// kFailedPrecondition.
Result<PredictReport> PredictFile(const std::filesystem::path& model_path,
                                  const std::filesystem::path& rows_csv, Engine engine, bool margin,
                                  const std::filesystem::path& out_csv,
                                  const SweepRows& sweep = nullptr);

}  // namespace aisle::forest
