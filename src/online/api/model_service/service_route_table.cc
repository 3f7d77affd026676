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
