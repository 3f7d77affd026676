// The fallback ladder of look-ups: ask the first store; when it fails or is too slow, ask the next.
//
// Each rung has a share of the request's deadline and a circuit breaker: after some failures in a row
// the rung is left out for a while, then tried again by one request. A rung that is well and holds another
// generation, as tables do between a publication and their sync, is no failure: the next one answers, and it is
// asked again by the next request. A request is answered with less rather than not at all: when no rung answers,
// or nobody knows the customer, `customer` is empty and `degraded` says why. A rung that is too slow is told to
// stop and left behind; the ladder may go while fetches of it are under way.
// One that never has customers of the generation (Store::MayHold) is passed over as if it were not there.
//
// A ladder lives as long as its event loop: its stores keep their connections and its breakers what they have
// learnt when a new generation comes, which Bind() tells them; one request then tries a rung that is left out, which
// may have lacked just that.
//
//   order    rungs in the order given; `degraded` in the order of what happened, nothing twice.
//   missing  a propensity that was not published is not missed here: only the caller knows whether
//            the generation has one.
//   threads  a Ladder belongs to one event loop.
//   errors   none leave: every failure becomes an entry of `degraded`. Logged once each: that a rung is left out,
//            that it answers again, that it holds another generation, that it has ours again.
//   cost     nothing is waited for or spawned for a store that never suspends; so it is asked even when the deadline
//            has passed.
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
  std::string why;   // "unknown", "unavailable", "deadline", "breaker open", "another generation"
};

struct Fetched {
  std::optional<CustomerState> customer;
  std::string backend;  // Name of the rung that answered, if only "unknown"; "none".
  std::vector<Degraded> degraded;
  // Up to where the log of changes went when a rung looked; 0: none saw it.
  std::uint64_t changes_until = 0;
};

// How one rung is, for who looks after it.
struct RungHealth {
  std::string_view name;
  std::string_view breaker;  // "closed", "open", "half-open"
  std::string last_error;    // Empty: none since it began.
  std::chrono::milliseconds error_age{};
  // From the first to the last answer in a row that said so; zero: it holds the generation in service, or
  // nobody has asked.
  std::chrono::milliseconds another_generation_for{};

  bool IsLeftOut() const { return breaker != "closed"; }
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
  // Of each rung, in their order.
  std::vector<RungHealth> Health() const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;  // Shared with the fetches under way.
};

}  // namespace aisle::serving
