#include "recommend/candidates.h"

#include <utility>

namespace aisle::recommend {

Candidates::Candidates(std::shared_ptr<const serving::LiveShelf> shelf, domain::Region region)
    : region_(region), shelf_(std::move(shelf)), in_region_(&shelf_->Stock()->In(region)) {
  const serving::Shelf& published = shelf_->State()->PublishedShelf();
  lists_ = {CandidateList{CandidateSource::kShelf,
                          published.regions[static_cast<std::size_t>(region)].products,
                          in_region_->Masked() == 0},
            CandidateList{CandidateSource::kByRows, in_region_->ByRows(), true}};
}

}  // namespace aisle::recommend
