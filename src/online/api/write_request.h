// The bodies of PUT requests as changes: rows of raw tables, checked column by column.
//
// Types are those of core/raw: ids and counts are integers, money a number with as many decimals as the retailer's
// currency has (or a text: "12.90"), days "2026-11-30", times "2026-11-30T12:00:00Z"; null takes a value away. Ids
// of products and customers are the retailer's: texts where theirs are texts.
//
//   shapes   inventory: {"items": [{...}, ...]}, or one item. A product and a customer: one object, whose id stands in
//            the path; of one that is known a part will do.
//   missing  est_delivery_days: where something is on hand it must be said, since of what was sold out nobody knows it.
//   errors   400: not JSON, or no such shape; 422, with `errors` for each item: what cannot be taken. Nothing is taken
//            then.
#pragma once

#include <expected>
#include <functional>
#include <string_view>
#include <vector>

#include "domain/ids.h"
#include "events/events.h"
#include "serving/state/serving_state.h"
#include "web/problem.h"

namespace aisle::api {

inline constexpr std::size_t kItemsMax = 1'000;

template <typename T>
using Taken = std::expected<T, web::Problem>;

// What is known of products that no generation has yet.
using IsNewProduct = std::function<bool(domain::ProductId)>;

Taken<std::vector<events::Change>> ChangesOfInventory(std::string_view body,
                                                      const serving::ServingState& state,
                                                      const IsNewProduct& is_new);
Taken<std::vector<events::Change>> ChangesOfProduct(std::string_view id, std::string_view body,
                                                    const serving::ServingState& state,
                                                    const IsNewProduct& is_new);
Taken<std::vector<events::Change>> ChangesOfCustomer(domain::CustomerId customer,
                                                     std::string_view body,
                                                     const serving::ServingState& state);

}  // namespace aisle::api
