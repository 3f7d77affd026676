// Asking a recommender from a test, and shops to ask about. Private to this module's tests.
//
//   errors   a state that cannot be made stops the test run.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/event_loops.h"
#include "ranking/random_spec_testing.h"
#include "recommend/recommend.h"
#include "serving/sample_testing.h"
#include "serving/state/serving_state.h"

namespace aisle::recommend {

inline constexpr base::Timestamp kNow = serving::kSampleAsOf;
inline constexpr std::int64_t kFirst = serving::kSampleFirstCustomer;

inline std::vector<std::string> RankingInputs() {
  return {"price_z",    "category",       "log_purchases_28d", "affinity_log",
          "propensity", "price_distance", "brand_products",    "total_orders",
          "pair_views", "pair_purchases", "category_sessions"};
}

struct Shop {
  serving::Shelf shelf;
  std::optional<ranking::ModelSpec> model;
  std::vector<serving::CustomerState> customers;
  serving::GenerationManifest manifest;
  std::unordered_map<std::string, domain::CustomerId> source_ids = {};

  std::shared_ptr<const serving::ServingState> Open() const {
    auto state = serving::ServingState::FromParts(manifest, shelf, model, customers, source_ids);
    if (!state) fmt::print(stderr, "{}\n", state.error().message);
    AISLE_ASSERT(state);
    return *std::move(state);
  }
};

// Customers from kFirst; those at odd places have no propensities.
inline Shop MakeShop(std::uint64_t seed, std::size_t products, int customers, bool model) {
  Shop shop;
  shop.shelf = serving::SampleShelf(seed, products);
  for (int i = 0; i < customers; ++i) {
    serving::CustomerState state;
    state.record = serving::SampleCustomer(seed, kFirst + i, std::max<std::size_t>(products, 1));
    if (i % 2 == 0) state.propensity = serving::SamplePropensity(seed, kFirst + i);
    shop.customers.push_back(std::move(state));
  }
  if (model) shop.model = ranking::RandomSpec(seed, 20, 4, RankingInputs());
  shop.manifest.generation = 31;
  shop.manifest.ranking_version = model ? 7 : 0;
  shop.manifest.propensity_version = 12;
  return shop;
}

// A request as a client could have sent it.
inline Request Of(std::int64_t customer, std::string_view zip_code = "10001",
                  int top_n = kTopNDefault, std::string request_id = {}) {
  Request request{.customer = domain::CustomerId{customer}, .request_id = std::move(request_id)};
  const auto count = TopN::Of(top_n);
  AISLE_ASSERT(count);
  request.top_n = *count;
  if (zip_code.empty()) return request;
  request.destination = Destination::Of(zip_code, domain::RetailerShape::Quickstart());
  AISLE_ASSERT(request.destination);
  return request;
}

inline Result<Answer> Ask(Recommender& recommender, Request request, net::Deadline deadline = {},
                          base::Timestamp now = kNow) {
  std::optional<Result<Answer>> answer;
  net::RunToEnd([&]() -> net::Task<void> {
    answer = co_await recommender.Recommend(std::move(request), now, deadline);
  }());
  return *std::move(answer);
}

inline std::vector<std::string> Reasons(const Answer& answer) {
  std::vector<std::string> reasons;
  for (const auto& [what, why] : answer.degraded) reasons.push_back(what + " " + why);
  return reasons;
}

inline std::vector<std::int64_t> Products(const Answer& answer) {
  std::vector<std::int64_t> products;
  for (const Item& item : answer.items) products.push_back(item.product.value);
  return products;
}

}  // namespace aisle::recommend
