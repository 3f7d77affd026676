// The fallback ladder of look-ups: ask the first store; when it fails or is too slow, ask the next.
//
// Each rung has a share of the request's deadline and a circuit breaker: after some failures in a row
// the rung is left out for a while, then tried again by one request. A request is answered with less
// rather than not at all: when no rung answers, or nobody knows the customer, `customer` is empty and
// `degraded` says why. A rung that is too slow is told to stop and left behind; the ladder may go
// while fetches of it are under way. One that has no customers of the generation (kFailedPrecondition) is passed
// over as if it were not there.
//
// A ladder lives as long as its event loop: its stores keep their connections and its breakers what they have
// learnt when a new generation comes, which Bind() tells them; one request then tries a rung that is left out, which
// may have lacked just that.
//
//   order    rungs in the order given; `degraded` in the order of what happened, nothing twice.
//   missing  a propensity that was not published is not missed here: only the caller knows whether
//            the generation has one.
//   threads  a Ladder belongs to one event loop.
//   errors   none leave: every failure becomes an entry of `degraded`; a breaker that opens is logged.
//   cost     nothing is waited for or spawned for a store that never suspends.
//   source   the circuit breaker pattern (closed, open, half-open).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/deadline.h"
#include "net/task.h"
#include "serving/store/store.h"

namespace aisle::serving {

struct Degraded {
  std::string what;  // "customer", "features" (from here); "propensity", "model"
  std::string why;   // "unknown", "unavailable", "deadline", "breaker open"
};

struct Fetched {
  std::optional<CustomerState> customer;
  std::string backend;  // Name of the rung that answered, if only "unknown"; "none".
  std::vector<Degraded> degraded;
};

struct LadderOptions {
  int failures_to_open = 5;
  std::chrono::milliseconds open_for{1000};
  // Of the time that is left, each rung may use this share: the rest is for the next rung and for
  // ranking.
  double deadline_share = 0.5;
  // The clock of the breakers; tests have their own.
  std::function<net::SteadyTime()> now = std::chrono::steady_clock::now;
};

class Ladder {
 public:
  explicit Ladder(std::vector<std::unique_ptr<Store>> rungs, LadderOptions options = {});
  ~Ladder();
  Ladder(Ladder&&) noexcept;
  Ladder& operator=(Ladder&&) noexcept;

  // Store::Bind of every rung; one that is left out is tried again at once.
  void Bind(const std::shared_ptr<const GenerationCustomers>& customers);
  // kNotFound of a rung is an answer (an unknown customer), not a failure.
  net::Task<Fetched> Fetch(LookUp look_up, net::Deadline deadline);
  // Of the first rung; "none" without any.
  std::string_view FirstName() const;
  // Names of the rungs that are left out now, in their order: their breakers are not closed.
  std::vector<std::string_view> LeftOut() const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;  // Shared with the fetches under way.
};

}  // namespace aisle::serving
