#include "trainer/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <thread>

#include "trainer/xgboost_c.h"

namespace aisle::trainer {
namespace {

// XGBoost puts a stack trace under its message, and the source line in front; the first line is for people.
std::string LastError() {
  const std::string_view text = XGBGetLastError();
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.starts_with('[')) {
    const std::size_t source = line.find("] ");
    if (source != std::string_view::npos) line.remove_prefix(source + 2);
  }
  return std::string(line);
}

Status Check(int code, std::string_view action) {
  if (code == 0) return {};
  return Fail(ErrorCode::kInvalidArgument, fmt::format("xgboost, {}: {}", action, LastError()));
}

class Matrix {
 public:
  Matrix() = default;
  ~Matrix() {
    if (handle != nullptr) XGDMatrixFree(handle);
  }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;
  DMatrixHandle handle = nullptr;
};

std::string ArrayText(const void* data, std::string_view type, std::size_t rows,
                      std::size_t columns) {
  const std::string shape =
      columns == 0 ? fmt::format("[{}]", rows) : fmt::format("[{},{}]", rows, columns);
  return fmt::format(R"({{"data":[{},true],"shape":{},"typestr":"{}","version":3}})",
                     reinterpret_cast<std::uintptr_t>(data), shape, type);
}

int ClampThreads(int threads) {
  const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return std::clamp(threads, 1, cores);
}

// What the callbacks of a quantile matrix see: the whole data set as one batch.
struct Batch {
  const Dataset* dataset = nullptr;
  std::size_t row_count = 0;
  DMatrixHandle proxy = nullptr;
  bool given = false;
};

int SetField(DMatrixHandle handle, const char* field, const void* data, std::string_view type,
             std::size_t count) {
  if (count == 0) return 0;
  return XGDMatrixSetInfoFromInterface(handle, field, ArrayText(data, type, count, 0).c_str());
}

extern "C" void ResetBatch(DataIterHandle iterator) {
  static_cast<Batch*>(iterator)->given = false;
}

extern "C" int NextBatch(DataIterHandle iterator) {
  auto& batch = *static_cast<Batch*>(iterator);
  if (batch.given) return 0;
  batch.given = true;
  const Dataset& data = *batch.dataset;
  const std::string rows = ArrayText(data.rows.data(), "<f4", batch.row_count, data.feature_count);
  int code = XGProxyDMatrixSetDataDense(batch.proxy, rows.c_str());
  if (code == 0)
    code = SetField(batch.proxy, "label", data.labels.data(), "<f4", data.labels.size());
  if (code == 0) {
    code = SetField(batch.proxy, "group", data.group_sizes.data(), "<u4", data.group_sizes.size());
  }
  if (code == 0)
    code = SetField(batch.proxy, "weight", data.weights.data(), "<f4", data.weights.size());
  // 0 would mean the end of the data; XGBoost then complains of an empty matrix, and hides the reason.
  return code == 0 ? 1 : -1;
}

Status CheckShapes(const Dataset& data, std::size_t row_count) {
  const auto refuse = [](std::string message) {
    return Fail(ErrorCode::kInvalidArgument, "training set: " + std::move(message));
  };
  if (data.rows.size() != row_count * data.feature_count) {
    return refuse(fmt::format("{} values are not {} labels times {} inputs", data.rows.size(),
                              row_count, data.feature_count));
  }
  const std::size_t weights = data.group_sizes.empty() ? row_count : data.group_sizes.size();
  if (!data.weights.empty() && data.weights.size() != weights) {
    return refuse(fmt::format("{} weights, {} expected", data.weights.size(), weights));
  }
  const auto grouped =
      std::accumulate(data.group_sizes.begin(), data.group_sizes.end(), std::uint64_t{0});
  if (!data.group_sizes.empty() && grouped != row_count) {
    return refuse(fmt::format("groups hold {} rows of {}", grouped, row_count));
  }
  if (!data.feature_names.empty() && data.feature_names.size() != data.feature_count) {
    return refuse(
        fmt::format("{} input names for {} inputs", data.feature_names.size(), data.feature_count));
  }
  for (std::size_t i = 0; i < data.labels.size(); ++i) {
    if (!std::isfinite(data.labels[i]))
      return refuse(fmt::format("label of row {} is not finite", i));
  }
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    if (std::isinf(data.rows[i])) {
      return refuse(fmt::format("row {}, input {} is infinite", i / data.feature_count,
                                i % data.feature_count));
    }
  }
  return {};
}

Status SetParameters(BoosterHandle booster, const Settings& settings) {
  std::vector<std::pair<std::string, std::string>> values = {
      {"booster", "gbtree"},
      {"tree_method", "hist"},
      {"verbosity", "0"},
      {"objective", settings.objective},
      {"max_depth", fmt::format("{}", settings.max_depth)},
      {"eta", fmt::format("{}", settings.learning_rate)},
      {"min_child_weight", fmt::format("{}", settings.min_child_weight)},
      {"subsample", fmt::format("{}", settings.subsample)},
      {"colsample_bytree", fmt::format("{}", settings.colsample_bytree)},
      {"lambda", fmt::format("{}", settings.lambda)},
      {"max_bin", fmt::format("{}", settings.max_bin)},
      {"seed", fmt::format("{}", settings.seed)},
      {"nthread", fmt::format("{}", ClampThreads(settings.threads))},
  };
  if (settings.scale_pos_weight != 1) {
    values.emplace_back("scale_pos_weight", fmt::format("{}", settings.scale_pos_weight));
  }
  if (settings.base_score)
    values.emplace_back("base_score", fmt::format("{}", *settings.base_score));
  values.insert(values.end(), settings.extra.begin(), settings.extra.end());
  for (const auto& [name, value] : values) {
    AISLE_CHECK(Check(XGBoosterSetParam(booster, name.c_str(), value.c_str()),
                      fmt::format("setting {} = {}", name, value)));
  }
  return {};
}

Status StoreNames(BoosterHandle booster, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::vector<const char*> texts;
  for (const std::string& name : names) texts.push_back(name.c_str());
  AISLE_CHECK(Check(XGBoosterSetStrFeatureInfo(booster, "feature_name", texts.data(), texts.size()),
                    "input names"));
  std::vector<const char*> types(names.size(), "float");
  return Check(XGBoosterSetStrFeatureInfo(booster, "feature_type", types.data(), types.size()),
               "input types");
}

class Booster {
 public:
  Booster() = default;
  ~Booster() {
    if (handle != nullptr) XGBoosterFree(handle);
  }
  Booster(const Booster&) = delete;
  Booster& operator=(const Booster&) = delete;
  BoosterHandle handle = nullptr;
};

Result<std::string> Save(BoosterHandle booster, const char* config) {
  XgbUlong size = 0;
  const char* bytes = nullptr;
  AISLE_CHECK(Check(XGBoosterSaveModelToBuffer(booster, config, &size, &bytes), "saving"));
  if (size == 0) return Fail(ErrorCode::kInternal, "xgboost saved an empty model");
  return std::string(bytes, size);
}

}  // namespace

Result<TrainedModel> Train(const Dataset& dataset, const Settings& settings,
                           const Progress& progress) {
  const std::size_t row_count = dataset.labels.size();
  if (row_count == 0 || dataset.feature_count == 0) {
    return Fail(ErrorCode::kInvalidArgument, "training set: no rows, or no inputs");
  }
  if (settings.rounds < 1) {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("rounds = {}", settings.rounds));
  }
  AISLE_CHECK(CheckShapes(dataset, row_count));

  Matrix proxy;
  AISLE_CHECK(Check(XGProxyDMatrixCreate(&proxy.handle), "making a matrix"));
  Batch batch{.dataset = &dataset, .row_count = row_count, .proxy = proxy.handle};
  Matrix matrix;
  const std::string config = fmt::format(R"({{"missing":NaN,"nthread":{},"max_bin":{}}})",
                                         ClampThreads(settings.threads), settings.max_bin);
  AISLE_CHECK(Check(XGQuantileDMatrixCreateFromCallback(&batch, proxy.handle, nullptr, &ResetBatch,
                                                        &NextBatch, config.c_str(), &matrix.handle),
                    "reading the training set"));

  Booster booster;
  AISLE_CHECK(Check(XGBoosterCreate(&matrix.handle, 1, &booster.handle), "making a booster"));
  AISLE_CHECK(SetParameters(booster.handle, settings));
  for (int round = 0; round < settings.rounds; ++round) {
    AISLE_CHECK(Check(XGBoosterUpdateOneIter(booster.handle, round, matrix.handle),
                      fmt::format("round {}", round)));
    if (progress && !progress(round + 1)) return Fail(ErrorCode::kUnavailable, "cancelled");
  }
  AISLE_CHECK(StoreNames(booster.handle, dataset.feature_names));
  AISLE_TRY(std::string bytes, Save(booster.handle, R"({"format":"ubj"})"));
  return TrainedModel{std::move(bytes)};
}

Result<XgboostModel> XgboostModel::Load(std::string_view model_bytes, int threads) {
  Booster booster;
  AISLE_CHECK(Check(XGBoosterCreate(nullptr, 0, &booster.handle), "making a booster"));
  AISLE_CHECK(
      Check(XGBoosterLoadModelFromBuffer(booster.handle, model_bytes.data(), model_bytes.size()),
            "loading a model"));
  const int count = ClampThreads(threads);
  AISLE_CHECK(Check(XGBoosterSetParam(booster.handle, "nthread", fmt::format("{}", count).c_str()),
                    "threads"));
  return XgboostModel(std::exchange(booster.handle, nullptr), count);
}

XgboostModel::~XgboostModel() {
  if (booster_ != nullptr) XGBoosterFree(booster_);
}

XgboostModel::XgboostModel(XgboostModel&& other) noexcept
    : booster_(std::exchange(other.booster_, nullptr)), threads_(other.threads_) {}

namespace {

Status CheckRows(std::span<const float> rows, std::size_t feature_count) {
  if (feature_count > 0 && rows.size() % feature_count == 0) return {};
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("{} values are not rows of {} inputs", rows.size(), feature_count));
}

// What XGBoost can be asked for, by its numbers.
enum class Wanted { kPredictions = 0, kMargins = 1, kContributions = 2 };

// How to predict, as both of XGBoost's ways want to be told.
std::string PredictConfig(Wanted wanted, std::string_view more) {
  return fmt::format(
      R"({{"type":{},"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true{}}})",
      static_cast<int>(wanted), more);
}

Wanted MarginsOr(bool margin) { return margin ? Wanted::kMargins : Wanted::kPredictions; }

// What XGBoost's two ways of predicting give back.
struct Answer {
  const XgbUlong* shape = nullptr;
  XgbUlong dimensions = 0;
  const float* values = nullptr;

  std::span<const float> All() const {
    const std::size_t count =
        std::accumulate(shape, shape + dimensions, std::size_t{1}, std::multiplies<>());
    return {values, count};
  }
};

}  // namespace

Result<std::span<const float>> XgboostModel::Predict(std::span<const float> rows,
                                                     std::size_t feature_count, bool margin) {
  AISLE_CHECK(CheckRows(rows, feature_count));
  if (rows.empty()) return std::span<const float>{};
  const std::string array =
      ArrayText(rows.data(), "<f4", rows.size() / feature_count, feature_count);
  const std::string config = PredictConfig(MarginsOr(margin), R"(,"missing":NaN,"cache_id":0)");
  Answer answer;
  AISLE_CHECK(Check(XGBoosterPredictFromDense(booster_, array.c_str(), config.c_str(), nullptr,
                                              &answer.shape, &answer.dimensions, &answer.values),
                    "predicting"));
  return answer.All();
}

Result<std::span<const float>> XgboostModel::PredictMatrix(std::span<const float> rows,
                                                           std::size_t feature_count, bool margin) {
  return AskMatrix(rows, feature_count, PredictConfig(MarginsOr(margin), ""));
}

Result<std::span<const float>> XgboostModel::Contributions(std::span<const float> rows,
                                                           std::size_t feature_count) {
  return AskMatrix(rows, feature_count, PredictConfig(Wanted::kContributions, ""));
}

Result<std::span<const float>> XgboostModel::AskMatrix(std::span<const float> rows,
                                                       std::size_t feature_count,
                                                       const std::string& config) {
  AISLE_CHECK(CheckRows(rows, feature_count));
  if (rows.empty()) return std::span<const float>{};
  Matrix matrix;
  const std::string array =
      ArrayText(rows.data(), "<f4", rows.size() / feature_count, feature_count);
  const std::string making = fmt::format(R"({{"missing":NaN,"nthread":{}}})", threads_);
  AISLE_CHECK(
      Check(XGDMatrixCreateFromDense(array.c_str(), making.c_str(), &matrix.handle), "a matrix"));
  Answer answer;
  AISLE_CHECK(Check(XGBoosterPredictFromDMatrix(booster_, matrix.handle, config.c_str(),
                                                &answer.shape, &answer.dimensions, &answer.values),
                    "predicting"));
  return answer.All();
}

Result<std::string> XgboostModel::AsJson() { return Save(booster_, R"({"format":"json"})"); }

Result<std::vector<float>> XgboostPredict(std::string_view model_bytes, std::span<const float> rows,
                                          std::size_t feature_count, bool margin, int threads) {
  AISLE_TRY(XgboostModel model, XgboostModel::Load(model_bytes, threads));
  AISLE_TRY(const auto result, model.Predict(rows, feature_count, margin));
  return std::vector<float>(result.begin(), result.end());
}

Result<std::string> ModelAsJson(std::string_view model_bytes) {
  AISLE_TRY(XgboostModel model, XgboostModel::Load(model_bytes));
  return model.AsJson();
}

std::string XgboostVersion() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  ::XGBoostVersion(&major, &minor, &patch);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

}  // namespace aisle::trainer
