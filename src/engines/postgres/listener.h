// NOTIFY of some channels as a stream that outlives its connections.
//
//   Listener listener(settings, {"aisle_generation"});
//   for (;;) {
//     const auto heard = co_await listener.Next(net::Deadline::After(30s));
//     if (heard && *heard) ... (*heard)->missed: read the state anew; else: (*heard)->payload
//   }
//
// The server keeps no notification for who is not connected. So whenever a connection was made, the
// first one too, Next() gives one event with missed = true: whatever the channel tells of may have
// changed. Notifications are hints; the truth is in a table.
//
//   threads  one loop; one Next() at a time.
//   errors   kUnavailable while there is no connection and the deadline passed (the next Next()
//            tries again, with backoff); kFailedPrecondition as Connection::Open and Listen give
//            it, a pooler in between among them.
//   cost     a connection of its own.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "postgres/connection.h"

namespace aisle::postgres {

struct Heard {
  bool missed = false;  // Anything may have been told meanwhile; no channel, no payload.
  std::string channel = {};
  std::string payload = {};
};

class Listener {
 public:
  Listener(ConnectionSettings settings, std::vector<std::string> channels);

  // Nothing: the deadline passed and all is well.
  net::Task<Result<std::optional<Heard>>> Next(net::Deadline deadline);

 private:
  net::Task<Status> Connect(net::Deadline deadline);
  ConnectionSettings settings_;
  std::vector<std::string> channels_;
  std::optional<Connection> connection_;
  std::chrono::milliseconds backoff_{0};
  net::SteadyTime ask_at_{};  // Whether somebody is still there, if nothing is heard before.
  net::SteadyTime not_before_{};
  std::string last_error_;
};

}  // namespace aisle::postgres
