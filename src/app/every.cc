#include "app/every.h"

#include <fmt/format.h>
#include <sys/select.h>

#include <charconv>

#include "app/interrupt.h"

namespace aisle::app {

Result<std::chrono::seconds> ParseDuration(std::string_view flag, const std::string& text) {
  std::int64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, count);
  const std::string unit(stop, end);
  const std::int64_t seconds = unit.empty() || unit == "s" ? 1
                               : unit == "m"               ? 60
                               : unit == "h"               ? 3600
                               : unit == "d"               ? 86'400
                                                           : 0;
  if (code != std::errc() || seconds == 0 || count < 1 || count > 31'536'000 / seconds) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{} is '{}'; accepted is 1s to 365d, like 90s, 30m, 6h, 1d", flag, text));
  }
  return std::chrono::seconds{count * seconds};
}

bool WaitUnlessInterrupted(std::chrono::duration<double> wait) {
  const auto end = std::chrono::steady_clock::now() + wait;
  while (!Interrupted() && std::chrono::steady_clock::now() < end) {
    timeval step{.tv_sec = 0, .tv_usec = 100'000};
    select(0, nullptr, nullptr, nullptr, &step);  // Ends early on a signal.
  }
  return !Interrupted();
}

}  // namespace aisle::app
