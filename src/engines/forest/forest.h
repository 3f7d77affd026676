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
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "forest/columns.h"
#include "forest/model.h"

namespace aisle::forest {

enum class Engine : std::uint8_t {
  kAuto,  // What AISLE_FOREST_ENGINE says, or else the fastest that the CPU and the model allow.
  kReference,    // Forty obvious lines; the oracle of the others.
  kInterleaved,  // Sixteen rows in step; any x86-64.
  // Bits of many rows at once, by 64-bit words (any x86-64), AVX2, AVX-512 BW and VL, or VBMI and GFNI too.
  kBitsliced64,
  kBitslicedAvx2,
  kBitslicedAvx512,
  kBitslicedVbmi,
  // The table of a whole request (forest/sweep.h), which needs to know more than rows: ranking makes it, and the
  // Forest is the fastest other one, for what the sweep leaves over.
  kSweep,
};

// Those that score rows, the slowest first: neither kAuto nor kSweep.
std::span<const Engine> AllEngines();
// "auto", "reference", "interleaved", "bitsliced64", "bitsliced-avx2", ..., "sweep". kInvalidArgument lists them.
Result<Engine> ParseEngine(std::string_view name);
std::string_view EngineName(Engine engine);
// Whether this CPU runs it: kFailedPrecondition says what it lacks and what there is instead.
Status CheckEngine(Engine engine);

// What an engine is to the Forest. The shapes have been asserted when Margins() is called.
class Scorer {
 public:
  // What an engine makes of a RowPlan.
  class Prepared {
   public:
    virtual ~Prepared() = default;
    virtual std::size_t Bytes() const = 0;
  };

  virtual ~Scorer() = default;
  virtual void Margins(std::span<const float> rows, std::span<float> margins) const = 0;
  // Memory of its tables.
  virtual std::size_t Bytes() const { return 0; }
  // Null: the engine takes rows only, and the Forest writes them out for it.
  virtual std::unique_ptr<const Prepared> Prepare(const RowPlan& plan) const;
  virtual void Margins(const RowPlan& plan, const Prepared& prepared,
                       std::span<const Column> columns, std::span<float> margins) const;
};

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
  // Of rows of doubles. A model with double_inputs compares them as they are; any other rounds them to floats first,
  // as its library does.
  void WideMargins(std::span<const double> rows, std::span<double> margins) const;
  void WidePredict(std::span<const double> rows, std::span<double> predictions) const;

  std::size_t FeatureCount() const { return model_->feature_count; }
  std::size_t TreeCount() const { return model_->TreeCount(); }
  std::size_t GroupCount() const { return model_->group_count; }
  std::size_t OutputCount() const { return model_->OutputCount(); }
  // Empty when the model has no names.
  const std::vector<std::string>& FeatureNames() const { return model_->feature_names; }
  const Model& BuiltFrom() const { return *model_; }
  Engine EngineInUse() const { return engine_; }
  // Somebody chose EngineInUse(): the caller, or AISLE_FOREST_ENGINE.
  bool EngineWasChosen() const { return engine_was_chosen_; }
  // They chose kSweep: who ranks products sweeps, or says why it cannot.
  bool SweepWasChosen() const { return sweep_was_chosen_; }
  // "asked for", "AISLE_FOREST_ENGINE", or what CPU and model allow.
  const std::string& EngineReason() const { return engine_reason_; }
  // Memory of the engine's tables, beside the model.
  std::size_t EngineBytes() const { return scorer_->Bytes(); }

 private:
  Forest() = default;
  static Result<Forest> BuildWith(Model model, Engine engine);
  std::shared_ptr<const Model> model_;
  std::shared_ptr<const Scorer> scorer_;
  Engine engine_ = Engine::kReference;
  bool engine_was_chosen_ = false;
  bool sweep_was_chosen_ = false;
  std::string engine_reason_;
};

// Logistic function, bit-equal to XGBoost's: margin -> probability.
float Probability(float margin);

}  // namespace aisle::forest
