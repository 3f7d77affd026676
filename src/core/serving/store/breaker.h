// A circuit breaker: leaves a rung out for a while after some failures in a row, then lets one
// request try it.
//
// Admit() gives a ticket or nothing; whoever got one reports its outcome once. A report counts only
// if nothing has changed since its ticket was given: a hundred requests that were under way when the
// breaker opened do not open it again.
//
//   threads  one event loop.
//   source   the circuit breaker pattern (closed, open, half-open).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "net/deadline.h"

namespace aisle::serving {

class Breaker {
 public:
  using Ticket = std::uint64_t;

  // Opens at the given number of failures in a row, at least 1.
  Breaker(int failures_to_open, std::chrono::milliseconds open_for)
      : failures_to_open_(failures_to_open), open_for_(open_for) {
    AISLE_ASSERT(failures_to_open >= 1);
  }

  // Nothing: it is open, or half-open and somebody tries already.
  std::optional<Ticket> Admit(net::SteadyTime now) {
    if (state_ == State::kClosed) return phase_;
    if (state_ == State::kHalfOpen || now < open_until_) return std::nullopt;
    Change(State::kHalfOpen);
    return phase_;
  }
  // True: that closed it again.
  bool Succeeded(Ticket ticket) {
    if (ticket != phase_) return false;
    failures_ = 0;
    if (state_ == State::kClosed) return false;
    Change(State::kClosed);
    return true;
  }
  // True: that opened it; false as well after a try of one that was open.
  bool Failed(Ticket ticket, net::SteadyTime now) {
    if (ticket != phase_) return false;
    if (state_ == State::kClosed && ++failures_ < failures_to_open_) return false;
    const bool was_closed = state_ == State::kClosed;
    Change(State::kOpen);
    open_until_ = now + open_for_;
    failures_ = 0;
    return was_closed;
  }
  // If it is open, the next request may try.
  void TryNow() { open_until_ = {}; }
  enum class State : std::uint8_t { kClosed, kOpen, kHalfOpen };
  State Now() const { return state_; }
  bool IsClosed() const { return state_ == State::kClosed; }
  // Nobody will know how it went; the next one may try.
  void Dropped(Ticket ticket) {
    if (ticket == phase_ && state_ == State::kHalfOpen) Change(State::kOpen);
  }

 private:
  void Change(State state) {
    state_ = state;
    ++phase_;
  }

  int failures_to_open_;
  std::chrono::milliseconds open_for_;
  State state_ = State::kClosed;
  Ticket phase_ = 0;
  int failures_ = 0;  // In a row.
  net::SteadyTime open_until_{};
};

}  // namespace aisle::serving
