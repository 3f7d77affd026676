// What is on sale now, over one generation: one version of it, which never changes.
//
// A generation says what was in stock, at which price, and what was hidden when it was published; a LiveShelf says
// what holds now. A request takes the newest by a pointer. With() makes the next version: stock by pages
// (shelf/stock.h), prices as a list of the products whose price is another than the generation's. Both leave what
// was prepared as it is: a product that sold out is masked, one that came back or costs something else is ranked
// by rows. What is hidden is stock of 0 to a request; a list of it says why. Which writes it is made of, ShelfKeeper
// knows (shelf_keeper.h).
//
//   shapes   products are positions in the generation's catalogue.
//   order    Repriced() rises by position.
//   missing  a price that is not among Repriced() is the catalogue's.
//   threads  immutable; any.
//   cost     With: as Stock::With; a change of prices copies the list of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "domain/ids.h"
#include "features/pair_row.h"
#include "serving/shelf/stock.h"
#include "serving/state/serving_state.h"

namespace aisle::serving {

struct PriceChange {
  std::uint32_t product = 0;
  domain::Cents price;
};

struct HiddenChange {
  std::uint32_t product = 0;
  bool hidden = false;
};

class LiveShelf {
 public:
  // As the state has it.
  static std::shared_ptr<const LiveShelf> Of(std::shared_ptr<const ServingState> state);
  // The next version. Of two changes of one thing, the later counts.
  std::shared_ptr<const LiveShelf> With(std::span<const StockChange> stock,
                                        std::span<const PriceChange> prices = {},
                                        std::span<const HiddenChange> hidden = {}) const;

  // The same, now known to be what holds up to this position of the log of changes.
  std::shared_ptr<const LiveShelf> Reaching(std::uint64_t position) const;

  // Up to where of that log it is; 0: of no log.
  std::uint64_t Until() const { return until_; }
  const std::shared_ptr<const ServingState>& State() const { return state_; }
  const std::shared_ptr<const serving::Stock>& Stock() const { return stock_; }
  domain::Cents Price(std::uint32_t product) const;
  std::span<const features::Repriced> Repriced() const { return *repriced_; }
  // Products that nobody is shown, by rising position; their stock is 0.
  std::span<const std::uint32_t> Hidden() const;
  bool IsHidden(std::uint32_t product) const;
  // The largest share of a region's products in stock that is ranked by rows.
  double ShareByRows() const;

 private:
  LiveShelf() = default;
  std::shared_ptr<const ServingState> state_;
  std::shared_ptr<const serving::Stock> stock_;
  std::shared_ptr<const std::vector<features::Repriced>> repriced_;
  std::shared_ptr<const std::vector<std::uint32_t>> hidden_;  // Null: as published.
  std::uint64_t until_ = 0;
};

}  // namespace aisle::serving
