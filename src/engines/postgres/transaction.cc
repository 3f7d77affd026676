#include "postgres/transaction.h"

#include <string>
#include <utility>

namespace aisle::postgres {
namespace {

std::string BeginText(TransactionOptions options) {
  std::string text = "BEGIN ISOLATION LEVEL ";
  switch (options.isolation) {
    case Isolation::kReadCommitted:
      text += "READ COMMITTED";
      break;
    case Isolation::kRepeatableRead:
      text += "REPEATABLE READ";
      break;
    case Isolation::kSerializable:
      text += "SERIALIZABLE";
      break;
  }
  return text + (options.read_only ? " READ ONLY" : "");
}

}  // namespace

net::Task<Status> Begin(Connection& connection, TransactionOptions options,
                        net::Deadline deadline) {
  if (connection.InTransaction())
    co_return Fail(ErrorCode::kInternal, "postgres: a transaction within a transaction");
  AISLE_CO_TRY(const Rows none,
               co_await connection.Run({BeginText(options), Keep::kOnce}, deadline));
  co_return Status();
}

net::Task<Status> Commit(Connection& connection, net::Deadline deadline) {
  auto ended = co_await connection.Run({"COMMIT", Keep::kOnce}, deadline);
  if (!ended) {
    if (ended.error().code == ErrorCode::kUnavailable) {
      co_return Within("postgres: nobody knows whether this was committed",
                       std::move(ended).error());
    }
    co_return std::unexpected(std::move(ended).error());
  }
  // The server answers COMMIT of a failed transaction with a rollback, and no error.
  if (ended->Tag() != "COMMIT")
    co_return Fail(ErrorCode::kInternal, "postgres: rolled back, because a statement had failed");
  co_return Status();
}

net::Task<void> Rollback(Connection& connection, net::Deadline deadline) {
  // What went wrong is told already; a connection that cannot be put in order is closed.
  if (!deadline.Passed()) (void)co_await connection.Settle(deadline);
}

}  // namespace aisle::postgres
