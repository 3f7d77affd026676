// The raw tables: their DDL, and loading streams of rows into them.
//
// CreateTables makes schemas and empty tables that are not there yet; LoadTable appends a stream (the
// synthetic retailer's, or any other's) whose columns are matched by name. CollectImpressions moves
// what servers have logged since the last time into raw.impressions; CollectChanges moves what was
// acknowledged of products, stock, prices and customers into their tables and histories.
//
//   units    times UTC, money DECIMAL(12,2) of the retailer's currency.
//   threads  one thread; the connection is in use until the call returns.
//   errors   the warehouse's; kFailedPrecondition: tables of a newer format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "arrow/batch.h"
#include "base/result.h"
#include "events/events.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

// Format of the raw tables; kept in raw.about. 2: with tables of a retailer's shape.
inline constexpr int kRawFormat = 2;

Status CreateTables(warehouse::Connection& connection);
// Keys of raw.about: the log of changes that servers use, by its id, and up to which position the tables know it: what
// a generation says of itself. And, before the id of any log that was ever taken in, up to where that one is known.
inline constexpr std::string_view kAboutChangesLog = "changes_log";
inline constexpr std::string_view kAboutChangesUntil = "changes_until";
inline constexpr std::string_view kAboutChangesOf = "changes_until.";

// Drops every raw and oracle table and creates the raw ones anew. Which changes the tables know is kept: what is loaded
// now is newer than those.
Status RecreateTables(warehouse::Connection& connection);
// Rows appended. `progress` hears the rows of each batch as it is handed over.
Result<std::int64_t> LoadTable(warehouse::Connection& connection, std::string_view table,
                               arrow::Stream rows,
                               const std::function<void(std::int64_t)>& progress = {});

// Moves impressions of the event log at `event_log` into raw.impressions, each once, and advances the
// mark of the warehouse's reader. A damaged record becomes a row of raw.rejects. One of another kind,
// or of a newer program, is kFailedPrecondition: it stays in the log with all that comes after it, and
// what came before it is moved. 0 when there is no log. `progress` hears how many records have been
// moved so far, after every few thousand; false from it cancels (kUnavailable): what was moved stays
// moved, the rest stays in the log.
using MovedSoFar = std::function<bool(std::int64_t)>;
Result<std::int64_t> CollectImpressions(warehouse::Connection& connection,
                                        const std::filesystem::path& event_log,
                                        const MovedSoFar& progress = {});
// The same of a log that lies elsewhere.
Result<std::int64_t> CollectImpressions(warehouse::Connection& connection, events::Log& log,
                                        const MovedSoFar& progress = {});

// Moves changes of the log at `change_log` into raw.inventory, raw.product_catalog and raw.customers, and into their
// histories, each once and in their order, advances the mark of the warehouse's reader, and says in raw.about up to
// where the tables know the log. Returns how many records were moved; the rest as CollectImpressions, and for a record
// with a column that this build does not know as for a kind.
//
// A record holds from its own time on. One that repeats what is there changes nothing; one that is older than what the
// table holds of its row (a file was imported that knew of a later moment) takes nothing back; what begins after now is
// planned, and stays: README.md.
//
// Several logs may be taken in, each from where it was left. Generations name one of them: `named` says that it is this
// one, from now on, or the one that it was before; the first of all is named in any case.
enum class Named : std::uint8_t { kThisLog, kAsBefore };
Result<std::int64_t> CollectChanges(warehouse::Connection& connection,
                                    const std::filesystem::path& change_log,
                                    const MovedSoFar& progress = {}, Named named = Named::kThisLog);
// The same of a log that lies elsewhere.
Result<std::int64_t> CollectChanges(warehouse::Connection& connection, events::Log& log,
                                    const MovedSoFar& progress = {}, Named named = Named::kThisLog);

}  // namespace aisle::ingest
