// One route of a server, as data: what is asked, who may ask, what it takes and gives, who answers.
//
//   {.method = "GET", .pattern = "/v1/products/{id}", .role = web::Role::kReader,
//    .summary = "one product", .examples = {{.target = "/v1/products/42", .answer = R"({"id": 42})"}},
//    .limits = {.body_bytes = 0}, .handler = ...}
//
// A pattern is segments between slashes. A segment is literal text or `{name}`, which takes any one
// segment that is not empty and gives it to the handler under its name. Router (router.h) finds the
// route of a request; everything else that must be known of all routes reads the same table.
//
//   order    literal segments win over parameters, whatever the order of the table.
//   missing  no deadline: the handler has none; body_bytes above the server's limit: the server's.
//   threads  immutable once a Router has it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/deadline.h"
#include "net/task.h"
#include "web/message.h"

namespace aisle::web {

// The request outlives the task that the handler returns.
using Handler = std::function<net::Task<Response>(const Request& request)>;

// Who may call a route; each may what those before it may. Enforced where the server has a gate (gate.h).
enum class Role : std::uint8_t { kPublic, kReader, kWriter, kAdmin };
std::string_view RoleName(Role role);  // "public", ...

// A request of the route and what a server in service answers to it. All texts are of static storage.
struct Example {
  std::string_view target;     // "/recommend?customer_id=1000000"
  std::string_view body = {};  // JSON; empty: none.
  int status = 200;
  std::string_view answer =
      {};  // JSON with the members of the answer; of other types, how it begins.
};

struct RouteLimits {
  std::size_t body_bytes = std::numeric_limits<std::size_t>::max();
  std::optional<std::chrono::milliseconds> deadline = {};  // For one answer, or one row of a batch.
};

// Texts are of static storage.
struct Route {
  std::string_view method;   // In capitals; GET stands for HEAD too.
  std::string_view pattern;  // "/v1/products/{id}"
  Role role;                 // Without a default: an entry that does not say it does not compile.
  std::string_view summary = {};
  std::vector<Example> examples = {};
  RouteLimits limits = {};
  Handler handler = {};
};

// Of an answer, or a row of a batch, that begins now: the sooner of the route's and the client's.
inline net::Deadline DeadlineOf(const Request& request) {
  const auto& own = request.route->limits.deadline;
  return request.client_deadline.Within(own ? net::Deadline::After(*own) : net::Deadline());
}

// What makes a table unfit for a Router; empty: nothing. A route that is incomplete or stands there
// twice, a pattern that is malformed, two patterns that take one path although neither is a special
// case of the other ("/a/{x}/c" and "/a/b/{y}"), one pattern under two sets of names.
std::string RouteTableProblem(std::span<const Route> routes);

}  // namespace aisle::web
