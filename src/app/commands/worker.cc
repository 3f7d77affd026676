#include "app/command.h"
#include "app/every.h"
#include "app/interrupt.h"
#include "app/job.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/steps.h"
#include "app/store_settings.h"
#include "app/sync_store.h"
#include "app/take_in.h"
#include "base/log.h"
#include "workspace/attempts.h"
#include "workspace/process.h"

namespace aisle::app {
namespace {

struct WorkerOptions {
  std::optional<std::string> every;
};

struct PassReport {
  base::Timestamp as_of{};
  std::int64_t changes = 0;
  std::int64_t impressions = 0;
  std::string waits;  // What of them is not taken in, and why.
  std::int64_t refreshed_tables = 0;
  publish::ScoreReport scores;
  bool scored = false;
  serving::GenerationManifest generation;
  std::optional<serving::SyncReport> synced;  // Where there is a Postgres store.
  std::string store_error;                    // Why it was not.
  double seconds = 0;
};

// What the tables lack of the generation, once the warehouse is free again. A store that is away or was never loaded
// does not undo the pass: it is said, and `aisle status` has it until a later pass gets through.
void Sync(const Context& context, PassReport& report) {
  if (context.settings.postgres_url.empty()) return;
  constexpr const char* kName = "store sync";
  workspace::BeginAttempt(context.workspace, kName);
  const auto sync = [&]() -> Result<serving::SyncReport> {
    AISLE_TRY(const StoreSettings store, StoreSettings::Of(context));
    return SyncStore(context, store);
  };
  auto synced = sync();
  // Whoever ended it meant to: it did not fail, and the next pass brings over what is missing.
  const Status ended = synced          ? Status{}
                       : Interrupted() ? Fail(ErrorCode::kInvalidArgument, "interrupted")
                                       : Status(std::unexpected(synced.error()));
  workspace::EndAttempt(context.workspace, kName, ended);
  if (synced) {
    report.synced = *std::move(synced);
  } else {
    report.store_error = synced.error().message;
    base::LogError("the Postgres store keeps what it has: {}", report.store_error);
  }
}

// Everything between taking the lock and letting go.
Result<PassReport> PassOfTheWarehouse(const Context& context) {
  const base::Stopwatch watch;
  PassReport report;
  AISLE_TRY(auto job, Job::Begin(context, Job::Needs::kData));
  AISLE_TRY(report.as_of, context.AsOfNow());
  AISLE_TRY(const TakenIn changes, TakeInChanges(context, job));
  AISLE_TRY(const TakenIn impressions, TakeInImpressions(context, job));
  report.changes = changes.count;
  report.impressions = impressions.count;
  report.waits = changes.waits.empty() ? impressions.waits : changes.waits;
  AISLE_TRY(const auto refreshed, RefreshStep(context, job, report.as_of));
  report.refreshed_tables = static_cast<std::int64_t>(refreshed.tables.size());
  auto scores = ScoreStep(context, job, report.as_of);
  if (scores) {
    report.scores = *scores;
    report.scored = true;
  } else if (scores.error().code == ErrorCode::kNotFound) {
    // No propensity model yet is no reason to serve yesterday's stock.
    base::LogWarning("not scored: {}", scores.error().message);
  } else {
    return std::unexpected(std::move(scores).error());
  }
  AISLE_TRY(report.generation, PublishStep(context, job, report.as_of));
  report.seconds = watch.Seconds();
  AISLE_CHECK(job.Record("worker", report.as_of, report.seconds,
                         {{"changes", report.changes},
                          {"impressions", report.impressions},
                          {"generation", report.generation.generation}}));
  return report;
}

Result<PassReport> Pass(const Context& context) {
  AISLE_TRY(PassReport report, PassOfTheWarehouse(context));
  Sync(context, report);
  // The pass did the rest, but somebody has to act: until then `aisle status` has it.
  if (!report.waits.empty()) {
    workspace::EndAttempt(context.workspace, context.command,
                          Fail(ErrorCode::kFailedPrecondition, report.waits));
  }
  return report;
}

void Print(const Context& context, const PassReport& report) {
  if (context.json) {
    boost::json::object json = {{"as_of", base::FormatIso(report.as_of)},
                                {"changes", report.changes},
                                {"impressions", report.impressions},
                                {"refreshed_tables", report.refreshed_tables},
                                {"scored_rows", report.scores.rows},
                                {"generation", report.generation.generation},
                                {"seconds", report.seconds}};
    if (report.synced) json["store_generation"] = report.synced->generation;
    if (!report.store_error.empty()) json["store_error"] = report.store_error;
    PrintJson(json);
  } else {
    PrintOut(fmt::format(
        "generation {} as of {}: {} tables refreshed, {} propensities, {} changes and {} "
        "impressions "
        "taken in, in {}\n",
        report.generation.generation, base::FormatTimestamp(report.as_of), report.refreshed_tables,
        report.scored ? Grouped(report.scores.rows) : std::string("no"), Grouped(report.changes),
        Grouped(report.impressions), Seconds(report.seconds)));
    if (report.synced) {
      PrintOut(fmt::format("generation {} is in Postgres: {} rows sent, {} removed, in {}\n",
                           report.synced->generation, Grouped(report.synced->Sent()),
                           Grouped(report.synced->Removed()), Seconds(report.synced->total_s)));
    }
  }
  std::fflush(stdout);
}

Status Worker(Context& context, const WorkerOptions& options) {
  const InterruptGuard guard;  // Also of the last part of a pass, which is no job of the warehouse.
  if (!options.every) {
    AISLE_TRY(const PassReport report, Pass(context));
    Print(context, report);
    if (Interrupted()) return Fail(ErrorCode::kUnavailable, "interrupted");
    return {};
  }
  std::chrono::seconds every{context.settings.worker_every_s};
  if (*options.every != "config") {
    AISLE_TRY(every, ParseDuration("--every", *options.every));
  }
  AISLE_CHECK(context.workspace.Create());
  AISLE_TRY(const auto file,
            workspace::ProcessFile::WriteIfItCan(context.workspace.Run(), "worker", ""));
  std::string said;  // Why the last pass failed.
  for (;;) {
    const base::Stopwatch watch;
    const auto report = Pass(context);
    if (!Interrupted()) {
      workspace::EndAttempt(context.workspace, context.command,
                            report ? Status{} : std::unexpected(report.error()));
    }
    const std::chrono::duration<double> left =
        every - std::chrono::duration<double>(watch.Seconds());
    // A pass that fails is said, and the next one comes: what is in service stays meanwhile.
    if (report) {
      Print(context, *report);
      said.clear();
    } else if (!Interrupted() && report.error().message != said) {
      said = report.error().message;
      base::LogError("worker: {}; next pass in {}; said again when it changes", said,
                     Wait(std::chrono::ceil<std::chrono::seconds>(left)));
    }
    if (!WaitUnlessInterrupted(left)) return {};
  }
}

}  // namespace

void DefineWorker(CommandBuilder& command) {
  auto options = std::make_shared<WorkerOptions>();
  command.Text("--every", "DURATION", &options->every,
               "Pass after pass, so long from start to start: 90s, 30m, 6h, 1d, or 'config' for "
               "[worker] every_s");
  command.Examples(
      {{"aisle worker", "one pass: take in changes and impressions, refresh, score, publish"},
       {"aisle worker --every 30m", "and again every half hour, until Ctrl-C"},
       {"aisle up", "the same beside a server, both supervised"}});
  command.Run([options](Context& context) { return Worker(context, *options); });
}

}  // namespace aisle::app
