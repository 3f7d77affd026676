#include "web/route.h"

#include <fmt/format.h>

#include <algorithm>

#include "web/pattern.h"

namespace aisle::web {
namespace {

std::string RouteProblem(const Route& route) {
  if (route.method.empty() || route.method == "HEAD" ||
      !std::all_of(route.method.begin(), route.method.end(),
                   [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return fmt::format("'{}' is not a method that a route may have", route.method);
  }
  if (!route.handler) return "there is no handler";
  return PatternProblem(route.pattern);
}

}  // namespace

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kPublic:
      return "public";
    case Role::kReader:
      return "reader";
    case Role::kWriter:
      return "writer";
    case Role::kAdmin:
      break;
  }
  return "admin";
}

std::string RouteTableProblem(std::span<const Route> routes) {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const Route& route = routes[i];
    if (const std::string problem = RouteProblem(route); !problem.empty())
      return fmt::format("{} {}: {}", route.method, route.pattern, problem);
    for (const Route& other : routes.first(i)) {
      if (route.pattern == other.pattern) {
        if (route.method != other.method) continue;
        return fmt::format("{} {} stands there twice", route.method, route.pattern);
      }
      if (AreAmbiguous(Pattern(route.pattern), Pattern(other.pattern)))
        return fmt::format("{} and {} take the same paths", other.pattern, route.pattern);
    }
  }
  return {};
}

}  // namespace aisle::web
