#include "recommend/where.h"

#include <algorithm>

namespace aisle::recommend {
namespace {

// What records say when the zip code is not known.
constexpr std::string_view kUnknownZip = "00000";

std::optional<Destination> Home(const features::CustomerRecord& customer) {
  const std::string_view own(customer.zip_code.data(), customer.zip_code.size());
  return own == kUnknownZip ? std::nullopt : Destination::Of(own);
}

}  // namespace

void ChooseRegion(const Request& request, const features::CustomerRecord* customer,
                  Answer& answer) {
  auto destination = request.destination;
  if (!destination && customer != nullptr) destination = Home(*customer);
  if (destination) {
    answer.zip_code = destination->ZipCode();
    answer.region = destination->Region();
    return;
  }
  answer.region = domain::Region::kNortheast;
  answer.degraded.push_back({"zip_code", "unknown"});
}

bool IsUnknown(const serving::Fetched& fetched) {
  return std::ranges::any_of(fetched.degraded,
                             [](const auto& entry) { return entry.what == "customer"; });
}

}  // namespace aisle::recommend
