// `aisle models show`: all that is known of one version.
#include <fmt/ranges.h>

#include <algorithm>

#include "app/command.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/promotion_text.h"
#include "features/pair_row.h"
#include "forest/forest.h"
#include "forest/formats/load.h"
#include "ranking/screen_scorer.h"
#include "ranking/sweep_scorer.h"
#include "registry/promotion_json.h"
#include "registry/registry.h"
#include "serving/state/serving_state.h"
#include "training/recipe.h"

namespace aisle::app {
namespace {

namespace json = boost::json;

// Of the list that the version's task takes inputs from; null: not an input of this build.
const features::InputDefinition* DefinitionOf(const registry::Manifest& manifest,
                                              const std::string& name) {
  const auto recipe = training::ParseRecipe(manifest.recipe_text, "");
  const auto definitions =
      recipe && !recipe->ranks_products ? features::CategoryInputs() : features::PairInputs();
  const auto found = std::ranges::find(definitions, name, &features::InputDefinition::name);
  return found == definitions.end() ? nullptr : &*found;
}

// What the learner was told, defaults included.
std::vector<std::pair<std::string, std::string>> LearnerSettings(const training::Recipe& recipe) {
  const trainer::Settings& learner = recipe.learner;
  const auto text = [](const auto& value) { return fmt::format("{}", value); };
  std::vector<std::pair<std::string, std::string>> settings = {
      {"rounds", text(learner.rounds)},
      {"max_depth", text(learner.max_depth)},
      {"learning_rate", text(learner.learning_rate)},
      {"min_child_weight", text(learner.min_child_weight)},
      {"lambda", text(learner.lambda)},
      {"max_bin", text(learner.max_bin)},
      {"subsample", text(learner.subsample)},
      {"colsample_bytree", text(learner.colsample_bytree)}};
  settings.insert(settings.end(), learner.extra.begin(), learner.extra.end());
  if (recipe.balance_classes) settings.emplace_back("balance_classes", "true");
  return settings;
}

json::object LearnerJson(const registry::Manifest& manifest) {
  json::object object;
  const auto recipe = training::ParseRecipe(manifest.recipe_text, manifest.recipe);
  if (!recipe) return {{"problem", recipe.error().message}};
  for (const auto& [name, value] : LearnerSettings(*recipe)) object[name] = json::parse(value);
  return object;
}

std::string LearnerText(const registry::Manifest& manifest) {
  const auto recipe = training::ParseRecipe(manifest.recipe_text, manifest.recipe);
  if (!recipe) return fmt::format("  learner      not known: {}\n", recipe.error().message);
  std::string text;
  for (const auto& [name, value] : LearnerSettings(*recipe))
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value);
  return "  learner      " + text + "\n";
}

json::object ManifestJson(const registry::Manifest& manifest, const std::string& aliases) {
  json::array inputs;
  for (const auto& input : manifest.inputs) {
    json::object object{{"name", input.name}, {"type", input.type}, {"role", input.role}};
    if (const auto* definition = DefinitionOf(manifest, input.name)) {
      object["unit"] = definition->unit;
      object["meaning"] = definition->meaning;
      object["missing"] = definition->missing;
      object["from"] = definition->from;
    }
    inputs.push_back(std::move(object));
  }
  json::array cutoffs;
  for (const base::Timestamp cutoff : manifest.cutoffs)
    cutoffs.emplace_back(base::FormatIso(cutoff));
  return {{"model", manifest.model},
          {"version", manifest.version},
          {"aliases", aliases},
          {"created", base::FormatIso(manifest.created)},
          {"recipe", manifest.recipe},
          {"objective", manifest.objective},
          {"learner", LearnerJson(manifest)},
          {"promotion", registry::PromotionToJson(manifest.promotion)},
          {"inputs", std::move(inputs)},
          {"cutoffs", std::move(cutoffs)},
          {"window_from", base::FormatIso(manifest.window_from)},
          {"window_until", base::FormatIso(manifest.window_until)},
          {"train_rows", manifest.train_rows},
          {"positive_rows", manifest.positive_rows},
          {"data_fingerprint", manifest.data_fingerprint},
          {"calibration_slope", manifest.calibration_slope},
          {"calibration_offset", manifest.calibration_offset},
          {"propensity_blend", manifest.propensity_blend},
          {"metrics", json::value_from(manifest.metrics)},
          {"library_versions", json::value_from(manifest.library_versions)},
          {"model_checksum", manifest.model_checksum}};
}

// How a request finds the best with the model instead of scoring every candidate, or why not so: by the sweep
// (forest/sweep/sweep.h), else by the screen (forest/screen/screen.h).
struct RequestWays {
  std::string sweep;
  std::string screen;
};

std::string ManifestText(const registry::Manifest& manifest, const std::string& aliases,
                         std::string_view engine, const RequestWays& ways) {
  std::vector<std::string> cutoffs;
  for (const base::Timestamp cutoff : manifest.cutoffs)
    cutoffs.push_back(base::FormatTimestamp(cutoff));
  std::string text = fmt::format(
      "{}/{}{}\n  created      {}\n  recipe       {}\n  objective    {}\n  engine       {}\n"
      "  sweep        {}\n  screen       {}\n  window       {} to {}\n  cutoffs      {}\n  rows    "
      "     {}, {} of "
      "them positive\n"
      "  fingerprint  {}\n  checksum     {}\n  calibration  sigmoid({:.6g} * margin + {:.6g})\n",
      manifest.model, manifest.version, aliases.empty() ? "" : " (" + aliases + ")",
      Moment(manifest.created), manifest.recipe, manifest.objective, engine, ways.sweep,
      ways.screen, base::FormatTimestamp(manifest.window_from),
      base::FormatTimestamp(manifest.window_until), fmt::join(cutoffs, ", "),
      Grouped(manifest.train_rows), Grouped(manifest.positive_rows), manifest.data_fingerprint,
      manifest.model_checksum, manifest.calibration_slope, manifest.calibration_offset);
  if (manifest.propensity_blend != 0) {
    text += fmt::format("  blend        {:.2g} propensity of the category\n",
                        manifest.propensity_blend);
  }
  for (const auto& [library, version] : manifest.library_versions)
    text += fmt::format("  built with   {} {}\n", library, version);
  TextTable metrics({{"metric"}, {"value", Align::kRight}});
  for (const auto& [name, value] : manifest.metrics)
    metrics.Add({name, fmt::format("{:.6g}", value)});
  TextTable inputs(
      {{"#", Align::kRight}, {"input"}, {"type"}, {"role"}, {"unit"}, {"missing when"}, {"from"}});
  for (std::size_t i = 0; i < manifest.inputs.size(); ++i) {
    const registry::ModelInput& input = manifest.inputs[i];
    const auto* definition = DefinitionOf(manifest, input.name);
    inputs.Add({fmt::format("{}", i), input.name, input.type, input.role,
                std::string(definition != nullptr ? definition->unit : ""),
                std::string(definition != nullptr ? definition->missing : ""),
                std::string(definition != nullptr ? definition->from : "not of this build")});
  }
  const std::string promotion =
      PromotionText(fmt::format("{}/{}", manifest.model, manifest.version), manifest.promotion,
                    aliases.find(registry::kChampion) != std::string::npos);
  return text + LearnerText(manifest) + "\n" + promotion + (promotion.empty() ? "" : "\n") +
         metrics.Text() + "\n" + inputs.Text() + "\n`aisle inputs` says what each input means\n";
}

// Both depend on the catalogue too, which is the published one.
RequestWays WaysOf(const Context& context, const registry::ModelVersion& version,
                   const forest::Forest& forest) {
  const auto both = [](const std::string& text) { return RequestWays{text, text}; };
  const auto spec = ranking::SpecOf(version);
  if (!spec) return both("no: " + spec.error().message);
  if (const auto inputs = features::ResolvePairInputs(spec->inputs); !inputs)
    return both("no: it does not score (customer, product) pairs");
  const auto state = serving::ServingState::OpenCurrent(context.workspace.Serving());
  if (!state && state.error().code != ErrorCode::kNotFound)
    return both("not known: " + state.error().message);
  if (!state) return both("not known before `aisle publish`: it depends on the catalogue");
  const auto sweep = ranking::SweepScorer::Make(*spec, forest, (*state)->View());
  if (sweep) return {"yes: " + sweep->Sweep().Summary(), "no: it is swept"};
  const auto screen = ranking::ScreenScorer::Make(*spec, forest, (*state)->View());
  return {"no: " + sweep.error().message,
          screen ? "yes: " + screen->Summary() : "no: " + screen.error().message};
}

Status Show(Context& context, const std::optional<std::string>& given) {
  if (!given) {
    return Fail(ErrorCode::kInvalidArgument,
                "model is missing; `aisle models list` shows what there is");
  }
  const std::string& text = *given;
  const registry::Registry registry = context.workspace.Models();
  AISLE_TRY(const registry::VersionName name, registry.Find(text));
  // The model is read too, so that a damaged file is seen here and not first in the night.
  AISLE_TRY(const auto loaded, registry.Load(name.model, name.version));
  AISLE_TRY(const auto aliases, registry.Aliases(name.model));
  const std::string alias = registry::AliasesOf(aliases, name.version);
  AISLE_TRY(auto model, forest::LoadModel(loaded.ubjson));
  AISLE_TRY(const auto forest, forest::Forest::Build(std::move(model)));
  if (context.json) {
    json::object object = ManifestJson(loaded.manifest, alias);
    object["engine"] = std::string(forest::EngineName(forest.EngineInUse()));
    object["engine_reason"] = forest.EngineReason();
    object["engine_bytes"] = forest.EngineBytes();
    object["trees"] = forest.TreeCount();
    const RequestWays ways = WaysOf(context, loaded, forest);
    object["sweep"] = ways.sweep;
    object["screen"] = ways.screen;
    PrintJson(object);
  } else {
    PrintOut(ManifestText(loaded.manifest, alias,
                          fmt::format("{} ({}), {} trees", forest::EngineName(forest.EngineInUse()),
                                      forest.EngineReason(), forest.TreeCount()),
                          WaysOf(context, loaded, forest)));
  }
  return {};
}

}  // namespace

void DefineModelsShow(CommandBuilder& command) {
  auto name = std::make_shared<std::optional<std::string>>();
  command.Positional("model", name.get(),
                     "MODEL, MODEL/VERSION or MODEL/ALIAS (default: the champion)");
  command.Examples({{"aisle models show ranking", "the champion"},
                    {"aisle models show ranking/1 --json", "an older version"}});
  command.Run([name](Context& context) { return Show(context, *name); });
}

}  // namespace aisle::app
