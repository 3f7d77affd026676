#include "postgres/copy_stream.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "postgres/link.h"

namespace aisle::postgres {
namespace {

// As much is put into libpq's buffer at once, and no more before it is gone.
constexpr std::size_t kPieceBytes = std::size_t{256} << 10U;
// Rows are handed out in pieces of about so much.
constexpr std::size_t kTakenBytes = std::size_t{64} << 10U;

// After the data: whether it went well, and back to pipeline mode.
net::Task<Result<std::int64_t>> EndCopy(std::shared_ptr<Link> link, net::Deadline deadline) {
  std::optional<Error> failed;
  std::int64_t count = 0;
  for (;;) {
    Result<PgResult> next = co_await link->NextResult(deadline);
    if (!next) {
      if (link->IsClosed() && failed) co_return std::unexpected(*failed);
      co_return std::unexpected(std::move(next).error());
    }
    const PgResult result = *std::move(next);
    if (!result) break;
    if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
      if (!failed) failed = ErrorOfResult(result.get(), link->Secret());
      link->Judge(SqlStateOfResult(result.get()));
    } else {
      const std::string_view text = PQcmdTuples(result.get());
      std::from_chars(text.data(), text.data() + text.size(), count);
    }
  }
  if (PQenterPipelineMode(link->Handle()) == 0)
    co_return std::unexpected(link->Broke("no pipeline mode"));
  if (link->state == Link::State::kBusy) link->state = Link::State::kIdle;
  if (failed) co_return std::unexpected(*failed);
  co_return count;
}

// A copy is its link's turn from its start to its end.
class CopyTurn {
 public:
  explicit CopyTurn(std::shared_ptr<Link>& owner)
      : owner_(owner), link_(std::exchange(owner, nullptr)) {
    AISLE_ASSERT(link_ != nullptr);
  }
  ~CopyTurn() {
    if (link_) link_->Interrupt();
  }
  CopyTurn(const CopyTurn&) = delete;
  CopyTurn& operator=(const CopyTurn&) = delete;

  Link& operator*() const { return *link_; }
  Link* operator->() const { return link_.get(); }
  const std::shared_ptr<Link>& Shared() const { return link_; }
  void GoOn() { owner_ = std::exchange(link_, nullptr); }
  void End() { link_ = nullptr; }

 private:
  std::shared_ptr<Link>& owner_;
  std::shared_ptr<Link> link_;
};

}  // namespace

CopyIn::~CopyIn() {
  if (link_) link_->Interrupt();
}

net::Task<Status> CopyIn::Write(std::string bytes, net::Deadline deadline) {
  CopyTurn turn(link_);
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::string_view piece = rest.substr(0, kPieceBytes);
    rest.remove_prefix(piece.size());
    if (turn->IsClosed()) co_return std::unexpected(turn->Broke("the connection was closed"));
    if (PQputCopyData(turn->Handle(), piece.data(), static_cast<int>(piece.size())) != 1)
      co_return std::unexpected(turn->Broke("COPY cannot be sent"));
    AISLE_CO_CHECK(co_await turn->Flush(deadline));
  }
  turn.GoOn();
  co_return Status();
}

net::Task<Result<std::int64_t>> CopyIn::Finish(net::Deadline deadline) {
  CopyTurn turn(link_);
  if (turn->IsClosed()) co_return std::unexpected(turn->Broke("the connection was closed"));
  if (PQputCopyEnd(turn->Handle(), nullptr) != 1)
    co_return std::unexpected(turn->Broke("COPY cannot be sent"));
  Result<std::int64_t> count = co_await EndCopy(turn.Shared(), deadline);
  if (count || turn->state == Link::State::kIdle) turn.End();
  co_return count;
}

CopyOut::~CopyOut() {
  if (link_) link_->Interrupt();
}

net::Task<Result<std::optional<std::string>>> CopyOut::Next(net::Deadline deadline) {
  CopyTurn turn(link_);
  std::string taken;
  while (taken.size() < kTakenBytes) {
    if (turn->IsClosed()) co_return std::unexpected(turn->Broke("the connection was closed"));
    char* bytes = nullptr;
    const int count = PQgetCopyData(turn->Handle(), &bytes, 1);
    const std::unique_ptr<char, decltype(&PQfreemem)> owner(bytes, &PQfreemem);
    if (count > 0) {
      taken.append(bytes, static_cast<std::size_t>(count));
    } else if (count < 0) {
      // The end, or an error that the end tells.
      if (!taken.empty()) break;
      auto ended = co_await EndCopy(turn.Shared(), deadline);
      if (turn->state == Link::State::kIdle) turn.End();
      if (!ended) co_return std::unexpected(std::move(ended).error());
      co_return std::nullopt;
    } else if (!taken.empty()) {
      break;
    } else {
      if (!co_await turn->Wait(Link::For::kRead, deadline))
        co_return std::unexpected(turn->TooLate());
      if (!turn->IsClosed() && PQconsumeInput(turn->Handle()) == 0)
        co_return std::unexpected(turn->Broke("the connection broke"));
    }
  }
  turn.GoOn();
  co_return taken;
}

}  // namespace aisle::postgres
