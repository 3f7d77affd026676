#include "app/job.h"

#include <fmt/format.h>

#include <map>

#include "app/sql.h"
#include "ingest/ingest.h"
#include "workspace/about_json.h"
#include "workspace/attempts.h"

namespace aisle::app {
namespace {

std::unexpected<Error> NoData(const workspace::Workspace& workspace) {
  return Fail(ErrorCode::kFailedPrecondition,
              fmt::format("{} holds no data yet; run `aisle demo`, `aisle generate` or `aisle "
                          "import` first",
                          workspace.Root().string()));
}

// What the warehouse says of itself; nothing when it was never loaded.
Result<std::optional<workspace::AboutData>> ReadDataRow(warehouse::Connection& connection) {
  AISLE_TRY(const bool has_about, connection.HasTable("raw.about"));
  if (!has_about) return std::nullopt;
  AISLE_TRY(const auto rows, connection.QueryText(sql::kDataRow));
  if (rows.empty()) return std::nullopt;
  return workspace::AboutFromJson(rows[0][0]);
}

using Jobs = std::map<std::string, workspace::JobRecord>;

// Leaves out the jobs that wrote a table which is not there.
Result<Jobs> BorneOut(warehouse::Connection& connection, const Jobs& jobs) {
  Jobs kept;
  for (const auto& [name, record] : jobs) {
    bool whole = true;
    for (const auto& [table, rows] : record.counts) {
      if (table.find('.') == std::string::npos) continue;  // A model's version, and the like.
      AISLE_TRY(const bool there, connection.HasTable(table));
      whole = whole && there;
    }
    if (whole) kept.emplace(name, record);
  }
  return kept;
}

}  // namespace

Job::Job(std::unique_ptr<InterruptGuard> guard, base::FileLock lock, warehouse::Database database,
         warehouse::Connection connection, workspace::Workspace workspace)
    : guard_(std::move(guard)),
      lock_(std::move(lock)),
      database_(std::move(database)),
      connection_(std::move(connection)),
      workspace_(std::move(workspace)) {}

Result<Job> Job::Begin(const Context& context, Needs needs) {
  const workspace::Workspace& workspace = context.workspace;
  // A mistyped --data must not leave a folder with an empty warehouse behind.
  if (needs == Needs::kData && !workspace.HasWarehouse()) return NoData(workspace);
  auto guard = std::make_unique<InterruptGuard>();
  AISLE_TRY(auto lock, workspace.LockJobs("aisle " + context.command));
  workspace::BeginAttempt(workspace, context.command);
  AISLE_TRY(auto database,
            workspace.OpenWarehouse(warehouse::Access::kReadWrite, context.settings));
  AISLE_TRY(auto connection, database.Connect());
  AISLE_CHECK(ingest::CreateTables(connection));
  Job job(std::move(guard), std::move(lock), std::move(database), std::move(connection), workspace);
  job.target_lag_minutes_ = context.settings.refresh_target_lag_minutes;
  AISLE_TRY(job.about_, ReadDataRow(job.connection_));
  AISLE_CHECK(job.MatchRecords());
  if (!job.about_ && needs == Needs::kData) return NoData(workspace);
  return job;
}

Result<bool> Job::RecordsHold(const Context& context) {
  const workspace::Workspace& workspace = context.workspace;
  if (!workspace.HasWarehouse()) return false;
  AISLE_TRY(auto database, workspace.OpenWarehouse(warehouse::Access::kReadOnly, context.settings));
  AISLE_TRY(auto connection, database.Connect());
  AISLE_TRY(const auto about, ReadDataRow(connection));
  const auto on_file = workspace.ReadAbout();
  if (!about || !on_file || about->id != on_file->id) return false;
  AISLE_TRY(const Jobs jobs, workspace.ReadJobs());
  AISLE_TRY(const Jobs kept, BorneOut(connection, jobs));
  return kept.size() == jobs.size();
}

Status Job::MatchRecords() {
  if (!about_) return workspace_.ForgetData();
  const auto on_file = workspace_.ReadAbout();
  if (!on_file || on_file->id != about_->id) AISLE_CHECK(workspace_.WriteAbout(*about_));
  const auto jobs = workspace_.ReadJobs();
  if (!jobs) return {};  // Damaged: whatever is recorded next replaces it.
  AISLE_TRY(const Jobs kept, BorneOut(connection_, *jobs));
  return kept.size() == jobs->size() ? Status{} : workspace_.WriteJobs(kept);
}

Status Job::WriteDataRow(const workspace::AboutData& about) {
  AISLE_TRY([[maybe_unused]] const auto changed,
            connection_.Execute(sql::kWriteDataRow, {{"value", workspace::AboutToJson(about)}}));
  return {};
}

Status Job::DataLoaded(const workspace::AboutData& about) {
  about_ = about;
  return MatchRecords();  // A load may have dropped what was made of the data before.
}

Status Job::Record(const std::string& step, base::Timestamp as_of, double seconds,
                   std::map<std::string, std::int64_t> counts) {
  return workspace_.RecordJob(step, {.data = DataId(),
                                     .as_of = as_of,
                                     .finished = base::Now(),
                                     .seconds = seconds,
                                     .target_lag_minutes = target_lag_minutes_,
                                     .counts = std::move(counts)});
}

}  // namespace aisle::app
