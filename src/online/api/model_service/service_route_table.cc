#include "api/model_service/service_route_table.h"

namespace aisle::api {
namespace {

using web::Role;

constexpr std::size_t kNoBody = 0;

web::Example Predict(std::string_view target) {
  return {.target = target,
          .body = R"({"data": [[0, 1.5, null, 3], [7, 0, 2.25, -1]]})",
          .answer = R"({"data": [[0, {"output_feature_0": 0.42, "output_feature_1": 0.58}],
                             [7, {"output_feature_0": 0.61, "output_feature_1": 0.39}]]})"};
}

web::Example PredictRefused() {
  return {.target = "/predict",
          .body = R"({"data": [[0, 1.5]]})",
          .status = 400,
          .answer = R"({"type": "urn:problem-type:aisle:invalid-argument", "title": "Bad Request",
  "status": 400, "detail": "row 0 has 1 inputs", "field": "data",
  "accepted": "an index and 3 inputs: a, b, c", "position": 18, "request_id": "5f0c8a1b2d3e4f60"})"};
}

web::Example Infer(std::string_view target) {
  return {.target = target,
          .body = R"({"id": "a", "inputs": [
  {"name": "input", "shape": [2, 3], "datatype": "FP32", "data": [[1.5, null, 3], [0, 2.25, -1]]}],
  "outputs": [{"name": "predict"}]})",
          .answer = R"({"model_name": "model", "model_version": "1", "id": "a", "outputs": [
  {"name": "predict", "datatype": "FP32", "shape": [2], "data": [0.58, 0.39]}]})"};
}

web::Example InferByColumns() {
  return {.target = "/v2/models/model/infer",
          .body = R"({"inputs": [
  {"name": "c", "shape": [2, 1], "datatype": "INT64", "data": [[3], [-1]]},
  {"name": "a", "shape": [2], "datatype": "FP64", "data": [1.5, 0]},
  {"name": "b", "shape": [2], "datatype": "FP32", "data": ["NaN", 2.25]}]})",
          .answer = R"({"model_name": "model", "model_version": "1", "outputs": [
  {"name": "predict", "datatype": "FP32", "shape": [2], "data": [0.58, 0.39]},
  {"name": "margin", "datatype": "FP32", "shape": [2], "data": [0.32, -0.45]}]})"};
}

web::Example InferRefused() {
  return {
      .target = "/v2/models/model/infer",
      .body =
          R"({"inputs": [{"name": "input", "shape": [3, 2], "datatype": "FP32", "data": [1, 2, 3, 4, 5, 6]}]})",
      .status = 400,
      .answer = R"({"error": "inputs[0] 'input': shape is [3, 2]; accepted: [-1, 3]"})"};
}

web::Example Model(std::string_view target) {
  return {.target = target, .answer = R"({
  "name": "model", "versions": ["1"], "platform": "aisle_forest",
  "inputs": [{"name": "input", "datatype": "FP32", "shape": [-1, 3]}],
  "outputs": [{"name": "predict", "datatype": "FP32", "shape": [-1]},
              {"name": "margin", "datatype": "FP32", "shape": [-1]}],
  "parameters": {"columns": ["a", "b", "c"]}})"};
}

web::Example ModelNotServed() {
  return {.target = "/v2/models/other/ready",
          .status = 404,
          .answer = R"({"error": "no model 'other' is served; accepted: model"})"};
}

web::Example Health() {
  return {.target = "/health", .answer = R"({
  "status": "ok",
  "models": [{"name": "ranking", "version": 7, "inputs": 14, "trees": 300,
              "engine": "bitsliced-avx2", "versions": [6, 7]}],
  "scored": {"requests": 12, "rows": 20400, "forest_calls": 12}, "uptime_s": 86, "loops": 2})"};
}

}  // namespace

std::vector<web::Route> ServiceRouteTable(const ServiceDeskPointer& desk) {
  const auto by = [&](net::Task<web::Response> (*answer)(ServiceDeskPointer, const web::Request&)) {
    return [desk, answer](const web::Request& request) { return answer(desk, request); };
  };
  return {
      {.method = "POST",
       .pattern = "/predict",
       .role = Role::kReader,
       .summary =
           "rows in the quickstart's form, probabilities out; the first model that is served",
       .examples = {Predict("/predict"), PredictRefused()},
       .handler = by(PostPredict)},
      {.method = "POST",
       .pattern = "/predict-proba",
       .role = Role::kReader,
       .summary = "the same",
       .examples = {Predict("/predict-proba")},
       .handler = by(PostPredict)},
      {.method = "GET",
       .pattern = "/v2",
       .role = Role::kPublic,
       .summary = "Open Inference Protocol: the server and its extensions",
       .examples = {{.target = "/v2", .answer = R"({"name": "aisle", "version": "1.0",
                                   "extensions": ["binary_tensor_data"]})"}},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetServerMetadata)},
      {.method = "GET",
       .pattern = "/v2/health/live",
       .role = Role::kPublic,
       .summary = "200 while the process answers",
       .examples = {{.target = "/v2/health/live", .answer = R"({"live": true})"}},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetServerLive)},
      {.method = "GET",
       .pattern = "/v2/health/ready",
       .role = Role::kPublic,
       .summary = "200 once the models are loaded",
       .examples = {{.target = "/v2/health/ready", .answer = R"({"ready": true})"}},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetServerReady)},
      {.method = "GET",
       .pattern = "/v2/models/{name}",
       .role = Role::kPublic,
       .summary = "a model: its versions, inputs and outputs",
       .examples = {Model("/v2/models/model")},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetModel)},
      {.method = "GET",
       .pattern = "/v2/models/{name}/ready",
       .role = Role::kPublic,
       .summary = "200 when the model is served",
       .examples = {{.target = "/v2/models/model/ready",
                     .answer = R"({"name": "model", "ready": true})"},
                    ModelNotServed()},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetModelReady)},
      {.method = "POST",
       .pattern = "/v2/models/{name}/infer",
       .role = Role::kReader,
       .summary = "tensors in, predictions and margins out; JSON or binary",
       .examples = {Infer("/v2/models/model/infer"), InferByColumns(), InferRefused()},
       .handler = by(PostInfer)},
      {.method = "GET",
       .pattern = "/v2/models/{name}/versions/{version}",
       .role = Role::kPublic,
       .summary = "the same of one version",
       .examples = {Model("/v2/models/model/versions/1")},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetModelVersion)},
      {.method = "GET",
       .pattern = "/v2/models/{name}/versions/{version}/ready",
       .role = Role::kPublic,
       .summary = "200 when this version is served",
       .examples = {{.target = "/v2/models/model/versions/1/ready",
                     .answer = R"({"name": "model", "ready": true})"},
                    {.target = "/v2/models/model/versions/9/ready",
                     .status = 404,
                     .answer =
                         R"({"error": "model 'model' has no version 9 in service; accepted: 1"})"}},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetModelVersionReady)},
      {.method = "POST",
       .pattern = "/v2/models/{name}/versions/{version}/infer",
       .role = Role::kReader,
       .summary = "the same by one version",
       .examples = {Infer("/v2/models/model/versions/1/infer")},
       .handler = by(PostInferVersion)},
      {.method = "GET",
       .pattern = "/health",
       .role = Role::kPublic,
       .summary = "which models are served, and how much was scored",
       .examples = {Health()},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetServiceHealth)},
      {.method = "GET",
       .pattern = "/livez",
       .role = Role::kPublic,
       .summary = "200 while the process answers, for orchestrators",
       .examples = {{.target = "/livez", .answer = R"({"status": "alive"})"}},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetServiceAlive)},
      {.method = "GET",
       .pattern = "/readyz",
       .role = Role::kPublic,
       .summary = "200: it listens only once its models are loaded",
       .examples = {{.target = "/readyz", .answer = R"({"status": "ready"})"}},
       .limits = {.body_bytes = kNoBody},
       .handler = by(GetServiceReady)},
  };
}

}  // namespace aisle::api
