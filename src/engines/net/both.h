// Two tasks at once on one loop, both to their end.
//
//   const auto [stock, prices] = co_await Both(ReadStock(), ReadPrices());
//
// Neither is told to stop when the other fails: an error is a value, which this does not look into.
//
//   shapes   A and B are default-constructible (an Asio task hands one out beside an exception).
//   threads  the loop of the caller.
//   errors   an exception of one stops the other and comes out of here.
//   source   Asio's `a && b`.
#pragma once

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

#include "net/task.h"

namespace aisle::net {

template <typename A, typename B>
Task<std::pair<A, B>> Both(Task<A> a, Task<B> b) {
  using boost::asio::experimental::awaitable_operators::operator&&;
  auto both = co_await (std::move(a) && std::move(b));
  co_return std::pair<A, B>(std::move(std::get<0>(both)), std::move(std::get<1>(both)));
}

}  // namespace aisle::net
