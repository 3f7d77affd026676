#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "app/child_process.h"
#include "app/command.h"
#include "app/command_line.h"
#include "app/interrupt.h"
#include "app/listener.h"
#include "base/log.h"
#include "web/address.h"
#include "workspace/process.h"

namespace aisle::app {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A process that has run this long was well, and starts with the short wait again.
constexpr std::chrono::seconds kSteady{10};
constexpr std::chrono::seconds kStopGrace{15};
constexpr milliseconds kLook{100};

// One supervised process.
struct Child {
  std::string name;
  std::vector<std::string> arguments;
  pid_t pid = 0;  // 0: not running.
  Clock::time_point started{};
  Clock::time_point start_at{};  // Not before.
  milliseconds wait{};
};

struct UpOptions {
  std::optional<std::string> every;
};

std::vector<std::string> Shared(const Context& context) {
  std::vector<std::string> arguments = {"--data", context.workspace.Root().string(), "--seed",
                                        fmt::format("{}", context.Seed())};
  if (context.as_of_flag) {
    arguments.insert(arguments.end(), {"--as-of", base::FormatIso(*context.as_of_flag)});
  }
  if (context.config_flag) {
    arguments.insert(arguments.end(), {"--config", *context.config_flag});
  }
  if (context.quiet) arguments.emplace_back("--quiet");
  return arguments;
}

std::vector<Child> MakeChildren(const Context& context, const UpOptions& options) {
  Child serve{.name = "serve", .arguments = {"serve"}};
  serve.arguments.insert(serve.arguments.end(),
                         {"--listen", context.settings.serve_listen, "--threads",
                          fmt::format("{}", context.settings.serve_threads)});
  Child worker{.name = "worker", .arguments = {"worker"}};
  worker.arguments.insert(worker.arguments.end(), {"--every", options.every.value_or("config")});
  std::vector<Child> children = {std::move(serve), std::move(worker)};
  for (Child& child : children) {
    const auto shared = Shared(context);
    child.arguments.insert(child.arguments.end(), shared.begin(), shared.end());
    child.wait = milliseconds(context.settings.up_restart_first_ms);
  }
  return children;
}

std::string Words(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
  return fmt::format("ended with code {}", WEXITSTATUS(status));
}

// A port that another program listens on is not taken from it by trying again.
Status CheckPort(const Context& context) {
  AISLE_TRY(const web::Address address, web::ParseAddress(context.settings.serve_listen));
  if (address.handed) {
    return Fail(
        ErrorCode::kInvalidArgument,
        "systemd hands its socket to the process it starts: have it start `aisle serve` and "
        "`aisle worker`, and restart them");
  }
  if (!address.IsUnix() && address.port == 0) return {};
  const auto holder = WhoListens(address);
  if (!holder) return {};
  return Fail(
      ErrorCode::kUnavailable,
      fmt::format("{} is taken by {}; stop it, or give another --listen", address.Text(), *holder));
}

// Whether there is no use in starting it again: its arguments will be no better, and the port's holder stays.
Status CheckHope(const Context& context, const Child& child, int status) {
  if (child.name != "serve" || !WIFEXITED(status)) return {};
  if (WEXITSTATUS(status) == ExitCodeOf(ErrorCode::kUnavailable)) return CheckPort(context);
  if (WEXITSTATUS(status) != ExitCodeOf(ErrorCode::kInvalidArgument)) return {};
  return Fail(ErrorCode::kInvalidArgument, "serve refuses its settings: see what it says above");
}

// What a process that ended means: it starts again after a wait that doubles, if there is hope.
Status Ended(const Context& context, Child& child, int status) {
  const milliseconds first(context.settings.up_restart_first_ms);
  const milliseconds most(context.settings.up_restart_most_ms);
  if (Clock::now() - child.started >= kSteady) child.wait = first;
  const pid_t pid = std::exchange(child.pid, 0);
  AISLE_CHECK(CheckHope(context, child, status));
  base::LogWarning("up: {} (process {}) {}; it starts again in {} ms", child.name, pid,
                   Words(status), child.wait.count());
  child.start_at = Clock::now() + child.wait;
  child.wait = std::min(most, child.wait * 2);
  return {};
}

Status StartDue(std::vector<Child>& children) {
  for (Child& child : children) {
    if (child.pid != 0 || Clock::now() < child.start_at) continue;
    AISLE_TRY(child.pid, StartSelf(child.arguments));
    child.started = Clock::now();
    base::LogInfo("up: {} runs as process {}", child.name, child.pid);
  }
  return {};
}

Status Reap(const Context& context, std::vector<Child>& children) {
  for (Child& child : children) {
    int status = 0;
    if (child.pid != 0 && waitpid(child.pid, &status, WNOHANG) == child.pid)
      AISLE_CHECK(Ended(context, child, status));
  }
  return {};
}

// SIGTERM to all, then SIGKILL to those that stay.
void StopAll(std::vector<Child>& children, milliseconds drain_wait) {
  for (const Child& child : children) {
    if (child.pid != 0) kill(child.pid, SIGTERM);
  }
  const auto deadline = Clock::now() + drain_wait + kStopGrace;
  for (Child& child : children) {
    int status = 0;
    while (child.pid != 0 && waitpid(child.pid, &status, WNOHANG) == 0) {
      if (Clock::now() >= deadline) {
        base::LogWarning("up: {} (process {}) does not end and is killed", child.name, child.pid);
        kill(child.pid, SIGKILL);
        waitpid(child.pid, &status, 0);
        break;
      }
      std::this_thread::sleep_for(kLook);
    }
    child.pid = 0;
  }
}

Status Up(Context& context, const UpOptions& options) {
  if (const Status made = context.workspace.Create(); !made) {
    if (!context.workspace.Exists()) return made;
    base::LogWarning("{}", made.error().message);
  }
  AISLE_TRY(const auto file,
            workspace::ProcessFile::WriteIfItCan(context.workspace.Run(), "up", ""));
  if (const auto other = workspace::RunningProcess(context.workspace.Run(), "serve")) {
    return Fail(ErrorCode::kUnavailable,
                fmt::format("a server runs already as process {}; stop it first", other->pid));
  }
  AISLE_CHECK(CheckPort(context));
  std::vector<Child> children = MakeChildren(context, options);
  Status status;
  {
    const InterruptGuard guard;
    while (status && !Interrupted()) {
      status = StartDue(children);
      std::this_thread::sleep_for(kLook);
      if (status) status = Reap(context, children);
    }
    CancelInterruptGrace();
    StopAll(children, milliseconds(context.settings.serve_drain_wait_ms));
  }
  return status;
}

}  // namespace

void DefineUp(CommandBuilder& command) {
  auto options = std::make_shared<UpOptions>();
  command.ServerOptions();
  command.Text("--every", "DURATION", &options->every,
               "Time between the worker's passes, as in `aisle worker --every`");
  command.Examples({{"aisle up", "a server on http://127.0.0.1:8000 and a worker, until Ctrl-C"},
                    {"aisle up --every 5m --listen 127.0.0.1:9000", "fresher, elsewhere"},
                    {"aisle status", "says where they are"}});
  command.Run([options](Context& context) { return Up(context, *options); });
}

}  // namespace aisle::app
