#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "app/command.h"
#include "app/print.h"
#include "app/print_json.h"
#include "base/files.h"
#include "events/log_keeper.h"
#include "workspace/process.h"

namespace aisle::app {
namespace {

namespace fs = std::filesystem;

// Everything aisle makes in a data directory; aisle.toml and what others put there stay.
constexpr const char* kOurs[] = {"about.json",
                                 "warehouse.duckdb",
                                 "warehouse.duckdb.wal",
                                 "warehouse.duckdb.tmp",
                                 "registry",
                                 "serving",
                                 "events",
                                 "changes",
                                 "run"};

// With the logs that were set aside.
std::vector<fs::path> Ours(const workspace::Workspace& workspace) {
  std::vector<fs::path> ours;
  for (const char* name : kOurs) ours.push_back(workspace.Root() / name);
  for (const fs::path& log : {workspace.Events(), workspace.Changes()}) {
    for (events::LostLog& lost : events::LostLogs(log)) ours.push_back(std::move(lost.folder));
  }
  return ours;
}

// The server of `aisle store dev-up`, which runs on until it is told to stop. 0: it does not run, or is not there.
std::int64_t DevServer(const fs::path& folder) {
  const auto pid_file = base::ReadFile(folder / "data" / "postmaster.pid");
  if (!pid_file) return 0;
  const std::int64_t pid = std::strtoll(pid_file->c_str(), nullptr, 10);
  const auto name = base::ReadFile(fmt::format("/proc/{}/comm", pid));
  // Its number may be another process's by now.
  return name && *name == "postgres\n" ? pid : 0;
}

struct CleanOptions {
  bool yes = false;
};

std::uintmax_t SizeOf(const fs::path& path) {
  std::error_code code;
  if (!fs::is_directory(path, code)) {
    const std::uintmax_t size = fs::file_size(path, code);
    return code ? 0 : size;
  }
  std::uintmax_t size = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path, code)) {
    if (entry.is_regular_file(code)) size += entry.file_size(code);
  }
  return size;
}

Status Confirm(const fs::path& root, std::uintmax_t bytes) {
  if (isatty(STDIN_FILENO) == 0) {
    return Fail(ErrorCode::kInvalidArgument, "removes data: say --yes");
  }
  fmt::print(stderr, "Remove {:.1f} MB of data, models and generations in {}? [y/N] ",
             static_cast<double>(bytes) / 1e6, root.string());
  std::fflush(stderr);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "yes") return {};
  return Fail(ErrorCode::kInvalidArgument, "nothing was removed");
}

Status Clean(Context& context, const CleanOptions& options) {
  const workspace::Workspace& workspace = context.workspace;
  const fs::path& root = workspace.Root();
  if (!workspace.Exists()) {
    return Fail(ErrorCode::kNotFound, fmt::format("{} is not a data directory", root.string()));
  }
  const auto refuse_while_running = [&]() -> Status {
    for (const workspace::ProcessInfo& process : workspace::RunningProcesses(workspace.Run())) {
      return Fail(ErrorCode::kUnavailable,
                  fmt::format("`aisle {}` runs here as process {}; stop it first", process.name,
                              process.pid));
    }
    return {};
  };
  AISLE_CHECK(refuse_while_running());
  const std::vector<fs::path> ours = Ours(workspace);
  std::uintmax_t bytes = 0;
  for (const fs::path& path : ours) bytes += SizeOf(path);
  if (!options.yes) AISLE_CHECK(Confirm(root, bytes));
  // A job, or a server that started while the question stood, holds its lock.
  AISLE_TRY(const auto lock, workspace.LockJobs("aisle clean"));
  AISLE_CHECK(refuse_while_running());
  for (const fs::path& path : ours) {
    std::error_code code;
    fs::remove_all(path, code);
    if (code) {
      return Fail(ErrorCode::kInternal,
                  fmt::format("cannot remove {}: {}", path.string(), code.message()));
    }
  }
  std::error_code ignored;
  fs::remove(root, ignored);  // Only if nothing else is in it.
  const fs::path dev_folder = root / "postgres-server";
  const std::int64_t dev_server = DevServer(dev_folder);
  if (dev_server != 0) {
    context.Say(
        "a Postgres runs on as process {}, and {} holds what it has: `aisle store dev-down` stops "
        "it",
        dev_server, dev_folder.string());
  }
  if (context.json) {
    PrintJson({{"data", root.string()},
               {"removed_bytes", bytes},
               {"postgres_process",
                dev_server == 0 ? boost::json::value(nullptr) : boost::json::value(dev_server)}});
  } else {
    PrintOut(
        fmt::format("{}: removed {:.1f} MB\n", root.string(), static_cast<double>(bytes) / 1e6));
  }
  return {};
}

}  // namespace

void DefineClean(CommandBuilder& command) {
  auto options = std::make_shared<CleanOptions>();
  command.Switch("--yes", &options->yes, "Do not ask");
  command.Examples({{"aisle clean", "asks first; aisle.toml and files of yours stay"},
                    {"aisle clean --yes --data /tmp/try", "for scripts"}});
  command.Run([options](Context& context) { return Clean(context, *options); });
}

}  // namespace aisle::app
