#include "serving/generation/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "serving/generation/layout.h"

namespace aisle::serving {
namespace {

namespace fs = std::filesystem;

bool SameFile(int descriptor, const fs::path& path) {
  struct stat held{};
  struct stat there{};
  return fstat(descriptor, &held) == 0 && stat(path.c_str(), &there) == 0 &&
         held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

}  // namespace

Result<GenerationLock> GenerationLock::Hold(const fs::path& generation_folder) {
  const fs::path path = generation_folder / kManifestFile;
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInternal;
    return Fail(code, fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
  }
  GenerationLock lock(descriptor, path);
  // Held alone by a writer that is removing it, or removed between the open and the lock.
  if (flock(descriptor, LOCK_SH | LOCK_NB) != 0 || !SameFile(descriptor, path))
    return Fail(ErrorCode::kNotFound, fmt::format("{} is being removed", path.string()));
  return lock;
}

bool GenerationLock::IsReplaced() const {
  std::error_code code;
  return fs::exists(path_, code) && !SameFile(descriptor_, path_);
}

GenerationLock::~GenerationLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool RemoveUnlessRead(const fs::path& generation_folder, const fs::path& trash) {
  const int descriptor = open((generation_folder / kManifestFile).c_str(), O_RDONLY | O_CLOEXEC);
  // Without a manifest nobody can read it.
  const bool read = descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) != 0;
  std::error_code code;
  if (!read) fs::rename(generation_folder, trash, code);
  if (descriptor >= 0) close(descriptor);
  if (read || code) return false;
  fs::remove_all(trash, code);
  return !code;
}

}  // namespace aisle::serving
