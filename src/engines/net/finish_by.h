// Waits for a task until a deadline, or until somebody says stop, and leaves it behind then.
//
//   const auto answer = co_await FinishBy(deadline, LookUp(...));           // Nothing: it was too late.
//   const auto report = co_await FinishUnless(Interrupted, 100ms, Sync(...));  // Asked every 100 ms.
//
// A task that is left behind is told to stop (a wait it is in ends at once) but not waited for: it
// ends in its own time, on the same loop, and what it gives or throws is dropped. So everything it
// uses must live as long as it does; let it own that (parameters by value, shared_ptr). A deadline
// that has passed already: the task is not even started. One that never passes: it is simply awaited.
//
//   shapes   T is default-constructible (an Asio task hands one out beside an exception).
//   threads  all on the loop of the caller.
//   errors   an exception of the task comes out of here, unless it was left behind.
//   cost     a timer and a spawned coroutine: about a microsecond and some allocations.
//   source   Asio's `a || b` waits for the loser; that is what this does not do.
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "net/deadline.h"
#include "net/task.h"

namespace aisle::net {

// What the waiting coroutine and the task share; the later of the two lets it go.
template <typename T>
struct Waiting {
  explicit Waiting(const boost::asio::any_io_executor& executor) : timer(executor) {}
  boost::asio::steady_timer timer;  // Woken early when the task ends.
  boost::asio::cancellation_signal stop;
  bool done = false;
  T value{};
  std::exception_ptr failure;
};

// `next` gives the moment until which to wait from now, or nothing when that was long enough.
template <typename T, typename Next>
Task<std::optional<T>> FinishWhile(Next next, Task<T> task) {
  namespace asio = boost::asio;
  std::optional<SteadyTime> until = next();
  if (!until) co_return std::nullopt;

  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto waiting = std::make_shared<Waiting<T>>(executor);
  auto done = [waiting](std::exception_ptr failure, T value) {
    waiting->done = true;
    waiting->failure = std::move(failure);
    waiting->value = std::move(value);
    waiting->timer.cancel();
  };
  asio::co_spawn(executor, std::move(task),
                 asio::bind_cancellation_slot(waiting->stop.slot(), std::move(done)));
  boost::system::error_code woken;
  for (; until && !waiting->done && !woken; until = next()) {
    waiting->timer.expires_at(*until);
    co_await waiting->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  if (waiting->done) {
    if (waiting->failure) std::rethrow_exception(waiting->failure);
    co_return std::move(waiting->value);
  }
  waiting->stop.emit(asio::cancellation_type::terminal);
  // Neither done nor too late: the caller itself was told to stop.
  if (woken) throw boost::system::system_error(woken);
  co_return std::nullopt;
}

template <typename T>
Task<std::optional<T>> FinishBy(Deadline deadline, Task<T> task) {
  if (deadline.IsNever()) co_return co_await std::move(task);
  auto next = [deadline]() -> std::optional<SteadyTime> {
    if (deadline.Passed()) return std::nullopt;
    return deadline.At();
  };
  co_return co_await FinishWhile(next, std::move(task));
}

template <typename T, typename Stop>
Task<std::optional<T>> FinishUnless(Stop stop, std::chrono::steady_clock::duration every,
                                    Task<T> task) {
  auto next = [stop, every]() -> std::optional<SteadyTime> {
    if (stop()) return std::nullopt;
    return std::chrono::steady_clock::now() + every;
  };
  co_return co_await FinishWhile(next, std::move(task));
}

}  // namespace aisle::net
