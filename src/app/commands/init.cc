#include "app/command.h"
#include "app/job.h"
#include "app/print.h"
#include "app/print_json.h"
#include "base/files.h"

namespace aisle::app {
namespace {

struct InitOptions {
  bool write_config = false;
};

Status Init(Context& context, const InitOptions& options) {
  const workspace::Workspace& workspace = context.workspace;
  const bool fresh = !workspace.Exists();
  const bool had_warehouse = workspace.HasWarehouse();
  AISLE_TRY([[maybe_unused]] auto job, Job::Begin(context, Job::Needs::kNothing));
  if (options.write_config) {
    std::error_code code;
    if (std::filesystem::exists(workspace.SettingsFile(), code)) {
      return Fail(
          ErrorCode::kFailedPrecondition,
          fmt::format("{} exists already and is left as it is", workspace.SettingsFile().string()));
    }
    AISLE_CHECK(
        base::WriteFileAtomic(workspace.SettingsFile(), workspace::DefaultSettingsText().text));
  }
  if (context.json) {
    PrintJson({{"data", workspace.Root().string()},
               {"created", fresh},
               {"warehouse_created", !had_warehouse},
               {"settings_written", options.write_config}});
    return {};
  }
  const std::string root = workspace.Root().string();
  if (options.write_config)
    PrintOut(fmt::format("{} is written\n", workspace.SettingsFile().string()));
  if (!had_warehouse) {
    PrintOut(fmt::format("{} {}; next: `aisle generate` or `aisle import`\n", root,
                         fresh ? "is ready" : "was there already and has an empty warehouse now"));
  } else {
    PrintOut(
        fmt::format("{} was there already; {}\n", root,
                    options.write_config ? "nothing else was changed" : "nothing was changed"));
  }
  return {};
}

}  // namespace

void DefineInit(CommandBuilder& command) {
  auto options = std::make_shared<InitOptions>();
  command.Switch("--write-config", &options->write_config,
                 "Also write every setting with its default to <data>/aisle.toml");
  command.Examples(
      {{"aisle init", "in ./aisle-data"},
       {"aisle init --data /srv/shop --write-config", "elsewhere, with a settings file"}});
  command.Run([options](Context& context) { return Init(context, *options); });
}

}  // namespace aisle::app
