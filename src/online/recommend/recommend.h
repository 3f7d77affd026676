// One request for recommendations: fetch, candidates, rank, answer.
//
// Each event loop has a Recommender of its own. SetState() gives it a new generation (call it on the
// loop); a request in flight keeps the state it began with. Recommend() never fails for want of
// data; it answers by the next rung and says so in `degraded`:
//
//   model        the ranking model over everything in stock in the region
//   propensity   no model, or no time left for it: the customer's propensity for the category times
//                the product's share of what the region bought in that category
//   popularity   no propensity, or nothing known of the customer: share of what the region bought
//
//   what \ why   customer unknown · features (as the ladder says) · propensity missing · model missing,
//                deadline · zip_code unknown (Northeast is assumed) · stock empty (no items)
//
//   order    items by falling score, ties to the smaller product id; rank counts from 1.
//   units    scores are probabilities when a model ranked, shares in (0, 1) otherwise; timings are
//            nanoseconds of the monotonic clock; look-ups overlap, so the total is at least the
//            largest of them.
//   threads  one event loop.
//   errors   kInvalidArgument: zip_code is not five digits, or top_n is not 1..100 (the message
//            starts with the field's name); kNotFound: an unknown customer under `strict`;
//            kUnavailable: nothing has been published yet.
//   cost     one fetch, one forest call over the region's shelf (about 1,700 candidates).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/ids.h"
#include "domain/region.h"
#include "events/events.h"
#include "net/deadline.h"
#include "net/task.h"
#include "serving/ladder.h"
#include "serving/serving.h"

namespace aisle::recommend {

inline constexpr int kTopNMax = 100;
inline constexpr int kTopNDefault = 5;

struct Request {
  domain::CustomerId customer;
  std::string zip_code;  // Empty: the customer's own; Northeast when that is unknown too.
  int top_n = kTopNDefault;
  bool strict = false;  // An unknown customer is kNotFound.
  std::string request_id;
};

struct Item {
  int rank = 0;
  domain::ProductId product;
  std::string product_name;
  std::string category;
  std::string department;
  domain::Cents price;
  float score = 0;
  std::int32_t in_stock_qty = 0;
  std::int32_t est_delivery_days = 0;
  std::string source;  // "model", "propensity", "popularity"
};

struct Timings {
  std::chrono::nanoseconds features{}, propensity{}, inventory{}, pair_features{}, model{}, total{};
  std::int32_t candidates = 0;
  bool model_ok = false;
  std::string backend;
};

struct Answer {
  domain::CustomerId customer;
  std::string zip_code;  // The request's, or the customer's own; empty: unknown.
  domain::Region region = domain::Region::kNortheast;
  std::vector<Item> items;
  Timings timings;
  std::string request_id;
  int ranking_version = 0;     // Of the model that ranked; 0: none did.
  int propensity_version = 0;  // Of the propensities that took part; 0: none did.
  std::int64_t generation = 0;
  std::vector<serving::Degraded> degraded;
};

// The stores a generation's customers are looked up in, first choice first.
using MakeStores =
    std::function<std::vector<std::unique_ptr<serving::Store>>(const serving::ServingState&)>;

class Recommender {
 public:
  // `impressions` may be null (nothing is logged) and must outlive the recommender. Without
  // `make_stores`: the generation's own store. Called once for each state, so that breakers begin
  // closed.
  explicit Recommender(events::ImpressionQueue* impressions, MakeStores make_stores = {});
  ~Recommender();
  Recommender(const Recommender&) = delete;
  Recommender& operator=(const Recommender&) = delete;

  void SetState(std::shared_ptr<const serving::ServingState> state);
  // Null before the first SetState().
  std::shared_ptr<const serving::ServingState> State() const;

  // `now` is the wall clock of the request: ages and recencies count from it, but at most from a day
  // after the generation's as_of: what happened since is not known, and is no silence. The recommender must
  // outlive the task.
  net::Task<Result<Answer>> Recommend(Request request, base::Timestamp now, net::Deadline deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::recommend
