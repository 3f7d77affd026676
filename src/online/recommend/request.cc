#include "recommend/request.h"

namespace aisle::recommend {

static_assert(kTopNMax == 100, "TopN::kAccepted says so");

std::optional<TopN> TopN::Of(std::int64_t count) {
  if (count < 1 || count > kTopNMax) return std::nullopt;
  TopN top_n;
  top_n.count_ = static_cast<std::size_t>(count);
  return top_n;
}

std::optional<Destination> Destination::Of(std::string_view postal_code,
                                           const domain::RetailerShape& shape) {
  if (!shape.RegionOfPostalCode(postal_code)) return std::nullopt;
  return Destination(postal_code);
}

}  // namespace aisle::recommend
