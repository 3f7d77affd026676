// Trains boosted trees: the only door to XGBoost.
//
// Fill a Dataset, call Train(), keep TrainedModel::ubjson (the registry stores it, forest/formats/load.h reads it).
// XgboostPredict() and ModelAsJson() are for parity tests and benchmarks; serving never calls them.
//
//   shapes   rows is row-major: rows[i * feature_count + f]; labels and weights have one place per row.
//   order    with group_sizes (rank:*), the rows of one group stand together, groups in order; then
//            weights, if any, has one place per group, as XGBoost wants it.
//   missing  NaN. Infinite inputs are refused: bins of an infinite range hold nothing.
//   threads  a call uses Settings::threads threads, at most one per core; calls may run side by side.
//            One thread gives the same bytes again for the same data, settings and seed; several threads
//            may differ in the last bits of sums.
//   errors   kInvalidArgument: shapes disagree, or XGBoost refuses the data or a setting (its words are in
//            the message); kUnavailable "cancelled": progress returned false; kInternal: no model came out.
//   cost     memory: about one or two bytes per cell beside `rows` (binned once, no sparse copy).
//   source   XGBoost 3.2 C API; parameters by their documented names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace aisle::trainer {

struct Dataset {
  std::vector<float> rows;
  std::size_t feature_count = 0;
  std::vector<float> labels;
  std::vector<float> weights;              // Empty: all 1.
  std::vector<std::uint32_t> group_sizes;  // Empty: no groups. Their sum is the number of rows.
  std::vector<std::string> feature_names;  // Empty: none are stored in the model.
};

struct Settings {
  std::string objective = "binary:logistic";
  int rounds = 100;
  int max_depth = 6;
  double learning_rate = 0.3;
  double min_child_weight = 1;
  double subsample = 1;
  double colsample_bytree = 1;
  double lambda = 1;
  int max_bin = 256;
  double scale_pos_weight = 1;
  std::optional<double> base_score;  // Unset: XGBoost estimates it from the labels.
  std::uint64_t seed = 0;            // At most 2^31 - 1: XGBoost's own limit.
  int threads = 1;
  // Further XGBoost parameters, set after the others: {"gamma", "0.1"}.
  std::vector<std::pair<std::string, std::string>> extra;
};

struct TrainedModel {
  std::string ubjson;
};

// Called after each round with the count of finished rounds; false cancels.
using Progress = std::function<bool(int rounds_done)>;

Result<TrainedModel> Train(const Dataset& dataset, const Settings& settings,
                           const Progress& progress = {});

// XGBoost's own margins or predictions (`margin` false: after the output transform) of a model in
// UBJSON or JSON, one per row (times classes, if the model has several).
Result<std::vector<float>> XgboostPredict(std::string_view model_bytes, std::span<const float> rows,
                                          std::size_t feature_count, bool margin, int threads = 1);

// A model that is loaded once and predicts many times, for benchmarks.
class XgboostModel {
 public:
  static Result<XgboostModel> Load(std::string_view model_bytes, int threads = 1);
  ~XgboostModel();
  XgboostModel(XgboostModel&& other) noexcept;
  XgboostModel& operator=(XgboostModel&&) = delete;
  XgboostModel(const XgboostModel&) = delete;

  // The answer belongs to the model and is overwritten by its next call. One thread at a time.
  Result<std::span<const float>> Predict(std::span<const float> rows, std::size_t feature_count,
                                         bool margin);
  // The same by Booster.predict's way, through a DMatrix that is made of the rows first. Of a dart model the last bits
  // differ from Predict()'s, which starts from another base.
  Result<std::span<const float>> PredictMatrix(std::span<const float> rows,
                                               std::size_t feature_count, bool margin);
  // Contributions of inputs to the margin, as pred_contribs: rows by classes by one more than there are inputs, the
  // bias last. Through a DMatrix too.
  Result<std::span<const float>> Contributions(std::span<const float> rows,
                                               std::size_t feature_count);
  Result<std::string> AsJson();

 private:
  XgboostModel(void* booster, int threads) : booster_(booster), threads_(threads) {}
  // By Booster.predict's way, under this configuration.
  Result<std::span<const float>> AskMatrix(std::span<const float> rows, std::size_t feature_count,
                                           const std::string& config);
  void* booster_;
  int threads_;
};

// The same model in XGBoost's JSON form.
Result<std::string> ModelAsJson(std::string_view model_bytes);

std::string XgboostVersion();  // "3.2.0"

}  // namespace aisle::trainer
