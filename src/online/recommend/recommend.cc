#include "recommend/recommend.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "ranking/select.h"

namespace aisle::recommend {
namespace {

using Steady = std::chrono::steady_clock;

// Finalists beyond those asked for, in case some are not in stock any more.
constexpr std::size_t kSpareFinalists = 8;

constexpr std::string_view kModel = "model";
constexpr std::string_view kPropensity = "propensity";
constexpr std::string_view kPopularity = "popularity";

// What records say when the zip code is not known.
constexpr std::string_view kUnknownZip = "00000";

// One generation as this loop serves it. The ladder's stores read from the state: it goes first.
struct Epoch {
  std::shared_ptr<const serving::ServingState> state;
  serving::Ladder ladder;
};

// Memory that is kept from request to request. Nothing suspends while it is in use.
struct Work {
  ranking::Scratch scratch;
  std::vector<float> scores;
  ranking::TopSelector selector;
  ranking::SweepWorkspace sweep;
  std::vector<ranking::SweptItem> finalists;
};

// What a rung made of the candidates: scores[i] belongs to the i-th place of the region's shelf. Empty when the sweep
// ranked: then the finalists stand in Work::sweep.best.
struct Ranked {
  std::string_view source;
  std::span<const float> scores;
  bool swept = false;
};

Status CheckRequest(const Request& request) {
  if (!request.zip_code.empty() && !domain::RegionOfZip(request.zip_code)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("zip_code '{}' is not five digits", request.zip_code));
  }
  if (request.top_n < 1 || request.top_n > kTopNMax) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("top_n {} is not in 1..{}", request.top_n, kTopNMax));
  }
  return {};
}

bool Says(const std::vector<serving::Degraded>& degraded, std::string_view what) {
  return std::ranges::any_of(degraded, [&](const auto& entry) { return entry.what == what; });
}

void ChooseRegion(const Request& request, const serving::CustomerState* customer, Answer& answer) {
  answer.zip_code = request.zip_code;
  if (answer.zip_code.empty() && customer != nullptr) {
    const std::string_view own(customer->record.zip_code.data(), customer->record.zip_code.size());
    if (own != kUnknownZip && domain::RegionOfZip(own)) answer.zip_code = own;
  }
  if (const auto region = domain::RegionOfZip(answer.zip_code)) {
    answer.region = *region;
    return;
  }
  answer.region = domain::Region::kNortheast;
  answer.degraded.push_back({"zip_code", "unknown"});
}

void RankByModel(const ranking::PairScorer& ranker, const serving::CustomerState& customer,
                 std::span<const float> propensity, base::Timestamp now,
                 const ranking::PreparedCandidates& candidates, Work& work, Timings& timings) {
  const auto begin = Steady::now();
  ranker.FillColumns(customer.record, propensity, now, candidates, work.scratch);
  const auto filled = Steady::now();
  ranker.ScoreColumns(propensity, candidates, work.scratch, work.scores);
  timings.pair_features = filled - begin;
  timings.model = Steady::now() - filled;
  timings.model_ok = true;
}

// The same without rows, where the model allows it. False: rank by rows.
bool RankBySweep(const serving::ServingState& state, domain::Region region,
                 const serving::CustomerState& customer, std::span<const float> propensity,
                 base::Timestamp now, std::size_t count, Work& work, Timings& timings) {
  const ranking::SweepScorer* sweeper = state.Sweeper();
  if (sweeper == nullptr) return false;
  const auto begin = Steady::now();
  sweeper->FillRequest(customer.record, now, work.sweep);
  const auto filled = Steady::now();
  if (!sweeper->Top(propensity, state.SweptOf(region), count, work.sweep)) return false;
  timings.pair_features = filled - begin;
  timings.model = Steady::now() - filled;
  timings.model_ok = true;
  return true;
}

// The time ages and recencies count to. What happened after a generation's as_of is not in it, and a model
// must not take that for a customer's silence: an old generation answers as it did on its first day.
base::Timestamp ModelTime(base::Timestamp now, base::Timestamp as_of) {
  return std::min(now, as_of + base::kDay);
}

// The best rung that can answer; says in `answer` what was missing above it.
Ranked Rank(const Epoch& epoch, const serving::CustomerState* customer, base::Timestamp now,
            net::Deadline deadline, std::size_t count, Work& work, Answer& answer) {
  const auto region = static_cast<std::size_t>(answer.region);
  const features::Catalogue& catalogue = epoch.state->StockedShelf().catalogue;
  const std::span<const std::uint32_t> candidates =
      epoch.state->StockedShelf().regions[region].products;
  const serving::RegionPopularity& popularity = epoch.state->Popularity(answer.region);
  const serving::GenerationManifest& manifest = epoch.state->Manifest();

  const ranking::PairScorer* ranker = epoch.state->Ranker();
  std::span<const float> propensity;
  if (customer != nullptr && customer->propensity.size() == catalogue.categories.size())
    propensity = customer->propensity;
  if (customer != nullptr && propensity.empty() && !Says(answer.degraded, "propensity"))
    answer.degraded.push_back({"propensity", "missing"});
  if (ranker == nullptr) answer.degraded.push_back({"model", "missing"});

  const Ranked popular{kPopularity, popularity.share, false};
  if (candidates.empty() || customer == nullptr) return popular;

  work.scores.resize(candidates.size());
  if (ranker != nullptr && deadline.Passed()) {
    answer.degraded.push_back({"model", "deadline"});
    ranker = nullptr;
  }
  if (ranker == nullptr && propensity.empty()) return popular;
  if (!propensity.empty()) answer.propensity_version = manifest.propensity_version;
  if (ranker != nullptr) {
    answer.ranking_version = manifest.ranking_version;
    if (RankBySweep(*epoch.state, answer.region, *customer, propensity, now, count, work,
                    answer.timings)) {
      return {kModel, {}, true};
    }
    RankByModel(*ranker, *customer, propensity, now, epoch.state->Candidates(answer.region), work,
                answer.timings);
    return {kModel, work.scores, false};
  }
  for (std::size_t i = 0; i < candidates.size(); ++i)
    work.scores[i] = propensity[popularity.category[i]] * popularity.share_in_category[i];
  return {kPropensity, work.scores, false};
}

// The first `count` finalists that are in stock.
void FillItems(const serving::Shelf& shelf, const Ranked& ranked, std::size_t count, Work& work,
               Answer& answer) {
  const serving::RegionShelf& region = shelf.regions[static_cast<std::size_t>(answer.region)];
  if (ranked.swept) {
    work.finalists.assign(work.sweep.best.begin(), work.sweep.best.end());
  } else {
    work.finalists.clear();
    for (const std::uint32_t i :
         work.selector.Select(ranked.scores, region.products, count + kSpareFinalists))
      work.finalists.push_back({i, ranked.scores[i]});
  }
  answer.items.reserve(std::min(count, work.finalists.size()));
  for (const auto& [i, score] : work.finalists) {
    if (answer.items.size() == count) break;
    if (region.quantity[i] <= 0) continue;
    const features::ProductRecord& product = shelf.catalogue.products[region.products[i]];
    const features::Category& category = shelf.catalogue.categories[product.category];
    answer.items.push_back({.rank = static_cast<int>(answer.items.size()) + 1,
                            .product = product.product,
                            .product_name = product.name,
                            .category = category.name,
                            .department = category.department,
                            .price = product.price,
                            .score = score,
                            .in_stock_qty = region.quantity[i],
                            .est_delivery_days = region.delivery_days[i],
                            .source = std::string(ranked.source)});
  }
  if (answer.items.empty()) answer.degraded.push_back({"stock", "empty"});
}

events::Impression MakeImpression(const Answer& answer, base::Timestamp now) {
  events::Impression impression{.request_id = answer.request_id,
                                .served_at = now,
                                .customer = answer.customer,
                                .region = answer.region,
                                .shown = {},
                                .ranking_version = answer.ranking_version,
                                .propensity_version = answer.propensity_version,
                                .generation = answer.generation,
                                .arm = {}};
  impression.shown.reserve(answer.items.size());
  for (const Item& item : answer.items)
    impression.shown.push_back({item.product, item.score, item.source});
  return impression;
}

}  // namespace

struct Recommender::Impl {
  events::ImpressionQueue* impressions;
  MakeStores make_stores;
  std::shared_ptr<Epoch> epoch;
  Work work;

  // Everything after the look-up; does not suspend.
  Result<Answer> Compose(const Epoch& of, Request request, serving::Fetched fetched,
                         base::Timestamp now, net::Deadline deadline) {
    if (request.strict && !fetched.customer && Says(fetched.degraded, "customer")) {
      return Fail(ErrorCode::kNotFound,
                  fmt::format("customer_id {} is unknown", request.customer.value));
    }
    const serving::CustomerState* customer = fetched.customer ? &*fetched.customer : nullptr;
    Answer answer;
    answer.customer = request.customer;
    answer.request_id = std::move(request.request_id);
    answer.generation = of.state->Manifest().generation;
    answer.degraded = std::move(fetched.degraded);
    answer.timings.backend = std::move(fetched.backend);
    if (customer != nullptr) {
      answer.timings.features = customer->features_time;
      answer.timings.propensity = customer->propensity_time;
    }
    ChooseRegion(request, customer, answer);
    const serving::Shelf& shelf = of.state->StockedShelf();
    answer.timings.candidates = static_cast<std::int32_t>(
        shelf.regions[static_cast<std::size_t>(answer.region)].products.size());
    const Ranked ranked =
        Rank(of, customer, ModelTime(now, shelf.catalogue.as_of), deadline,
             static_cast<std::size_t>(request.top_n) + kSpareFinalists, work, answer);
    const auto ranked_at = Steady::now();
    FillItems(shelf, ranked, static_cast<std::size_t>(request.top_n), work, answer);
    answer.timings.inventory = Steady::now() - ranked_at;
    if (impressions != nullptr) impressions->Offer(MakeImpression(answer, now));
    return answer;
  }
};

Recommender::Recommender(events::ImpressionQueue* impressions, MakeStores make_stores)
    : impl_(std::make_unique<Impl>(impressions, std::move(make_stores))) {
  if (impl_->make_stores) return;
  impl_->make_stores = [](const serving::ServingState& state) {
    std::vector<std::unique_ptr<serving::Store>> stores;
    stores.push_back(state.OpenStore());
    return stores;
  };
}

Recommender::~Recommender() = default;

void Recommender::SetState(std::shared_ptr<const serving::ServingState> state) {
  if (state == nullptr) {
    impl_->epoch = nullptr;
    return;
  }
  serving::Ladder ladder(impl_->make_stores(*state));
  impl_->epoch = std::make_shared<Epoch>(std::move(state), std::move(ladder));
}

std::shared_ptr<const serving::ServingState> Recommender::State() const {
  return impl_->epoch == nullptr ? nullptr : impl_->epoch->state;
}

net::Task<Result<Answer>> Recommender::Recommend(Request request, base::Timestamp now,
                                                 net::Deadline deadline) {
  const auto begin = Steady::now();
  AISLE_CO_CHECK(CheckRequest(request));
  const std::shared_ptr<Epoch> epoch = impl_->epoch;  // Held to the end.
  if (epoch == nullptr) {
    co_return Fail(ErrorCode::kUnavailable, "nothing has been published yet; run `aisle publish`");
  }
  serving::Fetched fetched = co_await epoch->ladder.Fetch(request.customer, deadline);
  auto answer = impl_->Compose(*epoch, std::move(request), std::move(fetched), now, deadline);
  if (answer) answer->timings.total = Steady::now() - begin;
  co_return answer;
}

}  // namespace aisle::recommend
