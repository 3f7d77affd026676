#include "web/problem.h"

#include <fmt/format.h>

#include <iterator>

#include "web/json_text.h"

namespace aisle::web {

std::string ToJson(const Problem& problem, std::string_view request_id) {
  std::string out;
  out.reserve(256 + problem.detail.size());
  fmt::format_to(std::back_inserter(out), R"({{"type":"urn:problem-type:aisle:{}","title":)",
                 problem.type);
  AppendJsonString(out, ReasonPhrase(problem.status));
  fmt::format_to(std::back_inserter(out), R"(,"status":{},"detail":)", problem.status);
  AppendJsonString(out, problem.detail);
  const auto append = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    fmt::format_to(std::back_inserter(out), R"(,"{}":)", name);
    AppendJsonString(out, value);
  };
  append("field", problem.field);
  append("accepted", problem.accepted);
  if (problem.position)
    fmt::format_to(std::back_inserter(out), R"(,"position":{})", *problem.position);
  for (std::size_t i = 0; i < problem.items.size(); ++i) {
    const ItemProblem& item = problem.items[i];
    fmt::format_to(std::back_inserter(out), R"({}{{"index":{},"field":)",
                   i == 0 ? R"(,"errors":[)" : ",", item.index);
    AppendJsonString(out, item.field);
    out += R"(,"why":)";
    AppendJsonString(out, item.why);
    out += '}';
  }
  if (!problem.items.empty()) out += ']';
  append("request_id", request_id);
  out += '}';
  return out;
}

Response ToResponse(const Problem& problem, std::string_view request_id) {
  Response response;
  response.status = problem.status;
  response.content_type = "application/problem+json";
  response.body = ToJson(problem, request_id);
  if (problem.status == 503 || problem.status == 429)
    response.fields.emplace_back("Retry-After", "1");
  return response;
}

Problem ProblemOf(const Error& error) {
  Problem problem;
  problem.detail = error.message;
  problem.field = error.field;
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      problem.status = 400;
      problem.type = "invalid-argument";
      break;
    case ErrorCode::kNotFound:
      problem.status = 404;
      problem.type = "not-found";
      break;
    case ErrorCode::kUnavailable:
      problem.status = 503;
      problem.type = "unavailable";
      break;
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kInternal:
      problem.detail = "the server failed; its log says why, under this request_id";
      problem.field.clear();
      break;
  }
  return problem;
}

}  // namespace aisle::web
