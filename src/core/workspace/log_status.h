// One of the two logs of a data directory, as its status shows it: what was logged, who waits for it, what is wrong.
//
//   missing  a log that is not there has nothing in it, and is no problem.
//   errors   none leave: what cannot be read is one of the `problems`, and `unread` is set.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "events/log_keeper.h"
#include "workspace/settings.h"

namespace aisle::workspace {

struct LogStatus {
  std::uint64_t logged = 0;                                // Ever.
  std::uint64_t waiting = 0;                               // Not yet in the warehouse.
  std::map<std::string, std::uint64_t> waiting_by_reader;  // The warehouse is one.
  std::vector<events::LostLog> lost;                       // Logs that were set aside.
  bool unread = false;
  std::vector<std::string> problems;  // What is damaged or was set aside.
  std::string late;  // What waits longer than it should, and what to do; empty: nothing.
};

struct LogNames {
  std::string log;      // "a log of changes"
  std::string records;  // "changes"
};
LogStatus ReadLog(const std::filesystem::path& folder, const LogNames& names,
                  const Settings& settings);

}  // namespace aisle::workspace
