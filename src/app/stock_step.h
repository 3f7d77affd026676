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
#include "ingest/import.h"

namespace aisle::app {

Status StockStep(const Context& context, Job& job, const std::string& mapping,
                 const std::filesystem::path& folder, const ingest::ImportOptions& how);

}  // namespace aisle::app
