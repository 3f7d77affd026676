#include "app/take_in.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "app/print.h"
#include "base/log.h"
#include "events/log_keeper.h"
#include "ingest/ingest.h"

namespace aisle::app {
namespace {

using Collect = Result<std::int64_t>(warehouse::Connection&, const std::filesystem::path&,
                                     const std::function<bool(std::int64_t)>&);

// It may crash its readers, so a log is looked at first.
Result<std::int64_t> TakeIn(Job& job, const std::filesystem::path& log, const std::string& what,
                            const std::string& unit, Collect& collect) {
  const Status whole = events::CheckLog(log, events::EventLog::Access::kRead);
  if (!whole && whole.error().code == ErrorCode::kInternal) {
    base::LogError("{} are not taken in: {}", what, whole.error().message);
    return 0;
  }
  std::optional<base::Progress> progress;  // Where there is something.
  auto taken = collect(job.Connection(), log, [&](std::int64_t moved) {
    if (!progress) progress.emplace("  " + what, 0, unit);
    progress->Set(moved);
    return !Interrupted();
  });
  // Records of a newer program, after going back to this one: they wait for that, and the rest does not.
  if (!taken && taken.error().code == ErrorCode::kFailedPrecondition) {
    base::LogError("{} wait: {}", what, taken.error().message);
    return 0;
  }
  return taken;
}

}  // namespace

Result<std::int64_t> TakeInChanges(const Context& context, Job& job) {
  return TakeIn(job, context.workspace.Changes(), "changes", "records", ingest::CollectChanges);
}

Result<std::int64_t> TakeInImpressions(const Context& context, Job& job) {
  return TakeIn(job, context.workspace.Events(), "impressions", "answers",
                ingest::CollectImpressions);
}

}  // namespace aisle::app
