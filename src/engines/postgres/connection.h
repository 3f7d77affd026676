// One connection to a Postgres server, on one event loop; nothing in it blocks.
//
//   AISLE_CO_TRY(auto connection, co_await Connection::Open(settings, deadline));
//   AISLE_CO_TRY(const Rows rows, co_await connection.Run({"SELECT 1 AS one"}, deadline));
//
// Most want a Pool (pool.h) instead. One thing runs at a time: a second Run before the first has
// ended is an assertion. Statements that are kept are prepared when they are first run, in the same
// round trip; a plan that the server refuses because a table changed, or that it no longer has, is
// prepared again and the round trip repeated, once, unless a transaction is open.
//
// A deadline that passes cancels the statement on the server too, without waiting for that: the
// connection needs Settle() before it is used again, which the next Run does by itself (a Pool does
// it in the background). So does a task that was left behind (net::FinishBy), a copy that was not
// finished and a transaction that was left open: that one is rolled back.
//
//   order    statements of one RunTogether run in their order, as one transaction of their own.
//   threads  one loop. Name look-ups and cancel requests, which block, have threads of their own.
//   errors   SQLSTATE as in sql_state.h. kUnavailable also for a deadline, a connection that broke,
//            a name that does not resolve. Open: kFailedPrecondition for a certificate that is not
//            the server's or not signed by sslrootcert, a wrong password, a database that is not
//            there. No text ever holds the password.
//   cost     a round trip per Run, RunTogether or RunScript, whatever the number of statements.
//            Open: several, and milliseconds of computing on the loop for a password (SCRAM).
//   source   libpq of PostgreSQL 15: asynchronous processing and pipeline mode. Its cancel request
//            is not encrypted, with TLS either; it carries no text, only the key that cancels this
//            connection's statements.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "postgres/copy_stream.h"
#include "postgres/rows.h"
#include "postgres/settings.h"
#include "postgres/statement.h"

namespace aisle::postgres {

class Link;  // The libpq connection and its socket. Private.

struct ServerFacts {
  std::string host;  // As in the settings: of several, the one that answered.
  std::uint16_t port = 0;
  int server_version = 0;  // 150018 is 15.18.
  int process_id =
      0;  // What the server calls this session (behind a pooler: the pooler's invention).
  bool tls = false;
  bool behind_pooler = false;    // Something answers for the server.
  bool names_statements = true;  // Whether statements that are kept are prepared by name.
};

struct Notification {
  std::string channel;
  std::string payload;
};

// What RunTogether gave: one per statement, in order.
using Answers = std::vector<Result<Rows>>;
// All of them, or the first error.
Result<std::vector<Rows>> AllOf(Answers answers);

class Connection {
 public:
  // Under the deadline and the settings' connect_timeout, whichever is earlier.
  static net::Task<Result<Connection>> Open(ConnectionSettings settings, net::Deadline deadline);
  Connection(Connection&&) noexcept = default;
  // The one that is replaced is closed.
  Connection& operator=(Connection&& other) noexcept;
  // Says goodbye and closes, without waiting.
  ~Connection();

  net::Task<Result<Rows>> Run(Statement statement, net::Deadline deadline);
  // In one round trip. A statement that fails takes back what those before it did, and those after
  // it are not run: their errors (kFailedPrecondition) say "not run" and name the one that failed.
  // No error outside means that the server has answered. No BEGIN or COMMIT among them: that is
  // InTransaction (transaction.h).
  net::Task<Result<Answers>> RunTogether(std::vector<Statement> statements, net::Deadline deadline);
  // Any number of statements separated by semicolons, without parameters; what they give is
  // dropped.
  net::Task<Status> RunScript(std::string sql, net::Deadline deadline);

  // COPY ... FROM STDIN (FORMAT binary) and COPY ... TO STDOUT (FORMAT binary). Nothing else may
  // run until the copy has ended.
  net::Task<Result<CopyIn>> StartCopyIn(std::string sql, net::Deadline deadline);
  net::Task<Result<CopyOut>> StartCopyOut(std::string sql, net::Deadline deadline);

  // kFailedPrecondition behind a pooler, which may give the session to somebody else.
  net::Task<Status> Listen(std::string channel, net::Deadline deadline);
  // The next one of the channels listened to; nothing: the deadline passed. Listener (listener.h)
  // connects again by itself.
  net::Task<Result<std::optional<Notification>>> NextNotification(net::Deadline deadline);

  // Makes it usable again after what was interrupted; nothing to do: no wait. An error: it is
  // closed.
  net::Task<Status> Settle(net::Deadline deadline);
  bool IsSettled() const;
  // Lets go of an open transaction without waiting: the next user settles it first.
  void Abandon();
  // False once it broke, or when the server has closed it: looks, without waiting. Also when it
  // should not be used again: it was to reach a primary, which has become a standby.
  bool IsOpen();
  // Why IsOpen() found it closed; empty: it did not.
  const std::string& LastWords() const { return last_words_; }
  // Whether a transaction is open, failed or not.
  bool InTransaction() const;
  const ServerFacts& Server() const;

 private:
  explicit Connection(std::shared_ptr<Link> link) : link_(std::move(link)) {}
  std::shared_ptr<Link> link_;  // Null: moved from. A task that runs shares it.
  std::string last_words_;
};

}  // namespace aisle::postgres
