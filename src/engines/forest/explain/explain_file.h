// Contributions of the inputs of a CSV file's rows to a model file's margins: what `aisle models explain` does.
//
// Rows are read as PredictFile reads them (predict_file.h). The output has a header: the inputs in the model's order,
// "bias" and "margin", which is what the forest itself sums; of a model with several classes a first column "class".
// An input without a name is "input_0", "input_1", ...
//
//   order    a line per row, in the rows' order; of several classes one for each, class 0 first.
//   units    margins; 9 significant digits, 17 where the model sums doubles, as predictions have.
//   missing  a missing value contributes like any other: by the way it takes.
//   errors   as PredictFile, and as Explainer::Build with the model's path. On any error the output file is not
//            touched.
//   cost     streams in blocks.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "forest/predict_file.h"

namespace aisle::forest {

// `codes`: cells of categories are codes, whatever names the file keeps.
Result<PredictReport> ExplainFile(const std::filesystem::path& model_path,
                                  const std::filesystem::path& rows_csv, bool codes,
                                  const std::filesystem::path& out_csv);

}  // namespace aisle::forest
