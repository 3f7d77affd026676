#include "postgres/link.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "net/event_loops.h"

namespace aisle::postgres {
namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;
namespace {

using namespace std::chrono_literals;

// Cancel requests that are under way in this process: a server that does not answer holds up so
// many threads at most.
constexpr int kCancelsMax = 16;
std::atomic<int> cancels{0};

void TakeNotice(void* link, const PGresult* result) {
  const char* const severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char* const text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (severity != nullptr && std::string_view(severity) == "FATAL" && text != nullptr)
    static_cast<Link*>(link)->Noticed(text);
}

// Whether OpenSSL holds bytes that libpq has not taken. It takes a part of a record when its buffer is nearly full, and
// nothing arrives at the socket any more that would tell of the rest.
bool HasDecrypted(PGconn* handle) {
  auto* const tls = static_cast<SSL*>(PQsslStruct(handle, "OpenSSL"));
  return tls != nullptr && SSL_pending(tls) > 0;
}

struct CancelFreer {
  void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
};

// PQcancel connects, sends and waits for the server to close, all of it blocking: on a thread of
// its own, which nobody waits for. It owns all that it touches. Null: so many are under way that none is sent; an error:
// there is no thread to be had. Does not throw: it is called where a stack is unwound.
Result<std::shared_ptr<CancelRequest>> SendCancel(PGconn* handle) {
  std::unique_ptr<PGcancel, CancelFreer> cancel(PQgetCancel(handle));
  if (!cancel) return nullptr;
  if (cancels.fetch_add(1) >= kCancelsMax) {
    cancels.fetch_sub(1);
    return nullptr;
  }
  auto request = std::make_shared<CancelRequest>();
  try {
    std::thread([cancel = std::move(cancel), request]() mutable {
      std::array<char, 256> words{};
      if (PQcancel(cancel.get(), words.data(), static_cast<int>(words.size())) == 0)
        request->failure = words.data();
      cancel.reset();
      request->ended.store(true);
      cancels.fetch_sub(1);
    }).detach();
  } catch (const std::system_error& error) {
    cancels.fetch_sub(1);
    return Fail(ErrorCode::kUnavailable, error.what());
  }
  return request;
}

}  // namespace

Link::Link(asio::any_io_executor executor, PGconn* handle, std::string target)
    : executor_(std::move(executor)),
      handle_(handle),
      target_(std::move(target)),
      alarm_(executor_) {
  if (handle_ != nullptr) PQsetNoticeReceiver(handle_, TakeNotice, this);
}

Link::~Link() { Close(); }

void Link::Close() {
  if (handle_ == nullptr) return;
  Detach();
  PQfinish(std::exchange(handle_, nullptr));
  woken_ = true;
  alarm_.cancel();
}

std::string_view Link::Secret() const {
  const char* const secret = handle_ == nullptr ? nullptr : PQpass(handle_);
  return secret == nullptr ? std::string_view() : secret;
}

Error Link::Broke(std::string_view what) {
  std::string text = fmt::format("postgres {}: {}", target_, what);
  if (handle_ != nullptr) {
    std::string words = PQerrorMessage(handle_);
    std::ranges::replace(words, '\n', ' ');
    while (!words.empty() && words.back() == ' ') words.pop_back();
    if (!words.empty()) text += ": " + words;
    if (!last_notice_.empty()) text += "; the server said: " + last_notice_;
    text = Scrubbed(std::move(text), Secret());
  }
  Close();
  return {ErrorCode::kUnavailable, std::move(text), {}};
}

Error Link::TooLate() const {
  return {ErrorCode::kUnavailable, fmt::format("postgres {}: the deadline passed", target_), {}};
}

void Link::Attach() {
  if (!socket_ && PQsocket(handle_) >= 0) socket_.emplace(executor_, PQsocket(handle_));
}

void Link::Detach() {
  if (!socket_) return;
  socket_->release();  // The descriptor is libpq's; who waits for it is told.
  socket_.reset();
}

void Link::Arm(bool& armed, Descriptor::wait_type what) {
  if (armed) return;
  armed = true;
  socket_->async_wait(what, [self = shared_from_this(), &armed](boost::system::error_code) {
    armed = false;
    self->woken_ = true;  // Also where it was given up: whoever waits by now arms it anew.
    self->alarm_.cancel();
  });
}

net::Task<bool> Link::Wait(For what, net::Deadline deadline) {
  if (what != For::kWrite && HasDecrypted(handle_)) co_return true;
  Attach();
  woken_ = false;
  alarm_.expires_at(deadline.At());
  if (socket_) {
    if (what != For::kWrite) Arm(reads_, Descriptor::wait_read);
    if (what != For::kRead) Arm(writes_, Descriptor::wait_write);
  } else {
    co_return true;  // Nothing to wait for: libpq says what is wrong.
  }
  boost::system::error_code ended;
  co_await alarm_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  if (woken_) co_return true;
  if (ended) {
    // Told to stop. A loop that is to end waits for all that is armed on it.
    if (socket_) socket_->cancel();
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return false;
}

net::Task<Result<PgResult>> Link::NextResult(net::Deadline deadline) {
  for (;;) {
    if (IsClosed()) co_return std::unexpected(Broke("the connection was closed"));
    const bool unsent = PQflush(handle_) == 1;
    if (PQisBusy(handle_) == 0) co_return PgResult(PQgetResult(handle_));
    if (!co_await Wait(unsent ? For::kBoth : For::kRead, deadline))
      co_return std::unexpected(TooLate());
    if (IsClosed()) continue;
    if (PQconsumeInput(handle_) == 0) co_return std::unexpected(Broke("the connection broke"));
  }
}

net::Task<Status> Link::Flush(net::Deadline deadline) {
  for (;;) {
    if (IsClosed()) co_return std::unexpected(Broke("the connection was closed"));
    const int left = PQflush(handle_);
    if (left == 0) co_return Status();
    if (left < 0) co_return std::unexpected(Broke("the connection broke"));
    if (!co_await Wait(For::kBoth, deadline)) co_return std::unexpected(TooLate());
    if (IsClosed()) continue;
    if (PQconsumeInput(handle_) == 0) co_return std::unexpected(Broke("the connection broke"));
  }
}

void Link::Judge(std::string_view sql_state) {
  // It was a primary when we connected, and is a standby now.
  if (sql_state == "25006" && wants_primary) is_retired = true;
}

void Link::Interrupt() {
  if (IsClosed()) return;
  state = State::kInterrupted;
  const bool under_way = cancel_ && !cancel_->ended.load();
  if (PQtransactionStatus(handle_) != PQTRANS_ACTIVE || under_way) return;
  auto sent = SendCancel(handle_);
  if (sent) {
    cancel_ = *std::move(sent);
    return;
  }
  base::LogWarning("postgres {}: no cancel request, the connection is closed: {}", target_,
                   sent.error().message);
  Close();
}

// Reads to the end of what was under way.
net::Task<Status> Link::Drain(net::Deadline deadline) {
  const bool pipelined = PQpipelineStatus(handle_) != PQ_PIPELINE_OFF;
  while (!pipelined || syncs_expected > 0) {
    AISLE_CO_TRY(const PgResult result, co_await NextResult(deadline));
    if (!result) {
      if (!pipelined) break;
      continue;
    }
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_PIPELINE_SYNC) {
      --syncs_expected;
    } else if (status == PGRES_COPY_IN) {
      PQputCopyEnd(handle_, "abandoned");
    } else if (status == PGRES_COPY_OUT) {
      char* bytes = nullptr;
      for (int count = 0; (count = PQgetCopyData(handle_, &bytes, 1)) >= 0;) {
        PQfreemem(bytes);
        if (count > 0) continue;
        if (!co_await Wait(For::kRead, deadline)) co_return std::unexpected(TooLate());
        if (IsClosed() || PQconsumeInput(handle_) == 0)
          co_return std::unexpected(Broke("the connection broke"));
      }
    } else if (PQstatus(handle_) != CONNECTION_OK) {
      co_return std::unexpected(Broke("the connection broke"));
    }
  }
  co_return Status();
}

// Also a round trip that a cancel request which comes late may hit, in place of somebody's
// statement.
net::Task<Status> Link::RollBack(net::Deadline deadline) {
  for (int tries = 0; tries < 3; ++tries) {
    const bool open = PQtransactionStatus(handle_) != PQTRANS_IDLE;
    if (PQsendQueryParams(handle_, open ? "ROLLBACK" : "SELECT 1", 0, nullptr, nullptr, nullptr,
                          nullptr, 1) == 0 ||
        PQpipelineSync(handle_) == 0)
      co_return std::unexpected(Broke("cannot send"));
    ++syncs_expected;
    bool failed = false;
    while (syncs_expected > 0) {
      AISLE_CO_TRY(const PgResult result, co_await NextResult(deadline));
      if (!result) continue;
      if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) --syncs_expected;
      if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) failed = true;
      if (PQstatus(handle_) != CONNECTION_OK)
        co_return std::unexpected(Broke("the connection broke"));
    }
    if (!failed && PQtransactionStatus(handle_) == PQTRANS_IDLE) co_return Status();
  }
  co_return std::unexpected(Broke("a transaction cannot be rolled back"));
}

net::Task<Status> Link::Settle(net::Deadline deadline) {
  if (IsClosed()) co_return std::unexpected(Broke("the connection was closed"));
  const bool was_interrupted = state == State::kInterrupted;
  if (!was_interrupted && PQtransactionStatus(handle_) == PQTRANS_IDLE) co_return Status();
  if (was_interrupted) {
    state = State::kIdle;
    Turn turn(*this);
    AISLE_CO_CHECK(co_await Drain(deadline));
    while (cancel_ && !cancel_->ended.load()) {
      if (deadline.Passed()) co_return std::unexpected(TooLate());
      co_await net::Sleep(1ms);
    }
    if (PQpipelineStatus(handle_) == PQ_PIPELINE_OFF && PQenterPipelineMode(handle_) == 0)
      co_return std::unexpected(Broke("no pipeline mode"));
    turn.Done();
  }
  Turn turn(*this);
  AISLE_CO_CHECK(co_await RollBack(deadline));
  if (cancel_ && !cancel_->failure.empty())
    base::LogWarning("postgres {}: a cancel request failed: {}", target_, cancel_->failure);
  cancel_ = nullptr;
  turn.Done();
  co_return Status();
}

net::Task<Status> Ready(const std::shared_ptr<Link>& link, net::Deadline deadline) {
  AISLE_ASSERT(link && link->state != Link::State::kBusy);
  if (link->IsClosed()) co_return std::unexpected(link->Broke("the connection was closed"));
  if (deadline.Passed()) co_return std::unexpected(link->TooLate());
  // A transaction that is open is its owner's: only what was interrupted is put in order here.
  if (link->state == Link::State::kInterrupted) co_return co_await link->Settle(deadline);
  co_return Status();
}

}  // namespace aisle::postgres
