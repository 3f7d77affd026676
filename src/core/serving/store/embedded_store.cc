#include "serving/store/embedded_store.h"

#include <fmt/format.h>

#include <ranges>

namespace aisle::serving {

void EmbeddedStore::Bind(const std::shared_ptr<const GenerationCustomers>& customers) {
  std::erase_if(open_, [](const auto& open) { return open.expired(); });
  open_.push_back(customers);
}

bool EmbeddedStore::MayHold(std::int64_t generation) const {
  for (const auto& open : open_ | std::views::reverse) {
    const auto customers = open.lock();
    if (customers && customers->Generation() == generation) return !customers->LieElsewhere();
  }
  return true;
}

net::Task<Result<CustomerState>> EmbeddedStore::Fetch(LookUp look_up) {
  for (const auto& open : open_ | std::views::reverse) {
    const auto customers = open.lock();
    if (!customers || customers->Generation() != look_up.generation) continue;
    if (look_up.source_id.empty()) co_return customers->Get(look_up.customer);
    AISLE_CO_TRY(const domain::CustomerId customer, customers->Find(look_up.source_id));
    co_return customers->Get(customer);
  }
  co_return Fail(ErrorCode::kFailedPrecondition,
                 fmt::format("generation {} is not open here", look_up.generation));
}

}  // namespace aisle::serving
