#include "postgres/listener.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net/event_loops.h"

namespace aisle::postgres {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kBackoffFirst = 50ms;
constexpr std::chrono::milliseconds kBackoffMax = 5s;
// A connection that breaks without a word is noticed by a question now and then.
constexpr std::chrono::seconds kAskEvery = 5s;
constexpr std::chrono::seconds kAskWait = 1s;

}  // namespace

Listener::Listener(ConnectionSettings settings, std::vector<std::string> channels)
    : settings_(std::move(settings)), channels_(std::move(channels)) {}

net::Task<Status> Listener::Connect(net::Deadline deadline) {
  const net::Deadline wait(not_before_);
  if (deadline.At() < wait.At()) {
    co_await net::Sleep(std::max(deadline.At() - std::chrono::steady_clock::now(), 0ns));
    co_return Fail(ErrorCode::kUnavailable, "postgres: no connection to listen on; " + last_error_);
  }
  if (!wait.Passed()) co_await net::Sleep(wait.At() - std::chrono::steady_clock::now());
  backoff_ = std::clamp(backoff_ * 2, kBackoffFirst, kBackoffMax);
  not_before_ = std::chrono::steady_clock::now() + backoff_;
  auto opened = co_await Connection::Open(settings_, deadline);
  if (!opened) {
    last_error_ = opened.error().message;
    co_return std::unexpected(std::move(opened).error());
  }
  for (const std::string& channel : channels_) {
    if (Status listens = co_await opened->Listen(channel, deadline); !listens) {
      last_error_ = listens.error().message;
      co_return listens;
    }
  }
  connection_ = std::move(*opened);
  ask_at_ = std::chrono::steady_clock::now() + kAskEvery;
  backoff_ = 0ms;
  co_return Status();
}

net::Task<Result<std::optional<Heard>>> Listener::Next(net::Deadline deadline) {
  for (;;) {
    if (!connection_) {
      const Status connected = co_await Connect(deadline);
      if (connected) co_return Heard{.missed = true};
      if (connected.error().code != ErrorCode::kUnavailable || deadline.Passed())
        co_return std::unexpected(connected.error());
      continue;
    }
    auto heard = co_await connection_->NextNotification(deadline.Within(net::Deadline(ask_at_)));
    if (heard && *heard) {
      ask_at_ = std::chrono::steady_clock::now() + kAskEvery;
      co_return Heard{.channel = std::move((*heard)->channel),
                      .payload = std::move((*heard)->payload)};
    }
    // Callers with short deadlines must not keep it from asking.
    const bool ask = net::Deadline(ask_at_).Passed();
    if (heard && !ask && deadline.Passed()) co_return std::nullopt;
    if (heard && !ask) continue;
    if (heard) {
      // Its own time, so that a slow answer is not taken for the caller's deadline.
      const auto alive =
          co_await connection_->Run({"SELECT 1", Keep::kOnce}, net::Deadline::After(kAskWait));
      ask_at_ = std::chrono::steady_clock::now() + kAskEvery;
      if (alive) continue;
      last_error_ = alive.error().message;
    } else {
      last_error_ = heard.error().message;
    }
    connection_.reset();
  }
}

}  // namespace aisle::postgres
