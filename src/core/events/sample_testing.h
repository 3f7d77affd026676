// For tests of this module: records that follow from their numbers.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "events/events.h"

namespace aisle::events {

inline Impression Sample(std::uint64_t number) {
  base::Stream stream(1, number, 1);
  Impression impression;
  impression.request_id = "request-" + std::to_string(number);
  impression.served_at =
      base::FromMicros(1'795'478'400'000'000 + static_cast<std::int64_t>(number));
  impression.customer.value = stream.Between(1'000'000, 1'050'000);
  impression.visitor = number % 5 == 0 ? "somebody" : "";
  impression.batch = number % 3 == 0;
  impression.region = stream.Chance(0.5) ? "Northeast" : "Île-de-France";
  for (std::uint64_t i = stream.Below(12); i > 0; --i) {
    impression.shown.push_back({domain::ProductId{stream.Between(1, 2000)},
                                static_cast<float>(stream.Uniform()),
                                stream.Chance(0.7) ? "model" : "popularity"});
  }
  impression.ranking_version = 7;
  impression.propensity_version = 12;
  impression.generation = 31;
  impression.arm = stream.Chance(0.5) ? "" : "challenger";
  return impression;
}

inline Change StockChange(std::int64_t number) {
  return {
      {Kind::kStock, "stock-" + std::to_string(number), base::FromMicros(1'795'478'400'000'000)},
      {{"product_id", number},
       {"region", "West"},
       {"qty_on_hand", number * 10},
       {"est_delivery_days", std::monostate{}}}};
}

}  // namespace aisle::events
