#include "serving/store/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"
#include "net/finish_by.h"
#include "serving/store/breaker.h"

namespace aisle::serving {
namespace {

struct Rung {
  Rung(std::unique_ptr<Store> its_store, const LadderOptions& options)
      : store(std::move(its_store)), breaker(options.failures_to_open, options.open_for) {}

  std::unique_ptr<Store> store;
  Breaker breaker;
  std::string last_error = {};
  net::SteadyTime last_error_at{};
  net::SteadyTime left_out_since{};
  // Answers in a row that said so; nothing: the last one did not.
  struct Another {
    net::SteadyTime first;
    net::SteadyTime last;
  };
  std::optional<Another> another_generation = {};
};

std::string_view NameOf(Breaker::State state) {
  switch (state) {
    case Breaker::State::kClosed:
      return "closed";
    case Breaker::State::kOpen:
      return "open";
    case Breaker::State::kHalfOpen:
      break;
  }
  return "half-open";
}

std::string Lasted(net::SteadyTime since, net::SteadyTime now) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>(now - since).count());
}

// Reports how it went, or that nobody will know: a request can be dropped with its loop.
class Attempt {
 public:
  Attempt(Breaker& breaker, Breaker::Ticket ticket) : breaker_(&breaker), ticket_(ticket) {}
  ~Attempt() {
    if (breaker_ != nullptr) breaker_->Dropped(ticket_);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  bool Succeeded() { return std::exchange(breaker_, nullptr)->Succeeded(ticket_); }
  bool Failed(net::SteadyTime now) {
    return std::exchange(breaker_, nullptr)->Failed(ticket_, now);
  }

 private:
  Breaker* breaker_;
  Breaker::Ticket ticket_;
};

void Add(Fetched& fetched, std::string what, std::string why) {
  const auto same = [&](const Degraded& entry) { return entry.what == what && entry.why == why; };
  if (std::any_of(fetched.degraded.begin(), fetched.degraded.end(), same)) return;
  fetched.degraded.push_back({std::move(what), std::move(why)});
}

net::Deadline Share(net::Deadline deadline, double share) {
  if (deadline.IsNever()) return deadline;
  const auto now = std::chrono::steady_clock::now();
  const auto left = std::chrono::duration<double>(deadline.At() - now) * share;
  return net::Deadline(now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(left));
}

// Owns its rung: it may be left behind and outlive the ladder.
net::Task<Result<CustomerState>> FetchOwned(std::shared_ptr<Rung> rung, LookUp look_up) {
  co_return co_await rung->store->Fetch(look_up);
}

// Nothing: too late.
net::Task<std::optional<Result<CustomerState>>> Ask(std::shared_ptr<Rung> rung, LookUp look_up,
                                                    net::Deadline deadline) {
  try {
    if (!rung->store->Suspends()) co_return co_await rung->store->Fetch(look_up);
    co_return co_await net::FinishBy(deadline, FetchOwned(rung, look_up));
  } catch (const std::exception& error) {
    co_return Fail(ErrorCode::kUnavailable, error.what());
  }
}

}  // namespace

struct Ladder::Impl {
  std::vector<std::shared_ptr<Rung>> rungs;
  LadderOptions options;

  // True: the rung has answered, and no other is asked.
  bool Take(Rung& rung, Attempt& attempt, std::optional<Result<CustomerState>> answer,
            Fetched& fetched) const;

 private:
  void TakeAnswer(Rung& rung, Attempt& attempt) const;
  void TakeAnotherGeneration(Rung& rung, Attempt& attempt, const std::string& words) const;
  void TakeFailure(Rung& rung, Attempt& attempt, const std::string& words) const;
  void SayIfItAnswersAgain(Rung& rung, Attempt& attempt) const;
};

Ladder::Ladder(std::vector<std::unique_ptr<Store>> rungs, LadderOptions options)
    : impl_(std::make_shared<Impl>()) {
  AISLE_ASSERT(options.deadline_share > 0 && options.deadline_share <= 1);
  for (auto& store : rungs) {
    impl_->rungs.push_back(std::make_shared<Rung>(std::move(store), options));
  }
  impl_->options = std::move(options);
}

Ladder::~Ladder() = default;
Ladder::Ladder(Ladder&&) noexcept = default;
Ladder& Ladder::operator=(Ladder&&) noexcept = default;

bool Ladder::Impl::Take(Rung& rung, Attempt& attempt, std::optional<Result<CustomerState>> answer,
                        Fetched& fetched) const {
  const std::optional<ErrorCode> failure = !answer   ? std::optional(ErrorCode::kUnavailable)
                                           : *answer ? std::nullopt
                                                     : std::optional(answer->error().code);
  if (failure == ErrorCode::kFailedPrecondition) {
    TakeAnotherGeneration(rung, attempt, answer->error().message);
    Add(fetched, "features", "another generation");
    return false;
  }
  if (failure && failure != ErrorCode::kNotFound) {
    TakeFailure(rung, attempt, answer ? answer->error().message : "it did not answer in time");
    Add(fetched, "features", answer ? "unavailable" : "deadline");
    return false;
  }
  TakeAnswer(rung, attempt);
  fetched.backend = rung.store->Name();
  if (failure) {
    Add(fetched, "customer", "unknown");
  } else {
    fetched.customer = **std::move(answer);
  }
  return true;
}

void Ladder::Impl::SayIfItAnswersAgain(Rung& rung, Attempt& attempt) const {
  if (!attempt.Succeeded()) return;
  base::LogInfo("serving store '{}' answers again, after {}", rung.store->Name(),
                Lasted(rung.left_out_since, options.now()));
}

void Ladder::Impl::TakeAnswer(Rung& rung, Attempt& attempt) const {
  SayIfItAnswersAgain(rung, attempt);
  if (!rung.another_generation) return;
  base::LogInfo("serving store '{}' holds the generation in service again, after {}",
                rung.store->Name(), Lasted(rung.another_generation->first, options.now()));
  rung.another_generation.reset();
}

void Ladder::Impl::TakeAnotherGeneration(Rung& rung, Attempt& attempt,
                                         const std::string& words) const {
  SayIfItAnswersAgain(rung, attempt);
  const net::SteadyTime now = options.now();
  if (!rung.another_generation) {
    base::LogInfo("serving store '{}': {}; until it does, the next store answers",
                  rung.store->Name(), words);
    rung.another_generation = {.first = now, .last = now};
  }
  rung.another_generation->last = now;
  rung.last_error = words;
  rung.last_error_at = now;
}

void Ladder::Impl::TakeFailure(Rung& rung, Attempt& attempt, const std::string& words) const {
  const net::SteadyTime now = options.now();
  rung.last_error = words;
  rung.last_error_at = now;
  if (!attempt.Failed(now)) return;
  rung.left_out_since = now;
  base::LogWarning("serving store '{}' is left out and tried every {} ms: {}", rung.store->Name(),
                   options.open_for.count(), words);
}

namespace {

net::Task<Fetched> FetchDown(std::shared_ptr<Ladder::Impl> ladder, LookUp look_up,
                             net::Deadline deadline) {
  Fetched fetched;
  fetched.backend = "none";
  // A rung may be left behind: it owns what it writes to.
  const auto changes_until = std::make_shared<std::uint64_t>(0);
  look_up.changes_until = changes_until;
  for (const std::shared_ptr<Rung>& rung : ladder->rungs) {
    if (!rung->store->MayHold(look_up.generation)) continue;
    // One that answers at once costs a late request nothing more.
    if (deadline.Passed() && rung->store->Suspends()) {
      Add(fetched, "features", "deadline");
      continue;
    }
    const auto ticket = rung->breaker.Admit(ladder->options.now());
    if (!ticket) {
      Add(fetched, "features", "breaker open");
      continue;
    }
    Attempt attempt(rung->breaker, *ticket);
    const net::Deadline share = Share(deadline, ladder->options.deadline_share);
    auto answer = co_await Ask(rung, look_up, share);
    if (ladder->Take(*rung, attempt, std::move(answer), fetched)) break;
  }
  if (!fetched.customer && fetched.degraded.empty()) Add(fetched, "features", "unavailable");
  fetched.changes_until = *changes_until;
  co_return fetched;
}

}  // namespace

void Ladder::Bind(const std::shared_ptr<const GenerationCustomers>& customers) {
  for (const std::shared_ptr<Rung>& rung : impl_->rungs) {
    rung->store->Bind(customers);
    // What it lacked may have been this generation.
    rung->breaker.TryNow();
  }
}

net::Task<Fetched> Ladder::Fetch(LookUp look_up, net::Deadline deadline) {
  return FetchDown(impl_, std::move(look_up), deadline);
}

std::string_view Ladder::FirstName() const {
  return impl_->rungs.empty() ? "none" : impl_->rungs.front()->store->Name();
}

std::vector<RungHealth> Ladder::Health() const {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  std::vector<RungHealth> all;
  for (const auto& rung : impl_->rungs) {
    RungHealth& one = all.emplace_back();
    one.name = rung->store->Name();
    one.breaker = NameOf(rung->breaker.Now());
    one.last_error = rung->last_error;
    if (!one.last_error.empty())
      one.error_age = duration_cast<milliseconds>(impl_->options.now() - rung->last_error_at);
    if (const auto& another = rung->another_generation)
      one.another_generation_for = duration_cast<milliseconds>(another->last - another->first);
  }
  return all;
}

}  // namespace aisle::serving
