#include "postgres/connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <utility>

#include "postgres/link.h"

namespace aisle::postgres {
namespace {

// In simple protocol: out of pipeline mode, and back when it has ended.
net::Task<Status> RunSimple(std::shared_ptr<Link> link, std::string sql, net::Deadline deadline) {
  AISLE_CO_CHECK(co_await Ready(link, deadline));
  Turn turn(*link);
  if (PQexitPipelineMode(link->Handle()) == 0 || PQsendQuery(link->Handle(), sql.c_str()) == 0)
    co_return std::unexpected(link->Broke("cannot send"));
  std::optional<Error> failed;
  for (;;) {
    Result<PgResult> next = co_await link->NextResult(deadline);
    if (!next) {
      if (link->IsClosed() && failed) co_return std::unexpected(*failed);
      co_return std::unexpected(std::move(next).error());
    }
    const PgResult result = *std::move(next);
    if (!result) break;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) {
      co_return std::unexpected(
          link->Broke("COPY does not run in a script: StartCopyIn, StartCopyOut"));
    }
    if (status == PGRES_FATAL_ERROR && !failed) {
      failed = ErrorOfResult(result.get(), link->Secret());
      link->Judge(SqlStateOfResult(result.get()));
    }
  }
  if (PQenterPipelineMode(link->Handle()) == 0)
    co_return std::unexpected(link->Broke("no pipeline mode"));
  turn.Done();
  if (failed) co_return std::unexpected(*failed);
  co_return Status();
}

// Sends the COPY and waits until the server is ready for it; the link stays busy.
net::Task<Status> StartCopy(std::shared_ptr<Link> link, std::string sql, ExecStatusType wanted,
                            net::Deadline deadline) {
  AISLE_CO_CHECK(co_await Ready(link, deadline));
  Turn turn(*link);
  if (PQexitPipelineMode(link->Handle()) == 0 || PQsendQuery(link->Handle(), sql.c_str()) == 0)
    co_return std::unexpected(link->Broke("cannot send"));
  AISLE_CO_TRY(const PgResult result, co_await link->NextResult(deadline));
  if (result && PQresultStatus(result.get()) == wanted) {
    turn.PassOn();
    co_return Status();
  }
  // What it was instead is read to its end when the link is settled.
  if (result && PQresultStatus(result.get()) == PGRES_FATAL_ERROR)
    co_return std::unexpected(ErrorOfResult(result.get(), link->Secret()));
  co_return Fail(ErrorCode::kInternal,
                 "postgres: this is no COPY in the direction asked for: " + sql);
}

}  // namespace

Result<std::vector<Rows>> AllOf(Answers answers) {
  std::vector<Rows> all;
  for (auto& answer : answers) {
    AISLE_TRY(Rows rows, std::move(answer));
    all.push_back(std::move(rows));
  }
  return all;
}

net::Task<Result<Connection>> Connection::Open(ConnectionSettings settings,
                                               net::Deadline deadline) {
  AISLE_CO_TRY(auto link, co_await OpenLink(std::move(settings), deadline));
  co_return Connection(std::move(link));
}

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this != &other) {
    if (link_) link_->Close();
    link_ = std::move(other.link_);
  }
  return *this;
}

Connection::~Connection() {
  if (link_) link_->Close();
}

net::Task<Result<Answers>> Connection::RunTogether(std::vector<Statement> statements,
                                                   net::Deadline deadline) {
  return RunGroup(link_, std::move(statements), deadline);
}

net::Task<Result<Rows>> Connection::Run(Statement statement, net::Deadline deadline) {
  std::vector<Statement> statements;
  statements.push_back(std::move(statement));
  AISLE_CO_TRY(Answers answers, co_await RunGroup(link_, std::move(statements), deadline));
  co_return std::move(answers.front());
}

net::Task<Status> Connection::RunScript(std::string sql, net::Deadline deadline) {
  return RunSimple(link_, std::move(sql), deadline);
}

net::Task<Result<CopyIn>> Connection::StartCopyIn(std::string sql, net::Deadline deadline) {
  const std::shared_ptr<Link> link = link_;
  AISLE_CO_CHECK(co_await StartCopy(link, std::move(sql), PGRES_COPY_IN, deadline));
  co_return CopyIn(link);
}

net::Task<Result<CopyOut>> Connection::StartCopyOut(std::string sql, net::Deadline deadline) {
  const std::shared_ptr<Link> link = link_;
  AISLE_CO_CHECK(co_await StartCopy(link, std::move(sql), PGRES_COPY_OUT, deadline));
  co_return CopyOut(link);
}

net::Task<Status> Connection::Listen(std::string channel, net::Deadline deadline) {
  if (link_->facts.behind_pooler) {
    co_return Fail(
        ErrorCode::kFailedPrecondition,
        fmt::format("postgres: LISTEN {} through a pooler hears nothing for certain: give "
                    "the listener the server's own address",
                    channel));
  }
  AISLE_CO_TRY(const Rows none,
               co_await Run({"LISTEN " + QuoteName(channel), Keep::kOnce}, deadline));
  co_return Status();
}

net::Task<Result<std::optional<Notification>>> Connection::NextNotification(
    net::Deadline deadline) {
  const std::shared_ptr<Link> link = link_;
  AISLE_CO_CHECK(co_await Ready(link, deadline));
  Turn turn(*link);
  for (;;) {
    if (PQconsumeInput(link->Handle()) == 0)
      co_return std::unexpected(link->Broke("the connection broke"));
    using Freer = decltype(&PQfreemem);
    if (const std::unique_ptr<PGnotify, Freer> told(PQnotifies(link->Handle()), &PQfreemem); told) {
      turn.Done();
      co_return Notification{.channel = told->relname, .payload = told->extra};
    }
    if (!co_await link->Wait(Link::For::kRead, deadline)) {
      turn.Done();
      co_return std::nullopt;
    }
    if (link->IsClosed()) co_return std::unexpected(link->Broke("the connection was closed"));
  }
}

net::Task<Status> Connection::Settle(net::Deadline deadline) {
  const std::shared_ptr<Link> link = link_;
  Status settled = co_await link->Settle(deadline);
  if (!settled) link->Close();
  co_return settled;
}

void Connection::Abandon() {
  if (link_->state == Link::State::kIdle) link_->Interrupt();
}

bool Connection::IsSettled() const {
  return !link_->IsClosed() && link_->state == Link::State::kIdle &&
         PQtransactionStatus(link_->Handle()) == PQTRANS_IDLE;
}

bool Connection::IsOpen() {
  if (link_->IsClosed() || link_->is_retired) return false;
  if (link_->state != Link::State::kIdle) return true;
  // What arrives unasked is a notice, or the end.
  pollfd socket = {.fd = PQsocket(link_->Handle()), .events = POLLIN, .revents = 0};
  while (::poll(&socket, 1, 0) > 0) {
    const bool is_read = PQconsumeInput(link_->Handle()) != 0;
    (void)PQisBusy(link_->Handle());  // Looks at what was read: the server may have said why.
    if (is_read && PQstatus(link_->Handle()) == CONNECTION_OK) continue;
    last_words_ = link_->Broke("the server closed the connection").message;
    return false;
  }
  return true;
}

bool Connection::InTransaction() const {
  if (link_->IsClosed()) return false;
  const PGTransactionStatusType status = PQtransactionStatus(link_->Handle());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

const ServerFacts& Connection::Server() const { return link_->facts; }

}  // namespace aisle::postgres
