// One request for recommendations: fetch, candidates, rank, answer.
//
// Each event loop has a Recommender of its own. SetState() gives it a new generation (call it on the
// loop); a request in flight keeps the state it began with. Recommend() never fails for want of
// data: no model, no propensity, an unknown customer give a plainer answer that says so in
// `degraded`.
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
  std::string zip_code;
  domain::Region region = domain::Region::kNortheast;
  std::vector<Item> items;
  Timings timings;
  std::string request_id;
  int ranking_version = 0;     // 0: none.
  int propensity_version = 0;  // 0: none.
  std::int64_t generation = 0;
  std::vector<serving::Degraded> degraded;
};

class Recommender {
 public:
  // `impressions` may be null (nothing is logged) and must outlive the recommender.
  explicit Recommender(events::ImpressionQueue* impressions);
  ~Recommender();
  Recommender(const Recommender&) = delete;
  Recommender& operator=(const Recommender&) = delete;

  void SetState(std::shared_ptr<const serving::ServingState> state);
  // Null before the first SetState().
  std::shared_ptr<const serving::ServingState> state() const;

  // `now` is the wall clock of the request: ages and recencies count from it.
  net::Task<Result<Answer>> Recommend(Request request, base::Timestamp now, net::Deadline deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aisle::recommend
