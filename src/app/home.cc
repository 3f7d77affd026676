#include "app/home.h"

#include "base/program.h"
#include "workspace/settings.h"

namespace aisle::app {

std::filesystem::path Home() {
  if (const auto named = workspace::ProcessEnvironment("AISLE_HOME")) return *named;
  std::error_code code;
  const std::filesystem::path installed = base::ProgramFolder() / "../share/aisle";
  return std::filesystem::exists(installed / "tools/fetch-pins", code)
             ? installed
             : std::filesystem::path(AISLE_SOURCE_DIR);
}

}  // namespace aisle::app
