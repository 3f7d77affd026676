#include "app/command.h"
#include "app/job.h"
#include "app/json_fields.h"
#include "app/print.h"
#include "base/files.h"

namespace aisle::app {
namespace {

struct InitOptions {
  bool write_config = false;
};

Status Init(Context& context, const InitOptions& options) {
  const Workspace& workspace = context.workspace;
  const bool fresh = !workspace.Exists();
  AISLE_TRY([[maybe_unused]] auto job, Job::Begin(context, Job::Needs::kNothing));
  if (options.write_config) {
    std::error_code code;
    if (std::filesystem::exists(workspace.SettingsFile(), code)) {
      return Fail(
          ErrorCode::kFailedPrecondition,
          fmt::format("{} exists already and is left as it is", workspace.SettingsFile().string()));
    }
    AISLE_CHECK(base::WriteFileAtomic(workspace.SettingsFile(), DefaultSettingsText().text));
  }
  if (context.json) {
    PrintJson({{"data", workspace.Root().string()}, {"created", fresh}});
  } else {
    PrintOut(fmt::format("{} {}\n", workspace.Root().string(),
                         fresh ? "is ready; next: `aisle generate` or `aisle import`"
                               : "was there already; nothing was changed"));
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
