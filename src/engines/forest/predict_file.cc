#include "forest/predict_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/files.h"
#include "forest/formats/load.h"
#include "forest/model/output.h"
#include "forest/predict_file_cells.h"

namespace aisle::forest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockValues = std::size_t{1} << 20U;

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

// Cells are read as the numbers that the model compares. Gives how many rows there were.
template <typename Number>
Result<std::size_t> ScoreRows(const Output& out, RowReader& reader) {
  const std::size_t widest = std::max(out.forest.FeatureCount(), out.forest.GroupCount());
  const std::size_t block_rows = std::clamp<std::size_t>(kBlockValues / widest, 1, 16384);
  return EachBlock<Number>(reader, out.forest.FeatureCount(), block_rows,
                           [&](std::span<const Number> block, std::size_t first_row) -> Status {
                             const Status scored = ScoreBlock(out, block, first_row);
                             if (!scored && scored.error().code == ErrorCode::kInvalidArgument)
                               return Within(reader.Lines().Name(), scored.error());
                             return scored;
                           });
}

// What this file's model cannot do with what was asked, in words that say what can be done.
Status CheckAsked(const Model& model, const PredictAsk& ask, const std::string& path) {
  if (model.objective_name.empty() && !ask.margin) {
    return Fail(ErrorCode::kInvalidArgument,
                path +
                    ": the file names no objective (the model was trained with one of your own), "
                    "so only margins "
                    "are known: say --margin, and apply your own link function");
  }
  return CheckNames(model, ask.codes, path);
}

}  // namespace

Result<PredictReport> PredictFile(const fs::path& model_path, const fs::path& rows_csv,
                                  const PredictAsk& ask, const fs::path& out_csv,
                                  const SweepRows& sweep) {
  AISLE_TRY(Model model, LoadModelFile(model_path));
  AISLE_CHECK(CheckAsked(model, ask, model_path.string()));
  AISLE_TRY(const Forest forest, Forest::Build(std::move(model), ask.engine));
  if (forest.SweepWasChosen() && !sweep) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("engine {} scores requests, not rows", EngineName(Engine::kSweep)));
  }
  AISLE_TRY(LineReader lines, LineReader::Open(rows_csv));
  AISLE_TRY(RowReader reader, RowReader::Make(std::move(lines), forest.BuiltFrom(), ask.codes));
  AISLE_TRY(base::StagedFile out, base::StagedFile::Create(out_csv));
  AISLE_CHECK(out.Write(OutputHeader(forest.BuiltFrom(), ask.margin)));
  const Output output{forest, ask.margin, sweep, out};
  AISLE_TRY(const std::size_t rows, forest.BuiltFrom().double_inputs
                                        ? ScoreRows<double>(output, reader)
                                        : ScoreRows<float>(output, reader));
  AISLE_CHECK(out.Commit());
  return PredictReport{.rows = rows,
                       .early_stop = forest.BuiltFrom().early_stop,
                       .categories = ReportCategories(forest.BuiltFrom(), ask.codes, reader)};
}

}  // namespace aisle::forest
