#include "workspace/attempts.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/files.h"
#include "workspace/json_fields.h"
#include "workspace/process.h"

namespace aisle::workspace {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view kPrefix = "job-";
constexpr std::string_view kSuffix = ".json";

// What a job does that others do alone.
const std::map<std::string, std::vector<std::string>>& Steps() {
  static const std::map<std::string, std::vector<std::string>> kSteps = {
      {"worker", {"refresh", "score", "publish"}},
      {"demo", {"generate", "refresh", "train", "score", "publish", "worker"}}};
  return kSteps;
}

fs::path FileOf(const Workspace& workspace, std::string command) {
  std::ranges::replace(command, ' ', '-');
  return workspace.Run() / fmt::format("{}{}{}", kPrefix, command, kSuffix);
}

std::optional<Attempt> ReadAttempt(const fs::path& path) {
  const auto text = base::ReadFile(path);
  if (!text) return std::nullopt;
  const auto object = ParseVersioned(*text);
  if (!object) return std::nullopt;
  Attempt attempt{.command = TextOf(*object, "command"),
                  .pid = IntOf(*object, "pid"),
                  .started = TimeOf(*object, "started"),
                  .ended = TimeOf(*object, "ended"),
                  .error = TextOf(*object, "error")};
  attempt.running =
      attempt.ended == base::Timestamp{} &&
      StartTicks(attempt.pid) == static_cast<std::uint64_t>(IntOf(*object, "start_ticks"));
  return attempt;
}

void Write(const Workspace& workspace, const Attempt& attempt) {
  json::object object = {{"format", kWorkspaceFormat},
                         {"command", attempt.command},
                         {"pid", attempt.pid},
                         {"start_ticks", StartTicks(attempt.pid)},
                         {"started", base::FormatIso(attempt.started)}};
  if (attempt.ended != base::Timestamp{}) {
    object["ended"] = base::FormatIso(attempt.ended);
    object["error"] = attempt.error;
  }
  // Best effort: a note is no reason to fail.
  static_cast<void>(
      base::WriteFileAtomic(FileOf(workspace, attempt.command), json::serialize(object) + "\n"));
}

void Remove(const Workspace& workspace, const std::string& command) {
  std::error_code ignored;
  fs::remove(FileOf(workspace, command), ignored);
}

}  // namespace

void BeginAttempt(const Workspace& workspace, const std::string& command) {
  Write(workspace, {command, getpid(), base::Now(), {}, {}, true});
}

void EndAttempt(const Workspace& workspace, const std::string& command, const Status& status) {
  auto attempt = ReadAttempt(FileOf(workspace, command));
  if (!attempt || !attempt->running || attempt->pid != getpid()) return;
  if (!status && status.error().code != ErrorCode::kInvalidArgument) {
    attempt->ended = base::Now();
    attempt->error = status.error().message;
    Write(workspace, *attempt);
    return;
  }
  Remove(workspace, command);
  if (const auto steps = Steps().find(command); status && steps != Steps().end()) {
    for (const std::string& step : steps->second) Remove(workspace, step);
  }
}

std::vector<Attempt> ReadAttempts(const Workspace& workspace) {
  std::vector<Attempt> attempts;
  std::error_code code;
  for (fs::directory_iterator entry(workspace.Run(), code);
       !code && entry != fs::directory_iterator(); entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    if (auto attempt = ReadAttempt(entry->path())) attempts.push_back(*std::move(attempt));
  }
  std::ranges::sort(attempts, {}, &Attempt::command);
  return attempts;
}

}  // namespace aisle::workspace
