#include "app/command.h"
#include "app/interrupt.h"
#include "app/print.h"
#include "base/files.h"
#include "evaluation/evaluation.h"

namespace aisle::app {
namespace {

struct EvaluateOptions {
  std::optional<std::int64_t> window_days, customers_max;
  std::optional<std::string> out, html;
  std::vector<std::string> models;
  bool ablation = false;
};

// Whether a file can be made there: before minutes are spent on what it is to hold.
Status CheckWritable(const std::optional<std::string>& path) {
  if (!path) return {};
  AISLE_TRY([[maybe_unused]] const auto probe, base::StagedFile::Create(*path));
  return {};
}

Status Evaluate(Context& context, const EvaluateOptions& options) {
  const InterruptGuard guard;
  AISLE_CHECK(CheckWritable(options.out));
  AISLE_CHECK(CheckWritable(options.html));
  AISLE_TRY(const base::Timestamp as_of, context.AsOf());
  AISLE_TRY(auto database,
            context.workspace.OpenWarehouse(warehouse::Access::kReadOnly, context.settings));
  const workspace::Settings& settings = context.settings;
  const int window_days =
      static_cast<int>(options.window_days.value_or(settings.evaluate_window_days));
  context.Say("evaluating on the {} days before {}; this takes a while", window_days,
              base::FormatTimestamp(as_of));
  AISLE_TRY(const auto report,
            evaluation::Evaluate(
                database, context.workspace.Models(),
                {.as_of = as_of,
                 .models = options.models,
                 .window_days = window_days,
                 .customers_max = options.customers_max.value_or(settings.evaluate_customers_max),
                 .ablate = options.ablation || options.html.has_value(),
                 .seed = context.Seed()}));
  if (Interrupted()) return Fail(ErrorCode::kUnavailable, "interrupted");
  const std::string json = evaluation::ToJson(report);
  if (options.out) AISLE_CHECK(base::WriteFileAtomic(*options.out, json + "\n"));
  if (options.html) AISLE_CHECK(base::WriteFileAtomic(*options.html, evaluation::ToHtml(report)));
  PrintOut(context.json ? json + "\n" : evaluation::ToTable(report, options.ablation));
  return {};
}

}  // namespace

void DefineEvaluate(CommandBuilder& command) {
  auto options = std::make_shared<EvaluateOptions>();
  command.Positionals(
      "model", &options->models,
      "Models to compare: MODEL/VERSION, MODEL/ALIAS, MODEL (its champion) or a model "
      "file, each also as LABEL=... (default: the champions)");
  command.Number("--window-days", &options->window_days, 1, 365,
                 "Days before as-of that are predicted (default 28)");
  command.Number("--customers-max", &options->customers_max, 1, 100'000'000,
                 "Customers ranked, by id (default 10000)");
  command.Text("-o,--out", "FILE.json", &options->out, "Also write the report as JSON");
  command.Text(
      "--html", "FILE.html", &options->html,
      "Also write one page with plots: differences, kinds of customers, ablation, calibration");
  command.Switch(
      "--ablation", &options->ablation,
      "Also rank with each group of a model's inputs missing: what it leans on; takes two to "
      "four times as long, and --html does it too");
  command.Examples(
      {{"aisle evaluate", "the champions, baselines and the oracle, with intervals"},
       {"aisle evaluate ranking/2 ranking mine=model.ubj", "these three, over the same customers"},
       {"aisle evaluate --customers-max 2000 --html report.html",
        "quicker, as a page, with what the champions lean on"},
       {"aisle evaluate --json -o report.json", "for a script, and kept"}});
  command.Run([options](Context& context) { return Evaluate(context, *options); });
}

}  // namespace aisle::app
