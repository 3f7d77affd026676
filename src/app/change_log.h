// The logs of a data directory as its settings say where they are: in its own folders, or in the Postgres store, where
// several servers write them.
//
//   missing  ToRead: kNotFound: no log was ever begun.
//   errors   of the folder: as events::CheckLog and EventLog::Open, kUnavailable where another process writes it; of
//            the store: as StoreSettings and serving::StoreLog.
#pragma once

#include <memory>
#include <optional>

#include "app/command.h"
#include "base/result.h"
#include "events/events.h"
#include "serving/postgres/store_log.h"

namespace aisle::app {

// Where servers of this directory take changes from: for who has none running (import), and who answers without one.
Result<std::unique_ptr<events::Log>> ChangeLogToWrite(const Context& context);
Result<std::unique_ptr<events::Log>> ChangeLogToRead(const Context& context);

// A log of the Postgres store, for who takes it in. Nothing: no store is set, or it was not created here.
Result<std::unique_ptr<serving::StoreLog>> StoreLogToTakeIn(const Context& context,
                                                            serving::StoreLog::Kind kind);

}  // namespace aisle::app
