#include "base/program.h"

#include <system_error>

namespace aisle::base {

std::filesystem::path ProgramFolder() {
  std::error_code code;
  return std::filesystem::read_symlink("/proc/self/exe", code).parent_path();
}

}  // namespace aisle::base
