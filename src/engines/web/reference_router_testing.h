// Which route should answer, found the slow and plain way, to hold the router against. Private to the
// tests.
//
// A path is cut at its slashes and every piece is decoded by DecodeTarget(); each route is tried; of
// those that fit, the one with a literal where the others first have a parameter wins.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "web/route.h"
#include "web/target.h"

namespace aisle::web {

struct Expected {
  std::string_view pattern;  // Empty: no route's.
  bool answers = false;      // The pattern has a route for the method.
  std::vector<std::string> values;
};

inline std::vector<std::string> PiecesOf(std::string_view path) {
  std::vector<std::string> pieces;
  for (const char c : path) {
    if (c == '/') {
      pieces.emplace_back();
    } else {
      pieces.back() += c;
    }
  }
  return pieces;
}

inline Expected ExpectedRoute(const std::vector<Route>& routes, std::string_view method,
                              std::string_view raw_path) {
  std::vector<std::string> decoded = PiecesOf(raw_path);
  for (std::string& piece : decoded) {
    std::string path;
    std::vector<Parameter> query;
    AISLE_ASSERT(DecodeTarget("/" + piece, path, query));
    piece = path.substr(1);
  }
  Expected best;
  std::string best_kinds;  // One letter a segment: l before p.
  for (const Route& route : routes) {
    const std::vector<std::string> segments = PiecesOf(route.pattern);
    if (segments.size() != decoded.size()) continue;
    Expected found{.pattern = route.pattern, .answers = false, .values = {}};
    std::string kinds;
    bool fits = true;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const bool is_parameter = segments[i].starts_with('{');
      fits = fits && (is_parameter ? !decoded[i].empty() : segments[i] == decoded[i]);
      kinds += is_parameter ? 'p' : 'l';
      if (is_parameter) found.values.push_back(decoded[i]);
    }
    if (!fits) continue;
    found.answers = route.method == method || (route.method == "GET" && method == "HEAD");
    if (best.pattern == route.pattern) best.answers = best.answers || found.answers;
    if (!best.pattern.empty() && kinds >= best_kinds) continue;
    best = std::move(found);
    best_kinds = kinds;
  }
  if (!best.answers) best.values.clear();
  return best;
}

}  // namespace aisle::web
