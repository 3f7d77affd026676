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
//            is unknown; kFailedPrecondition for an engine asked for that this CPU cannot run or this model
//            does not fit. Margins() and Predict() assert their shapes.
//   cost     O(rows x trees x depth). The interleaved engine allocates one scratch block per call; the
//            bit-sliced ones score whole blocks of 256 or 512 rows, in scratch memory that each thread keeps.
//   source   sums are floats, added in tree order to the base margin: XGBoost 3.2's CPU predictor.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "forest/columns.h"
#include "forest/engine.h"
#include "forest/model/model.h"
#include "forest/scorers/scorer.h"

namespace aisle::forest {

// A plan and what one forest's engine made of it. Immutable; copies share it.
class PreparedRows {
 public:
  const RowPlan& Plan() const { return *plan_; }
  // Memory of what was prepared, without the plan.
  std::size_t Bytes() const { return prepared_ == nullptr ? 0 : prepared_->Bytes(); }

 private:
  friend class Forest;
  std::shared_ptr<const RowPlan> plan_;
  std::shared_ptr<const Scorer::Prepared> prepared_;
  std::shared_ptr<const Scorer> scorer_;
};

class Forest {
 public:
  static Result<Forest> Build(Model model, Engine engine = Engine::kAuto);

  // Requires one whole row of margins for every row.
  void Margins(std::span<const float> rows, std::span<float> margins) const;
  // The same for rows given by column. `rows` are of this forest or a copy; `columns` has a place for every
  // input, and says kPrepared just where the plan has values.
  PreparedRows Prepare(RowPlan plan) const;
  void Margins(const PreparedRows& rows, std::span<const Column> columns,
               std::span<float> margins) const;
  // Margins of rows, after the objective's output transform.
  void Predict(std::span<const float> rows, std::span<float> predictions) const;
  // The same as doubles, which is what a wide model sums; any other gives its floats.
  void WideMargins(std::span<const float> rows, std::span<double> margins) const;
  void WidePredict(std::span<const float> rows, std::span<double> predictions) const;
  // Of rows of doubles. A model with double_inputs compares them as they are; any other rounds them to floats
  // first, as its library does.
  void WideMargins(std::span<const double> rows, std::span<double> margins) const;
  void WidePredict(std::span<const double> rows, std::span<double> predictions) const;
  // Only the second half of Predict(), for whoever needs margins and predictions of the same rows. Doubles: of a
  // wide model's margins.
  void Transform(std::span<const float> margins, std::span<float> predictions) const;
  void Transform(std::span<const double> margins, std::span<double> predictions) const;

  std::size_t FeatureCount() const { return model_->feature_count; }
  std::size_t TreeCount() const { return model_->TreeCount(); }
  std::size_t GroupCount() const { return model_->group_count; }
  std::size_t OutputCount() const { return model_->OutputCount(); }
  // Empty when the model has no names.
  const std::vector<std::string>& FeatureNames() const { return model_->feature_names; }
  const Model& BuiltFrom() const { return *model_; }
  Engine EngineInUse() const { return choice_.engine; }
  // Somebody chose EngineInUse(): the caller, or AISLE_FOREST_ENGINE.
  bool EngineWasChosen() const { return choice_.was_chosen; }
  // They chose kSweep: who ranks products sweeps, or says why it cannot.
  bool SweepWasChosen() const { return choice_.sweep_was_chosen; }
  // "asked for", "AISLE_FOREST_ENGINE", or what CPU and model allow.
  const std::string& EngineReason() const { return choice_.reason; }
  // Memory of the engine's tables, beside the model.
  std::size_t EngineBytes() const { return scorer_->Bytes(); }

 private:
  Forest() = default;
  std::shared_ptr<const Model> model_;
  std::shared_ptr<const Scorer> scorer_;
  EngineChoice choice_;
};

// Logistic function, bit-equal to XGBoost's: margin -> probability.
float Probability(float margin);

}  // namespace aisle::forest
