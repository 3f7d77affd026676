#include "forest/explain/explain_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "forest/explain/explainer.h"
#include "forest/formats/load.h"
#include "forest/predict_file_cells.h"

namespace aisle::forest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockValues = std::size_t{1} << 20U;
constexpr std::size_t kBlockRows = 1024;

std::string Quoted(const std::string& name) {
  if (name.find_first_of(",\"\r\n") == std::string::npos) return name;
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string Header(const Model& model) {
  std::string header = model.group_count > 1 ? "class," : "";
  for (std::size_t f = 0; f < model.feature_count; ++f) {
    header +=
        model.feature_names.empty() ? fmt::format("input_{}", f) : Quoted(model.feature_names[f]);
    header += ',';
  }
  return header + "bias,margin\n";
}

template <typename Number>
Status WriteBlock(const Forest& forest, const Explainer& explainer, std::span<const Number> rows,
                  base::StagedFile& out) {
  const std::size_t groups = forest.GroupCount();
  const std::size_t width = explainer.Width();
  std::vector<double> margins(rows.size() / forest.FeatureCount() * groups);
  std::vector<double> contributions(margins.size() * width);
  forest.WideMargins(rows, margins);
  explainer.Contributions(rows, contributions);
  const int digits = forest.BuiltFrom().wide ? 17 : 9;
  std::string text;
  for (std::size_t line = 0; line < margins.size(); ++line) {
    if (groups > 1) fmt::format_to(std::back_inserter(text), "{},", line % groups);
    for (std::size_t f = 0; f < width; ++f) {
      fmt::format_to(std::back_inserter(text), "{:.{}g},", contributions[line * width + f], digits);
    }
    fmt::format_to(std::back_inserter(text), "{:.{}g}\n", margins[line], digits);
  }
  return out.Write(text);
}

template <typename Number>
Result<std::size_t> WriteRows(const Forest& forest, const Explainer& explainer, RowReader& reader,
                              base::StagedFile& out) {
  const std::size_t widest = explainer.Width() * explainer.GroupCount();
  const std::size_t block_rows = std::clamp<std::size_t>(kBlockValues / widest, 1, kBlockRows);
  return EachBlock<Number>(reader, forest.FeatureCount(), block_rows,
                           [&](std::span<const Number> block, std::size_t) {
                             return WriteBlock(forest, explainer, block, out);
                           });
}

}  // namespace

Result<PredictReport> ExplainFile(const fs::path& model_path, const fs::path& rows_csv, bool codes,
                                  const fs::path& out_csv) {
  AISLE_TRY(Model loaded, LoadModelFile(model_path));
  AISLE_CHECK(CheckNames(loaded, codes, model_path.string()));
  AISLE_TRY(const Forest forest, Forest::Build(std::move(loaded)));
  const auto explainer = Explainer::Build(forest);
  if (!explainer) return Within(model_path.string(), explainer.error());
  const Model& model = forest.BuiltFrom();
  AISLE_TRY(LineReader lines, LineReader::Open(rows_csv));
  AISLE_TRY(RowReader reader, RowReader::Make(std::move(lines), model, codes));
  AISLE_TRY(base::StagedFile out, base::StagedFile::Create(out_csv));
  AISLE_CHECK(out.Write(Header(model)));
  AISLE_TRY(const std::size_t rows, model.double_inputs
                                        ? WriteRows<double>(forest, *explainer, reader, out)
                                        : WriteRows<float>(forest, *explainer, reader, out));
  AISLE_CHECK(out.Commit());
  return PredictReport{.rows = rows,
                       .early_stop = model.early_stop,
                       .categories = ReportCategories(model, codes, reader)};
}

}  // namespace aisle::forest
