// Trains a recipe's model on point-in-time rows and enters it into the registry.
//
// A recipe (recipes/*.toml) says everything about a model: task, label, window, cutoffs, negatives,
// inputs, learner settings, calibration, acceptance gates. Train() reads the feature views as of each
// cutoff, makes rows with the functions that serving calls, labels them from what happened after, and
// leaves the last window out for evaluation.
//
//   order    splits are by time: no row of training sees anything at or after its cutoff, no label
//            reaches into the evaluation window [as_of - window, as_of).
//   missing  NaN, never 0 or 999.
//   threads  one call at a time; the learner uses TrainOptions::threads.
//   errors   kInvalidArgument: the recipe, with file, line and key; kFailedPrecondition: too little
//            history or no positive row (says what is needed), or gold tables are missing;
//            kUnavailable: cancelled. Nothing is left behind by a failed or killed training.
//   cost     about 2 s per cutoff for 4 M events, plus the learner.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "registry/registry.h"
#include "warehouse/warehouse.h"

namespace aisle::training {

// Names of the recipes in this build: "propensity_default", "ranking_default",
// "propensity_reference", "ranking_reference".
std::vector<std::string> ShippedRecipes();
// The TOML of a shipped recipe by name, or of a file by path (anything with a '/' or '.toml').
Result<std::string> RecipeText(const std::string& name_or_path);

enum class Promote : std::uint8_t {
  kWhenGood,  // When its gates pass, that of the comparison with the champion among them.
  kNever,     // The champion stays.
  kForced,    // Whatever its gates say; the manifest keeps what they said.
};

struct TrainOptions {
  base::Timestamp as_of{};
  std::uint64_t seed = 1;
  int threads = 0;  // 0: one per core.
  Promote promote = Promote::kWhenGood;
  // Hears the step and how far it is, 0..1; false cancels.
  std::function<bool(const std::string& step, double share)> progress;
};

struct TrainReport {
  std::string model;  // Name in the registry: "ranking", "propensity", "ranking_reference", …
  int version = 0;
  bool promoted = false;
  registry::Promotion promotion;  // As the manifest keeps it.
  std::int64_t rows = 0;
  std::int64_t positives = 0;
  double read_seconds = 0;
  double learn_seconds = 0;
};

// A ranking recipe that takes the input `propensity` trains on predictions out of time of a
// propensity model that it fits itself for the earlier cutoffs.
Result<TrainReport> Train(warehouse::Database& database, const registry::Registry& registry,
                          const std::string& recipe, const TrainOptions& options);

}  // namespace aisle::training
