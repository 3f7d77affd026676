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
    page.published[product % kPage] = true;
  }
  pages_.assign(pages.begin(), pages.end());
}

struct RegionStock::Draft {
  std::shared_ptr<RegionStock> stock;
  std::unordered_map<std::uint32_t, std::shared_ptr<Page>> copied;  // By number of the page.

  void Set(std::uint32_t product, StockLevel level) {
    level.quantity = std::max(level.quantity, 0);
    const bool had = stock->InStock(product);
    const bool has = level.quantity > 0;
    std::shared_ptr<Page>& page = copied[product / kPage];
    if (!page) {
      page = std::make_shared<Page>(stock->PageOf(product));
      stock->pages_[product / kPage] = page;
    }
    page->levels[product % kPage] = level;
    if (had != has) Count(product, page->published[product % kPage], has);
  }

 private:
  // The product has come into stock, or gone.
  void Count(std::uint32_t product, bool published, bool has) const {
    if (published) {
      stock->sold_out_ = has ? stock->sold_out_ - 1 : stock->sold_out_ + 1;
      return;
    }
    std::vector<std::uint32_t>& restocked = stock->restocked_;
    const auto place = std::ranges::lower_bound(restocked, product);
    if (has) {
      restocked.insert(place, product);
    } else {
      restocked.erase(place);
    }
  }
};

std::shared_ptr<const Stock> Stock::AsPublished(const Shelf& shelf) {
  const std::shared_ptr<Stock> stock(new Stock);
  stock->product_count_ = shelf.catalogue.products.size();
  for (const RegionShelf& region : shelf.regions)
    stock->regions_.push_back(std::make_shared<RegionStock>(stock->product_count_, region));
  return stock;
}

std::shared_ptr<const Stock> Stock::With(std::span<const StockChange> changes) const {
  const std::shared_ptr<Stock> next(new Stock(*this));
  ++next->version_;
  std::vector<RegionStock::Draft> drafts(regions_.size());
  for (const StockChange& change : changes) {
    AISLE_ASSERT(change.product < product_count_);
    const auto region = static_cast<std::size_t>(change.region);
    AISLE_ASSERT(region < regions_.size());
    RegionStock::Draft& draft = drafts[region];
    if (!draft.stock) {
      draft.stock = std::make_shared<RegionStock>(*regions_[region]);
      next->regions_[region] = draft.stock;
    }
    draft.Set(change.product, change.level);
  }
  return next;
}

}  // namespace aisle::serving
