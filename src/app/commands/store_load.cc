#include "app/command.h"
#include "app/every.h"
#include "app/interrupt.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/store_settings.h"
#include "base/log.h"
#include "net/await.h"
#include "serving/postgres/load.h"

namespace aisle::app {
namespace {

struct LoadFlags {
  std::optional<std::string> patience;
};

Status Load(Context& context, const LoadFlags& flags) {
  serving::LoadOptions options;
  if (flags.patience) {
    AISLE_TRY(options.patience, ParseDuration("--patience", *flags.patience));
  }
  AISLE_TRY(const StoreSettings store, StoreSettings::Of(context));
  AISLE_TRY(const auto generation,
            serving::PublishedGeneration::OpenCurrent(context.workspace.Serving()));
  AISLE_TRY(auto owner, store.Existing(StoreRole::kOwner));
  const InterruptGuard guard;
  options.keep_going = [](std::string_view, std::int64_t) { return !Interrupted(); };
  AISLE_TRY(const serving::LoadReport report,
            net::Await(serving::LoadGeneration(std::move(owner), store.Names(), generation,
                                               std::move(options))));
  for (const std::string& table : report.leftovers)
    context.Say("removed {}, which was left behind by one that was killed", table);
  if (context.json) {
    boost::json::object rows;
    for (const auto& [table, count] : report.rows) rows[table] = count;
    PrintJson({{"generation", report.generation},
               {"before", report.generation_before},
               {"rows", std::move(rows)},
               {"swap_tries", report.swap_tries},
               {"copy_s", report.copy_s},
               {"index_s", report.index_s},
               {"check_s", report.check_s},
               {"swap_s", report.swap_s},
               {"seconds", report.total_s}});
    return {};
  }
  PrintOut(fmt::format(
      "generation {} is in {}: {} customers, {} propensities, {} inventory rows, in {} ({:.0f} ms "
      "of it to "
      "swap)\n",
      report.generation, store.Where(), Grouped(report.rows.at("customer_features")),
      Grouped(report.rows.at("customer_propensity")), Grouped(report.rows.at("inventory")),
      Seconds(report.total_s), 1e3 * report.swap_s));
  return {};
}

}  // namespace

void DefineStoreLoad(CommandBuilder& command) {
  auto flags = std::make_shared<LoadFlags>();
  command.Text("--patience", "DURATION", &flags->patience,
               "How long to wait for other people's long queries before the swap: 90s, 5m (the "
               "default), 1h");
  command.Examples(
      {{"aisle store load",
        "after `aisle publish`; readers see the old generation until the new one is whole"},
       {"aisle store load --json", "rows and seconds, for scripts"}});
  command.Run([flags](Context& context) { return Load(context, *flags); });
}

}  // namespace aisle::app
