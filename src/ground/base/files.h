// Files that are either whole or not there: write to a temporary name, sync, rename, sync the
// folder.
//
//   threads  free functions; two writers of one path: the last rename wins, neither file is torn.
//   errors   kNotFound for a missing file or folder; kInvalidArgument for a name at which something
//            stands that no file may replace (a folder, a device, a pipe, a link); kUnavailable for a
//            full disk (ENOSPC, EDQUOT); kInternal for other failures of the operating system, with path
//            and its words.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aisle::base {

Result<std::string> ReadFile(const std::filesystem::path& path);
// StagedFile in one piece.
Status WriteFileAtomic(const std::filesystem::path& path, std::string_view bytes);

// Makes a folder's entries durable (after a rename into it).
Status SyncFolder(const std::filesystem::path& folder);
Status SyncFile(const std::filesystem::path& path);

// A file that is written piece by piece under a temporary name beside its final one and appears there
// complete or not at all. Without Commit() the destructor removes it.
class StagedFile {
 public:
  static Result<StagedFile> Create(const std::filesystem::path& final_path);
  ~StagedFile();
  StagedFile(StagedFile&& other) noexcept;
  StagedFile& operator=(StagedFile&&) = delete;
  StagedFile(const StagedFile&) = delete;

  Status Write(std::string_view bytes);
  // Syncs the file, renames it in place of what was there, syncs the folder.
  Status Commit();

 private:
  StagedFile(int descriptor, std::filesystem::path path, std::filesystem::path final_path)
      : descriptor_(descriptor), path_(std::move(path)), final_path_(std::move(final_path)) {}
  Status Flush();
  int descriptor_ = -1;  // -1: committed, or moved from.
  std::filesystem::path path_;
  std::filesystem::path final_path_;
  std::string buffer_;
};

// A folder that is built under a temporary name beside its final one and appears there complete or
// not at all. Without Commit() the destructor removes it. Leftovers of killed processes:
// RemoveStagingLeftovers.
class StagedFolder {
 public:
  static Result<StagedFolder> Create(const std::filesystem::path& final_path);
  ~StagedFolder();
  StagedFolder(StagedFolder&& other) noexcept;
  StagedFolder& operator=(StagedFolder&&) = delete;
  StagedFolder(const StagedFolder&) = delete;

  const std::filesystem::path& Path() const { return path_; }
  // Syncs every file, then renames. kFailedPrecondition if the final name exists already.
  Status Commit();

 private:
  StagedFolder(std::filesystem::path path, std::filesystem::path final_path)
      : path_(std::move(path)), final_path_(std::move(final_path)) {}
  std::filesystem::path path_;
  std::filesystem::path final_path_;
};

// Removes ".staging-*" entries in `parent` whose process is gone.
void RemoveStagingLeftovers(const std::filesystem::path& parent);

// An advisory lock on a file that holds the holder's pid and purpose; released by the kernel when
// the process dies.
class FileLock {
 public:
  // kUnavailable if another process holds it; the message names its pid and purpose.
  static Result<FileLock> Acquire(const std::filesystem::path& path, std::string_view purpose);
  // Whether somebody holds it now. Needs no right to write, and leaves nothing behind.
  static bool IsHeld(const std::filesystem::path& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  FileLock(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// XXH3 128 bits as 32 hexadecimal digits. Finds damage, not malice.
std::string Checksum(std::string_view bytes);
Result<std::string> ChecksumFile(const std::filesystem::path& path);
// XXH3 64 bits: the same on every machine, so it may lie on a disk.
std::uint64_t Hash(std::string_view bytes);

}  // namespace aisle::base
