// What the fuzzer and its committed corpus both do with bytes that claim to be a body of /recommend.
// Private to the tests.
//
//   errors   none: a broken promise is an assertion.
#pragma once

#include <string_view>

#include "api/recommend_request.h"
#include "base/result.h"
#include "domain/retailer_shape.h"
#include "web/json_body.h"

namespace aisle::api {

inline void ExpectChecked(const Checked<recommend::Request>& request) {
  static const features::Catalogue kCatalogue;
  if (!request) {
    AISLE_ASSERT(request.error().status == 400 && !request.error().detail.empty());
    AISLE_ASSERT(web::ParseJson(web::ToJson(request.error(), "id")));
    return;
  }
  AISLE_ASSERT(request->customer.Number().value >= 0);
  AISLE_ASSERT(request->top_n.Count() >= 1 && request->top_n.Count() <= recommend::kTopNMax);
  AISLE_ASSERT(!request->destination ||
               kCatalogue.shape.RegionOfPostalCode(request->destination->PostalCode()));
}

// True when the body is taken.
inline bool Exercise(std::string_view bytes) {
  const auto body = RequestOfBody(bytes, false, features::Catalogue{});
  if (!body) {
    ExpectChecked(std::unexpected(body.error()));
    return false;
  }
  if (const auto* one = std::get_if<recommend::Request>(&*body)) {
    ExpectChecked(*one);
    return true;
  }
  const auto& rows = std::get<std::vector<BatchRow>>(*body);
  AISLE_ASSERT(rows.size() <= kBatchRowsMax);
  for (const BatchRow& row : rows) {
    AISLE_ASSERT(row.index >= 0);
    ExpectChecked(row.request);
  }
  return true;
}

}  // namespace aisle::api
