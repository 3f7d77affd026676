// What waits in the logs of a data directory, and in those of its Postgres store, into its warehouse: what a worker's
// pass begins with, and an import too, so that an old write never undoes a newer file.
//
// A damaged log is the server's to set aside, and records of a newer program wait for it: both are said, and no reason
// not to go on. (A generation names how far it knows a log, and servers lay over it what comes after: a record that was
// passed over would be undone by it. So nothing after it is taken in either.)
//
//   errors   the warehouse's; kUnavailable when interrupted.
#pragma once

#include <cstdint>
#include <string>

#include "app/command.h"
#include "app/job.h"

namespace aisle::app {

struct TakenIn {
  std::int64_t count = 0;  // Of records; of impressions, answers.
  // Why a shared log waits. Of one in a folder `aisle status` sees it by itself.
  std::string waits = {};
};
Result<TakenIn> TakeInChanges(const Context& context, Job& job);
Result<TakenIn> TakeInImpressions(const Context& context, Job& job);

}  // namespace aisle::app
