#include "app/child_process.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/files.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;

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
    // Another file stands there since, or none: an upgrade. This program is still this one.
    execv("/proc/self/exe", pointers.data());
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
