// Who may ask what: the port between a server and whoever knows its clients.
//
// A server without a gate lets everybody do everything. With one it asks once per request, when the head is read and
// its route found, before it reads the body and before any handler runs. Whom it lets in the handler finds in
// Request::principal. Routes that are public are asked about too, so that a handler may know who asks; none is refused.
//
//   order    the loopback guard (router.h) comes first; then the gate; a path that no route takes is 404 for everybody.
//   threads  Admit() runs on the request's loop (Request::loop_index) and never waits.
//   errors   of a request that is refused: 401 with WWW-Authenticate, 403, 429 with Retry-After, 503.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/task.h"
#include "web/problem.h"
#include "web/route.h"

namespace aisle::web {

// Ids that a principal may name, both ends included.
struct IdRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool Has(std::int64_t id) const { return first <= id && id <= last; }
};

struct Principal {
  std::string id;  // Of its token; empty: nobody in particular, on a server that is open.
  Role role = Role::kPublic;
  std::optional<IdRange> customers = {};  // Nothing: all of them.
};

class Gate {
 public:
  virtual ~Gate() = default;

  struct Verdict {
    std::shared_ptr<const Principal> principal = {};  // Null: nobody that is known.
    std::optional<Problem> refused = {};
    // Fields of the refusal, beside the problem: names of static storage, values without line ends.
    std::vector<std::pair<std::string_view, std::string>> fields = {};
    // Refused for something that may just have become known: worth LookAgain(), then Admit() once more.
    bool may_be_new = false;
  };
  // `request` has its head, path and route. `looked`: after LookAgain(), where nothing may be new any more.
  virtual Verdict Admit(const Request& request, bool looked) = 0;
  // Comes back when the request's loop knows what there is by now, soon in any case.
  virtual net::Task<void> LookAgain() = 0;
};

}  // namespace aisle::web
