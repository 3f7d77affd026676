#include "app/command.h"
#include "app/job.h"
#include "app/print.h"
#include "app/print_json.h"
#include "app/steps.h"
#include "serving/state/in_service.h"

namespace aisle::app {
namespace {

struct PublishOptions {
  bool rollback = false;
  std::optional<std::int64_t> to;
};

// Without the warehouse and its lock: a night's job that hangs must not be in the way.
Status Switch(const Context& context, const PublishOptions& options) {
  if (options.rollback && options.to)
    return Fail(ErrorCode::kInvalidArgument, "--rollback and --to: one of them");
  if (context.as_of_flag)
    return Fail(ErrorCode::kInvalidArgument, "--as-of: nothing is built by --rollback and --to");
  const auto root = context.workspace.Serving();
  AISLE_TRY(const serving::Switched switched,
            options.to ? serving::SwitchTo(root, *options.to) : serving::RollBack(root));
  if (context.json) {
    PrintJson({{"generation", switched.to.generation},
               {"before", switched.from},
               {"as_of", base::FormatIso(switched.to.as_of)},
               {"ranking_version", switched.to.ranking_version},
               {"propensity_version", switched.to.propensity_version}});
    return {};
  }
  PrintOut(
      fmt::format("generation {} as of {} is in service{}\n", switched.to.generation,
                  base::FormatTimestamp(switched.to.as_of),
                  switched.from == 0 ? "" : fmt::format(" again, in place of {}", switched.from)));
  context.Say(
      "The next publish, also the worker's, goes forward again{}.",
      switched.from > switched.to.generation
          ? fmt::format("; `aisle publish --to {}` goes back to where it was", switched.from)
          : "");
  return {};
}

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
  auto options = std::make_shared<PublishOptions>();
  command.Switch("--rollback", &options->rollback,
                 "Build nothing: make the newest whole generation before the current one current");
  command.Number("--to", &options->to, 1, INT64_MAX,
                 "Build nothing: make this generation current, if it is whole");
  command.Examples({{"aisle publish", "a running server picks it up within a second"},
                    {"aisle publish --rollback", "back to the previous whole generation"},
                    {"aisle publish --to 14", "and forward again"},
                    {"aisle publish --as-of 2026-11-01", "what it would have served then"}});
  command.Run([options](Context& context) {
    return options->rollback || options->to ? Switch(context, *options) : Publish(context);
  });
}

}  // namespace aisle::app
