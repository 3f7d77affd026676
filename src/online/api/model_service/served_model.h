// One version of a model in service: a forest, the names its inputs go by, and what its margins mean.
//
// Any model file that the forest loads can be served; one of the registry also has a calibration. Requests are
// turned into rows by the names here, and rows into margins and predictions by Score(), however many requests they
// belong to.
//
//   shapes   rows are row-major, one place per input, in the type the model compares; margins[i * MarginCount() +
//            g], predictions[i * PredictionCount() + o]: floats where the model sums floats, else doubles.
//   units    predictions are what the objective makes of margins: for classes, probabilities (for multi:softmax
//            too, whose own prediction is the number of a class). A registry's model: calibrated probabilities.
//   missing  NaN.
//   threads  immutable.
//   errors   Make: what Forest::Build returns; kInvalidArgument: two inputs of one name, names of categories that
//            cannot be used. CodeOf: kInvalidArgument: a name that training has not seen, where the library refuses
//            it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/result.h"
#include "forest/forest.h"

namespace aisle::api {

using Numbers = std::variant<std::vector<float>, std::vector<double>>;

std::size_t SizeOf(const Numbers& numbers);

struct Scores {
  Numbers margins;
  Numbers predictions;  // Empty when the model file names no objective.
};

struct ModelLabel {
  std::string name;  // "ranking"
  int version = 1;
  std::string source;  // For people: a path, or "ranking@champion".
};

// probability = sigmoid(slope * margin + offset)
struct Calibration {
  double slope = 1;
  double offset = 0;
};

class ServedModel {
 public:
  static Result<std::shared_ptr<const ServedModel>> Make(ModelLabel label, forest::Model model,
                                                         std::optional<Calibration> calibration);

  const ModelLabel& Label() const { return label_; }
  const forest::Forest& Forest() const { return forest_; }
  // "f0", "f1", ... when the file has none.
  const std::vector<std::string>& Inputs() const { return inputs_; }
  std::size_t InputCount() const { return inputs_.size(); }
  std::optional<std::size_t> FindInput(std::string_view name) const;

  // Whether the model compares doubles (LightGBM), and whether it sums them (LightGBM, CatBoost).
  bool ComparesDoubles() const { return forest_.BuiltFrom().double_inputs; }
  bool SumsDoubles() const { return forest_.BuiltFrom().wide; }
  // Rows of the model's type, none yet.
  Numbers NoRows() const;

  // Whether categories of the input have names, and the code of one; NaN for one that counts as missing.
  bool HasCategoryNames() const { return !codes_.empty(); }
  bool HasCategoryNames(std::size_t input) const { return codes_.contains(input); }
  Result<double> CodeOf(std::size_t input, std::string_view name) const;

  std::size_t MarginCount() const { return forest_.GroupCount(); }
  std::size_t PredictionCount() const { return forest_.OutputCount(); }
  bool KnowsPredictions() const { return !forest_.BuiltFrom().objective_name.empty(); }
  // The one prediction is the probability of the second of two classes.
  bool IsOfTwoClasses() const {
    return MarginCount() == 1 && forest_.BuiltFrom().objective == forest::Objective::kLogistic;
  }

  // Room for the scores of so many rows.
  Scores RoomFor(std::size_t count) const;
  // Rows `first` up to `first + count` into their places, RoomFor() all rows.
  void Score(const Numbers& rows, std::size_t first, std::size_t count, Scores& scores) const;

 private:
  using Codes = std::variant<std::unordered_map<std::string, std::uint32_t>,
                             std::unordered_map<double, std::uint32_t>>;
  ServedModel(ModelLabel label, forest::Forest forest, std::optional<Calibration> calibration)
      : label_(std::move(label)), forest_(std::move(forest)), calibration_(calibration) {}
  Status TakeNames();
  void ScoreFloats(const Numbers& rows, std::size_t first, std::size_t count, Scores& scores) const;

  ModelLabel label_;
  forest::Forest forest_;
  std::optional<Calibration> calibration_;
  std::vector<std::string> inputs_;
  std::unordered_map<std::string_view, std::size_t> places_;  // Of inputs_, by name.
  std::unordered_map<std::size_t, Codes> codes_;              // By input.
};

using ServedPointer = std::shared_ptr<const ServedModel>;

}  // namespace aisle::api
