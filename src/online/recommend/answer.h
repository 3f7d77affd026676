// What a request gets.
//
//   order    items by falling score, ties to the smaller product id; rank counts from 1.
//   units    scores are probabilities when a model ranked, shares in (0, 1) otherwise; timings are
//            nanoseconds of the monotonic clock; look-ups overlap, so the total is at least the largest of them.
//   missing  zip_code "": nobody knows it; model versions 0: none took part; source ids "": the ids are ours.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "domain/currency.h"
#include "domain/ids.h"
#include "domain/region.h"
#include "events/events.h"
#include "recommend/explained.h"
#include "serving/store/ladder.h"

namespace aisle::recommend {

// Which rung ranked: what an item's `source` says.
inline constexpr std::string_view kModel = "model";
inline constexpr std::string_view kPropensity = "propensity";
inline constexpr std::string_view kPopularity = "popularity";

struct Item {
  int rank = 0;
  domain::ProductId product;
  std::string product_source_id = {};  // The retailer's own, where it is a text.
  std::string product_name;
  std::string category;
  std::string department;
  domain::Cents price;
  float score = 0;
  std::int32_t in_stock_qty = 0;
  std::int32_t est_delivery_days = 0;
  std::string source;
  std::string why = {};  // Where the request asked.
};

struct Timings {
  std::chrono::nanoseconds features{}, propensity{}, inventory{}, pair_features{}, model{}, total{};
  std::int32_t candidates = 0;
  bool model_ok = false;
  std::string backend;
};

struct Answer {
  domain::CustomerId customer;     // kNobody: a text that no customer has.
  std::string customer_source_id;  // The retailer's own, where they are texts; as it was asked.
  std::string zip_code;            // The request's, or the customer's own.
  domain::Region region{};
  std::string region_name;
  domain::Currency currency;  // Of the prices.
  std::vector<Item> items;
  Timings timings;
  std::string request_id;
  int ranking_version = 0;     // Of the model that ranked.
  int propensity_version = 0;  // Of the propensities that took part.
  std::int64_t generation = 0;
  std::vector<serving::Degraded> degraded;
  bool batch = false;                               // One of many of a request.
  std::shared_ptr<const Explained> explained = {};  // Where the request asked.
};

// What the log keeps of it.
events::Impression ImpressionOf(const Answer& answer, base::Timestamp now);

}  // namespace aisle::recommend
