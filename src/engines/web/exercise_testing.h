// What the fuzzer and its committed corpus both do with bytes that claim to be requests or answers: read
// them at once and in small pieces, and compare; decode targets, route them, write them out as JSON, read
// them as JSON in two ways. Private to the tests.
//
//   errors   none: a disagreement or a crash is an assertion.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "web/client_deadline.h"
#include "web/compression.h"
#include "web/json_body.h"
#include "web/json_reader.h"
#include "web/json_text.h"
#include "web/reference_router_testing.h"
#include "web/request_reader.h"
#include "web/response_reader.h"
#include "web/router.h"
#include "web/target.h"

namespace aisle::web {

struct ReadOutcome {
  std::vector<std::string> requests;  // Each as one text.
  int refused_with = 0;               // Status of the refusal that ended it; 0: none.
};

// `piece` bytes arrive at a time; 0: all at once.
inline ReadOutcome ReadAll(std::string_view bytes, std::size_t piece) {
  ReadOutcome outcome;
  RequestReader reader(
      Limits{.head_bytes = 2048, .target_bytes = 256, .field_count = 20, .body_bytes = 1024});
  std::size_t arrived = piece == 0 ? bytes.size() : 0;
  std::size_t begin = 0;
  for (;;) {
    std::size_t consumed = 0;
    const auto state = reader.Feed(bytes.substr(begin, arrived - begin), consumed);
    AISLE_ASSERT(consumed <= arrived - begin);
    begin += consumed;
    if (state == RequestReader::State::kRefused) {
      outcome.refused_with = reader.WhatIsWrong().status;
      AISLE_ASSERT(!ReasonPhrase(outcome.refused_with).empty());
      return outcome;
    }
    if (state == RequestReader::State::kDone) {
      Request& request = reader.Received();
      AISLE_ASSERT(request.body.size() <= 1024);
      const auto deadline = ClientDeadlineOf(request);
      AISLE_ASSERT(deadline || deadline.error().code == ErrorCode::kInvalidArgument);
      std::string text(request.method);
      text += TakesGzip(request.Find("Accept-Encoding")) ? "|gzip" : "|plain";
      text.append(" ").append(request.target);
      for (const Field& field : request.fields)
        text.append("|").append(field.name).append(":").append(field.value);
      text.append("|").append(request.keep_alive ? "keep" : "close").append("|");
      text.append(request.body);
      outcome.requests.push_back(std::move(text));
      reader.Reset();
      continue;
    }
    if (arrived == bytes.size()) return outcome;
    arrived = std::min(bytes.size(), arrived + piece);
  }
}

inline std::vector<Route> ExerciseRoutes() {
  const Handler nothing = [](const Request&) -> net::Task<Response> { co_return Response{}; };
  std::vector<Route> routes;
  for (const std::string_view pattern :
       {"/{a}", "/", "/a/{b}", "/a", "/a/b", "/{a}/{b}", "/a/{b}/c/{d}"})
    routes.push_back(
        {.method = "GET", .pattern = pattern, .role = Role::kPublic, .handler = nothing});
  return routes;
}

inline void ExerciseTarget(std::string_view target) {
  std::string path;
  std::vector<Parameter> query;
  if (!DecodeTarget(target, path, query)) return;
  AISLE_ASSERT(IsUtf8(path) && path.starts_with('/') && query.size() <= kParametersMax);
  for (const Parameter& parameter : query)
    AISLE_ASSERT(IsUtf8(parameter.name) && IsUtf8(parameter.value));
  static const Router router(ExerciseRoutes());
  const std::string_view raw = RawPath(target);
  std::vector<Parameter> parameters;
  const Route* found = router.Find("GET", raw, parameters);
  const Expected expected = ExpectedRoute(ExerciseRoutes(), "GET", raw);
  AISLE_ASSERT((found == nullptr ? "" : found->pattern) == expected.pattern);
  AISLE_ASSERT(router.AllowedAt(target).empty() == (found == nullptr));
  AISLE_ASSERT(parameters.size() == expected.values.size());
  for (std::size_t i = 0; i < parameters.size(); ++i)
    AISLE_ASSERT(parameters[i].value == expected.values[i]);
}

// The reader takes what the parser takes; only an exponent that no double has is the parser's own trouble.
inline void ExerciseJsonReader(std::string_view bytes, bool is_json) {
  JsonReader json(bytes);
  const std::string_view value = json.Skip();
  const bool taken = json.Finish();
  AISLE_ASSERT(!taken || !value.empty());
  AISLE_ASSERT(taken || json.WhatIsWrong().status == 400);
  const bool has_exponent = bytes.find_first_of("eE") != std::string_view::npos;
  AISLE_ASSERT(taken == is_json || (taken && has_exponent));
}

// Answers read at once and in pieces are the same, and so is the refusal.
inline std::string ReadAnswers(std::string_view bytes, std::size_t piece) {
  ResponseReader reader({.head_bytes = 1024, .field_count = 20, .body_bytes = 1024});
  std::string outcome;
  std::size_t begin = 0;
  for (std::size_t arrived = piece == 0 ? bytes.size() : 0;;) {
    std::size_t consumed = 0;
    const auto state = reader.Feed(bytes.substr(begin, arrived - begin), consumed);
    AISLE_ASSERT(consumed <= arrived - begin);
    begin += consumed;
    if (state == ResponseReader::State::kRefused) {
      AISLE_ASSERT(!reader.WhatIsWrong().empty());
      return outcome + "refused";
    }
    if (state == ResponseReader::State::kDone) {
      const HttpAnswer& answer = reader.Received();
      AISLE_ASSERT(answer.status >= 200 && answer.status <= 999 && answer.body.size() <= 1024);
      outcome +=
          std::to_string(answer.status) + (answer.keep_alive ? "keep" : "close") + answer.body;
      for (const auto& [name, field] : answer.fields) outcome.append(name).append(field);
      reader.Reset();
      continue;
    }
    if (arrived == bytes.size()) return outcome;
    arrived = std::min(bytes.size(), arrived + piece);
  }
}

inline void ExerciseAnswers(std::string_view bytes) {
  const std::string whole = ReadAnswers(bytes, 0);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}})
    AISLE_ASSERT(ReadAnswers(bytes, piece) == whole);
}

inline void Exercise(std::string_view bytes) {
  ExerciseAnswers(bytes);
  const ReadOutcome whole = ReadAll(bytes, 0);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    const ReadOutcome pieces = ReadAll(bytes, piece);
    AISLE_ASSERT(pieces.requests == whole.requests);
    AISLE_ASSERT(pieces.refused_with == whole.refused_with);
  }
  ExerciseTarget(bytes.substr(0, bytes.find(' ')));
  std::string text;
  AppendJsonString(text, bytes);
  AISLE_ASSERT(IsUtf8(text));
  // What is written is read back, and is the same when it was UTF-8.
  const auto read_back = ParseJson(text);
  AISLE_ASSERT(read_back && read_back->is_string());
  if (IsUtf8(bytes)) {
    AISLE_ASSERT(std::string_view(read_back->get_string().data(), read_back->get_string().size()) ==
                 bytes);
  }
  const auto value = ParseJson(bytes);
  if (!value) AISLE_ASSERT(value.error().status == 400);
  ExerciseJsonReader(bytes, value.has_value());
}

}  // namespace aisle::web
