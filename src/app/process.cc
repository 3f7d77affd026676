#include "app/process.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/files.h"
#include "web/address.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kNames[] = {"serve", "worker", "up"};

// 0 when there is no such process.
std::uint64_t StartTicks(std::int64_t pid) {
  const auto stat = base::ReadFile(fmt::format("/proc/{}/stat", pid));
  if (!stat) return 0;
  // The second field is the command in brackets and may hold anything, so count from its end.
  std::size_t at = stat->rfind(')');
  if (at == std::string::npos) return 0;
  for (int field = 2; field < 22; ++field) {
    at = stat->find(' ', at + 1);
    if (at == std::string::npos) return 0;
  }
  return std::strtoull(stat->c_str() + at + 1, nullptr, 10);
}

std::unexpected<Error> SystemError(std::string_view action) {
  return Fail(ErrorCode::kInternal, fmt::format("cannot {}: {}", action, std::strerror(errno)));
}

std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Result<ProcessFile> ProcessFile::Write(const fs::path& run_folder, const std::string& name,
                                       const std::string& address) {
  if (const auto other = RunningProcess(run_folder, name); other && other->pid != getpid()) {
    return Fail(
        ErrorCode::kUnavailable,
        fmt::format("`aisle {}` already runs on this data directory as process {}{}", name,
                    other->pid, other->address.empty() ? "" : " at " + web::UrlOf(other->address)));
  }
  const fs::path path = run_folder / (name + ".json");
  const json::object object = {{"pid", getpid()},
                               {"start_ticks", StartTicks(getpid())},
                               {"started", base::FormatIso(base::Now())},
                               {"address", address}};
  AISLE_CHECK(base::WriteFileAtomic(path, json::serialize(object) + "\n"));
  return ProcessFile(path);
}

ProcessFile::ProcessFile(ProcessFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}

ProcessFile::~ProcessFile() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove(path_, ignored);
}

std::optional<ProcessInfo> RunningProcess(const fs::path& run_folder, const std::string& name) {
  const auto text = base::ReadFile(run_folder / (name + ".json"));
  if (!text) return std::nullopt;
  boost::system::error_code code;
  const json::value value = json::parse(*text, code);
  if (code || !value.is_object()) return std::nullopt;
  const json::object& object = value.get_object();
  const auto pid = object.if_contains("pid");
  const auto ticks = object.if_contains("start_ticks");
  const auto started = object.if_contains("started");
  const auto address = object.if_contains("address");
  if (pid == nullptr || !pid->is_int64() || ticks == nullptr || !ticks->is_number()) return {};
  ProcessInfo info{.name = name,
                   .pid = pid->get_int64(),
                   .start_ticks = ticks->to_number<std::uint64_t>(code),
                   .started = {},
                   .address = {}};
  if (started != nullptr && started->is_string()) {
    info.started =
        base::ParseTimestamp(std::string_view(started->get_string())).value_or(base::Timestamp{});
  }
  if (address != nullptr && address->is_string()) info.address = address->get_string();
  if (info.start_ticks == 0 || StartTicks(info.pid) != info.start_ticks) return std::nullopt;
  return info;
}

std::vector<ProcessInfo> RunningProcesses(const fs::path& run_folder) {
  std::vector<ProcessInfo> running;
  for (const char* name : kNames) {
    if (auto info = RunningProcess(run_folder, name)) running.push_back(*std::move(info));
  }
  return running;
}

Result<pid_t> StartSelf(const std::vector<std::string>& arguments) {
  std::error_code code;
  const fs::path self = fs::read_symlink("/proc/self/exe", code);
  if (code) return Fail(ErrorCode::kInternal, "cannot find this program: " + code.message());
  std::vector<std::string> words = {self.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const std::vector<char*> pointers = Pointers(words);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return SystemError("start a process");
  if (child == 0) {
    // A group of its own: Ctrl-C reaches the parent alone, which then ends its children in order.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(127);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execv(pointers[0], pointers.data());
    _exit(127);
  }
  return child;
}

void RestartWithPatientThreads() {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  const auto words = base::ReadFile("/proc/self/cmdline");
  if (!words || words->empty()) return;
  std::vector<std::string> arguments;
  for (std::size_t begin = 0; begin < words->size();) {
    arguments.emplace_back(words->c_str() + begin);
    begin += arguments.back().size() + 1;
  }
  setenv("OMP_WAIT_POLICY", "passive", 1);
  execv("/proc/self/exe", Pointers(arguments).data());
}

Result<std::string> RunProgram(const std::vector<std::string>& command) {
  int ends[2];
  if (pipe(ends) != 0) return SystemError("make a pipe");
  const std::vector<char*> pointers = Pointers(command);
  const pid_t child = fork();
  if (child < 0) return SystemError("start a process");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execvp(pointers[0], pointers.data());
    _exit(127);
  }
  close(ends[1]);
  std::string output;
  char chunk[4096];
  for (;;) {
    const ssize_t count = read(ends[0], chunk, sizeof(chunk));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    output.append(chunk, static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Fail(ErrorCode::kInternal,
                fmt::format("`{}` failed ({})", fmt::join(command, " "),
                            WIFEXITED(status) ? fmt::format("exit {}", WEXITSTATUS(status))
                                              : fmt::format("signal {}", WTERMSIG(status))));
  }
  return output;
}

}  // namespace aisle::app
