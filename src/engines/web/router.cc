#include "web/router.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/result.h"
#include "web/address.h"
#include "web/target.h"

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

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  if (const std::string problem = RouteTableProblem(routes_); !problem.empty())
    AssertFailed(problem.c_str(), __FILE__, __LINE__);
  for (const Route& route : routes_) {
    auto place = std::find_if(places_.begin(), places_.end(), [&](const Place& other) {
      return other.pattern.Text() == route.pattern;
    });
    if (place == places_.end()) place = places_.insert(place, {Pattern(route.pattern), {}});
    place->routes.push_back(&route);
  }
  // Of two patterns that take one path, one is a special case of the other (the table has no
  // problem), and has fewer parameters.
  std::stable_sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) {
    return a.pattern.ParameterCount() < b.pattern.ParameterCount();
  });
}

const Router::Place* Router::PlaceOf(std::string_view raw_path) const {
  // Nearly always a path is a whole pattern, letter by letter.
  for (const Place& place : places_) {
    if (place.pattern.ParameterCount() > 0) break;
    if (place.pattern.Text() == raw_path) return &place;
  }
  for (const Place& place : places_) {
    if (place.pattern.Takes(raw_path)) return &place;
  }
  return nullptr;
}

const Route* Router::Find(std::string_view method, std::string_view raw_path,
                          std::vector<Parameter>& parameters) const {
  parameters.clear();
  const Place* place = PlaceOf(raw_path);
  if (place == nullptr) return nullptr;
  for (const Route* route : place->routes) {
    if (!Serves(route->method, method)) continue;
    if (place->pattern.ParameterCount() > 0) place->pattern.Read(raw_path, parameters);
    return route;
  }
  return nullptr;
}

Router::Miss Router::WhyNot(const Request& request) const {
  Miss miss;
  miss.allow = AllowedAt(request.target);
  if (miss.allow.empty()) {
    miss.problem.status = 404;
    miss.problem.type = "not-found";
    miss.problem.detail = fmt::format("there is nothing at {}", request.path);
    return miss;
  }
  miss.problem.status = 405;
  miss.problem.type = "method-not-allowed";
  miss.problem.detail = fmt::format("{} does not take {}", request.path, request.method);
  miss.problem.accepted = miss.allow;
  return miss;
}

std::string Router::AllowedAt(std::string_view target) const {
  std::vector<std::string_view> methods;
  const auto add = [&](const Route& route) {
    if (std::ranges::find(methods, route.method) != methods.end()) return;
    methods.push_back(route.method);
    if (route.method == "GET") methods.emplace_back("HEAD");
  };
  if (target == "*") {
    for (const Route& route : routes_) add(route);
  } else if (const Place* place = PlaceOf(RawPath(target))) {
    for (const Route* route : place->routes) add(*route);
  }
  if (methods.empty()) return {};
  if (std::ranges::find(methods, "OPTIONS") == methods.end()) methods.emplace_back("OPTIONS");
  return fmt::format("{}", fmt::join(methods, ", "));
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
