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
Status Replay(const events::EventLog& log, serving::ShelfKeeper& keeper,
              const std::function<void(const events::Change&)>& each = {});

}  // namespace aisle::recommend
