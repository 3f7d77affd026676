#include "events/log_keeper.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"

namespace aisle::events {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWriterLockFile = "writer.lock";  // As kv/queue.h has it.
constexpr const char* kDataFile = "data.mdb";
constexpr const char* kNoteFile = "LOST.txt";
constexpr std::string_view kAside = ".damaged-";
// A B+tree that leads in circles would be read for ever.
constexpr rlim_t kCheckSeconds = 60;
// Less room than that, and a mapped file of a full disk ends whoever touches it, whole as it may be.
constexpr std::uint64_t kRoomBytes = 1U << 20U;

// The signals by which a process ends that reads what is damaged.
constexpr std::array kDamage = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU};

Status CheckHere(const fs::path& folder, EventLog::Access access) {
  AISLE_TRY(const EventLog log, EventLog::Open(folder, access));
  return log.Verify(kRecordsChecked);
}

// In the child: nothing of the parent's is touched, and nothing is said but the result, a byte for the code and
// the message.
[[noreturn]] void CheckAndTell(const fs::path& folder, EventLog::Access access, int descriptor) {
  for (const int number : kDamage) signal(number, SIG_DFL);
  const rlimit no_core{0, 0};
  const rlimit patience{kCheckSeconds, kCheckSeconds + 1};
  setrlimit(RLIMIT_CORE, &no_core);
  setrlimit(RLIMIT_CPU, &patience);
  const Status status = CheckHere(folder, access);
  std::string told;
  if (!status)
    told = static_cast<char>('0' + static_cast<int>(status.error().code)) + status.error().message;
  const bool all = write(descriptor, told.data(), told.size()) == static_cast<ssize_t>(told.size());
  _exit(all ? 0 : 1);
}

std::unexpected<Error> NotKnown(const fs::path& folder, std::string_view why) {
  return Fail(ErrorCode::kUnavailable,
              fmt::format("event log: cannot check {}: {}", folder.string(), why));
}

std::string ReadAll(int descriptor) {
  std::string told;
  std::array<char, 1024> chunk{};
  for (;;) {
    const ssize_t count = read(descriptor, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return told;
    told.append(chunk.data(), static_cast<std::size_t>(count));
  }
}

bool HasRoom(const fs::path& folder) {
  struct statvfs disk{};
  return statvfs(folder.c_str(), &disk) != 0 ||
         static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize >= kRoomBytes;
}

Status Verdict(const fs::path& folder, int status, const std::string& told) {
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    if (std::ranges::count(kDamage, number) == 0 || !HasRoom(folder))
      return NotKnown(folder, fmt::format("the check was ended by signal {}", number));
    return Fail(ErrorCode::kInternal, fmt::format("event log: {} is damaged: reading it ends in {}",
                                                  folder.string(), strsignal(number)));
  }
  if (WEXITSTATUS(status) != 0) return NotKnown(folder, "the check did not end well");
  if (told.empty()) return {};
  return Fail(static_cast<ErrorCode>(told[0] - '0'), told.substr(1));
}

// Up to where each reader had come, as far as their marks can be read.
std::string MarksText(const fs::path& folder) {
  std::string text;
  std::error_code code;
  for (fs::directory_iterator entry(folder / "readers", code);
       !code && entry != fs::directory_iterator(); entry.increment(code)) {
    std::string mark = base::ReadFile(entry->path()).value_or("");
    if (!mark.empty() && mark.back() == '\n') mark.pop_back();
    const bool whole = !mark.empty() && mark.find_first_not_of("0123456789") == std::string::npos;
    text += fmt::format("; {} had taken in {}", entry->path().filename().string(),
                        whole ? "the records up to " + mark : "an unknown part");
  }
  return text;
}

// The log's lock, held over the rename, keeps a second server from setting aside the new log.
Status SetAside(const fs::path& folder, const std::string& why) {
  AISLE_TRY(const auto lock,
            base::FileLock::Acquire(folder / kWriterLockFile, "setting this queue aside"));
  if (std::error_code none; !fs::exists(folder / kDataFile, none)) return {};  // Somebody did it.
  std::string stamp = base::FormatIso(std::chrono::floor<std::chrono::seconds>(base::Now()));
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  fs::path aside = folder;
  aside += std::string(kAside) + stamp;
  std::error_code code;
  for (int again = 2; fs::exists(aside, code); ++again) {
    aside = folder;
    aside += fmt::format("{}{}-{}", kAside, stamp, again);
  }
  const std::string words =
      fmt::format("{}{}; what came after is lost, as far as nobody gets it out of these files", why,
                  MarksText(folder));
  fs::rename(folder, aside, code);
  if (code) {
    return Fail(ErrorCode::kUnavailable, fmt::format("cannot rename {} to {}: {}", folder.string(),
                                                     aside.string(), code.message()));
  }
  base::LogError("{}; set aside as {}, a new one is begun", words, aside.string());
  if (const Status noted = base::WriteFileAtomic(aside / kNoteFile, words + "\n"); !noted)
    base::LogWarning("{}", noted.error().message);
  return {};
}

}  // namespace

Status CheckLog(const fs::path& folder, EventLog::Access access) {
  std::error_code code;
  if (!fs::exists(folder / kDataFile, code)) return {};
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return NotKnown(folder, std::strerror(errno));
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    CheckAndTell(folder, access, ends[1]);
  }
  const int failed = errno;
  close(ends[1]);
  const std::string told = child < 0 ? std::string() : ReadAll(ends[0]);
  close(ends[0]);
  if (child < 0) return NotKnown(folder, std::strerror(failed));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return Verdict(folder, status, told);
}

Result<KeptLog> OpenKept(const fs::path& folder) {
  const fs::path lock_file = folder / kWriterLockFile;
  for (int attempt = 0;; ++attempt) {
    Status status;
    std::error_code code;
    // What can be seen without a child: a full disk could end it, and a read-only one refuses the lock.
    if (fs::exists(folder, code) && !HasRoom(folder)) status = NotKnown(folder, "the disk is full");
    if (status) {
      const auto lock = base::FileLock::Acquire(lock_file, "writing this queue");
      if (!lock && base::FileLock::IsHeld(lock_file)) return Within("event log", lock.error());
      if (!lock) return KeptLog{std::nullopt, lock.error().message};
    }
    if (status) status = CheckLog(folder, EventLog::Access::kWrite);
    if (status) {
      auto log = EventLog::Open(folder, EventLog::Access::kWrite);
      if (log) return KeptLog{*std::move(log), {}};
      status = std::unexpected(std::move(log).error());
    }
    // One damaged log is set aside; where the new one is no better, it is not the log.
    const bool damaged = status.error().code == ErrorCode::kInternal;
    if (damaged && attempt == 0) status = SetAside(folder, status.error().message);
    if (!status && base::FileLock::IsHeld(lock_file)) return std::unexpected(status.error());
    if (!status) return KeptLog{std::nullopt, status.error().message};
  }
}

std::vector<LostLog> LostLogs(const fs::path& folder) {
  std::vector<LostLog> lost;
  const std::string prefix = folder.filename().string() + std::string(kAside);
  std::error_code code;
  for (fs::directory_iterator entry(folder.parent_path(), code);
       !code && entry != fs::directory_iterator(); entry.increment(code)) {
    if (!entry->path().filename().string().starts_with(prefix)) continue;
    std::string words = base::ReadFile(entry->path() / kNoteFile).value_or("it was damaged\n");
    if (words.ends_with('\n')) words.pop_back();
    lost.push_back({entry->path(), std::move(words)});
  }
  std::ranges::sort(lost, {}, &LostLog::folder);
  return lost;
}

}  // namespace aisle::events
