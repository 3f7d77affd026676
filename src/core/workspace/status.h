// What stands where in a data directory, read from its files: no database is opened.
//
// A table's state is what an operator has to know of it:
//
//   complete  nothing newer exists: it reaches to the end of the data, and no worker runs that would be
//             expected to make it again. Raw tables are always complete.
//   fresh     the data go on after it, or a worker runs, and it is within the target lag: it was made
//             no longer ago than that, and lacks no more of the data than that.
//   late      the same, and it is not.
//   outdated  the raw tables were loaded again after it was made, however long ago that is.
//
// The target is the one that held when the table was made.
//
// A problem is what somebody has to act on: what cannot be read, was set aside or is not what it should be; a job that
// failed or was ended from outside; a process that is gone without having said so; what is late, also while no worker
// runs; a disk that is full or read-only. Each says what to do.
//
//   order    `problems`: what keeps answers from being right first, then jobs, then what is late.
//   missing  a part that is not there yet is empty; one that cannot be read is one of the `problems`, and named in
//            `unread`: it is not nothing. Without what the raw tables hold (about.json), or with a warehouse that is no
//            database, no tables are listed.
//   errors   none leave: a status that fails because something is broken would be of no use.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "serving/generation/manifest.h"
#include "workspace/attempts.h"
#include "workspace/log_status.h"
#include "workspace/process.h"
#include "workspace/workspace.h"

namespace aisle::workspace {

struct TableStatus {
  std::string table;
  std::int64_t rows = 0;
  std::string job;  // That wrote it.
  base::Timestamp as_of{};
  base::Timestamp finished{};
  std::int64_t target_lag_minutes = 0;
  std::string state;
};

// The state of what a job made of the raw tables. `worker_runs`: or should, under `up`.
std::string StateOf(const JobRecord& record, const AboutData& about, bool worker_runs,
                    base::Timestamp now);

struct ModelStatus {
  std::string model;
  int champion = 0;  // 0: none.
  int versions = 0;
  std::string recipe;  // Of the champion; empty: none, or it cannot be read.
  base::Timestamp created{};
};

struct StatusReport {
  std::string data;
  std::optional<AboutData> about;
  std::vector<TableStatus> tables;
  std::vector<ModelStatus> models;
  std::optional<serving::GenerationManifest>
      generation;                      // That a server takes: what stands in, if need be.
  bool fetched = false;                // That one: its customers are in Postgres.
  std::int64_t newest_generation = 0;  // Of those on disk; it was rolled back from if it is newer.
  std::vector<ProcessInfo> processes;
  std::vector<ProcessInfo> gone;  // That crashed or were killed.
  std::string job;                // The running job's words; empty: none.
  LogStatus impressions;          // What was shown.
  LogStatus changes;              // What was acknowledged.
  std::vector<Attempt> failed;    // Jobs that failed or were ended from outside.
  std::vector<std::string> late;  // What is late and no table, each with what to do.
  std::set<std::string>
      unread;  // "data", "tables", "models", "generation", "changes", "impressions"
  std::vector<std::string> problems;
};

StatusReport ReadStatus(const Workspace& workspace, const Settings& settings);

}  // namespace aisle::workspace
