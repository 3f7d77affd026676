#include <fmt/ranges.h>

#include <algorithm>

#include "app/command.h"
#include "app/job.h"
#include "app/print.h"
#include "app/print_json.h"
#include "forest/forest.h"
#include "forest/formats/load.h"
#include "ranking/screen_scorer.h"
#include "ranking/sweep_scorer.h"
#include "registry/registry.h"
#include "serving/state/serving_state.h"

namespace aisle::app {
namespace {

namespace json = boost::json;

std::string AliasesOf(const std::map<std::string, int>& aliases, int version) {
  std::vector<std::string> names;
  for (const auto& [alias, number] : aliases) {
    if (number == version) names.push_back(alias);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// What can be said of one version; one that cannot be read is listed with the reason.
struct ListedVersion {
  std::string model;
  int version = 0;
  std::string aliases;
  Result<registry::Manifest> manifest;
};

// A model of which nothing can be told, not even the aliases, adds to `problems`.
Result<std::vector<ListedVersion>> ListVersions(const registry::Registry& registry,
                                                std::vector<std::string>& problems) {
  std::vector<ListedVersion> list;
  AISLE_TRY(const auto models, registry.Models());
  for (const std::string& model : models) {
    const auto versions = registry.Versions(model);
    const auto aliases = registry.Aliases(model);
    if (!aliases) problems.push_back(aliases.error().message);
    for (const int version : versions.value_or(std::vector<int>{})) {
      list.push_back({.model = model,
                      .version = version,
                      .aliases = aliases ? AliasesOf(*aliases, version) : "",
                      .manifest = registry.ReadManifest(model, version)});
    }
  }
  return list;
}

json::object ListedJson(const ListedVersion& listed) {
  json::object object = {
      {"model", listed.model}, {"version", listed.version}, {"aliases", listed.aliases}};
  if (!listed.manifest) {
    object["problem"] = listed.manifest.error().message;
    return object;
  }
  object["created"] = base::FormatIso(listed.manifest->created);
  object["recipe"] = listed.manifest->recipe;
  object["train_rows"] = listed.manifest->train_rows;
  object["inputs"] = listed.manifest->inputs.size();
  object["metrics"] = json::value_from(listed.manifest->metrics);
  return object;
}

Status List(Context& context) {
  std::vector<std::string> problems;
  AISLE_TRY(const auto listed, ListVersions(context.workspace.Models(), problems));
  TextTable table({{"model"},
                   {"version", Align::kRight},
                   {"alias"},
                   {"created"},
                   {"recipe"},
                   {"rows", Align::kRight},
                   {"inputs", Align::kRight}});
  json::array list;
  for (const ListedVersion& one : listed) {
    list.push_back(ListedJson(one));
    const std::string version = fmt::format("{}", one.version);
    if (one.manifest) {
      table.Add({one.model, version, one.aliases, Moment(one.manifest->created),
                 one.manifest->recipe, Grouped(one.manifest->train_rows),
                 fmt::format("{}", one.manifest->inputs.size())});
    } else {
      table.Add({one.model, version, one.aliases, "", "UNREADABLE", "", ""});
      problems.push_back(
          fmt::format("{}/{}: {}", one.model, one.version, one.manifest.error().message));
    }
  }
  if (context.json) {
    PrintJson(list);
    return {};
  }
  PrintOut(table.RowCount() == 0 ? "no models yet; `aisle train` makes the default pair\n"
                                 : table.Text());
  for (const std::string& problem : problems) PrintOut(fmt::format("PROBLEM    {}\n", problem));
  return {};
}

// "ranking", "ranking/2", "ranking/champion".
struct ModelName {
  std::string model;
  int version = 0;
};
Result<ModelName> ResolveName(const registry::Registry& registry, const std::string& text) {
  const std::size_t slash = text.find('/');
  ModelName name{.model = text.substr(0, slash)};
  const std::string rest =
      slash == std::string::npos ? registry::kChampion : text.substr(slash + 1);
  const bool number = !rest.empty() && rest.size() < 9 &&
                      std::ranges::all_of(rest, [](char c) { return c >= '0' && c <= '9'; });
  if (number) {
    name.version = std::stoi(rest);
  } else {
    AISLE_TRY(name.version, registry.Resolve(name.model, rest));
  }
  return name;
}

json::object ManifestJson(const registry::Manifest& manifest, const std::string& aliases) {
  json::array inputs;
  for (const auto& input : manifest.inputs)
    inputs.push_back({{"name", input.name}, {"type", input.type}, {"role", input.role}});
  json::array cutoffs;
  for (const base::Timestamp cutoff : manifest.cutoffs)
    cutoffs.emplace_back(base::FormatIso(cutoff));
  return {{"model", manifest.model},
          {"version", manifest.version},
          {"aliases", aliases},
          {"created", base::FormatIso(manifest.created)},
          {"recipe", manifest.recipe},
          {"objective", manifest.objective},
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
  TextTable inputs({{"#", Align::kRight}, {"input"}, {"type"}, {"role"}});
  for (std::size_t i = 0; i < manifest.inputs.size(); ++i) {
    inputs.Add({fmt::format("{}", i), manifest.inputs[i].name, manifest.inputs[i].type,
                manifest.inputs[i].role});
  }
  return text + "\n" + metrics.Text() + "\n" + inputs.Text();
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

Status Show(Context& context, const std::string& text) {
  const registry::Registry registry = context.workspace.Models();
  AISLE_TRY(const ModelName name, ResolveName(registry, text));
  // The model is read too, so that a damaged file is seen here and not first in the night.
  AISLE_TRY(const auto loaded, registry.Load(name.model, name.version));
  AISLE_TRY(const auto aliases, registry.Aliases(name.model));
  const std::string alias = AliasesOf(aliases, name.version);
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

Status Moved(const Context& context, const std::string& model, int version) {
  if (context.json) {
    PrintJson({{"model", model}, {"champion", version}});
  } else {
    PrintOut(fmt::format("{}/{} is champion now\n", model, version));
    context.Say("a server serves what was published: next: `aisle score`, `aisle publish`");
  }
  return {};
}

Status Promote(Context& context, const std::string& text) {
  const registry::Registry registry = context.workspace.Models();
  if (text.find('/') == std::string::npos) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' names no version; give MODEL/VERSION, like {}/2", text, text));
  }
  AISLE_TRY(auto lock, context.workspace.LockJobs("aisle " + context.command));
  AISLE_TRY(const ModelName name, ResolveName(registry, text));
  // A damaged version must not become champion.
  AISLE_TRY([[maybe_unused]] const auto loaded, registry.Load(name.model, name.version));
  AISLE_CHECK(registry.Promote(name.model, name.version));
  return Moved(context, name.model, name.version);
}

Status Rollback(Context& context, const std::string& model) {
  AISLE_TRY(auto lock, context.workspace.LockJobs("aisle " + context.command));
  AISLE_TRY(const int version, context.workspace.Models().Rollback(model));
  return Moved(context, model, version);
}

// A sub-command that takes one name.
void DefineNamed(CommandBuilder& command, const std::string& placeholder, const std::string& help,
                 Status (*run)(Context&, const std::string&)) {
  auto name = std::make_shared<std::optional<std::string>>();
  command.Positional(placeholder, name.get(), help);
  command.Run([name, placeholder, run](Context& context) -> Status {
    if (!*name) {
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("{} is missing; `aisle models list` shows what there is", placeholder));
    }
    return run(context, **name);
  });
}

}  // namespace

void DefineModels(CommandBuilder& command) {
  command.Sub("list", "all models and versions", [](CommandBuilder& sub) {
    sub.Examples({{"aisle models list", "with aliases, recipes and rows"},
                  {"aisle models list --json", "with metrics"}});
    sub.Run(List);
  });
  command.Sub("show", "inputs with types, metrics, window, fingerprint", [](CommandBuilder& sub) {
    DefineNamed(sub, "model", "MODEL, MODEL/VERSION or MODEL/ALIAS (default: the champion)", Show);
    sub.Examples({{"aisle models show ranking", "the champion"},
                  {"aisle models show ranking/1 --json", "an older version"}});
  });
  command.Sub("promote", "make a version champion", [](CommandBuilder& sub) {
    DefineNamed(sub, "model", "MODEL/VERSION or MODEL/ALIAS", Promote);
    sub.Examples({{"aisle models promote ranking/2", "by number"},
                  {"aisle models promote ranking/challenger", "by alias"}});
  });
  command.Sub("rollback", "champion goes back to what it was before", [](CommandBuilder& sub) {
    DefineNamed(sub, "model", "MODEL", Rollback);
    sub.Examples({{"aisle models rollback ranking", "after a promotion that was none"},
                  {"aisle models list", "to see where it points now"}});
  });
  command.Sub("predict", "score the rows of a CSV file with a model file", DefineModelsPredict);
  command.Sub("bench", "time every engine on a model file", DefineModelsBench);
  command.Run([](Context&) -> Status {
    return Fail(ErrorCode::kInvalidArgument,
                "say which of: `aisle models list`, `aisle models show`, `aisle models promote`, "
                "`aisle models rollback`, `aisle models predict`, `aisle models bench`");
  });
  command.Examples({{"aisle models list", "all models and versions"},
                    {"aisle models show ranking", "what the champion takes and how good it was"},
                    {"aisle models promote ranking/2", "version 2 becomes champion"},
                    {"aisle models rollback ranking", "and steps back"}});
}

}  // namespace aisle::app
