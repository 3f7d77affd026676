#include "app/command.h"
#include "app/job.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/steps.h"

namespace aisle::app {
namespace {

Status Score(Context& context) {
  AISLE_TRY(auto job, Job::Begin(context, Job::Needs::kData));
  AISLE_TRY(const base::Timestamp as_of, context.AsOf());
  const auto report = ScoreStep(context, job, as_of);
  // Nobody asked for the model by name: what is missing is the step before.
  if (!report && report.error().code == ErrorCode::kNotFound)
    return Fail(ErrorCode::kFailedPrecondition, report.error().message);
  if (!report) return std::unexpected(report.error());
  if (context.json) {
    PrintJson({{"as_of", base::FormatIso(as_of)},
               {"customers", report->customers},
               {"rows", report->rows},
               {"propensity_version", report->propensity_version},
               {"distinct_share", report->distinct_share}});
    return {};
  }
  PrintOut(
      fmt::format("gold.customer_propensity: {} rows for {} customers by propensity/{}; the "
                  "scores differ for {:.1f} % of them\n",
                  Grouped(report->rows), Grouped(report->customers), report->propensity_version,
                  100 * report->distinct_share));
  context.Say("next: `aisle publish`");
  return {};
}

}  // namespace

void DefineScore(CommandBuilder& command) {
  command.Examples({{"aisle score", "with the champion of propensity"},
                    {"aisle score --json", "the counts for a script"}});
  command.Run(Score);
}

}  // namespace aisle::app
