// Ctrl-C and SIGTERM in commands that work for a while.
//
// While an InterruptGuard lives, the first signal asks the step to stop: the step sees Interrupted()
// at its next look and returns an error. A step that has not returned after kInterruptGrace, or a
// second signal, ends the process at once. Either way nothing half-written stays: every step commits
// once, at its end.
//
//   threads  the guard belongs to the main thread; Interrupted() may be called from any.
#pragma once

#include <chrono>

namespace aisle::app {

inline constexpr std::chrono::seconds kInterruptGrace{5};

class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();  // The default handlers are back.
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
};

bool Interrupted();
// For a command whose orderly end may take longer: it is not ended at once after the grace.
void CancelInterruptGrace();
// 128 + the signal's number, as shells say it; 0 when there was none.
int InterruptExitCode();

}  // namespace aisle::app
