// What kind of queue the event log is. Private to this module and its tests' helpers.
#pragma once

#include <string>

#include "events/events.h"
#include "kv/queue.h"

namespace aisle::events {

inline kv::QueueOptions LogOptions() {
  return {.format = kLogFormat,
          .oldest_format = kOldestLogFormat,
          .first_reader = std::string(kWarehouseReader)};
}

}  // namespace aisle::events
