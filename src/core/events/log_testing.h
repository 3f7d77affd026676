// For tests: bytes in the event log that no program of ours would append, as damage or a newer program
// leave them.
//
//   errors   as EventLog::Append.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "events/log_options.h"

namespace aisle::events {

// Nobody else may have the log open for writing.
inline Status AppendBytes(const std::filesystem::path& log, std::span<const std::string> records) {
  AISLE_TRY(auto queue, kv::Queue::Open(log, kv::Queue::Access::kWrite, LogOptions()));
  return queue.Append(records);
}

}  // namespace aisle::events
