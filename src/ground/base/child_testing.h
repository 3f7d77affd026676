// A part of a test in a process of its own: to be killed, or to end without its destructors.
//
//   threads  fork: the child has the calling thread alone.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace aisle::base {

// Runs `body` in a child and gives how it ended (as of waitpid).
inline int InChild(const std::function<void()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

}  // namespace aisle::base
