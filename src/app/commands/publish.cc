#include "app/command.h"
#include "app/job.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/steps.h"

namespace aisle::app {
namespace {

Status Publish(Context& context) {
  AISLE_TRY(auto job, Job::Begin(context, Job::Needs::kData));
  AISLE_TRY(const base::Timestamp as_of, context.AsOf());
  AISLE_TRY(const auto manifest, PublishStep(context, job, as_of));
  if (context.json) {
    PrintJson({{"generation", manifest.generation},
               {"as_of", base::FormatIso(manifest.as_of)},
               {"ranking_version", manifest.ranking_version},
               {"propensity_version", manifest.propensity_version},
               {"customers", manifest.customers},
               {"propensity_rows", manifest.propensity_rows},
               {"inventory_rows", manifest.inventory_rows}});
    return {};
  }
  const auto version = [](const char* model, int number) {
    return number == 0 ? fmt::format("no {}", model) : fmt::format("{}/{}", model, number);
  };
  PrintOut(fmt::format(
      "generation {} is in service: {} customers, {} propensities, {} inventory rows, "
      "{}, {}\n",
      manifest.generation, Grouped(manifest.customers), Grouped(manifest.propensity_rows),
      Grouped(manifest.inventory_rows), version("ranking", manifest.ranking_version),
      version("propensity", manifest.propensity_version)));
  return {};
}

}  // namespace

void DefinePublish(CommandBuilder& command) {
  command.Examples({{"aisle publish", "a running server picks it up within a second"},
                    {"aisle publish --as-of 2026-11-01", "what it would have served then"}});
  command.Run(Publish);
}

}  // namespace aisle::app
