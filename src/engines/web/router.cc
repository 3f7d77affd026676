#include "web/router.h"

#include <fmt/format.h>

#include "base/result.h"
#include "web/address.h"

namespace aisle::web {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool Serves(std::string_view route_method, std::string_view method) {
  return route_method == method || (route_method == "GET" && method == "HEAD");
}

// "http://localhost:8000" -> "localhost:8000"; empty for anything else.
std::string_view AuthorityOfOrigin(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  }
  return {};
}

}  // namespace

void Router::Add(std::string method, std::string path, Handler handler) {
  for (const Route& route : routes_) AISLE_ASSERT(route.method != method || route.path != path);
  routes_.push_back({std::move(method), std::move(path), std::move(handler)});
}

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  Match match;
  for (const Route& route : routes_) {
    if (route.path != path) continue;
    if (Serves(route.method, method)) {
      match.handler = &route.handler;
      return match;
    }
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  if (match.allow.empty()) {
    match.problem.status = 404;
    match.problem.type = "not-found";
    match.problem.detail = fmt::format("there is nothing at {}", path);
  } else {
    match.problem.status = 405;
    match.problem.type = "method-not-allowed";
    match.problem.detail = fmt::format("{} does not take {}", path, method);
    match.problem.accepted = match.allow;
  }
  return match;
}

std::optional<Problem> LoopbackProblem(const Request& request) {
  const std::string_view host = request.Find("Host");
  if (!host.empty() && !IsLoopbackAuthority(host)) {
    Problem problem;
    problem.status = 421;
    problem.type = "wrong-host";
    problem.detail = "this server listens on loopback only and is not known under this name";
    problem.field = "Host";
    problem.accepted = "localhost, 127.0.0.1 or [::1]";
    return problem;
  }
  const std::string_view origin = request.Find("Origin");
  if (!origin.empty() && !IsLoopbackAuthority(AuthorityOfOrigin(origin))) {
    Problem problem;
    problem.status = 403;
    problem.type = "wrong-origin";
    problem.detail = "pages of other sites may not ask this server";
    problem.field = "Origin";
    problem.accepted = "an origin on localhost, 127.0.0.1 or [::1]";
    return problem;
  }
  return std::nullopt;
}

std::optional<Problem> JsonTypeProblem(const Request& request) {
  const std::string_view type = request.Find("Content-Type");
  const std::size_t semicolon = std::min(type.find(';'), type.size());
  const std::string_view parameter =
      semicolon < type.size() ? Trim(type.substr(semicolon + 1)) : std::string_view{};
  const bool utf8 = parameter.empty() || EqualFold(parameter, "charset=utf-8") ||
                    EqualFold(parameter, "charset=\"utf-8\"");
  if (EqualFold(Trim(type.substr(0, semicolon)), "application/json") && utf8) return std::nullopt;
  Problem problem;
  problem.status = 415;
  problem.type = "unsupported-media-type";
  problem.detail = type.empty() ? "the request does not say what its body is"
                                : fmt::format("the body is said to be '{}'", type);
  problem.field = "Content-Type";
  problem.accepted = "application/json";
  return problem;
}

}  // namespace aisle::web
