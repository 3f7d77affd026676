#include "forest/forest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "forest/grouped_forest.h"
#include "forest/interleaved_forest.h"
#include "forest/output.h"
#include "forest/reference_forest.h"

namespace aisle::forest {

Result<Engine> ParseEngine(std::string_view name) {
  for (const Engine engine : {Engine::kAuto, Engine::kReference, Engine::kInterleaved}) {
    if (EngineName(engine) == name) return engine;
  }
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("engine '{}' is none of auto, reference, interleaved", name));
}

std::string_view EngineName(Engine engine) {
  switch (engine) {
    case Engine::kReference:
      return "reference";
    case Engine::kInterleaved:
      return "interleaved";
    case Engine::kAuto:
      break;
  }
  return "auto";
}

Result<Forest> Forest::Build(Model model, Engine engine) {
  AISLE_CHECK(CheckModel(model));
  Forest forest;
  forest.engine_reason_ = "asked for";
  if (engine == Engine::kAuto) {
    if (const char* forced = std::getenv("AISLE_FOREST_ENGINE");
        forced != nullptr && *forced != 0) {
      auto parsed = ParseEngine(forced);
      if (!parsed) return Within("AISLE_FOREST_ENGINE", std::move(parsed).error());
      engine = *parsed;
      forest.engine_reason_ = "AISLE_FOREST_ENGINE";
    }
  }
  if (engine == Engine::kAuto) {
    engine = Engine::kInterleaved;
    forest.engine_reason_ = "the fastest of this build that takes any model on any CPU";
  }
  if (const auto beyond = WhatIsNotPlain(model); !beyond.empty() && engine != Engine::kReference) {
    forest.engine_reason_ =
        fmt::format("engine '{}' cannot take this model: {}", EngineName(engine), beyond);
    engine = Engine::kReference;
  }
  forest.engine_ = engine;
  forest.model_ = std::make_shared<const Model>(std::move(model));
  if (engine == Engine::kReference) {
    forest.scorer_ = std::make_shared<const ReferenceForest>(forest.model_);
  } else {
    forest.scorer_ = forest.GroupCount() == 1
                         ? MakeInterleavedForest(*forest.model_)
                         : MakeGroupedForest(*forest.model_, MakeInterleavedForest);
  }
  return forest;
}

void Forest::Margins(std::span<const float> rows, std::span<float> margins) const {
  AISLE_ASSERT(rows.size() * GroupCount() == margins.size() * FeatureCount());
  if (!margins.empty()) scorer_->Margins(rows, margins);
}

void Forest::Predict(std::span<const float> rows, std::span<float> predictions) const {
  AISLE_ASSERT(rows.size() * OutputCount() == predictions.size() * FeatureCount());
  if (model_->wide) {
    std::vector<double> wide(predictions.size());
    WidePredict(rows, wide);
    std::ranges::transform(wide, predictions.begin(),
                           [](double x) { return static_cast<float>(x); });
    return;
  }
  if (OutputCount() == GroupCount()) {
    Margins(rows, predictions);
    ApplyObjective(*model_, predictions, predictions);
    return;
  }
  std::vector<float> margins(rows.size() / FeatureCount() * GroupCount());
  Margins(rows, margins);
  ApplyObjective(*model_, std::span<const float>(margins), predictions);
}

void Forest::WideMargins(std::span<const float> rows, std::span<double> margins) const {
  AISLE_ASSERT(rows.size() * GroupCount() == margins.size() * FeatureCount());
  if (model_->wide) return ReferenceForest(model_).WideMargins(rows, margins);
  std::vector<float> floats(margins.size());
  Margins(rows, floats);
  std::ranges::copy(floats, margins.begin());
}

void Forest::WidePredict(std::span<const float> rows, std::span<double> predictions) const {
  AISLE_ASSERT(rows.size() * OutputCount() == predictions.size() * FeatureCount());
  if (model_->wide) {
    std::vector<double> margins(rows.size() / FeatureCount() * GroupCount());
    WideMargins(rows, margins);
    return ApplyObjective(*model_, std::span<const double>(margins), predictions);
  }
  std::vector<float> floats(predictions.size());
  Predict(rows, floats);
  std::ranges::copy(floats, predictions.begin());
}

float Probability(float margin) {
  // Beyond 88.7 the exponential of a float is infinite; XGBoost stops there, so we do.
  const float power = std::min(-margin, 88.7F);
  return 1.0F / (std::exp(power) + 1.0F);
}

}  // namespace aisle::forest
