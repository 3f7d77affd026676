// The default store: the customers of the generations that this loop has open.
//
//   threads  one event loop.
//   errors   as Store; kFailedPrecondition for a generation that was never bound, that nobody holds any more, or whose
//            customers lie elsewhere.
//   cost     a fetch: two key look-ups and one decode, a few microseconds; it never suspends.
#pragma once

#include <memory>
#include <vector>

#include "serving/store/store.h"

namespace aisle::serving {

class EmbeddedStore : public Store {
 public:
  std::string_view Name() const override { return "embedded"; }
  bool Suspends() const override { return false; }
  bool MayHold(std::int64_t generation) const override;
  void Bind(const std::shared_ptr<const GenerationCustomers>& customers) override;
  net::Task<Result<CustomerState>> Fetch(LookUp look_up) override;

 private:
  std::vector<std::weak_ptr<const GenerationCustomers>> open_;  // Newest last.
};

}  // namespace aisle::serving
