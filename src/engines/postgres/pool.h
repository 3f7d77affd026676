// The connections of one event loop to one Postgres: a few, opened when needed, replaced when
// broken.
//
//   Pool pool(loop.get_executor(), settings, {.connections_max = 4});
//   AISLE_CO_TRY(const Rows rows, co_await pool.Run(statement, deadline));
//
// Acquire() lends a connection until the Lease goes; Run and RunTogether do that for one round
// trip. Who finds none free waits in line under its own deadline. A connection that broke is closed
// and another one opened.
//
// When that fails and no other is open, all who wait are told at once, and so is everybody who comes
// before a connection stands again: a server that is away costs nobody a deadline. Meanwhile the pool
// tries by itself, whether anybody asks or not, and waits between two attempts, twice as long each
// time, with jitter. While another connection is open, who waits goes on waiting for that one, unless
// the failure is one that only a person can mend (a password, a certificate).
//
// A connection that stays silent past settle_timeout is closed, and with it those that nobody has used meanwhile: a
// network that forgets connections tells nobody.
//
//   order    who came first is served first.
//   units    times in milliseconds.
//   threads  one loop: no locks. The Pool goes before its loop does; leases may go later, and then
//            close.
//   errors   those of the connection; while none can be opened, those of the last attempt.
//            kUnavailable: none got free in time, or waiting_max wait already; the text has the last
//            failure to connect. The first failure in a row is logged, and one in other words; and
//            that it is well again.
//   cost     a free connection: one system call, to see whether the server has closed it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "postgres/connection.h"

namespace aisle::postgres {

struct PoolSettings {
  int connections_max = 4;
  int waiting_max = 1024;
  std::chrono::milliseconds backoff_first{50};
  std::chrono::milliseconds backoff_max{1500};
  // How long one attempt to connect may take, where the settings' connect_timeout is no less: one that
  // hangs holds up the next.
  std::chrono::milliseconds attempt_timeout{1500};
  // How long a connection may take to get usable again after a deadline, before it is closed
  // instead.
  std::chrono::milliseconds settle_timeout{2000};
};

struct PoolHealth {
  int open = 0;  // Idle, lent or settling.
  int idle = 0;
  int connecting = 0;
  int waiting = 0;
  std::uint64_t opened_total = 0;
  std::uint64_t broken_total = 0;  // Closed because they had broken.
  std::string
      last_error;  // Of the last failure to connect or of a connection that broke; empty: none yet.
  base::Timestamp last_error_at{};
};

class PoolState;  // Private.

// A connection that is lent. Goes back when this goes.
class Lease {
 public:
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  Connection& operator*() const { return *connection_; }
  Connection* operator->() const { return connection_.get(); }

 private:
  friend class Pool;
  Lease(std::shared_ptr<PoolState> pool, std::unique_ptr<Connection> connection)
      : pool_(std::move(pool)), connection_(std::move(connection)) {}
  std::shared_ptr<PoolState> pool_;
  std::unique_ptr<Connection> connection_;  // Null: moved from.
};

class Pool {
 public:
  Pool(boost::asio::any_io_executor executor, ConnectionSettings settings,
       PoolSettings pool_settings);
  // Who still waits gets kUnavailable.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  net::Task<Result<Lease>> Acquire(net::Deadline deadline);
  net::Task<Result<Rows>> Run(Statement statement, net::Deadline deadline);
  net::Task<Result<Answers>> RunTogether(std::vector<Statement> statements, net::Deadline deadline);
  PoolHealth Health() const;

 private:
  std::shared_ptr<PoolState> state_;
};

}  // namespace aisle::postgres
