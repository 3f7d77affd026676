#include "recommend/candidates.h"

namespace aisle::recommend {

Candidates::Candidates(const serving::ServingState& state,
                       std::shared_ptr<const serving::Stock> stock, domain::Region region)
    : region_(region), stock_(std::move(stock)), in_region_(&stock_->In(region)) {
  const serving::Shelf& shelf = state.PublishedShelf();
  AISLE_ASSERT(stock_->ProductCount() == shelf.catalogue.products.size());
  lists_ = {CandidateList{CandidateSource::kShelf,
                          shelf.regions[static_cast<std::size_t>(region)].products,
                          in_region_->SoldOut() == 0},
            CandidateList{CandidateSource::kRestocked, in_region_->Restocked(), true}};
}

}  // namespace aisle::recommend
