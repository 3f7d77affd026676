// Something that tasks of one loop wait for: a moment, or that one of them rings before.
//
//   auto alarm = co_await Alarm::After(200us);
//   co_await alarm->Wait();        // any number of tasks; all of them wake
//
//   order    who waited first wakes first; whoever comes after it rang does not wait.
//   threads  one event loop. It must not outlive the loop: let tasks own it, and others hold it weakly.
//   errors   none: a task that is told to stop wakes too.
//   cost     one timer, however many wait.
#pragma once

#include <chrono>
#include <memory>

#include "net/task.h"

namespace aisle::net {

class Alarm {
 public:
  // Of the loop that runs the caller.
  static Task<std::shared_ptr<Alarm>> After(std::chrono::steady_clock::duration wait);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  Task<void> Wait();
  void Ring();

 private:
  struct Impl;
  explicit Alarm(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::net
