// Scores boosted trees, fast enough for one web request: bit by bit what XGBoost would say.
//
// A Forest is immutable. Build it once per model version, share it among threads, and call Margins() with
// every candidate of the request. Which engine does the work is chosen when it is built.
//
//   shapes   rows is row-major: rows[i * FeatureCount() + f]; margins[i * GroupCount() + g] belongs to row
//            i and group (class) g; predictions[i * OutputCount() + o].
//   units    Margins() writes margins (log-odds for a logistic objective); Predict() what the objective
//            makes of them; Probability() is the logistic function alone.
//   missing  NaN follows the node's default branch, as at training time. ±inf are numbers.
//   threads  const members may be called from any number of threads.
//   errors   Build: kInvalidArgument for a model that CheckModel() refuses, or an AISLE_FOREST_ENGINE that
//            is unknown. Margins() and Predict() assert their shapes.
//   cost     O(rows x trees x depth). The interleaved engine allocates one scratch block per call.
//   source   sums are floats, added in tree order to the base margin: XGBoost 3.2's CPU predictor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "forest/model.h"

namespace aisle::forest {

enum class Engine : std::uint8_t {
  kAuto,  // What AISLE_FOREST_ENGINE says, or else the fastest that the CPU and the model allow.
  kReference,    // Forty obvious lines; the oracle of the others.
  kInterleaved,  // Sixteen rows in step; any x86-64.
};

// "auto", "reference", "interleaved". kInvalidArgument lists them.
Result<Engine> ParseEngine(std::string_view name);
std::string_view EngineName(Engine engine);

// What an engine is to the Forest. The shapes have been asserted when Margins() is called.
class Scorer {
 public:
  virtual ~Scorer() = default;
  virtual void Margins(std::span<const float> rows, std::span<float> margins) const = 0;
};

class Forest {
 public:
  static Result<Forest> Build(Model model, Engine engine = Engine::kAuto);

  // Requires one whole row of margins for every row.
  void Margins(std::span<const float> rows, std::span<float> margins) const;
  // The same after the objective's output transform.
  void Predict(std::span<const float> rows, std::span<float> predictions) const;
  // The same as doubles, which is what a wide model sums; any other gives its floats.
  void WideMargins(std::span<const float> rows, std::span<double> margins) const;
  void WidePredict(std::span<const float> rows, std::span<double> predictions) const;

  std::size_t FeatureCount() const { return model_->feature_count; }
  std::size_t TreeCount() const { return model_->TreeCount(); }
  std::size_t GroupCount() const { return model_->group_count; }
  std::size_t OutputCount() const { return model_->OutputCount(); }
  // Empty when the model has no names.
  const std::vector<std::string>& FeatureNames() const { return model_->feature_names; }
  const Model& model() const { return *model_; }
  Engine engine() const { return engine_; }
  // "asked for", "AISLE_FOREST_ENGINE", or what CPU and model allow; an engine that cannot take the model
  // is never an error: the reference takes its place, and this says why.
  const std::string& EngineReason() const { return engine_reason_; }

 private:
  Forest() = default;
  std::shared_ptr<const Model> model_;
  std::shared_ptr<const Scorer> scorer_;
  Engine engine_ = Engine::kReference;
  std::string engine_reason_;
};

// Logistic function, bit-equal to XGBoost's: margin -> probability.
float Probability(float margin);

}  // namespace aisle::forest
