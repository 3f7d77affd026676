// Records of a log on their way into the warehouse: what impressions and changes have in common.
//
// Records are read in their order and moved by the few thousand, each lot in one transaction, and only then is the mark
// of the warehouse's reader moved on. Private to this module.
//
//   errors   the log's and the warehouse's; kFailedPrecondition: a record that `known` refuses, with its position: it
//            stays in the log with all that comes after it, and what came before it is moved. kUnavailable: cancelled;
//            what was moved stays moved.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "events/events.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

struct LogIntake {
  std::string_view log;  // "event log", in messages and as the source of rejected records.
  // Whether this build knows what to do with a record; one that is damaged is known.
  std::function<Status(const events::LogRecord&)> known;
  std::function<Status(std::span<const events::LogRecord>)> move;
};

// Records after `position`; how many were moved. `progress` as of CollectImpressions (ingest.h).
Result<std::int64_t> TakeInLog(warehouse::Connection& connection, events::Log& log,
                               std::uint64_t position, const LogIntake& intake,
                               const std::function<bool(std::int64_t)>& progress);

// A record that cannot be read must not hold up those after it: it becomes a row of raw.rejects, with its position and
// its first 2,000 bytes ("\x00ff…" where they are no text), and is said.
Status RejectRecord(warehouse::Connection& connection, std::string_view log, std::string_view table,
                    const events::LogRecord& record, const std::string& reason);

}  // namespace aisle::ingest
