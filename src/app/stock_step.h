// `aisle import --only inventory`: stock of a mapping's files as changes, seen by the next request where a server runs,
// and in the tables at once.
//
//   errors   as ImportStock (ingest/import_stock.h) and stock_feed.h. What the server refuses becomes rejects and is
//            said.
#pragma once

#include <filesystem>
#include <string>

#include "app/command.h"
#include "app/job.h"
#include "base/clock.h"
#include "ingest/import.h"

namespace aisle::app {

Status StockStep(const Context& context, Job& job, const std::string& mapping,
                 const std::filesystem::path& folder, const ingest::ImportOptions& how);

// After a whole import of the moment `begun`: where a change was written before, what the files say now is a change as
// well, or the older one would be laid over every generation made as of a moment before both.
Status FollowStock(const Context& context, Job& job, base::Timestamp begun);

}  // namespace aisle::app
