#include "app/share_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/print.h"

namespace aisle::app {

ShareProgress::~ShareProgress() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void ShareProgress::Tell(const std::string& part, double share) {
  if (quiet_) return;
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const auto now = Clock::now();
  const auto interval =
      terminal ? std::chrono::milliseconds{100} : std::chrono::milliseconds{10'000};
  if (part == part_ && now - shown_ < interval) return;
  part_ = part;
  shown_ = now;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  std::string text = fmt::format("   {:3.0f} %  {}", 100 * share, part);
  // A rate from the first moments says nothing yet.
  if (share > 0.05 && seconds > 1)
    text += fmt::format(", about {} left", Seconds(seconds / share * (1 - share)));
  if (terminal) {
    fmt::print(stderr, "\r\x1b[K{}", text);
    drawn_ = true;
  } else {
    fmt::print(stderr, "{}\n", text);
  }
  std::fflush(stderr);
}

}  // namespace aisle::app
