// Waits on an event loop for what another thread gives.
//
//   const Status written = co_await Elsewhere<Status>([&](Give<Status> give) { writer.Offer(change, give); });
//
// `begin` runs at once, on the caller's loop, and hands the `give` to whoever will have the value; that may be
// called from any thread, once, also before `begin` returns. The loop is free meanwhile. A `give` that is destroyed
// without being called leaves the caller waiting until its loop goes: whoever takes one calls it.
//
//   shapes   T is default-constructible.
//   threads  the caller stays on its loop.
//   errors   an exception of `begin` comes out of here.
//   cost     a timer that never fires, and a post to the loop: about a microsecond.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "net/task.h"

namespace aisle::net {

template <typename T>
using Give = std::function<void(T)>;

// What the waiting coroutine and the giver share.
template <typename T>
struct Awaited {
  explicit Awaited(const boost::asio::any_io_executor& on)
      : executor(on), timer(on, boost::asio::steady_timer::time_point::max()) {}
  boost::asio::any_io_executor executor;
  boost::asio::steady_timer timer;  // Woken when the value is there.
  bool done = false;
  T value{};
};

template <typename T, typename Begin>
Task<T> Elsewhere(Begin begin) {
  namespace asio = boost::asio;
  const auto awaited = std::make_shared<Awaited<T>>(co_await asio::this_coro::executor);
  // Whoever gives lets go of the timer by that: they may live longer than the loop.
  const auto held = std::make_shared<std::shared_ptr<Awaited<T>>>(awaited);
  begin(Give<T>([held](T value) {
    std::shared_ptr<Awaited<T>> to = std::exchange(*held, nullptr);
    const asio::any_io_executor executor = to->executor;
    asio::post(executor, [to = std::move(to), value = std::move(value)]() mutable {
      to->value = std::move(value);
      to->done = true;
      to->timer.cancel();
    });
  }));
  boost::system::error_code woken;
  if (!awaited->done)
    co_await awaited->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  // Neither given nor too late: the caller itself was told to stop.
  if (!awaited->done) throw boost::system::system_error(woken);
  co_return std::move(awaited->value);
}

}  // namespace aisle::net
