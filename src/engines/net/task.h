// What a handler returns: a coroutine that runs on one event loop and gives a T.
//
// A Task starts when it is awaited (co_await) or spawned (event_loops.h); dropped before that, it
// does nothing. It stays on the loop it was started on, so nothing inside it needs a lock.
//
//   errors   exceptions pass through co_await; the edge of a connection catches them. Use
//            AISLE_CO_TRY for values.
//   source   Boost.Asio's awaitable.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace aisle::net {

template <typename T>
using Task = boost::asio::awaitable<T>;

}  // namespace aisle::net
