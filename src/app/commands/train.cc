#include <fmt/ranges.h>

#include "app/child_process.h"
#include "app/command.h"
#include "app/job.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/promotion_text.h"
#include "app/steps.h"
#include "registry/promotion_json.h"

namespace aisle::app {
namespace {

struct TrainOptions {
  std::vector<std::string> recipes;
  std::optional<std::int64_t> threads;
  bool no_promote = false;
  bool promote = false;

  training::Promote Promotion() const {
    return no_promote ? training::Promote::kNever
           : promote  ? training::Promote::kForced
                      : training::Promote::kWhenGood;
  }
};

boost::json::object ToJson(const std::string& recipe, const training::TrainReport& report) {
  return {{"recipe", recipe},
          {"model", report.model},
          {"version", report.version},
          {"promoted", report.promoted},
          {"failed_gates", boost::json::value_from(report.promotion.objections)},
          {"promotion", registry::PromotionToJson(report.promotion)},
          {"rows", report.rows},
          {"positives", report.positives},
          {"read_seconds", report.read_seconds},
          {"learn_seconds", report.learn_seconds}};
}

Status Train(Context& context, const TrainOptions& options) {
  if (options.promote && options.no_promote) {
    return Fail(ErrorCode::kInvalidArgument,
                "--promote and --no-promote say the opposite; give one of them");
  }
  if (options.threads) context.settings.train_threads = *options.threads;
  const auto recipes = options.recipes.empty() ? context.settings.train_recipes : options.recipes;
  // A recipe that cannot be read should not cost the training of the one before it.
  for (const std::string& recipe : recipes) {
    AISLE_TRY([[maybe_unused]] const auto text, training::RecipeText(recipe));
  }
  RestartWithPatientThreads();
  AISLE_TRY(auto job, Job::Begin(context, Job::Needs::kData));
  AISLE_TRY(const base::Timestamp as_of, context.AsOf());
  boost::json::array results;
  std::vector<std::string> entered;
  std::string reasons;
  TextTable table({{"model"},
                   {"version", Align::kRight},
                   {"recipe"},
                   {"rows", Align::kRight},
                   {"positives", Align::kRight},
                   {"read", Align::kRight},
                   {"learnt", Align::kRight},
                   {"now"}});
  for (const std::string& recipe : recipes) {
    context.Say("training {} as of {}", recipe, base::FormatTimestamp(as_of));
    const auto trained = TrainStep(context, job, recipe, as_of, options.Promotion());
    if (!trained) {
      // Each recipe is whole by itself: what the ones before it made is in service.
      if (!entered.empty())
        context.Say("entered before it, and kept: {}", fmt::join(entered, ", "));
      return std::unexpected(trained.error());
    }
    const training::TrainReport& report = *trained;
    entered.push_back(fmt::format("{}/{}", report.model, report.version));
    results.push_back(ToJson(recipe, report));
    table.Add({report.model, fmt::format("{}", report.version), recipe, Grouped(report.rows),
               Grouped(report.positives), Seconds(report.read_seconds),
               Seconds(report.learn_seconds), Standing(report.promotion)});
    reasons += PromotionText(fmt::format("{}/{}", report.model, report.version), report.promotion,
                             report.promoted);
  }
  if (context.json) {
    PrintJson(results);
    return {};
  }
  PrintOut(table.Text() + reasons);
  context.Say("next: `aisle models show {}`, `aisle score`, `aisle publish`", "ranking");
  return {};
}

}  // namespace

void DefineTrain(CommandBuilder& command) {
  auto options = std::make_shared<TrainOptions>();
  command.Positionals("recipe", &options->recipes,
                      fmt::format("Recipes, in order: a TOML file, or one of {} (default: those of "
                                  "[train] recipes)",
                                  fmt::join(training::ShippedRecipes(), ", ")));
  command.Number("--threads", &options->threads, 0, 256,
                 "Threads of the learner (0: one per core)");
  command.Switch("--no-promote", &options->no_promote,
                 "Enter the version as challenger; the champion stays");
  command.Switch(
      "--promote", &options->promote,
      "Make the version champion though a gate fails or the champion is better; it is recorded");
  command.Examples(
      {{"aisle train", "the default pair: propensity, then ranking"},
       {"aisle train ranking_reference", "the reference's ranking model, beside the default"},
       {"aisle train ./my_recipe.toml --no-promote", "a recipe of your own, not yet in service"},
       {"aisle train ./my_recipe.toml --promote", "in service whatever its gates say"}});
  command.Run([options](Context& context) { return Train(context, *options); });
}

}  // namespace aisle::app
