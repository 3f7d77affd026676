// `aisle models predict`, `explain` and `bench`: model files of anybody's, whether or not they are in the registry.
#include "app/command.h"
#include "app/print.h"
#include "app/print_json.h"
#include "bench/engine_times.h"
#include "forest/explain/explain_file.h"
#include "forest/forest.h"
#include "forest/predict_file.h"
#include "ranking/swept_rows.h"

namespace aisle::app {
namespace {

namespace json = boost::json;

constexpr std::int64_t kBenchRows = 1'700;  // One request's candidates.

// Files in and out, and how cells of categories are meant.
struct FileOptions {
  std::optional<std::string> file, rows, out;
  bool codes = false;
};

struct PredictOptions : FileOptions {
  std::optional<std::string> engine;
  bool margin = false;
};

json::array Names(const std::vector<std::string>& names) {
  return json::array(names.begin(), names.end());
}

json::object FileJson(const FileOptions& options, std::string_view values,
                      const forest::PredictReport& report) {
  const forest::CategoriesReport& categories = report.categories;
  json::object out{{"file", *options.file},
                   {"rows", report.rows},
                   {"out", *options.out},
                   {"values", values},
                   {"categories_by_name", Names(categories.by_name)},
                   {"categories_by_code", Names(categories.by_code)},
                   {"unseen_names", categories.unseen_count}};
  if (categories.unseen_count > 0) out["first_unseen_name"] = categories.first_unseen;
  if (report.early_stop) {
    out["best_rounds"] = report.early_stop->best_rounds;
    out["rounds"] = report.early_stop->rounds;
  }
  return out;
}

// "shop, city and 3 more"
std::string Several(const std::vector<std::string>& names) {
  constexpr std::size_t kNamed = 4;
  const std::size_t count = std::min(names.size(), kNamed);
  const std::string text = fmt::format(
      "{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(count), ", "));
  return names.size() > kNamed ? fmt::format("{} and {} more", text, names.size() - kNamed) : text;
}

// How cells of categories were taken, and what that means where it could be a surprise.
void SayCategories(Context& context, const forest::CategoriesReport& categories) {
  if (!categories.by_name.empty()) {
    context.Say(
        "Categories by the names that the model file keeps: {} (if cells are codes, say --codes)",
        Several(categories.by_name));
  }
  if (!categories.by_code.empty()) {
    context.Say("Categories by code (0, 1, ...): {}{}", Several(categories.by_code),
                categories.file_has_names ? "" : "; the model file keeps no names");
  }
  if (categories.unseen_count > 0) {
    context.Say(
        "{} cells hold names that the model was not trained with, first {}: taken for missing, as "
        "the library does",
        categories.unseen_count, categories.first_unseen);
  }
}

Status SweepRows(const forest::Model& model, std::span<const float> rows, std::size_t first_row,
                 std::span<float> margins) {
  const auto swept = ranking::SweptRows::Make(model, rows, first_row);
  if (!swept) return Within("engine sweep", swept.error());
  forest::SweepScratch scratch;
  swept->ExactMargins(scratch, margins);
  return {};
}

Status CheckFiles(const FileOptions& options) {
  for (const auto& [flag, value] :
       {std::pair("--file", options.file), {"--rows", options.rows}, {"-o", options.out}}) {
    if (!value) return Fail(ErrorCode::kInvalidArgument, fmt::format("{} is missing", flag));
  }
  return {};
}

// What a person should hear of a file that was read: how far it was trained, how its cells were taken.
void SayFile(Context& context, const FileOptions& options, const forest::PredictReport& report) {
  if (const auto& stop = report.early_stop) {
    context.Say(
        "{}: stopped early, best after {} of {} rounds; all {} are used, as Booster.predict does "
        "(XGBoost's scikit-learn wrapper would use {})",
        *options.file, stop->best_rounds, stop->rounds, stop->rounds, stop->best_rounds);
  }
  SayCategories(context, report.categories);
}

Status Predict(Context& context, const PredictOptions& options) {
  AISLE_CHECK(CheckFiles(options));
  AISLE_TRY(const auto engine, forest::ParseEngine(options.engine.value_or("auto")));
  AISLE_TRY(
      const forest::PredictReport report,
      forest::PredictFile(*options.file, *options.rows,
                          {.engine = engine, .margin = options.margin, .codes = options.codes},
                          *options.out, SweepRows));
  SayFile(context, options, report);
  const std::string_view values = options.margin ? "margin" : "prediction";
  if (context.json) PrintJson(FileJson(options, values, report));
  if (report.rows == 0) {
    context.Say("{} has a header and no rows: {} has a header alone", *options.rows, *options.out);
  } else {
    context.Say("{} holds {} rows: one {} per row of {}", *options.out,
                Grouped(static_cast<std::int64_t>(report.rows)), values, *options.rows);
  }
  return {};
}

Status Explain(Context& context, const FileOptions& options) {
  AISLE_CHECK(CheckFiles(options));
  AISLE_TRY(const forest::PredictReport report,
            forest::ExplainFile(*options.file, *options.rows, options.codes, *options.out));
  SayFile(context, options, report);
  if (context.json) PrintJson(FileJson(options, "contributions", report));
  context.Say("{} holds, for {} rows of {}, what each input added to the margin, and the bias",
              *options.out, Grouped(static_cast<std::int64_t>(report.rows)), *options.rows);
  return {};
}

// The flags of both.
void DefineFiles(CommandBuilder& command, FileOptions& options, const std::string& out_help) {
  command.Text("--file", "MODEL", &options.file,
               "Model file: XGBoost (UBJSON, JSON), LightGBM (text), CatBoost (JSON)");
  command.Text("--rows", "FILE.csv", &options.rows, "Rows: a header line, empty cells are missing");
  command.Switch(
      "--codes", &options.codes,
      "Cells of categories are codes (0, 1, ...), not the names that the model file keeps");
  command.Text("-o,--out", "FILE.csv", &options.out, out_help);
}

}  // namespace

void DefineModelsPredict(CommandBuilder& command) {
  auto options = std::make_shared<PredictOptions>();
  DefineFiles(command, *options, "Where predictions go, one per row");
  command.Text("--engine", "NAME", &options->engine,
               "auto (default), reference, interleaved, bitsliced64, bitsliced-avx2, ..., sweep");
  command.Switch("--margin", &options->margin, "Margins instead of predictions");
  command.Examples(
      {{"aisle models predict --file model.ubj --rows rows.csv -o scores.csv",
        "any supported model"},
       {"aisle models predict --file model.json --rows rows.csv --engine reference --margin -o "
        "margins.csv",
        "the slow engine that is obviously right, before the link function"},
       {"aisle models predict --file model.txt --rows codes.csv --codes -o scores.csv",
        "rows that hold category codes, though the file keeps names"}});
  command.Run([options](Context& context) { return Predict(context, *options); });
}

void DefineModelsExplain(CommandBuilder& command) {
  auto options = std::make_shared<FileOptions>();
  DefineFiles(
      command, *options,
      "Where contributions go: a column per input, bias and margin; a line per row (and class)");
  command.Examples({{"aisle models explain --file model.ubj --rows rows.csv -o why.csv",
                     "what each input added to each row's margin"},
                    {"aisle models explain --file model.txt --rows codes.csv --codes -o why.csv",
                     "rows that hold category codes, though the file keeps names"}});
  command.Run([options](Context& context) { return Explain(context, *options); });
}

namespace {

struct BenchOptions {
  std::optional<std::string> file, against;
  std::optional<std::int64_t> rows;
};

json::array TimesJson(const std::vector<bench::EngineTimes>& all) {
  json::array engines;
  for (const bench::EngineTimes& times : all) {
    json::object engine{{"engine", times.engine}};
    if (!times.skipped.empty()) {
      engine["skipped"] = times.skipped;
    } else {
      engine["build_ms"] = times.build_ms;
      engine["table_bytes"] = times.table_bytes;
      engine["score_ms"] = times.score_ms;
      engine["rows_differ"] = times.rows_differ;
      engine["furthest"] = times.furthest;
      if (times.times_xgboost > 0) engine["times_xgboost"] = times.times_xgboost;
    }
    engines.push_back(std::move(engine));
  }
  return engines;
}

std::string TimesText(const std::vector<bench::EngineTimes>& all, const std::string& what,
                      double walks) {
  TextTable table({{"engine"},
                   {"built in", Align::kRight},
                   {"tables", Align::kRight},
                   {what, Align::kRight},
                   {"row and tree", Align::kRight},
                   {"times as fast", Align::kRight},
                   {"rows that differ", Align::kRight},
                   {"by at most", Align::kRight}});
  std::string skipped;
  std::size_t timed = 0;
  for (const bench::EngineTimes& times : all) {
    if (!times.skipped.empty()) {
      skipped += fmt::format("SKIPPED {}: {}\n", times.engine, times.skipped);
      continue;
    }
    ++timed;
    const bool ours = !times.engine.starts_with("xgboost");
    table.Add({times.engine, ours ? fmt::format("{:.1f} ms", times.build_ms) : "",
               times.table_bytes == 0 ? "" : fmt::format("{} kB", times.table_bytes / 1000),
               fmt::format("{:.3f} ms", times.score_ms),
               fmt::format("{:.2f} ns", times.score_ms * 1e6 / walks),
               times.times_xgboost == 0 ? "" : fmt::format("{:.2f}", times.times_xgboost),
               Grouped(times.rows_differ),
               times.rows_differ == 0 ? "" : fmt::format("{:.1e}", times.furthest)});
  }
  return (timed > 0 ? table.Text() : "") + skipped;
}

std::string BenchText(const bench::BenchReport& report) {
  const auto trees = static_cast<double>(report.trees);
  const auto products = static_cast<std::int64_t>(report.request_products);
  std::string text = fmt::format(
      "{} rows, {} inputs, {} trees; one thread, medians of {} rounds\n\n{}",
      Grouped(static_cast<std::int64_t>(report.rows)), report.inputs, report.trees, report.rounds,
      TimesText(report.engines, "all rows", static_cast<double>(report.rows) * trees));
  const std::string rounds = report.request_rounds == 0
                                 ? ""
                                 : fmt::format(", medians of {} rounds", report.request_rounds);
  return text +
         fmt::format("\nOne customer's request of {} made-up products, by the sweep{}:\n\n{}",
                     Grouped(products), rounds,
                     TimesText(report.request, "a request", static_cast<double>(products) * trees));
}

Status Bench(Context& context, const BenchOptions& options) {
  if (!options.file) return Fail(ErrorCode::kInvalidArgument, "--file is missing");
  if (options.against && *options.against != "xgboost") {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("--against '{}': only xgboost can be compared with", *options.against));
  }
  AISLE_TRY(
      const bench::BenchReport report,
      bench::BenchModel(*options.file, static_cast<std::size_t>(options.rows.value_or(kBenchRows)),
                        options.against.has_value()));
  if (context.json) {
    PrintJson({{"file", *options.file},
               {"rows", report.rows},
               {"inputs", report.inputs},
               {"trees", report.trees},
               {"rounds", report.rounds},
               {"engines", TimesJson(report.engines)},
               {"request_products", report.request_products},
               {"request", TimesJson(report.request)}});
  } else {
    PrintOut(BenchText(report));
  }
  return {};
}

}  // namespace

void DefineModelsBench(CommandBuilder& command) {
  auto options = std::make_shared<BenchOptions>();
  command.Text("--file", "MODEL", &options->file,
               "Model file: XGBoost (UBJSON, JSON), LightGBM (text), CatBoost (JSON)");
  command.Number("--rows", &options->rows, 1, 10'000'000, "Made-up rows to score (default: 1700)");
  command.Text("--against", "xgboost", &options->against, "XGBoost's own time beside, one thread");
  command.Examples(
      {{"aisle models bench --file model.ubj", "every engine this CPU has, 1,700 rows"},
       {"aisle models bench --file model.ubj --rows 600000 --against xgboost",
        "and how many times as fast as XGBoost"},
       {"aisle models bench --file model.ubj --against xgboost --json", "for a script"}});
  command.Run([options](Context& context) { return Bench(context, *options); });
}

}  // namespace aisle::app
