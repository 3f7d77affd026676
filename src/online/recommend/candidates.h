// What a request ranks: products of the catalogue, by lists, each list with the source that named it.
//
// Today's sources are two sides of one thing, the stock of the region. What was on the shelf when the
// generation was published has been prepared for the model; what came into stock since has not, and is ranked
// by rows. A candidate is a product of a list that is in stock: a list may hold others, which Offers() tells.
//
//   shapes   products are positions in the catalogue.
//   order    products of a list rise; no product is in two lists.
//   threads  a value; holds the version of the stock it was gathered from.
//   cost     nothing is copied.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "domain/region.h"
#include "serving/state/serving_state.h"

namespace aisle::recommend {

enum class CandidateSource : std::uint8_t {
  kShelf,      // In stock in the region when the generation was published.
  kRestocked,  // Not then, and now.
};

struct CandidateList {
  CandidateSource source = CandidateSource::kShelf;
  std::span<const std::uint32_t> products;
  bool all_offered = false;  // Every product of the list is in stock.
};

class Candidates {
 public:
  static constexpr std::size_t kLists = 2;

  // `state` must outlive the candidates; `stock` is one of its stocks.
  Candidates(const serving::ServingState& state, std::shared_ptr<const serving::Stock> stock,
             domain::Region region);

  domain::Region Region() const { return region_; }
  std::span<const CandidateList> Lists() const { return lists_; }
  // Whether the product of a list is a candidate.
  bool Offers(std::uint32_t product) const { return in_region_->InStock(product); }
  std::size_t Count() const { return in_region_->Count(); }
  std::size_t SoldOut() const { return in_region_->SoldOut(); }

 private:
  domain::Region region_;
  std::shared_ptr<const serving::Stock> stock_;
  const serving::RegionStock* in_region_;
  std::array<CandidateList, kLists> lists_;
};

}  // namespace aisle::recommend
