#include "app/take_in.h"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/change_log.h"
#include "app/print.h"
#include "base/log.h"
#include "events/log_keeper.h"
#include "ingest/ingest.h"

namespace aisle::app {
namespace {

using Move = std::function<Result<std::int64_t>(const std::function<bool(std::int64_t)>&)>;

Result<TakenIn> TakeIn(const std::string& what, const std::string& unit, const Move& move) {
  std::optional<base::Progress> progress;  // Where there is something.
  auto taken = move([&](std::int64_t moved) {
    if (!progress) progress.emplace("  " + what, 0, unit);
    progress->Set(moved);
    return !Interrupted();
  });
  // Records of a newer program, after going back to this one: they wait for that, and the rest does not.
  if (!taken && taken.error().code == ErrorCode::kFailedPrecondition) {
    TakenIn waiting{.waits = fmt::format("{} wait: {}", what, taken.error().message)};
    base::LogError("{}", waiting.waits);
    return waiting;
  }
  if (!taken) return std::unexpected(std::move(taken).error());
  return TakenIn{.count = *taken};
}

// It may crash its readers, so a log is looked at first.
bool IsReadable(const std::filesystem::path& log, const std::string& what) {
  const Status whole = events::CheckLog(log, events::EventLog::Access::kRead);
  if (whole || whole.error().code != ErrorCode::kInternal) return true;
  base::LogError("{} are not taken in: {}", what, whole.error().message);
  return false;
}

struct Shared {
  std::unique_ptr<serving::StoreLog> log;  // Null: there is none, or nothing was ever in it,
  bool is_away = false;                    // or it does not answer: what it holds waits there.
};
Shared StoreLogOf(const Context& context, serving::StoreLog::Kind kind, const std::string& what) {
  auto log = StoreLogToTakeIn(context, kind);
  if (log) {
    if (*log == nullptr) return {};
    const auto last = (*log)->LastPosition();
    if (last && *last == 0) return {};
    if (last) return {.log = *std::move(log)};
    log = std::unexpected(last.error());
  }
  base::LogWarning("{} of the Postgres store are not taken in: {}", what, log.error().message);
  return {.log = nullptr, .is_away = true};
}

// Whether generations are to name the folder's log of changes: the one that servers share comes first.
ingest::Named NamedOf(const Context& context, const Shared& shared) {
  const bool is_shared =
      shared.log != nullptr || shared.is_away || context.settings.serve_store == "postgres";
  return is_shared ? ingest::Named::kAsBefore : ingest::Named::kThisLog;
}

}  // namespace

Result<TakenIn> TakeInChanges(const Context& context, Job& job) {
  TakenIn taken;
  const Shared shared = StoreLogOf(context, serving::StoreLog::Kind::kWrites, "changes");
  const auto folder = context.workspace.Changes();
  if (IsReadable(folder, "changes")) {
    AISLE_TRY(taken, TakeIn("changes", "records", [&](const auto& progress) {
                return ingest::CollectChanges(job.Connection(), folder, progress,
                                              NamedOf(context, shared));
              }));
  }
  taken.waits.clear();
  if (!shared.log) return taken;
  AISLE_TRY(TakenIn more, TakeIn("changes", "records", [&](const auto& progress) {
              return ingest::CollectChanges(job.Connection(), *shared.log, progress);
            }));
  more.count += taken.count;
  return more;
}

Result<TakenIn> TakeInImpressions(const Context& context, Job& job) {
  TakenIn taken;
  const auto folder = context.workspace.Events();
  if (IsReadable(folder, "impressions")) {
    AISLE_TRY(taken, TakeIn("impressions", "answers", [&](const auto& progress) {
                return ingest::CollectImpressions(job.Connection(), folder, progress);
              }));
  }
  const Shared shared = StoreLogOf(context, serving::StoreLog::Kind::kImpressions, "impressions");
  taken.waits.clear();
  if (!shared.log) return taken;
  AISLE_TRY(TakenIn more, TakeIn("impressions", "answers", [&](const auto& progress) {
              return ingest::CollectImpressions(job.Connection(), *shared.log, progress);
            }));
  more.count += taken.count;
  return more;
}

}  // namespace aisle::app
