#include "recommend/where.h"

#include <algorithm>

namespace aisle::recommend {

void ChooseRegion(const Request& request, const features::CustomerRecord* customer,
                  const domain::RetailerShape& shape, Answer& answer) {
  std::string code;
  if (request.destination) {
    code = request.destination->PostalCode();
  } else if (customer != nullptr) {
    code = customer->postal_code;
  }
  if (const auto region = shape.RegionOfPostalCode(code)) {
    answer.zip_code = std::move(code);
    answer.region = *region;
  } else {
    answer.region = {};
    answer.degraded.push_back({"zip_code", "unknown"});
  }
  answer.region_name = shape.RegionName(answer.region);
}

bool IsUnknown(const serving::Fetched& fetched) {
  return std::ranges::any_of(fetched.degraded,
                             [](const auto& entry) { return entry.what == "customer"; });
}

}  // namespace aisle::recommend
