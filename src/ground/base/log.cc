#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

namespace aisle::base {
namespace {

spdlog::logger& Logger() {
  static const std::shared_ptr<spdlog::logger> kLogger = [] {
    auto made = std::make_shared<spdlog::logger>("aisle",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *kLogger;
}

spdlog::level::level_enum Level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

}  // namespace

void SetLogLevel(LogLevel level) { Logger().set_level(Level(level)); }
void Log(LogLevel level, std::string_view message) { Logger().log(Level(level), message); }

Progress::Progress(std::string step, std::int64_t total, std::string unit)
    : step_(std::move(step)), unit_(std::move(unit)), total_(total) {}

Progress::~Progress() { Finish(); }

void Progress::Add(std::int64_t count) { Set(done_ + count); }

void Progress::Set(std::int64_t done) {
  done_ = done;
  const auto interval =
      isatty(STDERR_FILENO) != 0 ? std::chrono::milliseconds{100} : std::chrono::milliseconds{5000};
  if (std::chrono::steady_clock::now() - shown_ >= interval) Show(false);
}

void Progress::Finish() {
  if (finished_) return;
  finished_ = true;
  Show(true);
}

void Progress::Show(bool last) {
  if (!Logger().should_log(spdlog::level::info)) return;
  shown_ = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(shown_ - started_).count();
  const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
  std::string text = fmt::format("{}: {} {}", step_, done_, unit_);
  if (last) {
    text += fmt::format(" in {:.1f} s ({:.0f} {}/s)", seconds, rate, unit_);
  } else if (total_ > done_ && rate > 0) {  // An expected total may have been an estimate.
    text += fmt::format(" of {} ({:.0f} {}/s, {:.0f} s left)", total_, rate, unit_,
                        static_cast<double>(total_ - done_) / rate);
  } else {
    text += fmt::format(" ({:.0f} {}/s)", rate, unit_);
  }
  if (isatty(STDERR_FILENO) != 0) {
    std::fprintf(stderr, "\r\x1b[K%s%s", text.c_str(), last ? "\n" : "");
    std::fflush(stderr);
  } else {
    LogInfo("{}", text);
  }
}

}  // namespace aisle::base
