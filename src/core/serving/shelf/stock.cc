#include "serving/shelf/stock.h"

#include <algorithm>
#include <unordered_map>

namespace aisle::serving {

RegionStock::RegionStock(std::size_t product_count, const RegionShelf& published)
    : published_count_(published.products.size()) {
  std::vector<std::shared_ptr<Page>> pages((product_count + kPage - 1) / kPage);
  for (auto& page : pages) page = std::make_shared<Page>();
  for (std::size_t i = 0; i < published.products.size(); ++i) {
    const std::uint32_t product = published.products[i];
    AISLE_ASSERT(product < product_count);
    Page& page = *pages[product / kPage];
    page.levels[product % kPage] = {published.quantity[i], published.delivery_days[i]};
    page.prepared[product % kPage] = true;
  }
  pages_.assign(pages.begin(), pages.end());
}

struct RegionStock::Draft {
  std::shared_ptr<RegionStock> stock;
  std::unordered_map<std::uint32_t, std::shared_ptr<Page>> copied;  // By number of the page.

  void Set(std::uint32_t product, StockLevel level) {
    level.quantity = std::max(level.quantity, 0);
    Change(product, level, stock->PageOf(product).prepared[product % kPage]);
  }
  void Unprepare(std::uint32_t product) {
    if (stock->PageOf(product).prepared[product % kPage])
      Change(product, stock->Of(product), false);
  }

 private:
  void Change(std::uint32_t product, StockLevel level, bool prepared) {
    std::shared_ptr<Page>& page = copied[product / kPage];
    if (!page) {
      page = std::make_shared<Page>(stock->PageOf(product));
      stock->pages_[product / kPage] = page;
    }
    const bool was_listed = stock->InStock(product) && !stock->OnShelf(product);
    const bool was_on_shelf = stock->OnShelf(product);
    page->levels[product % kPage] = level;
    page->prepared[product % kPage] = prepared;
    const bool on_shelf = stock->OnShelf(product);
    const bool listed = level.quantity > 0 && !on_shelf;
    if (was_on_shelf && !on_shelf) ++stock->masked_;
    if (!was_on_shelf && on_shelf) --stock->masked_;
    std::vector<std::uint32_t>& by_rows = stock->by_rows_;
    const auto place = std::ranges::lower_bound(by_rows, product);
    if (listed && !was_listed) by_rows.insert(place, product);
    if (!listed && was_listed) by_rows.erase(place);
  }
};

std::shared_ptr<const Stock> Stock::AsPublished(const Shelf& shelf) {
  const std::shared_ptr<Stock> stock(new Stock);
  stock->product_count_ = shelf.catalogue.products.size();
  for (const RegionShelf& region : shelf.regions)
    stock->regions_.push_back(std::make_shared<RegionStock>(stock->product_count_, region));
  std::vector<StockChange> hidden;
  for (const std::uint32_t product : shelf.hidden) {
    for (std::size_t r = 0; r < shelf.regions.size(); ++r) {
      const auto region = static_cast<domain::Region>(r);
      hidden.push_back({region, product, {0, stock->In(region).Of(product).delivery_days}});
    }
  }
  if (hidden.empty()) return stock;
  const std::shared_ptr<Stock> shown(new Stock(*stock->With(hidden)));
  shown->version_ = 1;
  return shown;
}

std::shared_ptr<const Stock> Stock::With(std::span<const StockChange> changes,
                                         std::span<const std::uint32_t> unprepared) const {
  const std::shared_ptr<Stock> next(new Stock(*this));
  ++next->version_;
  std::vector<RegionStock::Draft> drafts(regions_.size());
  const auto draft_of = [&](std::size_t region) -> RegionStock::Draft& {
    AISLE_ASSERT(region < regions_.size());
    RegionStock::Draft& draft = drafts[region];
    if (!draft.stock) {
      draft.stock = std::make_shared<RegionStock>(*regions_[region]);
      next->regions_[region] = draft.stock;
    }
    return draft;
  };
  for (const StockChange& change : changes) {
    AISLE_ASSERT(change.product < product_count_);
    draft_of(static_cast<std::size_t>(change.region)).Set(change.product, change.level);
  }
  for (const std::uint32_t product : unprepared) {
    AISLE_ASSERT(product < product_count_);
    for (std::size_t region = 0; region < regions_.size(); ++region)
      draft_of(region).Unprepare(product);
  }
  return next;
}

}  // namespace aisle::serving
