// What a client may ask of /recommend, checked: query parameters or a JSON body -> requests.
//
//   GET   ?customer_id=1000000&zip_code=10001&top_n=5&strict=true
//   POST  ?strict=true (or nothing), with one of these bodies:
//         {"customer_id": 1000000, "zip_code": "10001", "top_n": 5, "strict": true}
//         {"data": [[0, {"customer_id": 1000000}], [1, {...}]]}
//
// `why` says of each product why it is there; `explain` what its score is made of and what was left out, `product_id`
// with it why that product is or is not in the answer; under `dry_run` nobody is shown the answer, so it is not logged.
//
//   order    rows of a batch in theirs.
//   missing  zip_code, or an empty one: the customer's own is used; top_n: 5; strict, why, explain, dry_run: false. In
//            JSON, null is not missing but wrong.
//   errors   problems of status 400 that name the field and what is accepted: unknown, repeated, missing,
//            of the wrong type or out of range. A bad object in a batch fails its row only; a body that
//            is not a batch fails as a whole.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "features/records.h"
#include "recommend/request.h"
#include "web/message.h"
#include "web/problem.h"

namespace aisle::api {

inline constexpr std::size_t kBatchRowsMax = 500;

template <typename T>
using Checked = std::expected<T, web::Problem>;

struct BatchRow {
  std::int64_t index = 0;  // As the client numbers it; given back unchanged.
  Checked<recommend::Request> request;
};

using RecommendBody = std::variant<recommend::Request, std::vector<BatchRow>>;

// `catalogue` says which postal codes there are, and whether the retailer's ids of customers are texts.
Checked<recommend::Request> RequestOfQuery(std::span<const web::Parameter> query,
                                           const features::Catalogue& catalogue);
// An id of a customer that stands for itself, in a path.
Checked<recommend::CustomerKey> KeyOfText(std::string_view id,
                                          const features::Catalogue& catalogue);
// The one parameter that a POST may carry in its query; false when it is absent.
Checked<bool> StrictOfQuery(std::span<const web::Parameter> query);
// `strict` holds for requests of the body that do not say.
Checked<RecommendBody> RequestOfBody(std::string_view body, bool strict,
                                     const features::Catalogue& catalogue);

}  // namespace aisle::api
