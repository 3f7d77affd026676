#include "app/room.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace aisle::app {

Result<base::StagedFolder> MakeRoom(std::string_view purpose) {
  std::error_code failed;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(failed);
  if (failed) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("there is no folder for temporary files ({}); set TMPDIR to one",
                            failed.message()));
  }
  return base::StagedFolder::Create(folder / fmt::format("aisle-{}", purpose));
}

}  // namespace aisle::app
