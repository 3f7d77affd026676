#include "postgres/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <list>
#include <optional>
#include <random>
#include <utility>

#include "base/log.h"
#include "base/random.h"

namespace aisle::postgres {
namespace asio = boost::asio;

// Who waits in line. Lives in the waiting task.
struct Waiter {
  explicit Waiter(const asio::any_io_executor& executor) : alarm(executor) {}
  asio::steady_timer alarm;  // Rings at the deadline; woken early when it has got something.
  std::unique_ptr<Connection> given;
  std::optional<Error> failed;

  bool HasSomething() const { return given || failed; }
};

class PoolState : public std::enable_shared_from_this<PoolState> {
 public:
  PoolState(asio::any_io_executor executor, ConnectionSettings settings, PoolSettings limits)
      : executor_(std::move(executor)),
        settings_(std::move(settings)),
        limits_(limits),
        retry_(executor_),
        jitter_(std::random_device{}(), 0, 0) {
    AISLE_ASSERT(limits_.connections_max >= 1);
  }

  void Close();
  void GiveBack(std::unique_ptr<Connection> connection);
  net::Task<Result<std::unique_ptr<Connection>>> Take(net::Deadline deadline);
  PoolHealth Health() const;

 private:
  using Work = std::list<asio::cancellation_signal>;

  // Nothing is open and nothing could be opened: nobody waits for that.
  bool IsAway() const { return health_.open == 0 && failure_.has_value(); }
  std::unique_ptr<Connection> TakeIdle();
  void Offer(std::unique_ptr<Connection> connection);
  void DropBroken(const std::string& why);
  // Whoever has gone silent may have taken the others along, without a word: those that nobody has used since `begin`.
  void DropIdleSince(net::SteadyTime begin);
  // Opens connections for those who wait, or one to come back, as far as limits and backoff let.
  void OpenMore();
  void OpenLater();
  void Spawn(net::Task<void> task);
  net::Task<void> OpenOne();
  net::Task<void> SettleOne(std::unique_ptr<Connection> connection);
  void Opened();
  void Failed(const Error& error);
  void Note(const std::string& error);
  void FailAll(const Error& error);

  asio::any_io_executor executor_;
  ConnectionSettings settings_;
  PoolSettings limits_;
  asio::steady_timer retry_;
  bool retry_armed_ = false;
  base::Stream jitter_;
  struct Idle {
    std::unique_ptr<Connection> connection;
    net::SteadyTime since;
  };
  std::vector<Idle> idle_;  // The one that was used last at the end.
  std::list<Waiter*> waiters_;
  Work work_;  // Tasks of our own that are under way.
  net::SteadyTime not_before_{};
  std::chrono::milliseconds backoff_{0};
  std::optional<Error> failure_;  // Of the last attempt; nothing: it went well.
  net::SteadyTime failing_since_{};
  PoolHealth health_;
  bool closed_ = false;
};

void PoolState::Close() {
  closed_ = true;
  retry_.cancel();
  idle_.clear();
  health_.idle = 0;
  FailAll({ErrorCode::kUnavailable, "postgres: the pool is closed", {}});
  for (auto& signal : work_) signal.emit(asio::cancellation_type::terminal);
}

void PoolState::FailAll(const Error& error) {
  for (Waiter* const waiter : std::exchange(waiters_, {})) {
    waiter->failed = error;
    waiter->alarm.cancel();
  }
}

void PoolState::Note(const std::string& error) {
  health_.last_error = error;
  health_.last_error_at = base::Now();
}

void PoolState::DropBroken(const std::string& why) {
  --health_.open;
  ++health_.broken_total;
  if (!why.empty()) Note(why);
}

void PoolState::DropIdleSince(net::SteadyTime begin) {
  health_.broken_total += std::erase_if(idle_, [&](const Idle& idle) {
    if (idle.since >= begin) return false;
    --health_.open;
    return true;
  });
}

void PoolState::GiveBack(std::unique_ptr<Connection> connection) {
  if (closed_) return;
  if (!connection->IsOpen()) {
    DropBroken(connection->LastWords());
    OpenMore();
  } else if (connection->IsSettled()) {
    Offer(std::move(connection));
  } else {
    Spawn(SettleOne(std::move(connection)));
  }
}

void PoolState::Offer(std::unique_ptr<Connection> connection) {
  if (closed_) return;
  if (waiters_.empty()) {
    idle_.push_back(
        {.connection = std::move(connection), .since = std::chrono::steady_clock::now()});
    return;
  }
  Waiter* const first = waiters_.front();
  waiters_.pop_front();
  first->given = std::move(connection);
  first->alarm.cancel();
}

// The one that was used last: it is warm, and those of a burst get old and may be noticed as
// closed.
std::unique_ptr<Connection> PoolState::TakeIdle() {
  while (!idle_.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle_.back().connection);
    idle_.pop_back();
    if (connection->IsOpen()) return connection;
    DropBroken(connection->LastWords());
  }
  return nullptr;
}

net::Task<Result<std::unique_ptr<Connection>>> PoolState::Take(net::Deadline deadline) {
  const auto self = shared_from_this();
  const auto unavailable = [&](std::string_view why) {
    return Fail(
        ErrorCode::kUnavailable,
        fmt::format("postgres {}: {}{}{}", Describe(settings_), why,
                    health_.last_error.empty() ? "" : "; last error: ", health_.last_error));
  };
  if (closed_) co_return Fail(ErrorCode::kUnavailable, "postgres: the pool is closed");
  if (deadline.Passed()) co_return unavailable("the deadline passed");
  if (auto connection = TakeIdle()) co_return connection;
  if (IsAway()) {
    OpenMore();
    co_return std::unexpected(*failure_);
  }
  if (waiters_.size() >= static_cast<std::size_t>(limits_.waiting_max))
    co_return unavailable(fmt::format("{} wait for a connection already", waiters_.size()));

  Waiter waiter(executor_);
  waiter.alarm.expires_at(deadline.At());
  waiters_.push_back(&waiter);
  OpenMore();
  boost::system::error_code woken;
  // Whatever ends the wait: the line does not point into a task that is gone, and nothing that was
  // given gets lost.
  struct Leave {
    PoolState& pool;
    Waiter& waiter;
    ~Leave() {
      pool.waiters_.remove(&waiter);
      if (waiter.given) pool.GiveBack(std::move(waiter.given));
    }
  } const leave{*this, waiter};
  if (!waiter.HasSomething())
    co_await waiter.alarm.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  if (waiter.given) co_return std::move(waiter.given);
  if (waiter.failed) co_return std::unexpected(*waiter.failed);
  if (woken) throw boost::system::system_error(woken);
  co_return unavailable("no connection in time");
}

void PoolState::OpenMore() {
  if (closed_) return;
  const auto now = std::chrono::steady_clock::now();
  // After a failure one tries for all.
  const int connecting_max = failure_ ? 1 : limits_.connections_max;
  const auto wanted = [&] {
    const int wanting = std::max(static_cast<int>(waiters_.size()), IsAway() ? 1 : 0);
    return health_.connecting < wanting && health_.connecting < connecting_max &&
           health_.open + health_.connecting < limits_.connections_max;
  };
  if (!wanted()) return;
  if (now < not_before_) {
    OpenLater();
    return;
  }
  while (wanted()) {
    ++health_.connecting;
    Spawn(OpenOne());
  }
}

void PoolState::OpenLater() {
  if (retry_armed_) return;
  retry_armed_ = true;
  retry_.expires_at(not_before_);
  retry_.async_wait([weak = weak_from_this()](const boost::system::error_code&) {
    const auto self = weak.lock();
    if (!self) return;
    self->retry_armed_ = false;
    self->OpenMore();
  });
}

void PoolState::Spawn(net::Task<void> task) {
  const auto place = work_.emplace(work_.end());
  asio::co_spawn(executor_, std::move(task),
                 asio::bind_cancellation_slot(
                     place->slot(), [self = shared_from_this(), place](const std::exception_ptr&) {
                       self->work_.erase(place);  // An exception: it was told to stop.
                     }));
}

net::Task<void> PoolState::OpenOne() {
  const auto self = shared_from_this();
  struct Count {
    int& connecting;
    bool counts = true;
    void End() {
      if (std::exchange(counts, false)) --connecting;
    }
    ~Count() { End(); }
  } count{health_.connecting};
  auto opened = co_await Connection::Open(
      settings_,
      net::Deadline::After(std::min(settings_.connect_timeout, limits_.attempt_timeout)));
  count.End();
  if (closed_) co_return;
  if (!opened) {
    Failed(opened.error());
    co_return;
  }
  Opened();
  Offer(std::make_unique<Connection>(*std::move(opened)));
  OpenMore();
}

void PoolState::Opened() {
  ++health_.open;
  ++health_.opened_total;
  if (failure_) {
    const auto lasted = std::chrono::steady_clock::now() - failing_since_;
    base::LogInfo("postgres {}: connected again after {:.1f} s", Describe(settings_),
                  std::chrono::duration<double>(lasted).count());
  }
  failure_.reset();
  backoff_ = std::chrono::milliseconds{0};
  not_before_ = {};
}

void PoolState::Failed(const Error& error) {
  const auto now = std::chrono::steady_clock::now();
  Note(error.message);
  if (!failure_) failing_since_ = now;
  if (!failure_ || failure_->message != error.message)
    base::LogWarning("{}; trying again until it is there", error.message);
  failure_ = error;
  // Several that were under way together are one failure.
  if (now >= not_before_) {
    backoff_ = std::clamp(backoff_ * 2, limits_.backoff_first, limits_.backoff_max);
    // Between a half and all of it, so that many loops and servers do not knock together.
    const auto wait = std::chrono::duration_cast<std::chrono::microseconds>(backoff_);
    not_before_ = now + std::chrono::microseconds{jitter_.Between(wait.count() / 2, wait.count())};
  }
  if (IsAway() || error.code != ErrorCode::kUnavailable) FailAll(error);
  OpenMore();
}

net::Task<void> PoolState::SettleOne(std::unique_ptr<Connection> connection) {
  const auto self = shared_from_this();
  const auto begin = std::chrono::steady_clock::now();
  const Status settled = co_await connection->Settle(net::Deadline::After(limits_.settle_timeout));
  if (closed_) co_return;
  if (settled) {
    Offer(std::move(connection));
  } else {
    DropBroken(settled.error().message);
    DropIdleSince(begin);
    OpenMore();
  }
}

PoolHealth PoolState::Health() const {
  PoolHealth health = health_;
  health.idle = static_cast<int>(idle_.size());
  health.waiting = static_cast<int>(waiters_.size());
  return health;
}

Lease::~Lease() {
  if (connection_) pool_->GiveBack(std::move(connection_));
}

Pool::Pool(asio::any_io_executor executor, ConnectionSettings settings, PoolSettings pool_settings)
    : state_(std::make_shared<PoolState>(std::move(executor), std::move(settings), pool_settings)) {
}

Pool::~Pool() { state_->Close(); }

net::Task<Result<Lease>> Pool::Acquire(net::Deadline deadline) {
  const auto state = state_;
  AISLE_CO_TRY(auto connection, co_await state->Take(deadline));
  co_return Lease(state, std::move(connection));
}

net::Task<Result<Rows>> Pool::Run(Statement statement, net::Deadline deadline) {
  AISLE_CO_TRY(const Lease lease, co_await Acquire(deadline));
  co_return co_await lease->Run(std::move(statement), deadline);
}

net::Task<Result<Answers>> Pool::RunTogether(std::vector<Statement> statements,
                                             net::Deadline deadline) {
  AISLE_CO_TRY(const Lease lease, co_await Acquire(deadline));
  co_return co_await lease->RunTogether(std::move(statements), deadline);
}

PoolHealth Pool::Health() const { return state_->Health(); }

}  // namespace aisle::postgres
