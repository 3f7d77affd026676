// What a request ranks: products of the catalogue, by lists, each list with the source that named it.
//
// Today's sources are two sides of one thing, what the region has on sale. What was on the shelf when the
// generation was published has been prepared for the model; what came into stock since, or has another price now,
// is ranked by rows. The list of the shelf may hold products that are no candidates of it: OnShelf() tells.
//
//   shapes   products are positions in the catalogue.
//   order    products of a list rise; no product is in two lists.
//   threads  a value; holds the version of the shelf it was gathered from.
//   cost     nothing is copied.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "domain/region.h"
#include "serving/state/live_shelf.h"

namespace aisle::recommend {

enum class CandidateSource : std::uint8_t {
  kShelf,  // In stock in the region when the generation was published, and still as it was prepared.
  kByRows,  // In stock now, and not so.
};

struct CandidateList {
  CandidateSource source = CandidateSource::kShelf;
  std::span<const std::uint32_t> products;
  bool all_offered = false;  // Every product of the list is a candidate.
};

class Candidates {
 public:
  static constexpr std::size_t kLists = 2;

  Candidates(std::shared_ptr<const serving::LiveShelf> shelf, domain::Region region);

  domain::Region Region() const { return region_; }
  // What it was gathered from.
  const serving::LiveShelf& Shelf() const { return *shelf_; }
  std::span<const CandidateList> Lists() const { return lists_; }
  // Whether the product of the shelf's list is a candidate. Those of the other all are.
  bool OnShelf(std::uint32_t product) const { return in_region_->OnShelf(product); }
  std::size_t Count() const { return in_region_->Count(); }
  // How many of the shelf's list are no candidates of it.
  std::size_t Masked() const { return in_region_->Masked(); }
  // Candidates by rows whose prices are not the catalogue's, by position.
  std::span<const features::Repriced> Repriced() const { return shelf_->Repriced(); }

 private:
  domain::Region region_;
  std::shared_ptr<const serving::LiveShelf> shelf_;
  const serving::RegionStock* in_region_;
  std::array<CandidateList, kLists> lists_;
};

}  // namespace aisle::recommend
