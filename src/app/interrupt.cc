#include "app/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <string_view>

namespace aisle::app {
namespace {

std::atomic<int> seen_signal = 0;
int guard_count = 0;  // Guards may be nested; the outermost one counts.
static_assert(std::atomic<int>::is_always_lock_free, "touched by a signal handler");

void Say(std::string_view text) {
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, text.data(), text.size());
}

// Only calls that are safe in a signal handler.
extern "C" void OnSignal(int number) {
  int none = 0;
  if (!seen_signal.compare_exchange_strong(none, number)) _exit(128 + number);
  Say("\naisle: stopping; what this step began is not kept\n");
  alarm(static_cast<unsigned>(kInterruptGrace.count()));
}

extern "C" void OnGraceOver(int) { _exit(128 + seen_signal.load()); }

void Handle(int number, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(number, &action, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  if (guard_count++ > 0) return;
  Handle(SIGALRM, OnGraceOver);
  Handle(SIGINT, OnSignal);
  Handle(SIGTERM, OnSignal);
}

InterruptGuard::~InterruptGuard() {
  if (--guard_count > 0) return;
  Handle(SIGINT, SIG_DFL);
  Handle(SIGTERM, SIG_DFL);
}

void CancelInterruptGrace() { alarm(0); }

bool Interrupted() { return seen_signal.load() != 0; }
int InterruptExitCode() {
  const int number = seen_signal.load();
  return number == 0 ? 0 : 128 + number;
}

}  // namespace aisle::app
