// What is wrong, for programs and for people: problem documents.
//
//   co_return ToResponse(Problem{.status = 400, .type = "invalid-argument",
//       .detail = "top_n is 0", .field = "top_n", .accepted = "an integer from 1 to 100"},
//       request.request_id);
//
// `type` is stable and what a program should look at; `title` is the status in words unless given;
// `detail` is for the person. `field` and `accepted` name the input and what would be right.
//
//   shapes   {"type", "title", "status", "detail", "field"?, "accepted"?, "position"?,
//            "errors": [{"index", "field", "why"}]?, "request_id"?}
//   units    position: bytes from the start of the body, from 0.
//   source   RFC 9457, application/problem+json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "web/message.h"

namespace aisle::web {

// One of many items of a request that cannot be taken.
struct ItemProblem {
  std::size_t index = 0;  // From 0, in the order of the request.
  std::string field;
  std::string why;
};

struct Problem {
  int status = 500;
  std::string_view type =
      "internal";  // Of static storage; written as urn:problem-type:aisle:<type>
  std::string detail;
  std::string field;
  std::string accepted;
  std::optional<std::uint64_t> position;
  std::vector<ItemProblem> items = {};
};

std::string ToJson(const Problem& problem, std::string_view request_id);
Response ToResponse(const Problem& problem, std::string_view request_id);

// kInvalidArgument 400, kNotFound 404, kUnavailable 503, each with the error's field; the rest 500
// without field and message: details of our own failures are for the log.
Problem ProblemOf(const Error& error);

}  // namespace aisle::web
