// What a change of the log means for the live shelf.
//
//   missing  nothing: it changes nothing that is served before the next generation.
//   errors   of a record that cannot be read: as events::DecodeChange.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "events/events.h"
#include "serving/state/shelf_keeper.h"

namespace aisle::recommend {

std::optional<serving::Write> WriteOf(const events::Change& change, std::uint64_t position);

// The other way: a change that says what the write does, without id and time.
events::Change ChangeOf(const serving::Write& write);

// Gives the keeper all that the log holds; a record that cannot be read is passed over and logged. `each` hears every
// change.
Status Replay(const events::Log& log, serving::ShelfKeeper& keeper,
              const std::function<void(const events::Change&)>& each = {});

// Up to where, from `position` on, every record is known to a generation that knows these. One that cannot be read is
// nothing to a shelf.
Result<std::uint64_t> KnownUntil(const events::Log& log, std::uint64_t position,
                                 const serving::KnownChanges& known);

}  // namespace aisle::recommend
