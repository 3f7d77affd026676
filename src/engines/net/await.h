// Runs one task to its end, on a loop of its own on this thread, and gives what it gave: for commands and tests.
//
//   threads  blocks the one that calls it.
//   errors   an exception of the task comes out of here.
#pragma once

#include <optional>
#include <utility>

#include "net/event_loops.h"
#include "net/task.h"

namespace aisle::net {

// The same on a loop that outlives the task.
template <typename T>
T AwaitOn(StandingLoop& loop, Task<T> task) {
  std::optional<T> out;
  loop.Run([](Task<T> inner, std::optional<T>& to) -> Task<void> {
    to.emplace(co_await std::move(inner));
  }(std::move(task), out));
  return *std::move(out);
}

template <typename T>
T Await(Task<T> task) {
  StandingLoop loop;
  return AwaitOn(loop, std::move(task));
}

}  // namespace aisle::net
