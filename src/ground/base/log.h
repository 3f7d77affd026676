// What the program says while it works: one line per event to standard error, and progress of long
// steps.
//
// Results go to standard output; everything here goes to standard error, so that `--json` output
// stays clean. A line is "2026-11-29T21:30:00.123Z warning what happened": it says its date, that it is
// UTC, and how much it matters (debug, info, warning, error), wherever it is collected.
//
//   threads  Log* may be called from any thread; a Progress belongs to one.
//   units    progress counts rows (or whatever `unit` names).
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace aisle::base {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError, kOff };

void SetLogLevel(LogLevel level);
void Log(LogLevel level, std::string_view message);

template <typename... Args>
void LogInfo(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void LogWarning(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void LogError(fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
}

// Progress of one long step. On a terminal it redraws one line at most ten times a second;
// elsewhere it prints a plain line every five seconds. Silent when the log level is above kInfo.
// The destructor ends the line.
class Progress {
 public:
  // total 0: unknown; then no time left is shown.
  Progress(std::string step, std::int64_t total, std::string unit = "rows");
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Add(std::int64_t count);
  void Set(std::int64_t done);
  // Prints the closing line: step, rows, seconds, rows per second. Called by the destructor if not
  // before.
  void Finish();

 private:
  void Show(bool last);
  std::string step_;
  std::string unit_;
  std::int64_t total_;
  std::int64_t done_ = 0;
  bool finished_ = false;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_ = started_;
};

}  // namespace aisle::base
