// A transaction around a task: COMMIT when it gives a value, ROLLBACK on every other path.
//
//   const auto body = [&]() -> net::Task<Result<int>> {
//     AISLE_CO_CHECK(co_await ...);
//     co_return 1;
//   };
//   AISLE_CO_TRY(const int n, co_await InTransaction<int>(connection, deadline, {}, body));
//
// The body is awaited before InTransaction ends, so it may capture by reference.
//
//   errors   the body's; those of BEGIN and COMMIT. A connection that breaks during COMMIT is
//            kUnavailable and says that nobody knows whether it was committed. A COMMIT that the
//            server turned into a rollback, because a statement had failed and the body did not say
//            so: kInternal.
//   cost     two round trips more than the body.
#pragma once

#include <cstdint>
#include <utility>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "postgres/connection.h"

namespace aisle::postgres {

enum class Isolation : std::uint8_t { kReadCommitted, kRepeatableRead, kSerializable };

struct TransactionOptions {
  Isolation isolation = Isolation::kReadCommitted;
  bool read_only = false;
};

// What InTransaction is made of.
net::Task<Status> Begin(Connection& connection, TransactionOptions options, net::Deadline deadline);
net::Task<Status> Commit(Connection& connection, net::Deadline deadline);
// What stands in the way of a ROLLBACK closes the connection, which rolls back too. After the
// deadline it does nothing: the next user of the connection settles it.
net::Task<void> Rollback(Connection& connection, net::Deadline deadline);

// A transaction that is open until Ended(); one that goes before, by an exception too, is rolled
// back by the connection's next user.
class OpenTransaction {
 public:
  explicit OpenTransaction(Connection& connection) : connection_(&connection) {}
  ~OpenTransaction() {
    if (connection_ != nullptr) connection_->Abandon();
  }
  OpenTransaction(const OpenTransaction&) = delete;
  OpenTransaction& operator=(const OpenTransaction&) = delete;
  void Ended() { connection_ = nullptr; }

 private:
  Connection* connection_;
};

template <typename T, typename Body>
net::Task<Result<T>> InTransaction(Connection& connection, net::Deadline deadline,
                                   TransactionOptions options, Body body) {
  AISLE_CO_CHECK(co_await Begin(connection, options, deadline));
  OpenTransaction open(connection);
  Result<T> given = co_await body();
  if (given) {
    AISLE_CO_CHECK(co_await Commit(connection, deadline));
    open.Ended();
  } else {
    co_await Rollback(connection, deadline);
    if (connection.IsSettled()) open.Ended();
  }
  co_return given;
}

}  // namespace aisle::postgres
