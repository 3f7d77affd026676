// Stock out of a retailer's files as changes, for a feed that comes by the minute while a server runs.
//
// ImportStock runs the part of a mapping that fills raw.inventory, with all its checks, and leaves the table as it is:
// what differs from it is handed back, so that whoever owns the log of changes takes it in as writes of now.
//
//   order    rows by product, then region.
//   missing  delivery days that the mapping does not give are those that the table has.
//   errors   as Import (import.h). Rejected rows and new ids stay, in one transaction.
//   cost     of the files and the table, not of the events.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ingest/import.h"
#include "raw/check.h"

namespace aisle::ingest {

struct StockImport {
  ImportReport report;         // Of raw.inventory: what a whole import would have done.
  std::vector<raw::Row> rows;  // product_id, region, qty_on_hand, est_delivery_days: what differs.
};
Result<StockImport> ImportStock(warehouse::Connection& connection, const std::string& mapping,
                                const std::filesystem::path& folder, const ImportOptions& options);

// A row of `rows` that its taker refused, with the reason, into raw.rejects as the mapping's (a name).
Status RejectStock(warehouse::Connection& connection, const std::string& mapping,
                   const raw::Row& row, const std::string& reason, base::Timestamp at);

}  // namespace aisle::ingest
