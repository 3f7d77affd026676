#include <cstdio>

#include "app/command.h"
#include "app/every.h"
#include "app/interrupt.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/store_settings.h"
#include "app/sync_store.h"
#include "base/log.h"
#include "base/stopwatch.h"

namespace aisle::app {
namespace {

struct SyncFlags {
  std::optional<std::string> every;
};

boost::json::object ByTable(const std::map<std::string, std::int64_t>& rows) {
  boost::json::object object;
  for (const auto& [table, count] : rows) object[table] = count;
  return object;
}

void Print(const Context& context, const serving::SyncReport& report) {
  if (context.json) {
    PrintJson({{"generation", report.generation},
               {"before", report.generation_before},
               {"up_to_date", report.up_to_date},
               {"sent", ByTable(report.sent)},
               {"removed", ByTable(report.removed)},
               {"seconds", report.total_s}});
  } else if (report.up_to_date) {
    PrintOut(fmt::format("generation {} is in already\n", report.generation));
  } else {
    PrintOut(fmt::format("generation {} is in, in place of {}: {} rows sent, {} removed, in {}\n",
                         report.generation, report.generation_before, Grouped(report.Sent()),
                         Grouped(report.Removed()), Seconds(report.total_s)));
  }
  std::fflush(stdout);
}

Status Sync(Context& context, const SyncFlags& flags) {
  AISLE_TRY(const StoreSettings store, StoreSettings::Of(context));
  const InterruptGuard guard;
  if (!flags.every) {
    AISLE_TRY(const serving::SyncReport report, SyncStore(context, store));
    Print(context, report);
    return {};
  }
  AISLE_TRY(const std::chrono::seconds every, ParseDuration("--every", *flags.every));
  std::string said;  // Why the last one failed.
  std::int64_t printed = -1;
  for (;;) {
    const base::Stopwatch watch;
    const auto report = SyncStore(context, store);
    // What does not change is not said again.
    if (report && (!report->up_to_date || report->generation != printed)) {
      Print(context, *report);
      printed = report->generation;
    }
    if (report) {
      said.clear();
    } else if (!Interrupted() && report.error().message != said) {
      said = report.error().message;
      base::LogError("store sync: {}; said again when it changes", said);
    }
    if (!WaitUnlessInterrupted(every - std::chrono::duration<double>(watch.Seconds()))) return {};
  }
}

}  // namespace

void DefineStoreSync(CommandBuilder& command) {
  auto flags = std::make_shared<SyncFlags>();
  command.Text("--every", "DURATION", &flags->every,
               "Again and again, so long from start to start: 90s, 5m, 1h");
  command.Examples(
      {{"aisle store sync", "after `aisle publish`: rows that changed, in one transaction"},
       {"aisle store sync --every 5m", "beside a worker, until Ctrl-C"}});
  command.Run([flags](Context& context) { return Sync(context, *flags); });
}

}  // namespace aisle::app
