#include "recommend/recommend.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "recommend/candidates.h"
#include "recommend/choice.h"
#include "recommend/explain.h"
#include "recommend/reason.h"
#include "recommend/rungs.h"
#include "recommend/where.h"
#include "serving/store/embedded_store.h"
#include "serving/store/ladder.h"

namespace aisle::recommend {
namespace {

using Steady = std::chrono::steady_clock;

// Of the time that is left, so much may pass until the shelf knows what was written elsewhere.
constexpr int kCatchUpShare = 4;

// One generation as this loop serves it; requests hold it to their end. The customers read from the state.
struct Epoch {
  std::shared_ptr<const serving::ServingState> state;
  std::shared_ptr<const serving::GenerationCustomers> customers;
  std::shared_ptr<const serving::LiveShelf> shelf;  // The newest.
  bool stands_in = false;                           // For the current generation.
};

// The time ages and recencies count to. What happened after a generation's as_of is not in it, and a model
// must not take that for a customer's silence: an old generation answers as it did on its first day.
base::Timestamp ModelTime(base::Timestamp now, base::Timestamp as_of) {
  return std::min(now, as_of + base::kDay);
}

Answer Begin(Request& request, serving::Fetched& fetched, const serving::ServingState& state) {
  Answer answer;
  answer.customer = fetched.customer            ? fetched.customer->record.customer
                    : request.customer.IsText() ? events::kNobody
                                                : request.customer.Number();
  answer.customer_source_id = request.customer.Text();
  answer.batch = request.batch;
  answer.request_id = std::move(request.request_id);
  answer.generation = state.Manifest().generation;
  answer.degraded = std::move(fetched.degraded);
  answer.timings.backend = std::move(fetched.backend);
  if (fetched.customer) {
    answer.timings.features = fetched.customer->features_time;
    answer.timings.propensity = fetched.customer->propensity_time;
  }
  answer.currency = state.RetailerShape().Money();
  ChooseRegion(request, fetched.customer ? &fetched.customer->record : nullptr,
               state.RetailerShape(), answer);
  return answer;
}

// What a look-up gives of somebody whom no store needs to be asked for.
serving::Fetched Unknown(std::string_view store) {
  return {.customer = {}, .backend = std::string(store), .degraded = {{"customer", "unknown"}}};
}

void SayWhy(const RankTask& task, bool known, Answer& answer) {
  for (Item& item : answer.items) {
    item.why =
        Reason(known ? &task.customer.record : nullptr, task.state->PublishedShelf().catalogue,
               item.product, answer.region, task.now);
  }
}

std::shared_ptr<RankTask> MakeTask(const Epoch& epoch,
                                   std::optional<serving::CustomerState>&& customer,
                                   domain::Region region, base::Timestamp now, std::size_t count,
                                   WorkPool& works) {
  const features::Catalogue& catalogue = epoch.state->PublishedShelf().catalogue;
  auto task = std::make_shared<RankTask>(epoch.state, ModelTime(now, catalogue.as_of),
                                         Candidates(epoch.shelf, region), count, works.Take());
  if (!customer) return task;
  task->customer = *std::move(customer);
  if (task->customer.propensity.size() == catalogue.categories.size())
    task->propensity = task->customer.propensity;
  return task;
}

}  // namespace

struct Recommender::Impl {
  events::ImpressionQueue* impressions;
  serving::Ladder ladder;
  std::shared_ptr<Ranker> ranker;
  CatchUp catch_up = {};
  std::shared_ptr<Epoch> epoch = {};
  WorkPool works = {};

  net::Task<serving::Fetched> Fetch(const Epoch& of, const CustomerKey& key,
                                    net::Deadline deadline);
  // Whether the shelf knows all that was written when the look-up was made; waits for that a little.
  net::Task<bool> KnowsChanges(const std::shared_ptr<Epoch>& of, const serving::Fetched& fetched,
                               net::Deadline deadline);
};

Recommender::Recommender(events::ImpressionQueue* impressions, Stores stores,
                         std::unique_ptr<Ranker> ranker) {
  if (stores.empty()) stores.push_back(std::make_unique<serving::EmbeddedStore>());
  if (!ranker) ranker = std::make_unique<LocalRanker>();
  impl_ =
      std::make_unique<Impl>(impressions, serving::Ladder(std::move(stores)), std::move(ranker));
}

Recommender::~Recommender() = default;

void Recommender::SetShelf(std::shared_ptr<const serving::LiveShelf> shelf, bool stands_in) {
  std::shared_ptr<Epoch> epoch = std::exchange(impl_->epoch, nullptr);
  if (shelf == nullptr) return;
  const std::shared_ptr<const serving::ServingState> state = shelf->State();
  if (epoch == nullptr || epoch->state != state || epoch->stands_in != stands_in) {
    std::shared_ptr<const serving::GenerationCustomers> customers = state->OpenCustomers();
    impl_->ladder.Bind(customers);
    epoch = std::make_shared<Epoch>(state, std::move(customers), nullptr, stands_in);
  }
  epoch->shelf = std::move(shelf);
  impl_->epoch = std::move(epoch);
}

void Recommender::SetState(const std::shared_ptr<const serving::ServingState>& state,
                           bool stands_in) {
  SetShelf(state == nullptr ? nullptr : serving::LiveShelf::Of(state), stands_in);
}

std::shared_ptr<const serving::ServingState> Recommender::State() const {
  return impl_->epoch == nullptr ? nullptr : impl_->epoch->state;
}

std::shared_ptr<const serving::LiveShelf> Recommender::Shelf() const {
  return impl_->epoch == nullptr ? nullptr : impl_->epoch->shelf;
}

void Recommender::SetCatchUp(CatchUp catch_up) { impl_->catch_up = std::move(catch_up); }

std::string_view Recommender::StoreName() const { return impl_->ladder.FirstName(); }
std::vector<serving::RungHealth> Recommender::StoresHealth() const {
  return impl_->ladder.Health();
}

std::string_view Recommender::RankerLeftOut() const { return impl_->ranker->LeftOut(); }

net::Task<serving::Fetched> Recommender::Impl::Fetch(const Epoch& of, const CustomerKey& key,
                                                     net::Deadline deadline) {
  const std::int64_t generation = of.customers->Generation();
  // An id of the other kind than the generation has is one of before or after: nobody's. What is sold out is asked for.
  if (key.IsText() != of.state->PublishedShelf().catalogue.text_customer_ids) {
    serving::Fetched unknown = Unknown(ladder.FirstName());
    if (catch_up) {
      const auto looked = co_await ladder.Fetch(serving::LookUp({}, generation), deadline);
      unknown.changes_until = looked.changes_until;
    }
    co_return unknown;
  }
  serving::LookUp look_up = key.IsText() ? serving::LookUp::BySourceId(key.Text(), generation)
                                         : serving::LookUp(key.Number(), generation);
  co_return co_await ladder.Fetch(std::move(look_up), deadline);
}

net::Task<bool> Recommender::Impl::KnowsChanges(const std::shared_ptr<Epoch>& of,
                                                const serving::Fetched& fetched,
                                                net::Deadline deadline) {
  const std::uint64_t until = fetched.changes_until;
  if (!catch_up || of->shelf->Until() >= until) co_return true;
  const auto now = Steady::now();
  const auto share = std::max(deadline.At() - now, Steady::duration{0}) / kCatchUpShare;
  co_await catch_up(until, net::Deadline(now + share));
  co_return of->shelf->Until() >= until;
}

net::Task<Result<serving::CustomerState>> Recommender::Describe(CustomerKey customer,
                                                                net::Deadline deadline) {
  const std::shared_ptr<Epoch> epoch = impl_->epoch;
  if (epoch == nullptr) co_return Fail(ErrorCode::kUnavailable, "nothing has been published yet");
  serving::Fetched fetched = co_await impl_->Fetch(*epoch, customer, deadline);
  if (fetched.customer) co_return *std::move(fetched.customer);
  if (IsUnknown(fetched)) {
    co_return FailField(ErrorCode::kNotFound, "customer_id",
                        fmt::format("customer_id {} is unknown", customer.Shown()));
  }
  co_return Fail(ErrorCode::kUnavailable, "no store answers for customers");
}

net::Task<Result<Answer>> Recommender::Recommend(Request request, base::Timestamp now,
                                                 net::Deadline deadline) {
  const auto begin = Steady::now();
  const std::shared_ptr<Epoch> epoch = impl_->epoch;  // Held to the end.
  if (epoch == nullptr) {
    co_return Fail(ErrorCode::kUnavailable, "nothing has been published yet; run `aisle publish`");
  }
  // 1. Who is it?
  serving::Fetched fetched = co_await impl_->Fetch(*epoch, request.customer, deadline);
  const bool known = fetched.customer.has_value();
  if (request.strict && !known && IsUnknown(fetched)) {
    co_return FailField(ErrorCode::kNotFound, "customer_id",
                        fmt::format("customer_id {} is unknown", request.customer.Shown()));
  }
  // 2. Where would it be delivered?
  Answer answer = Begin(request, fetched, *epoch->state);
  if (epoch->stands_in) answer.degraded.push_back({"generation", "not current"});
  if (!co_await impl_->KnowsChanges(epoch, fetched, deadline))
    answer.degraded.push_back({"stock", "behind"});
  // 3. What could be shown there?
  const auto task = MakeTask(*epoch, std::move(fetched.customer), answer.region, now,
                             request.top_n.Count() + kSpareFinalists, impl_->works);
  answer.timings.candidates = static_cast<std::int32_t>(task->candidates.Count());
  // 4. What of it is best?
  const bool by_model =
      Prepare(*task, known, answer) && co_await RankByModel(impl_->ranker, task, deadline, answer);
  const std::string_view rung = by_model ? kModel : RankPlainly(*task, known, answer);
  // 5. Is it still there?
  const auto ranked = Steady::now();
  ChooseItems(*epoch->shelf, task->work->finalists, request.top_n, rung, answer);
  answer.timings.inventory = Steady::now() - ranked;
  if (request.why) SayWhy(*task, known, answer);
  if (request.explain)
    Explain(*task, *epoch->shelf, request.product, rung, impl_->ranker->WhyUnexplained(), answer);
  // 6. Remember what was shown.
  if (impl_->impressions != nullptr && !request.dry_run)
    impl_->impressions->Offer(ImpressionOf(answer, now));
  answer.timings.total = Steady::now() - begin;
  co_return answer;
}

}  // namespace aisle::recommend
