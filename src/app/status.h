// What stands where in a data directory, read from its files: no database is opened.
//
//   missing  a part that is not there yet is empty; one that cannot be read says so in its `problem`.
//   errors   none leave: a status that fails because something is broken would be of no use.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/command.h"
#include "app/process.h"
#include "app/workspace.h"
#include "serving/serving.h"

namespace aisle::app {

struct TableStatus {
  std::string table;
  std::int64_t rows = 0;
  std::string job;  // That wrote it.
  base::Timestamp as_of{};
  base::Timestamp finished{};
  // "complete": as of the end of the data, nothing newer exists; "fresh", "late": against the target
  // lag; "outdated": the raw tables changed since.
  std::string state;
};

struct ModelStatus {
  std::string model;
  int champion = 0;  // 0: none.
  int versions = 0;
  std::string recipe;
  base::Timestamp created{};
};

struct StatusReport {
  std::string data;
  std::optional<AboutData> about;
  std::vector<TableStatus> tables;
  std::vector<ModelStatus> models;
  std::optional<serving::GenerationManifest> generation;
  std::vector<ProcessInfo> processes;
  std::string job;                        // The running job's words; empty: none.
  std::uint64_t impressions_logged = 0;   // Ever.
  std::uint64_t impressions_waiting = 0;  // Not yet in the warehouse.
  std::vector<std::string> problems;
};

StatusReport ReadStatus(const Context& context);

}  // namespace aisle::app
