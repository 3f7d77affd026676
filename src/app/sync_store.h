// Brings a Postgres store to the published generation: what `aisle store sync` does, and a worker after each pass.
// Changes that every generation here knows by then are let go of by the servers' reader (events::kLiveReader).
//
//   errors   as serving::SyncGeneration; kFailedPrecondition while the store was not created.
#pragma once

#include "app/command.h"
#include "app/store_settings.h"
#include "base/result.h"
#include "serving/postgres/sync.h"

namespace aisle::app {

// Stops when interrupted.
Result<serving::SyncReport> SyncStore(const Context& context, const StoreSettings& store);

}  // namespace aisle::app
