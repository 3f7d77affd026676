// Statements of the two logs of a store, and what they give. Private to this room.
//
//   errors   reading rows: as postgres::RowReader.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "events/events.h"
#include "postgres/rows.h"
#include "postgres/statement.h"
#include "serving/postgres/names.h"
#include "serving/postgres/shared_writes.h"

namespace aisle::serving {

postgres::Statement AddWrites(std::span<const events::Change> changes, const StoreNames& names);
postgres::Statement WritesSince(std::uint64_t position, std::int64_t count,
                                const StoreNames& names);
Result<StoreWrites> ReadWrites(postgres::Rows rows);

postgres::Statement AddImpressions(std::span<const events::Impression> impressions,
                                   const StoreNames& names);
postgres::Statement ImpressionsSince(std::uint64_t position, std::int64_t count,
                                     const StoreNames& names);
Result<std::vector<events::LogRecord>> ReadImpressions(postgres::Rows rows);

}  // namespace aisle::serving
