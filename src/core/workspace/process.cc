#include "workspace/process.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <utility>

#include "base/files.h"
#include "base/log.h"
#include "web/address.h"

namespace aisle::workspace {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kNames[] = {"serve", "worker", "up"};

}  // namespace

std::uint64_t StartTicks(std::int64_t pid) {
  const auto stat = base::ReadFile(fmt::format("/proc/{}/stat", pid));
  if (!stat) return 0;
  // The second field is the command in brackets and may hold anything, so count from its end.
  std::size_t at = stat->rfind(')');
  if (at == std::string::npos || at + 2 >= stat->size()) return 0;
  // Dead, and not yet taken note of by who started it.
  if (std::string_view("ZX").contains((*stat)[at + 2])) return 0;
  for (int field = 2; field < 22; ++field) {
    at = stat->find(' ', at + 1);
    if (at == std::string::npos) return 0;
  }
  return std::strtoull(stat->c_str() + at + 1, nullptr, 10);
}

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

Result<std::optional<ProcessFile>> ProcessFile::WriteIfItCan(const fs::path& run_folder,
                                                             const std::string& name,
                                                             const std::string& address) {
  auto file = Write(run_folder, name, address);
  if (file) return std::optional(*std::move(file));
  if (RunningProcess(run_folder, name)) return std::unexpected(std::move(file).error());
  base::LogWarning("{}; `aisle status` will not list this process", file.error().message);
  return std::nullopt;
}

ProcessFile::ProcessFile(ProcessFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}

ProcessFile::~ProcessFile() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove(path_, ignored);
}

namespace {

// As its file says it, alive or not.
std::optional<ProcessInfo> ReadProcess(const fs::path& run_folder, const std::string& name) {
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
  if (info.start_ticks == 0) return std::nullopt;
  return info;
}

bool IsAlive(const ProcessInfo& info) { return StartTicks(info.pid) == info.start_ticks; }

}  // namespace

std::optional<ProcessInfo> RunningProcess(const fs::path& run_folder, const std::string& name) {
  auto info = ReadProcess(run_folder, name);
  if (info && !IsAlive(*info)) info.reset();
  return info;
}

std::vector<ProcessInfo> GoneProcesses(const fs::path& run_folder) {
  std::vector<ProcessInfo> gone;
  for (const char* name : kNames) {
    if (auto info = ReadProcess(run_folder, name); info && !IsAlive(*info))
      gone.push_back(*std::move(info));
  }
  return gone;
}

std::vector<ProcessInfo> RunningProcesses(const fs::path& run_folder) {
  std::vector<ProcessInfo> running;
  for (const char* name : kNames) {
    if (auto info = RunningProcess(run_folder, name)) running.push_back(*std::move(info));
  }
  return running;
}

}  // namespace aisle::workspace
