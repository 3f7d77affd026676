// Processes of this data directory: files that say who runs.
//
// A server writes <run>/serve.json while it lives; a reader believes it only if a process of that pid
// started at that moment, so a file left by a crash, or a pid used again, is not taken for a server.
//
//   threads  one thread.
//   errors   kUnavailable: another process of that name lives here, named; kInternal: the system.
//   source   /proc/<pid>/stat, field 22: start time in ticks since boot.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace aisle::workspace {

struct ProcessInfo {
  std::string name;  // "serve", "worker", "up"
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  base::Timestamp started{};
  std::string address;  // Of servers.
};

class ProcessFile {
 public:
  static Result<ProcessFile> Write(const std::filesystem::path& run_folder, const std::string& name,
                                   const std::string& address);
  // The same, and where the disk takes no file (full, read-only) nothing, with a warning: that is no reason not to
  // run. Fails only where another process of that name lives here.
  static Result<std::optional<ProcessFile>> WriteIfItCan(const std::filesystem::path& run_folder,
                                                         const std::string& name,
                                                         const std::string& address);
  ~ProcessFile();
  ProcessFile(ProcessFile&& other) noexcept;
  ProcessFile& operator=(ProcessFile&&) = delete;
  ProcessFile(const ProcessFile&) = delete;

 private:
  explicit ProcessFile(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// What lives in this run folder, by name.
std::vector<ProcessInfo> RunningProcesses(const std::filesystem::path& run_folder);
std::optional<ProcessInfo> RunningProcess(const std::filesystem::path& run_folder,
                                          const std::string& name);
// What left its file here and is gone: it crashed, was killed, or the machine went down.
std::vector<ProcessInfo> GoneProcesses(const std::filesystem::path& run_folder);

// When a process started, in ticks since boot; 0 when there is no such process.
std::uint64_t StartTicks(std::int64_t pid);

}  // namespace aisle::workspace
