#include "net/alarm.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace aisle::net {
namespace asio = boost::asio;

struct Alarm::Impl {
  Impl(const asio::any_io_executor& executor, std::chrono::steady_clock::duration wait)
      : timer(executor, wait) {}
  asio::steady_timer timer;
  bool rung = false;
};

Alarm::Alarm(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Alarm::~Alarm() = default;

Task<std::shared_ptr<Alarm>> Alarm::After(std::chrono::steady_clock::duration wait) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  co_return std::shared_ptr<Alarm>(new Alarm(std::make_unique<Impl>(executor, wait)));
}

Task<void> Alarm::Wait() {
  if (impl_->rung) co_return;
  boost::system::error_code woken;
  co_await impl_->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

void Alarm::Ring() {
  impl_->rung = true;
  impl_->timer.cancel();
}

}  // namespace aisle::net
