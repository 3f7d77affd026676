// What the fuzzers and their committed corpus both do with bytes that claim to be a model: load them, and if they
// are accepted, score rows with every engine and compare, and explain some. Private to the tests.
//
//   errors   none: a disagreement or a crash is an assertion.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "forest/bitsliced/bitsliced_tables.h"
#include "forest/explain/explainer.h"
#include "forest/forest.h"
#include "forest/formats/load.h"

namespace aisle::forest {

// Numbers a model might stumble over: missing, any bits, its own thresholds and their neighbours, its own
// categories and theirs, ordinary ones.
inline float HardNumber(const Model& model, base::Stream& stream) {
  const auto of_a_node = [&] {
    return model.nodes.empty() ? 0.0F : model.nodes[stream.Below(model.nodes.size())].value;
  };
  switch (stream.Below(9)) {
    case 0:
      return std::numeric_limits<float>::quiet_NaN();
    case 1:
      return std::bit_cast<float>(static_cast<std::uint32_t>(stream.Next()));
    case 2:
      return of_a_node();
    case 3:
      return std::nextafter(of_a_node(), std::numeric_limits<float>::infinity());
    case 4:
      return std::nextafter(of_a_node(), -std::numeric_limits<float>::infinity());
    case 5:
      if (model.categories.empty()) return static_cast<float>(stream.Between(-3, 40));
      return static_cast<float>(model.categories[stream.Below(model.categories.size())]) +
             static_cast<float>(stream.Between(-2, 2)) / 2;
    case 6:
      return stream.Chance(0.5) ? std::numeric_limits<float>::denorm_min() : -kZeroMax;
    case 7:
      return stream.Chance(0.5) ? std::numeric_limits<float>::infinity()
                                : -std::numeric_limits<float>::infinity();
    default:
      return static_cast<float>(stream.Normal());
  }
}

inline bool SameNumber(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) ||
         std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

// The only good reasons for an engine not to be built, in words: the CPU, or the model. Empty: there is none.
inline std::string WhatKeepsItAway(const Model& model, Engine engine) {
  if (const auto runs = CheckEngine(engine); !runs) return runs.error().message;
  if (engine == Engine::kReference) return {};
  if (const auto what = WhatIsNotPlain(model); !what.empty()) return std::string(what);
  return engine == Engine::kInterleaved ? std::string() : WhyNotSliced(model);
}

// Scores `row_count` hard rows with every engine that takes the model; margins and predictions must agree in every bit,
// and an engine may be missing for a good reason only.
inline void ScoreWithEveryEngine(const Model& model, std::size_t row_count, std::uint64_t seed) {
  base::Stream stream(seed, 5, 5);
  std::vector<float> rows(row_count * model.feature_count);
  for (float& x : rows) x = HardNumber(model, stream);
  const auto reference = Forest::Build(model, Engine::kReference);
  AISLE_ASSERT(reference);
  std::vector<double> expected(row_count * model.group_count);
  std::vector<double> predictions(row_count * model.OutputCount());
  std::vector<double> found(expected.size());
  std::vector<double> found_predictions(predictions.size());
  reference->WideMargins(rows, expected);
  reference->WidePredict(rows, predictions);
  // As doubles the same rows are the same numbers, whatever threshold they are compared with.
  const std::vector<double> doubles(rows.begin(), rows.end());
  reference->WideMargins(doubles, found);
  AISLE_ASSERT(std::ranges::equal(expected, found, SameNumber));
  for (const Engine engine : AllEngines()) {
    const auto forest = Forest::Build(model, engine);
    AISLE_ASSERT(forest.has_value() == WhatKeepsItAway(model, engine).empty());
    if (!forest) continue;
    AISLE_ASSERT(forest->EngineInUse() == engine);
    forest->WideMargins(rows, found);
    AISLE_ASSERT(std::ranges::equal(expected, found, SameNumber));
    forest->WidePredict(rows, found_predictions);
    AISLE_ASSERT(std::ranges::equal(predictions, found_predictions, SameNumber));
  }
}

// Explains hard rows, or is told in words why it cannot: of a file that says strange things of its nodes the numbers
// are strange, but memory is ours.
inline void ExplainOrRefuse(const Model& model, std::size_t row_count) {
  const auto forest = Forest::Build(model, Engine::kReference);
  AISLE_ASSERT(forest);
  const auto explainer = Explainer::Build(*forest);
  if (!explainer) {
    AISLE_ASSERT(!explainer.error().message.empty());
    return;
  }
  base::Stream stream(6, 6, 6);
  std::vector<float> rows(row_count * model.feature_count);
  for (float& x : rows) x = HardNumber(model, stream);
  std::vector<double> contributions(row_count * explainer->Width() * explainer->GroupCount());
  explainer->Contributions(std::span<const float>(rows), contributions);
}

// True when the bytes are a model.
inline bool Exercise(std::string_view bytes) {
  const auto model = LoadModel(bytes);
  if (!model) {
    AISLE_ASSERT(!model.error().message.empty());
    return false;
  }
  const bool small =
      model->feature_count < 4096 && model->group_count < 64 && model->nodes.size() < 4096;
  ScoreWithEveryEngine(*model, small ? 37 : 2, 5);
  if (small) ExplainOrRefuse(*model, 11);
  return true;
}

}  // namespace aisle::forest
