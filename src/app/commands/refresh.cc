#include "app/command.h"
#include "app/job.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/steps.h"

namespace aisle::app {
namespace {

Status Refresh(Context& context) {
  AISLE_TRY(auto job, Job::Begin(context, Job::Needs::kData));
  AISLE_TRY(const base::Timestamp as_of, context.AsOf());
  context.Say("refreshing as of {}", base::FormatTimestamp(as_of));
  AISLE_TRY(const auto outcome, RefreshStep(context, job, as_of));
  if (context.json) {
    boost::json::array tables;
    for (const auto& table : outcome.tables)
      tables.push_back({{"table", table.table}, {"rows", table.rows}, {"seconds", table.seconds}});
    PrintJson({{"as_of", base::FormatIso(as_of)},
               {"seconds", outcome.seconds},
               {"tables", std::move(tables)}});
    return {};
  }
  TextTable table({{"table"}, {"rows", Align::kRight}, {"took", Align::kRight}});
  for (const auto& entry : outcome.tables)
    table.Add({entry.table, Grouped(entry.rows), Seconds(entry.seconds)});
  PrintOut(table.Text());
  context.Say("refreshed in {}", Seconds(outcome.seconds));
  return {};
}

}  // namespace

void DefineRefresh(CommandBuilder& command) {
  command.Examples({{"aisle refresh", "as of the last midnight, or the end of the data"},
                    {"aisle refresh --as-of 2026-11-01", "as everything stood on that day"}});
  command.Run(Refresh);
}

}  // namespace aisle::app
