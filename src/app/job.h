// A batch job: holds the job lock, opens the warehouse, knows what data it works on, and lets go.
//
//   AISLE_TRY(auto job, Job::Begin(context, Job::Needs::kData));
//   ... job.Database() ...                       the destructor closes the database, then the lock
//
// The warehouse itself says what its raw tables hold (raw.about, written in the transaction of the
// load). The files beside it are believed only as far as it bears them out, since a load may have been
// killed and a warehouse may have been removed or put back: Begin() mends about.json, and drops the
// records of jobs whose tables are not there.
//
//   threads  one thread.
//   errors   as Workspace; kFailedPrecondition under kData when the raw tables are empty.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/command.h"
#include "app/interrupt.h"
#include "base/files.h"
#include "base/stopwatch.h"
#include "warehouse/warehouse.h"
#include "workspace/workspace.h"

namespace aisle::app {

class Job {
 public:
  enum class Needs : std::uint8_t { kNothing, kData };
  static Result<Job> Begin(const Context& context, Needs needs);
  Job(Job&&) = default;
  // Whether the warehouse bears out what about.json and jobs.json say, without being a job. False too
  // when there is no warehouse; its errors when it cannot be read.
  static Result<bool> RecordsHold(const Context& context);

  warehouse::Database& Database() { return database_; }
  warehouse::Connection& Connection() { return connection_; }
  // Nothing before the first load.
  const std::optional<workspace::AboutData>& About() const { return about_; }
  std::string DataId() const { return about_ ? about_->id : std::string(); }

  // Writes what the raw tables hold into the warehouse, as part of the caller's transaction.
  Status WriteDataRow(const workspace::AboutData& about);
  // After the commit: the file follows.
  Status DataLoaded(const workspace::AboutData& about);
  // Remembers a finished step in jobs.json.
  Status Record(const std::string& step, base::Timestamp as_of, double seconds,
                std::map<std::string, std::int64_t> counts);

 private:
  Job(std::unique_ptr<InterruptGuard> guard, base::FileLock lock, warehouse::Database database,
      warehouse::Connection connection, workspace::Workspace workspace);
  // Mends the files by what the warehouse says.
  Status MatchRecords();

  std::unique_ptr<InterruptGuard> guard_;
  base::FileLock lock_;
  warehouse::Database database_;
  warehouse::Connection connection_;
  workspace::Workspace workspace_;
  std::int64_t target_lag_minutes_ = 0;
  std::optional<workspace::AboutData> about_;
};

}  // namespace aisle::app
