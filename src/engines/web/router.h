// Which route answers a request, and what is refused before any handler runs.
//
//   web::Router router(table);
//   const web::Route* route = router.Find(request.method, web::RawPath(request.target), parameters);
//
// The path decides first, then the method: a path that a literal pattern takes is 405 for a method
// which only a pattern with parameters has. HEAD is answered by the GET route; the server drops the
// body.
//
//   threads  immutable, shared by the loops; a handler must be safe to run on several loops at once
//            (Request::loop_index tells which).
//   errors   problems: 403 (Origin), 404, 405 with Allow, 421 (Host).
//   cost     patterns without parameters are compared as a whole, before the others.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "web/pattern.h"
#include "web/problem.h"
#include "web/route.h"

namespace aisle::web {

class Router {
 public:
  Router() = default;
  // A RouteTableProblem() is a bug.
  explicit Router(std::vector<Route> routes);

  // Null: see WhyNot(). Fills `parameters` with the values of the route's pattern. `raw_path` is of a
  // target that DecodeTarget() accepts. The route lives as long as the router, moves included.
  const Route* Find(std::string_view method, std::string_view raw_path,
                    std::vector<Parameter>& parameters) const;

  struct Miss {
    Problem problem;
    std::string allow;  // The value of Allow, when the path exists.
  };
  // Of a request that no route takes.
  Miss WhyNot(const Request& request) const;
  // The value of Allow for a target that DecodeTarget() accepts, or for `*`, which stands for all; empty: nothing is
  // there. OPTIONS is among it.
  std::string AllowedAt(std::string_view target) const;

 private:
  // The routes of one pattern, in the order of the table.
  struct Place {
    Pattern pattern;
    std::vector<const Route*> routes;
  };
  const Place* PlaceOf(std::string_view raw_path) const;

  std::vector<Route> routes_;
  std::vector<Place> places_;  // Those with fewer parameters first.
};

// A guard against DNS rebinding, for servers on loopback: a page of another site must not be able to
// ask through the user's browser. Host names loopback (else 421), and so does Origin if there is one
// (else 403).
std::optional<Problem> LoopbackProblem(const Request& request);

// 415 unless the request's Content-Type is application/json (UTF-8, if it says so).
std::optional<Problem> JsonTypeProblem(const Request& request);

}  // namespace aisle::web
