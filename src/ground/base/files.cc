#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>
#include <xxhash.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/lock_holder.h"

namespace aisle::base {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> SystemError(std::string_view action, const fs::path& path, int number) {
  const ErrorCode code = number == ENOENT                       ? ErrorCode::kNotFound
                         : number == ENOSPC || number == EDQUOT ? ErrorCode::kUnavailable
                                                                : ErrorCode::kInternal;
  return Fail(code, fmt::format("cannot {} {}: {}", action, path.string(), std::strerror(number)));
}

// What a StagedFile keeps before it writes.
constexpr std::size_t kBufferBytes = 1U << 18U;

fs::path Folder(const fs::path& path) {
  return path.parent_path().empty() ? fs::path(".") : path.parent_path();
}

std::string StagingName() {
  static std::atomic<int> counter = 0;
  return fmt::format(".staging-{}-{}", getpid(), counter.fetch_add(1));
}

Status WriteAll(int descriptor, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Status SyncPath(const fs::path& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return SystemError("open", path, errno);
  const int code = fsync(descriptor);
  const int number = errno;
  close(descriptor);
  if (code != 0) return SystemError("sync", path, number);
  return {};
}

}  // namespace

Result<std::string> ReadFile(const fs::path& path) {
  std::error_code code;
  if (fs::is_directory(path, code)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is a folder, not a file", path.string()));
  }
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return SystemError("open", path, errno);
  std::string bytes;
  std::string chunk(1U << 20U, '\0');
  for (;;) {
    const ssize_t count = read(descriptor, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int number = errno;
      close(descriptor);
      return SystemError("read", path, number);
    }
    if (count == 0) break;
    bytes.append(chunk, 0, static_cast<std::size_t>(count));
  }
  close(descriptor);
  return bytes;
}

Status WriteFileAtomic(const fs::path& path, std::string_view bytes) {
  AISLE_TRY(StagedFile file, StagedFile::Create(path));
  AISLE_CHECK(file.Write(bytes));
  return file.Commit();
}

Result<StagedFile> StagedFile::Create(const fs::path& final_path) {
  std::error_code code;
  const fs::file_status there = fs::symlink_status(final_path, code);
  if (fs::exists(there) && !fs::is_regular_file(there)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("cannot write {}: it is no regular file", final_path.string()));
  }
  const fs::path path = Folder(final_path) / (StagingName() + "-" + final_path.filename().string());
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return SystemError("write", final_path, errno);
  return StagedFile(descriptor, path, final_path);
}

StagedFile::StagedFile(StagedFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      final_path_(std::move(other.final_path_)),
      buffer_(std::move(other.buffer_)) {}

StagedFile::~StagedFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(path_.c_str());
}

Status StagedFile::Flush() {
  AISLE_CHECK(WriteAll(descriptor_, buffer_, final_path_));
  buffer_.clear();
  return {};
}

Status StagedFile::Write(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() < kBufferBytes ? Status{} : Flush();
}

Status StagedFile::Commit() {
  AISLE_CHECK(Flush());
  if (fsync(descriptor_) != 0) return SystemError("write", final_path_, errno);
  if (rename(path_.c_str(), final_path_.c_str()) != 0)
    return SystemError("write", final_path_, errno);
  close(std::exchange(descriptor_, -1));
  return SyncFolder(Folder(final_path_));
}

Status SyncFolder(const fs::path& folder) { return SyncPath(folder, O_RDONLY | O_DIRECTORY); }
Status SyncFile(const fs::path& path) { return SyncPath(path, O_RDONLY); }

Result<StagedFolder> StagedFolder::Create(const fs::path& final_path) {
  std::error_code code;
  fs::create_directories(final_path.parent_path(), code);
  if (code) return SystemError("create", final_path.parent_path(), code.value());
  fs::path path = final_path.parent_path() / (StagingName() + "-" + final_path.filename().string());
  fs::create_directory(path, code);
  if (code) return SystemError("create", path, code.value());
  return StagedFolder(std::move(path), final_path);
}

StagedFolder::StagedFolder(StagedFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), final_path_(std::move(other.final_path_)) {}

StagedFolder::~StagedFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Status StagedFolder::Commit() {
  std::error_code code;
  if (fs::exists(final_path_, code)) {
    return Fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} exists already", final_path_.string()));
  }
  for (const auto& entry : fs::recursive_directory_iterator(path_, code)) {
    if (entry.is_regular_file()) AISLE_CHECK(SyncFile(entry.path()));
  }
  AISLE_CHECK(SyncFolder(path_));
  if (rename(path_.c_str(), final_path_.c_str()) != 0)
    return SystemError("rename to", final_path_, errno);
  path_.clear();
  return SyncFolder(final_path_.parent_path());
}

void RemoveStagingLeftovers(const fs::path& parent) {
  constexpr std::string_view kPrefix = ".staging-";
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(parent, code)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    const int pid = std::atoi(name.c_str() + kPrefix.size());
    if (pid > 0 && (kill(pid, 0) == 0 || errno != ESRCH)) continue;
    std::error_code ignored;
    fs::remove_all(entry.path(), ignored);
  }
}

Result<FileLock> FileLock::Acquire(const fs::path& path, std::string_view purpose) {
  std::error_code code;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), code);
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return SystemError("open", path, errno);
  FileLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return SystemError("lock", path, errno);
    return Fail(ErrorCode::kUnavailable,
                fmt::format("{} is held by {}; wait for it to end, or stop it", path.string(),
                            LockHolder(path).value_or("another process")));
  }
  const std::string text = fmt::format("process {} ({})", getpid(), purpose);
  if (ftruncate(descriptor, 0) != 0) return SystemError("write", path, errno);
  AISLE_CHECK(WriteAll(descriptor, text, path));
  return lock;
}

bool FileLock::IsHeld(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool held = flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(descriptor);
  return held;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string Checksum(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::uint64_t Hash(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Result<std::string> ChecksumFile(const fs::path& path) {
  AISLE_TRY(const std::string bytes, ReadFile(path));
  return Checksum(bytes);
}

}  // namespace aisle::base
