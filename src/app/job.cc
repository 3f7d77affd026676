#include "app/job.h"

#include <fmt/format.h>

#include <filesystem>

#include "app/about_json.h"
#include "app/sql.h"
#include "ingest/ingest.h"

namespace aisle::app {
namespace {

std::unexpected<Error> NoData(const Workspace& workspace) {
  return Fail(ErrorCode::kFailedPrecondition,
              fmt::format("{} holds no data yet; run `aisle demo`, `aisle generate` or `aisle "
                          "import` first",
                          workspace.Root().string()));
}

// What the warehouse says of itself; nothing when it was never loaded.
Result<std::optional<AboutData>> ReadDataRow(warehouse::Connection& connection) {
  AISLE_TRY(const bool has_about, connection.HasTable("raw.about"));
  if (!has_about) return std::nullopt;
  AISLE_TRY(const auto rows, connection.QueryText(sql::kDataRow));
  if (rows.empty()) return std::nullopt;
  return AboutFromJson(rows[0][0]);
}

}  // namespace

Job::Job(std::unique_ptr<InterruptGuard> guard, base::FileLock lock, warehouse::Database database,
         warehouse::Connection connection, Workspace workspace)
    : guard_(std::move(guard)),
      lock_(std::move(lock)),
      database_(std::move(database)),
      connection_(std::move(connection)),
      workspace_(std::move(workspace)) {}

Result<Job> Job::Begin(const Context& context, Needs needs) {
  const Workspace& workspace = context.workspace;
  // A mistyped --data must not leave a folder with an empty warehouse behind.
  std::error_code code;
  if (needs == Needs::kData && !std::filesystem::exists(workspace.Warehouse(), code))
    return NoData(workspace);
  auto guard = std::make_unique<InterruptGuard>();
  AISLE_TRY(auto lock, workspace.LockJobs("aisle " + context.command));
  AISLE_TRY(auto database,
            workspace.OpenWarehouse(warehouse::Access::kReadWrite, context.settings));
  AISLE_TRY(auto connection, database.Connect());
  AISLE_CHECK(ingest::CreateTables(connection));
  Job job(std::move(guard), std::move(lock), std::move(database), std::move(connection), workspace);
  AISLE_TRY(job.about_, ReadDataRow(job.connection_));
  if (job.about_) {
    const auto on_file = workspace.ReadAbout();
    if (!on_file || on_file->id != job.about_->id) {
      AISLE_CHECK(workspace.WriteAbout(*job.about_));
    }
  } else if (needs == Needs::kData) {
    return NoData(workspace);
  }
  return job;
}

Status Job::WriteDataRow(const AboutData& about) {
  AISLE_TRY([[maybe_unused]] const auto changed,
            connection_.Execute(sql::kWriteDataRow, {{"value", AboutToJson(about)}}));
  return {};
}

Status Job::DataLoaded(const AboutData& about) {
  about_ = about;
  return workspace_.WriteAbout(about);
}

Status Job::Record(const std::string& step, base::Timestamp as_of, double seconds,
                   std::map<std::string, std::int64_t> counts) {
  return workspace_.RecordJob(step, {.data = DataId(),
                                     .as_of = as_of,
                                     .finished = base::Now(),
                                     .seconds = seconds,
                                     .counts = std::move(counts)});
}

}  // namespace aisle::app
