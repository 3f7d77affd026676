// What one request of 1,700 rows x 14 inputs costs a loop of the model service, part by part; and the same body as
// a tree of values, which nothing here builds.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cmath>

#include "api/model_service/infer_answer.h"
#include "api/model_service/infer_request.h"
#include "api/model_service/predict_json.h"
#include "base/random.h"
#include "web/json_body.h"
#include "web/json_text.h"

namespace aisle::api {
namespace {

constexpr std::size_t kRows = 1'700;
constexpr std::uint32_t kInputs = 14;

// Complete trees; 256 thresholds an input, as the reference's ranking has them.
ServedPointer MakeModel() {
  base::Stream stream(1, 2, 3);
  forest::Model model;
  model.feature_count = kInputs;
  model.objective = forest::Objective::kLogistic;
  model.objective_name = "binary:logistic";
  for (int tree = 0; tree < 300; ++tree) {
    const std::size_t begin = model.nodes.size();
    for (std::uint32_t i = 0; i < 511; ++i) {
      forest::Node node;
      node.value = static_cast<float>(stream.Between(-128, 127)) * 2.3F;
      if (i < 255) {
        node.feature = static_cast<std::uint32_t>(stream.Below(kInputs));
        node.left = 2 * i + 1;
      } else {
        node.value /= 30000;
      }
      model.nodes.push_back(node);
    }
    model.tree_begin.push_back(static_cast<std::uint32_t>(begin + 511));
  }
  auto served = ServedModel::Make({.name = "model", .version = 1, .source = "here"},
                                  std::move(model), std::nullopt);
  AISLE_ASSERT(served);
  return *std::move(served);
}

const ServedPointer& TheModel() {
  static const ServedPointer kModel = MakeModel();
  return kModel;
}

std::string Body(bool infer) {
  base::Stream stream(4, 5, 6);
  std::string body =
      infer ? R"({"inputs": [{"name": "input", "shape": [1700, 14], "datatype": "FP32", "data": [)"
            : R"({"data": [)";
  for (std::size_t i = 0; i < kRows; ++i) {
    if (i > 0) body += ", ";
    if (!infer) body += fmt::format("[{}, ", i);
    for (std::uint32_t f = 0; f < kInputs; ++f) {
      if (f > 0) body += ", ";
      web::AppendJsonNumber(body,
                            static_cast<float>(std::round(stream.Uniform(-300, 300) * 1e4) / 1e4));
    }
    if (!infer) body += ']';
  }
  return body + (infer ? R"(]}], "outputs": [{"name": "predict"}]})" : "]}");
}

void ReadPredictBody(benchmark::State& state) {
  const std::string body = Body(false);
  for (auto _ : state) {
    auto read = PredictRowsOf(body, *TheModel(), kRows);
    AISLE_ASSERT(read && read->indices.size() == kRows);
    benchmark::DoNotOptimize(read);
  }
}
BENCHMARK(ReadPredictBody)->Unit(benchmark::kMicrosecond);

void ReadInferJson(benchmark::State& state) {
  const std::string body = Body(true);
  for (auto _ : state) {
    auto read = InferRequestOf(body, std::nullopt, *TheModel(), kRows);
    AISLE_ASSERT(read && read->row_count == kRows);
    benchmark::DoNotOptimize(read);
  }
}
BENCHMARK(ReadInferJson)->Unit(benchmark::kMicrosecond);

void ReadInferBinary(benchmark::State& state) {
  const std::string json =
      R"({"inputs": [{"name": "input", "shape": [1700, 14], "datatype": "FP32", "parameters": {"binary_data_size": 95200}}]})";
  const std::string body = json + std::string(kRows * kInputs * sizeof(float), '\0');
  for (auto _ : state) {
    auto read = InferRequestOf(body, json.size(), *TheModel(), kRows);
    AISLE_ASSERT(read && read->row_count == kRows);
    benchmark::DoNotOptimize(read);
  }
}
BENCHMARK(ReadInferBinary)->Unit(benchmark::kMicrosecond);

void ReadPredictBodyAsATree(benchmark::State& state) {
  const std::string body = Body(false);
  for (auto _ : state) {
    auto tree = web::ParseJson(body);
    AISLE_ASSERT(tree);
    benchmark::DoNotOptimize(tree);
  }
}
BENCHMARK(ReadPredictBodyAsATree)->Unit(benchmark::kMicrosecond);

void ScoreRows(benchmark::State& state) {
  const auto read = PredictRowsOf(Body(false), *TheModel(), kRows);
  Scores scores = TheModel()->RoomFor(kRows);
  for (auto _ : state) TheModel()->Score(read->rows, 0, kRows, scores);
}
BENCHMARK(ScoreRows)->Unit(benchmark::kMicrosecond);

void WritePredictAnswer(benchmark::State& state) {
  const auto read = PredictRowsOf(Body(false), *TheModel(), kRows);
  Scores scores = TheModel()->RoomFor(kRows);
  TheModel()->Score(read->rows, 0, kRows, scores);
  for (auto _ : state) benchmark::DoNotOptimize(PredictAnswer(*TheModel(), read->indices, scores));
}
BENCHMARK(WritePredictAnswer)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace aisle::api
