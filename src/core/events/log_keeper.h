// The event log as a server finds it at three in the morning: open it, or put it out of the way, or go without.
//
// A file that was damaged behind LMDB's back can crash whoever maps it, so a log is first read, and for writing an
// append tried and taken back, in a child process: what would have killed the server kills the child. A damaged log
// is renamed beside itself, "events.damaged-20261129T213000Z", with a file LOST.txt in it that says why and up to
// where its readers had come; nothing is deleted, and the server begins a new one.
//
//   missing  no log: CheckLog() is content, Open() makes one.
//   threads  any; CheckLog forks, and the child does nothing but read. Two processes that set aside the same log
//            settle it by the writer's lock.
//   errors   CheckLog: kInternal: damaged, with the path; kUnavailable: it cannot be known now (another process writes
//            it, the disk is full or read-only, no memory); else as EventLog::Open. OpenKept fails only with
//            kUnavailable, and only where another process writes the log.
//   cost     CheckLog: a fork, and a read of at most kRecordsChecked records.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "events/events.h"

namespace aisle::events {

// Of a longer log the rest is not looked at: what is wrong there is met later, and the next start sets it aside once
// its readers have come so far.
inline constexpr std::size_t kRecordsChecked = 200'000;

Status CheckLog(const std::filesystem::path& folder, EventLog::Access access);

struct KeptLog {
  std::optional<EventLog> log;  // Open for writing.
  std::string trouble;          // Why there is none; empty: there is.
};
Result<KeptLog> OpenKept(const std::filesystem::path& folder);

struct LostLog {
  std::filesystem::path folder;
  std::string words;  // Why, and what is lost.
};
// What was set aside beside `folder` and is still there, oldest first.
std::vector<LostLog> LostLogs(const std::filesystem::path& folder);

}  // namespace aisle::events
