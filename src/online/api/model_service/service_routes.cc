#include "api/model_service/service_routes.h"

#include <fmt/format.h>

#include <iterator>

#include "api/model_service/predict_json.h"
#include "web/json_text.h"
#include "web/problem.h"
#include "web/router.h"

namespace aisle::api {
namespace {

web::Response JsonResponse(std::string body) {
  web::Response response;
  response.body = std::move(body);
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

ServiceDesk::ServiceDesk(int loop_count, ServiceOptions service_options)
    : options(std::move(service_options)) {
  for (int i = 0; i < loop_count; ++i)
    places.push_back(std::make_unique<Place>(options.batch_wait, options.batch_rows));
}

void ServiceDesk::Take(int loop_index, const ModelsPointer& models) {
  places[static_cast<std::size_t>(loop_index)]->models = models;
}

net::Task<web::Response> PostPredict(ServiceDeskPointer desk, const web::Request& request) {
  if (const auto problem = web::JsonTypeProblem(request))
    co_return web::ToResponse(*problem, request.request_id);
  ServiceDesk::Place& place = desk->PlaceOf(request);
  const ServedPointer model = place.models->names.front().Current();
  if (!model->KnowsPredictions()) {
    const web::Problem problem{
        .status = 400,
        .type = "invalid-argument",
        .detail = "the model file names no objective, so only margins are known",
        .field = {},
        .accepted = fmt::format("POST /v2/models/{}/infer, output margin", model->Label().name),
        .position = {}};
    co_return web::ToResponse(problem, request.request_id);
  }
  auto read = PredictRowsOf(request.body, *model, desk->options.rows_max);
  if (!read) co_return web::ToResponse(read.error(), request.request_id);
  const Scores scores = co_await place.batcher.Score(model, std::move(read->rows));
  web::Response response = JsonResponse(PredictAnswer(*model, read->indices, scores));
  response.fields.emplace_back("X-Model-Version", std::to_string(model->Label().version));
  co_return response;
}

net::Task<web::Response> GetServiceHealth(ServiceDeskPointer desk, const web::Request& request) {
  std::string out = R"({"status":"ok","models":[)";
  for (const ServedName& name : desk->PlaceOf(request).models->names) {
    if (out.back() != '[') out += ',';
    const ServedModel& model = *name.Current();
    out += R"({"name":)";
    web::AppendJsonString(out, name.name);
    fmt::format_to(std::back_inserter(out),
                   R"(,"version":{},"inputs":{},"trees":{},"engine":"{}","versions":[)",
                   name.current, model.InputCount(), model.Forest().TreeCount(),
                   forest::EngineName(model.Forest().EngineInUse()));
    for (const auto& [version, served] : name.versions)
      fmt::format_to(std::back_inserter(out), "{}{}", out.back() == '[' ? "" : ",", version);
    out += "]}";
  }
  std::uint64_t requests = 0;
  std::uint64_t rows = 0;
  std::uint64_t calls = 0;
  for (const auto& place : desk->places) {
    requests += place->batcher.Counts().requests.load(std::memory_order_relaxed);
    rows += place->batcher.Counts().rows.load(std::memory_order_relaxed);
    calls += place->batcher.Counts().calls.load(std::memory_order_relaxed);
  }
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::steady_clock::now() - desk->started);
  fmt::format_to(
      std::back_inserter(out),
      R"(],"scored":{{"requests":{},"rows":{},"forest_calls":{}}},"uptime_s":{},"loops":{}}})",
      requests, rows, calls, uptime.count(), desk->places.size());
  co_return JsonResponse(std::move(out));
}

net::Task<web::Response> GetServiceAlive(ServiceDeskPointer, const web::Request&) {
  co_return JsonResponse(R"({"status":"alive"})");
}

net::Task<web::Response> GetServiceReady(ServiceDeskPointer, const web::Request&) {
  co_return JsonResponse(R"({"status":"ready"})");
}

}  // namespace aisle::api
