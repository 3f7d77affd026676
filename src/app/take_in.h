// What waits in the logs of a data directory, and in those of its Postgres store, into its warehouse: what a worker's
// pass begins with, and an import too, so that an old write never undoes a newer file.
//
// A damaged log is the server's to set aside, and records of a newer program wait for it: both are said, and no reason
// not to go on.
//
//   errors   the warehouse's; kUnavailable when interrupted.
#pragma once

#include <cstdint>

#include "app/command.h"
#include "app/job.h"

namespace aisle::app {

// How many records were taken in.
Result<std::int64_t> TakeInChanges(const Context& context, Job& job);
// How many answers.
Result<std::int64_t> TakeInImpressions(const Context& context, Job& job);

}  // namespace aisle::app
