// A libpq connection and the waits for its socket. Private: connections, copies and the one who
// connects share it.
//
// Whoever runs something takes a Turn first. A turn that goes without Done() was interrupted (a
// deadline, a task that was left behind, an abandoned copy): what the server still does is then
// cancelled there, and Settle() brings the connection in order.
//
//   threads  one loop. The cancel request runs on a thread of its own and shares only an atomic
//            with the link.
//   errors   kUnavailable for a deadline and for a connection that broke; it is closed then.
//   source   libpq of PostgreSQL 15: a socket is waited for anew after every PQconnectPoll, which
//            may have opened another.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "postgres/connection.h"
#include "postgres/libpq.h"

namespace aisle::postgres {

// A cancel request on its thread, as the loop may look at it.
struct CancelRequest {
  std::atomic<bool> ended = false;
  std::string failure;  // To be read once it has ended; empty: the server took it.
};

class Link : public std::enable_shared_from_this<Link> {
 public:
  enum class For : std::uint8_t { kRead, kWrite, kBoth };

  Link(boost::asio::any_io_executor executor, PGconn* handle, std::string target);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Null once it is closed.
  PGconn* Handle() const { return handle_; }
  bool IsClosed() const { return handle_ == nullptr; }
  // Ends what is being waited for. Does not wait.
  void Close();
  // Closes it and says why; what libpq says of it is part of the text.
  Error Broke(std::string_view what);
  Error TooLate() const;
  // What the server sent on its own, last: why it closed the connection.
  void Noticed(std::string text) { last_notice_ = std::move(text); }
  std::string_view Secret() const;

  // The socket, as it is now. Forget it before libpq may close it.
  void Attach();
  void Detach();
  // False: the deadline has passed. Throws when the task was told to stop.
  net::Task<bool> Wait(For what, net::Deadline deadline);
  // Sends what is to be sent and reads until libpq has a result; null: the end of a command's.
  net::Task<Result<PgResult>> NextResult(net::Deadline deadline);
  // Sends what is to be sent.
  net::Task<Status> Flush(net::Deadline deadline);

  // Cancels what is under way; where there is no thread for that, closes the connection. Does not wait or throw.
  void Interrupt();
  net::Task<Status> Settle(net::Deadline deadline);
  // After an error of the server: whether the session is one that should not be used again.
  void Judge(std::string_view sql_state);

  enum class State : std::uint8_t { kIdle, kBusy, kInterrupted };
  State state = State::kIdle;
  ServerFacts facts;
  bool wants_primary = false;
  bool is_retired = false;  // Answers, but is to be closed when it is given back.
  int syncs_expected = 0;   // Of pipelines that were sent and not read to their end.
  std::unordered_map<std::string, std::string> prepared;  // Text and types -> name.
  bool forget_prepared = false;  // The server is to forget all of them first.

 private:
  void Arm(bool& armed, boost::asio::posix::stream_descriptor::wait_type what);
  net::Task<Status> Drain(net::Deadline deadline);
  net::Task<Status> RollBack(net::Deadline deadline);

  boost::asio::any_io_executor executor_;
  PGconn* handle_;
  std::string target_;  // For messages.
  std::string last_notice_;
  std::optional<boost::asio::posix::stream_descriptor> socket_;
  boost::asio::steady_timer alarm_;  // Rings at the deadline; woken early when the socket is ready.
  bool reads_ = false;               // A wait of this kind is under way.
  bool writes_ = false;
  bool woken_ = false;
  std::shared_ptr<CancelRequest> cancel_;  // Null: none was sent.
};

// The right to run something, for as long as it takes.
class Turn {
 public:
  explicit Turn(Link& link) : link_(&link) {
    AISLE_ASSERT(link.state == Link::State::kIdle);
    link.state = Link::State::kBusy;
  }
  ~Turn() {
    if (link_ != nullptr) link_->Interrupt();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  void Done() {
    if (link_->state == Link::State::kBusy) link_->state = Link::State::kIdle;
    link_ = nullptr;
  }
  // A copy goes on with it.
  void PassOn() { link_ = nullptr; }

 private:
  Link* link_;
};

// Settled, open and free; or why not.
net::Task<Status> Ready(const std::shared_ptr<Link>& link, net::Deadline deadline);

// open.cc: to one host after another.
net::Task<Result<std::shared_ptr<Link>>> OpenLink(ConnectionSettings settings,
                                                  net::Deadline deadline);
// pipeline.cc
net::Task<Result<Answers>> RunGroup(std::shared_ptr<Link> link, std::vector<Statement> statements,
                                    net::Deadline deadline);

}  // namespace aisle::postgres
