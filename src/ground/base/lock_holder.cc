#include "base/lock_holder.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <sstream>

#include "base/files.h"

namespace aisle::base {

namespace fs = std::filesystem;

// A line of /proc/locks: "4: FLOCK ADVISORY WRITE 1234 fe:00:393 0 EOF"; behind "->" somebody waits for it.
std::optional<std::string> LockHolder(const fs::path& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  std::istringstream locks(ReadFile("/proc/locks").value_or(""));
  const std::string inode = fmt::format(":{}", status.st_ino);
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advisory, mode, pid, file;
    words >> number >> kind >> advisory >> mode >> pid >> file;
    if (kind != "FLOCK" || !file.ends_with(inode)) continue;
    const std::string said = ReadFile(path).value_or("");
    if (said.starts_with(fmt::format("process {} ", pid))) return said;
    std::string name = ReadFile(fmt::format("/proc/{}/comm", pid)).value_or("");
    if (name.ends_with('\n')) name.pop_back();
    // Of another container the number says nothing here.
    return name.empty() ? std::string("another process")
                        : fmt::format("process {} ({})", pid, name);
  }
  return std::nullopt;
}

}  // namespace aisle::base
