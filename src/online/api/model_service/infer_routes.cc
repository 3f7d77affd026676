// The routes below /v2: the Open Inference Protocol.
#include <fmt/format.h>

#include <charconv>

#include "api/model_service/infer_answer.h"
#include "api/model_service/infer_request.h"
#include "api/model_service/service_routes.h"
#include "web/json_text.h"
#include "web/router.h"

namespace aisle::api {
namespace {

constexpr std::string_view kHeaderLength = "Inference-Header-Content-Length";

web::Response JsonResponse(std::string body) {
  web::Response response;
  response.body = std::move(body);
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

web::Problem NotServed(std::string detail, std::string accepted) {
  return {.status = 404,
          .type = "not-found",
          .detail = std::move(detail),
          .field = {},
          .accepted = std::move(accepted),
          .position = {}};
}

struct Found {
  ModelsPointer models;  // Keeps `name` alive.
  const ServedName* name = nullptr;
  ServedPointer model;
};

// The model that the path names, and its version: the current one where the route has no place for another.
Checked<Found> FindModel(const ServiceDesk& desk, const web::Request& request, bool versioned) {
  Found found;
  found.models = desk.PlaceOf(request).models;
  const std::string_view asked = request.PathParameter("name");
  found.name = found.models->Find(asked);
  if (found.name == nullptr) {
    std::string served;
    for (const ServedName& name : found.models->names)
      served += (served.empty() ? "" : ", ") + name.name;
    return std::unexpected(NotServed(fmt::format("no model '{}' is served", asked), served));
  }
  found.model = found.name->Current();
  if (!versioned) return found;
  const std::string_view text = request.PathParameter("version");
  int number = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = code == std::errc() && stop == text.data() + text.size();
  const auto version = found.name->versions.find(is_number ? number : 0);
  if (version != found.name->versions.end()) {
    found.model = version->second;
    return found;
  }
  std::string served;
  for (const auto& [other, model] : found.name->versions)
    served += fmt::format("{}{}", served.empty() ? "" : ", ", other);
  return std::unexpected(NotServed(
      is_number && found.name->damaged.contains(number)
          ? fmt::format("version {} of model '{}' does not load: see the log", number, asked)
          : fmt::format("model '{}' has no version {} in service", asked, text),
      served));
}

// 415 for what is neither JSON nor JSON with binary data behind it. Clients of the protocol often say nothing.
std::optional<web::Problem> TypeProblem(const web::Request& request) {
  const std::string_view coding = request.Find("Content-Encoding");
  if (!coding.empty() && !web::EqualFold(coding, "identity")) {
    return web::Problem{.status = 415,
                        .type = "unsupported-media-type",
                        .detail = "a compressed body",
                        .field = "Content-Encoding",
                        .accepted = "identity",
                        .position = {}};
  }
  const std::string_view type = request.Find("Content-Type");
  if (type.empty() || web::EqualFold(type, "application/octet-stream")) return std::nullopt;
  auto problem = web::JsonTypeProblem(request);
  if (problem) problem->accepted += " or application/octet-stream";
  return problem;
}

Checked<std::optional<std::size_t>> JsonBytesOf(const web::Request& request) {
  const std::string_view text = request.Find(kHeaderLength);
  if (text.empty()) return std::nullopt;
  std::size_t bytes = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (code == std::errc() && stop == text.data() + text.size()) return bytes;
  return std::unexpected(web::Problem{.status = 400,
                                      .type = "invalid-argument",
                                      .detail = fmt::format("{} is '{}'", kHeaderLength, text),
                                      .field = std::string(kHeaderLength),
                                      .accepted = "a number of bytes",
                                      .position = {}});
}

net::Task<web::Response> Infer(ServiceDeskPointer desk, const web::Request& request,
                               bool versioned) {
  if (const auto problem = TypeProblem(request)) co_return InferError(*problem);
  const auto found = FindModel(*desk, request, versioned);
  if (!found) co_return InferError(found.error());
  const auto json_bytes = JsonBytesOf(request);
  if (!json_bytes) co_return InferError(json_bytes.error());
  auto read = InferRequestOf(request.body, *json_bytes, *found->model, desk->options.rows_max);
  if (!read) co_return InferError(read.error());
  const Scores scores =
      co_await desk->PlaceOf(request).batcher.Score(found->model, std::move(read->rows));
  co_return InferAnswer(*found->model, *read, scores);
}

net::Task<web::Response> Metadata(ServiceDeskPointer desk, const web::Request& request,
                                  bool versioned) {
  const auto found = FindModel(*desk, request, versioned);
  if (!found) co_return InferError(found.error());
  co_return JsonResponse(ModelMetadata(*found->name, *found->model));
}

net::Task<web::Response> Ready(ServiceDeskPointer desk, const web::Request& request,
                               bool versioned) {
  const auto found = FindModel(*desk, request, versioned);
  if (!found) co_return InferError(found.error());
  std::string out = R"({"name":)";
  web::AppendJsonString(out, found->name->name);
  co_return JsonResponse(out + R"(,"ready":true})");
}

}  // namespace

net::Task<web::Response> PostInfer(ServiceDeskPointer desk, const web::Request& request) {
  return Infer(std::move(desk), request, false);
}
net::Task<web::Response> PostInferVersion(ServiceDeskPointer desk, const web::Request& request) {
  return Infer(std::move(desk), request, true);
}
net::Task<web::Response> GetModel(ServiceDeskPointer desk, const web::Request& request) {
  return Metadata(std::move(desk), request, false);
}
net::Task<web::Response> GetModelVersion(ServiceDeskPointer desk, const web::Request& request) {
  return Metadata(std::move(desk), request, true);
}
net::Task<web::Response> GetModelReady(ServiceDeskPointer desk, const web::Request& request) {
  return Ready(std::move(desk), request, false);
}
net::Task<web::Response> GetModelVersionReady(ServiceDeskPointer desk,
                                              const web::Request& request) {
  return Ready(std::move(desk), request, true);
}

net::Task<web::Response> GetServerMetadata(ServiceDeskPointer desk, const web::Request&) {
  std::string out = R"({"name":"aisle","version":)";
  web::AppendJsonString(out, desk->options.version);
  co_return JsonResponse(out + R"(,"extensions":["binary_tensor_data"]})");
}
net::Task<web::Response> GetServerLive(ServiceDeskPointer, const web::Request&) {
  co_return JsonResponse(R"({"live":true})");
}
net::Task<web::Response> GetServerReady(ServiceDeskPointer, const web::Request&) {
  co_return JsonResponse(R"({"ready":true})");
}

}  // namespace aisle::api
