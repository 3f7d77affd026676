#include "evaluation/panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/files.h"
#include "base/toml_reader.h"
#include "forest/forest.h"
#include "forest/formats/load.h"

namespace aisle::evaluation {
namespace {

// The end of what a model was shown: its labels' window and the validation's, as long again.
base::Timestamp SeenUntil(const registry::Manifest& manifest) {
  if (manifest.cutoffs.empty()) return manifest.window_until;
  return manifest.window_until + (manifest.window_until - manifest.cutoffs.front());
}

void WarnIfShown(const std::string& name, const registry::Manifest& manifest, Notes& notes) {
  if (const base::Timestamp seen = SeenUntil(manifest); seen > notes.cutoff) {
    notes.warnings.push_back(
        fmt::format("{} was trained on what happened until {}, which is to be predicted here: "
                    "its figures are "
                    "too good",
                    name, base::FormatTimestamp(seen)));
  }
}

// A model, and whether it ranks products.
struct Found {
  NamedModel model;
  bool ranks = true;
  bool is_reference = false;
};

Result<Found> LoadVersion(const registry::Registry& registry, const registry::VersionName& name,
                          const std::string& label, Notes& notes) {
  AISLE_TRY(const registry::ModelVersion loaded, registry.Load(name.model, name.version));
  AISLE_TRY(ranking::ModelSpec spec, ranking::SpecOf(loaded));
  WarnIfShown(label, loaded.manifest, notes);
  Found found;
  const std::string own = name.Text();
  found.model = {
      .name = label,
      .definition = (label == own ? "" : own + ", ") + "recipe " + loaded.manifest.recipe,
      .spec = std::move(spec)};
  base::TomlFile recipe({"", loaded.manifest.recipe_text});
  const std::string task = recipe.Top().AnyText("task", "");
  found.ranks =
      task.empty() ? !features::ResolveCategoryInputs(found.model.spec.inputs) : task == "ranking";
  found.is_reference = name.model.ends_with("_reference");
  return found;
}

// A file is taken as it is: no calibration, and the inputs it names.
Result<Found> LoadFile(const std::string& path, const std::string& label, Notes& notes) {
  AISLE_TRY(std::string bytes, base::ReadFile(path));
  auto model = forest::LoadModel(bytes);
  if (!model) return std::unexpected(model.error());
  AISLE_TRY(const forest::Forest forest, forest::Forest::Build(*std::move(model)));
  Found found;
  found.model = {.name = label,
                 .definition = fmt::format("file {}, {} trees", path, forest.TreeCount()),
                 .spec = {.ubjson = std::move(bytes), .inputs = forest.FeatureNames()}};
  if (found.model.spec.inputs.empty()) {
    return Fail(ErrorCode::kFailedPrecondition,
                "the file keeps no names of its inputs, so nothing says what they are");
  }
  const auto categories = features::ResolveCategoryInputs(found.model.spec.inputs);
  const auto pairs = features::ResolvePairInputs(found.model.spec.inputs);
  if (!categories && !pairs) return std::unexpected(pairs.error());
  found.ranks = !categories;
  notes.warnings.push_back(
      fmt::format("{}: nothing says what it was trained on; if that reaches beyond {}, its "
                  "figures are too good",
                  label, base::FormatTimestamp(notes.cutoff)));
  return found;
}

// "LABEL=NAME" or "NAME".
struct Asked {
  std::string label, name;
};
Result<Asked> ParseAsked(const std::string& text) {
  const std::size_t equals = text.find('=');
  std::error_code code;  // A path may hold the sign itself.
  if (equals == std::string::npos || std::filesystem::is_regular_file(text, code))
    return Asked{text, text};
  Asked asked{text.substr(0, equals), text.substr(equals + 1)};
  if (!asked.label.empty() && !asked.name.empty()) return asked;
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is not LABEL=MODEL: one of the two is empty", text));
}

// Where the name points; a file where the registry knows no such thing.
Result<Found> LoadAsked(const registry::Registry& registry, const Asked& asked, Notes& notes,
                        bool& is_nothing) {
  const auto version = registry.Find(asked.name);
  if (version && registry.Versions(version->model)) {
    const std::string label = asked.label == asked.name ? version->Text() : asked.label;
    return LoadVersion(registry, *version, label, notes);
  }
  std::error_code code;
  if (std::filesystem::is_regular_file(asked.name, code))
    return LoadFile(asked.name, asked.label, notes);
  is_nothing = true;
  return Fail(ErrorCode::kNotFound,
              fmt::format("'{}' is no version, alias, model or file; `aisle models list` shows "
                          "what there is",
                          asked.name));
}

// The champions that rankings are served with: the default's and the reference's.
class Servers {
 public:
  Servers(const registry::Registry& registry, Notes& notes)
      : registry_(&registry), notes_(&notes) {}
  // Its own, or the other where there is only one; -1: neither.
  int PlaceFor(bool is_reference, Panel& panel) {
    for (const std::size_t which : {is_reference ? 1U : 0U, is_reference ? 0U : 1U}) {
      if (const int place = Place(which, panel); place >= 0) return place;
    }
    return -1;
  }

 private:
  int Place(std::size_t which, Panel& panel) {
    if (tried_[which]) return places_[which];
    tried_[which] = true;
    const auto version = registry_->Find(kNames[which]);
    if (!version) return -1;
    auto found = LoadVersion(*registry_, *version, version->Text(), *notes_);
    if (!found) {
      notes_->left_out.push_back(fmt::format("{}, which rankings are served with: {}",
                                             version->Text(), found.error().message));
      return -1;
    }
    panel.propensities.push_back(std::move(found->model));
    places_[which] = static_cast<int>(panel.propensities.size()) - 1;
    return places_[which];
  }

  static constexpr std::array<const char*, 2> kNames = {"propensity", "propensity_reference"};
  const registry::Registry* registry_;
  Notes* notes_;
  std::array<bool, 2> tried_{};
  std::array<int, 2> places_{-1, -1};
};

Result<Panel> FindNamed(const registry::Registry& registry, const std::vector<std::string>& names,
                        Notes& notes) {
  Panel panel{.rankings = {}, .propensities = {}, .named = true};
  std::vector<bool> is_reference;
  std::vector<std::string> seen;
  for (const std::string& text : names) {
    AISLE_TRY(const Asked asked, ParseAsked(text));
    bool is_nothing = false;
    auto found = LoadAsked(registry, asked, notes, is_nothing);
    if (is_nothing) return std::unexpected(found.error());
    if (!found) {
      notes.left_out.push_back(fmt::format("{}: {}", asked.label, found.error().message));
      continue;
    }
    if (std::ranges::find(seen, found->model.name) != seen.end()) {
      notes.left_out.push_back(fmt::format("{}: named twice", found->model.name));
      continue;
    }
    seen.push_back(found->model.name);
    if (found->ranks) is_reference.push_back(found->is_reference);
    (found->ranks ? panel.rankings : panel.propensities).push_back(std::move(found->model));
  }
  panel.contending_propensities = panel.propensities.size();
  Servers servers(registry, notes);
  for (std::size_t i = 0; i < panel.rankings.size(); ++i) {
    NamedModel& model = panel.rankings[i];
    const bool takes_one =
        model.spec.propensity_blend > 0 ||
        std::ranges::find(model.spec.inputs, "propensity") != model.spec.inputs.end();
    if (!takes_one) continue;
    model.propensity = servers.PlaceFor(is_reference[i], panel);
    if (model.propensity < 0) {
      model.definition += ", without a propensity: there is no champion";
    } else {
      model.definition +=
          ", with " + panel.propensities[static_cast<std::size_t>(model.propensity)].name;
    }
  }
  return panel;
}

// The champion of a model, or nothing and the reason.
Result<std::optional<NamedModel>> Champion(const registry::Registry& registry,
                                           const std::string& model, Notes& notes) {
  const auto version = registry.Find(model);
  if (!version) {
    if (version.error().code != ErrorCode::kNotFound) return std::unexpected(version.error());
    notes.left_out.push_back(fmt::format("{}: {}", model, version.error().message));
    return std::nullopt;
  }
  AISLE_TRY(Found found, LoadVersion(registry, *version, version->Text(), notes));
  return std::move(found.model);
}

Result<Panel> FindChampions(const registry::Registry& registry, Notes& notes) {
  Panel panel;
  AISLE_TRY(auto ranking, Champion(registry, "ranking", notes));
  AISLE_TRY(auto ranking_reference, Champion(registry, "ranking_reference", notes));
  std::array<int, 2> place{-1, -1};  // Of the propensity and its reference.
  for (const std::size_t which : {0U, 1U}) {
    AISLE_TRY(auto propensity,
              Champion(registry, which == 0 ? "propensity" : "propensity_reference", notes));
    if (!propensity) continue;
    place[which] = static_cast<int>(panel.propensities.size());
    panel.propensities.push_back(*std::move(propensity));
  }
  panel.contending_propensities = panel.propensities.size();
  // Each ranking is served with its own propensity, or with the other where there is only one.
  if (ranking) {
    ranking->propensity = place[0] >= 0 ? place[0] : place[1];
    panel.rankings.push_back(*std::move(ranking));
  }
  if (ranking_reference) {
    ranking_reference->propensity = place[1] >= 0 ? place[1] : place[0];
    panel.rankings.push_back(*std::move(ranking_reference));
  }
  return panel;
}

}  // namespace

Result<Panel> FindPanel(const registry::Registry& registry, const std::vector<std::string>& names,
                        Notes& notes) {
  return names.empty() ? FindChampions(registry, notes) : FindNamed(registry, names, notes);
}

Status KeepScorable(const features::CatalogueView& view, Panel& panel, Notes& notes) {
  std::vector<int> place_now;  // Of each propensity; -1: dropped.
  std::vector<NamedModel> propensities;
  std::size_t contending = 0;
  for (std::size_t i = 0; i < panel.propensities.size(); ++i) {
    NamedModel& model = panel.propensities[i];
    const auto scorer = ranking::CategoryScorer::Make(model.spec, view);
    if (!scorer && !panel.named) return Within("model " + model.name, scorer.error());
    place_now.push_back(scorer ? static_cast<int>(propensities.size()) : -1);
    if (!scorer) {
      notes.left_out.push_back(fmt::format("{}: {}", model.name, scorer.error().message));
      continue;
    }
    contending += i < panel.contending_propensities ? 1 : 0;
    propensities.push_back(std::move(model));
  }
  panel.propensities = std::move(propensities);
  panel.contending_propensities = contending;
  std::vector<NamedModel> rankings;
  for (NamedModel& model : panel.rankings) {
    const auto scorer = ranking::PairScorer::Make(model.spec, view);
    if (!scorer && !panel.named) return Within("model " + model.name, scorer.error());
    if (!scorer) {
      notes.left_out.push_back(fmt::format("{}: {}", model.name, scorer.error().message));
      continue;
    }
    if (model.propensity >= 0)
      model.propensity = place_now[static_cast<std::size_t>(model.propensity)];
    rankings.push_back(std::move(model));
  }
  panel.rankings = std::move(rankings);
  if (panel.named && panel.rankings.empty() && contending == 0) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("none of the models named can be evaluated: {}",
                            notes.left_out.empty() ? "" : notes.left_out.front()));
  }
  return {};
}

}  // namespace aisle::evaluation
