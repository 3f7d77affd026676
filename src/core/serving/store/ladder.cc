#include "serving/store/ladder.h"

#include <algorithm>
#include <exception>

#include "base/log.h"
#include "net/finish_by.h"
#include "serving/store/breaker.h"

namespace aisle::serving {
namespace {

struct Rung {
  std::unique_ptr<Store> store;
  Breaker breaker;
};

// Reports how it went, or that nobody will know: a request can be dropped with its loop.
class Attempt {
 public:
  Attempt(Breaker& breaker, Breaker::Ticket ticket) : breaker_(&breaker), ticket_(ticket) {}
  ~Attempt() {
    if (breaker_ != nullptr) breaker_->Dropped(ticket_);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  void Succeeded() { std::exchange(breaker_, nullptr)->Succeeded(ticket_); }
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
};

Ladder::Ladder(std::vector<std::unique_ptr<Store>> rungs, LadderOptions options)
    : impl_(std::make_shared<Impl>()) {
  AISLE_ASSERT(options.deadline_share > 0 && options.deadline_share <= 1);
  for (auto& store : rungs) {
    impl_->rungs.push_back(std::make_shared<Rung>(
        Rung{std::move(store), Breaker(options.failures_to_open, options.open_for)}));
  }
  impl_->options = std::move(options);
}

Ladder::~Ladder() = default;
Ladder::Ladder(Ladder&&) noexcept = default;
Ladder& Ladder::operator=(Ladder&&) noexcept = default;

bool Ladder::Impl::Take(Rung& rung, Attempt& attempt, std::optional<Result<CustomerState>> answer,
                        Fetched& fetched) const {
  if (answer && *answer) {
    attempt.Succeeded();
    fetched.backend = rung.store->Name();
    fetched.customer = **std::move(answer);
    return true;
  }
  if (answer && answer->error().code == ErrorCode::kNotFound) {
    attempt.Succeeded();
    fetched.backend = rung.store->Name();
    Add(fetched, "customer", "unknown");
    return true;
  }
  // It has nothing to answer from, and is as well as ever.
  if (answer && answer->error().code == ErrorCode::kFailedPrecondition) return false;
  Add(fetched, "features", answer ? "unavailable" : "deadline");
  if (attempt.Failed(options.now())) {
    base::LogWarning("serving store '{}' is left out for {} ms: {}", rung.store->Name(),
                     options.open_for.count(), answer ? answer->error().message : "too slow");
  }
  return false;
}

namespace {

net::Task<Fetched> FetchDown(std::shared_ptr<Ladder::Impl> ladder, LookUp look_up,
                             net::Deadline deadline) {
  Fetched fetched;
  fetched.backend = "none";
  for (const std::shared_ptr<Rung>& rung : ladder->rungs) {
    if (deadline.Passed()) {
      Add(fetched, "features", "deadline");
      break;
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

std::vector<std::string_view> Ladder::LeftOut() const {
  std::vector<std::string_view> names;
  for (const auto& rung : impl_->rungs) {
    if (!rung->breaker.IsClosed()) names.push_back(rung->store->Name());
  }
  return names;
}

}  // namespace aisle::serving
