// Which handler answers which method and path, and what is refused before any handler runs.
//
//   web::Router router;
//   router.Add("GET", "/health", [state](const web::Request& request) -> net::Task<web::Response> {...});
//
// Paths match exactly, after decoding. HEAD is answered by the GET handler; the server drops the body.
//
//   threads  filled by one thread, then immutable and shared by the loops; a handler must be safe to
//            run on several loops at once (Request::loop_index tells which).
//   errors   problems: 400 (target), 403 (Origin), 404, 405 with Allow, 421 (Host).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/task.h"
#include "web/message.h"
#include "web/problem.h"

namespace aisle::web {

// The request outlives the task that the handler returns.
using Handler = std::function<net::Task<Response>(const Request& request)>;

class Router {
 public:
  // `method` is in capitals; the same method and path twice is a bug.
  void Add(std::string method, std::string path, Handler handler);

  struct Match {
    const Handler* handler = nullptr;
    Problem problem;    // When there is no handler.
    std::string allow;  // The value of Allow, when the path exists.
  };
  Match Find(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method;
    std::string path;
    Handler handler;
  };
  std::vector<Route> routes_;
};

// A guard against DNS rebinding, for servers on loopback: a page of another site must not be able to
// ask through the user's browser. Host names loopback (else 421), and so does Origin if there is one
// (else 403).
std::optional<Problem> LoopbackProblem(const Request& request);

// 415 unless the request's Content-Type is application/json (UTF-8, if it says so).
std::optional<Problem> JsonTypeProblem(const Request& request);

}  // namespace aisle::web
