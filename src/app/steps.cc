#include "app/steps.h"

#include <fmt/format.h>

#include <optional>

#include "app/share_progress.h"
#include "app/sql.h"
#include "base/log.h"
#include "ingest/ingest.h"
#include "synth/retailer.h"

namespace aisle::app {
namespace {

std::unexpected<Error> Stopped() {
  return Fail(ErrorCode::kUnavailable, "interrupted; nothing of it is kept");
}

Status CheckNotInterrupted() {
  if (Interrupted()) return Stopped();
  return {};
}

Status LoadRetailer(Job& job, const synth::Retailer& retailer, std::vector<LoadedTable>& tables) {
  for (const std::string& table : synth::Retailer::Tables()) {
    AISLE_CHECK(CheckNotInterrupted());
    AISLE_TRY(auto stream, retailer.Open(table));
    LoadedTable loaded{.table = table};
    const std::int64_t expected = retailer.ExpectedRows(table);
    // Small tables would only make noise.
    std::optional<base::Progress> progress;
    if (expected > 100'000) progress.emplace("  " + table, expected);
    AISLE_TRY(loaded.rows,
              ingest::LoadTable(job.Connection(), table, std::move(stream), [&](std::int64_t rows) {
                if (progress) progress->Add(rows);
              }));
    tables.push_back(std::move(loaded));
  }
  return CheckNotInterrupted();
}

std::int64_t CustomersExpected(const Job& job) {
  return job.About() && job.About()->kind == "synthetic" ? job.About()->customers : 0;
}

}  // namespace

Result<GenerateReport> GenerateStep(const Context& context, Job& job, base::Timestamp as_of,
                                    bool replace) {
  if (job.About() && job.About()->kind != "synthetic" && !replace) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} holds imported data ({}); give another --data DIR, or --replace to "
                            "drop them",
                            context.workspace.Root().string(), job.About()->source));
  }
  const base::Stopwatch watch;
  const workspace::Settings& settings = context.settings;
  AISLE_TRY(const auto retailer,
            synth::Retailer::Make({.seed = context.Seed(),
                                   .as_of = as_of,
                                   .customers = settings.generate_customers,
                                   .oracle_customers = settings.generate_oracle_customers}));
  GenerateReport report;
  report.about = {.kind = "synthetic",
                  .id = fmt::format("synthetic-{}", base::ToMicros(base::Now())),
                  .seed = settings.seed,
                  .customers = settings.generate_customers,
                  .source = "synthetic retailer",
                  .until = as_of,
                  .defaults = {}};
  AISLE_CHECK(warehouse::InTransaction(job.Connection(), [&]() -> Status {
    AISLE_TRY([[maybe_unused]] const auto dropped, job.Connection().Execute(sql::kDropDerived));
    AISLE_CHECK(ingest::RecreateTables(job.Connection()));
    AISLE_CHECK(LoadRetailer(job, retailer, report.tables));
    return job.WriteDataRow(report.about);
  }));
  AISLE_CHECK(job.DataLoaded(report.about));
  report.seconds = watch.Seconds();
  std::map<std::string, std::int64_t> counts;
  for (const LoadedTable& table : report.tables) counts[table.table] = table.rows;
  AISLE_CHECK(job.Record("generate", as_of, report.seconds, std::move(counts)));
  return report;
}

Result<RefreshOutcome> RefreshStep(const Context& context, Job& job, base::Timestamp as_of) {
  const base::Stopwatch watch;
  RefreshOutcome outcome;
  AISLE_CHECK(CheckNotInterrupted());
  AISLE_TRY(outcome.tables,
            gold::Refresh(job.Connection(), as_of,
                          static_cast<int>(context.settings.refresh_target_lag_minutes),
                          [&](const std::string& table) {
                            if (!table.empty()) context.Say("  {}", table);
                            return !Interrupted();
                          }));
  outcome.seconds = watch.Seconds();
  std::map<std::string, std::int64_t> counts;
  for (const auto& table : outcome.tables) counts[table.table] = table.rows;
  AISLE_CHECK(job.Record("refresh", as_of, outcome.seconds, std::move(counts)));
  return outcome;
}

Result<training::TrainReport> TrainStep(const Context& context, Job& job, const std::string& recipe,
                                        base::Timestamp as_of, training::Promote promote) {
  const base::Stopwatch watch;
  ShareProgress progress(context.quiet);
  AISLE_CHECK(CheckNotInterrupted());
  AISLE_TRY(auto report,
            training::Train(job.Database(), context.workspace.Models(), recipe,
                            {.as_of = as_of,
                             .seed = context.Seed(),
                             .threads = static_cast<int>(context.settings.train_threads),
                             .promote = promote,
                             .progress = [&](const std::string& step, double share) {
                               progress.Tell(step, share);
                               return !Interrupted();
                             }}));
  AISLE_CHECK(job.Record("train " + recipe, as_of, watch.Seconds(),
                         {{report.model, report.version}, {"rows", report.rows}}));
  return report;
}

Result<publish::ScoreReport> ScoreStep(const Context& context, Job& job, base::Timestamp as_of) {
  const base::Stopwatch watch;
  base::Progress progress("  score", CustomersExpected(job), "customers");
  AISLE_CHECK(CheckNotInterrupted());
  AISLE_TRY(const auto report, publish::ScorePropensity(job.Database(), context.workspace.Models(),
                                                        as_of, [&](std::int64_t done) {
                                                          progress.Set(done);
                                                          return !Interrupted();
                                                        }));
  AISLE_CHECK(job.Record(
      "score", as_of, watch.Seconds(),
      {{"gold.customer_propensity", report.rows}, {"propensity", report.propensity_version}}));
  return report;
}

Result<serving::GenerationManifest> PublishStep(const Context& context, Job& job,
                                                base::Timestamp as_of) {
  const base::Stopwatch watch;
  base::Progress progress("  publish", CustomersExpected(job), "customers");
  AISLE_CHECK(CheckNotInterrupted());
  AISLE_TRY(const auto manifest,
            publish::PublishGeneration(job.Database(), context.workspace.Models(),
                                       context.workspace.Serving(), as_of, [&](std::int64_t done) {
                                         progress.Set(done);
                                         return !Interrupted();
                                       }));
  AISLE_CHECK(job.Record("publish", as_of, watch.Seconds(),
                         {{"generation", manifest.generation},
                          {"ranking", manifest.ranking_version},
                          {"propensity", manifest.propensity_version},
                          {"customers", manifest.customers}}));
  return manifest;
}

}  // namespace aisle::app
