#include "serving/state/live_shelf.h"

#include <algorithm>

namespace aisle::serving {

std::shared_ptr<const LiveShelf> LiveShelf::Of(std::shared_ptr<const ServingState> state) {
  const std::shared_ptr<LiveShelf> shelf(new LiveShelf);
  shelf->stock_ = state->InitialStock();
  shelf->repriced_ = std::make_shared<const std::vector<features::Repriced>>();
  shelf->state_ = std::move(state);
  return shelf;
}

std::shared_ptr<const LiveShelf> LiveShelf::With(std::span<const StockChange> stock,
                                                 std::span<const PriceChange> prices,
                                                 std::span<const HiddenChange> hidden) const {
  const std::shared_ptr<LiveShelf> next(new LiveShelf(*this));
  std::vector<std::uint32_t> unprepared;
  std::vector<features::Repriced> repriced =
      prices.empty() ? std::vector<features::Repriced>{} : *repriced_;
  const auto& products = state_->PublishedShelf().catalogue.products;
  for (const PriceChange& change : prices) {
    AISLE_ASSERT(change.product < products.size());
    const features::ProductRecord& product = products[change.product];
    const auto place =
        std::ranges::lower_bound(repriced, change.product, {}, &features::Repriced::position);
    const bool there = place != repriced.end() && place->position == change.product;
    if (!there && change.price == product.price) continue;
    const features::Repriced now{change.product, change.price,
                                 state_->PricePositions().Of(product.category, change.price)};
    if (there) {
      *place = now;
    } else {
      repriced.insert(place, now);
      unprepared.push_back(change.product);
    }
  }
  if (!prices.empty())
    next->repriced_ = std::make_shared<const std::vector<features::Repriced>>(std::move(repriced));
  if (!hidden.empty()) {
    std::vector<std::uint32_t> list(Hidden().begin(), Hidden().end());
    for (const HiddenChange& change : hidden) {
      const auto place = std::ranges::lower_bound(list, change.product);
      const bool there = place != list.end() && *place == change.product;
      if (there && !change.hidden) list.erase(place);
      if (!there && change.hidden) list.insert(place, change.product);
    }
    next->hidden_ = std::make_shared<const std::vector<std::uint32_t>>(std::move(list));
  }
  if (!stock.empty() || !unprepared.empty()) next->stock_ = stock_->With(stock, unprepared);
  return next;
}

std::shared_ptr<const LiveShelf> LiveShelf::Reaching(std::uint64_t position) const {
  const std::shared_ptr<LiveShelf> next(new LiveShelf(*this));
  next->until_ = position;
  return next;
}

domain::Cents LiveShelf::Price(std::uint32_t product) const {
  const auto found =
      std::ranges::lower_bound(*repriced_, product, {}, &features::Repriced::position);
  if (found != repriced_->end() && found->position == product) return found->price;
  return state_->PublishedShelf().catalogue.products[product].price;
}

std::span<const std::uint32_t> LiveShelf::Hidden() const {
  return hidden_ != nullptr ? *hidden_ : state_->PublishedShelf().hidden;
}

bool LiveShelf::IsHidden(std::uint32_t product) const {
  return std::ranges::binary_search(Hidden(), product);
}

double LiveShelf::ShareByRows() const {
  double share = 0;
  for (std::size_t r = 0; r < state_->RetailerShape().RegionCount(); ++r) {
    const RegionStock& region = stock_->In(static_cast<domain::Region>(r));
    if (region.Count() == 0) continue;
    share = std::max(
        share, static_cast<double>(region.ByRows().size()) / static_cast<double>(region.Count()));
  }
  return share;
}

}  // namespace aisle::serving
