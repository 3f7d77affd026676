#include "serving/state/shelf_keeper.h"

#include <algorithm>
#include <vector>

namespace aisle::serving {

struct ShelfKeeper::Changes {
  std::vector<StockChange> stock;
  std::vector<PriceChange> prices;
  std::vector<HiddenChange> hidden;
  bool IsEmpty() const { return stock.empty() && prices.empty() && hidden.empty(); }
};

namespace {

StockLevel PublishedLevel(const RegionShelf& region, std::uint32_t product) {
  const auto found = std::ranges::lower_bound(region.products, product);
  if (found == region.products.end() || *found != product) return {};
  const auto at = static_cast<std::size_t>(found - region.products.begin());
  return {region.quantity[at], region.delivery_days[at]};
}

template <typename Said, typename T>
void Say(Said& said, const std::optional<T>& value, const Write& write) {
  if (value) said = {value, write.position, write.time};
}

}  // namespace

template <typename T>
const T* ShelfKeeper::News(const Said<T>& said) const {
  if (!said.value || shelf_->State()->Known().Has(log_, said.position, said.time)) return nullptr;
  return &*said.value;
}

bool ShelfKeeper::HiddenNow(std::uint32_t product) const {
  const serving::Shelf& published = shelf_->State()->PublishedShelf();
  const auto found = products_.find(published.catalogue.products[product].product.value);
  if (found != products_.end()) {
    if (const bool* hidden = News(found->second.hidden)) return *hidden;
  }
  return std::ranges::binary_search(published.hidden, product);
}

StockLevel ShelfKeeper::LevelNow(domain::Region region, std::uint32_t product) const {
  const serving::Shelf& published = shelf_->State()->PublishedShelf();
  StockLevel level = PublishedLevel(published.regions[static_cast<std::size_t>(region)], product);
  const auto found = stock_.find({published.catalogue.products[product].product.value,
                                  published.catalogue.shape.RegionName(region)});
  if (found == stock_.end()) return level;
  if (const auto* quantity = News(found->second.quantity)) level.quantity = *quantity;
  if (const auto* days = News(found->second.delivery_days)) level.delivery_days = *days;
  return level;
}

void ShelfKeeper::AddRegion(const std::string& name, std::uint32_t product,
                            Changes& changes) const {
  const auto region = shelf_->State()->RetailerShape().FindRegion(name);
  if (!region) return;
  StockLevel level = LevelNow(*region, product);
  if (HiddenNow(product)) level.quantity = 0;
  changes.stock.push_back({*region, product, level});
}

void ShelfKeeper::AddProduct(std::uint32_t product, Changes& changes) const {
  const auto& catalogue = shelf_->State()->PublishedShelf().catalogue;
  const auto found = products_.find(catalogue.products[product].product.value);
  if (found == products_.end()) return;
  if (const auto* price = News(found->second.price)) changes.prices.push_back({product, *price});
  const bool* const hidden = News(found->second.hidden);
  if (hidden == nullptr) return;
  changes.hidden.push_back({product, *hidden});
  for (const auto& region : catalogue.shape.All().regions) AddRegion(region.name, product, changes);
}

void ShelfKeeper::Serve(std::shared_ptr<const ServingState> state) {
  shelf_ = LiveShelf::Of(std::move(state));
  const auto& catalogue = shelf_->State()->PublishedShelf().catalogue;
  Changes changes;
  for (const auto& [key, said] : stock_) {
    const std::ptrdiff_t product = catalogue.Find({key.first});
    if (product < 0) continue;
    if (News(said.quantity) != nullptr || News(said.delivery_days) != nullptr)
      AddRegion(key.second, static_cast<std::uint32_t>(product), changes);
  }
  for (const auto& [id, said] : products_) {
    const std::ptrdiff_t product = catalogue.Find({id});
    if (product >= 0) AddProduct(static_cast<std::uint32_t>(product), changes);
  }
  if (!changes.IsEmpty()) shelf_ = shelf_->With(changes.stock, changes.prices, changes.hidden);
  if (last_ > 0) shelf_ = shelf_->Reaching(last_);
}

void ShelfKeeper::Take(std::span<const Write> writes, std::uint64_t until) {
  Changes changes;
  for (const Write& write : writes) {
    if (write.position <= last_) continue;
    last_ = write.position;
    if (write.quantity || write.delivery_days) {
      OfStock& said = stock_[{write.product.value, write.region}];
      Say(said.quantity, write.quantity, write);
      Say(said.delivery_days, write.delivery_days, write);
    }
    if (write.price || write.hidden) {
      OfProduct& said = products_[write.product.value];
      Say(said.price, write.price, write);
      Say(said.hidden, write.hidden, write);
    }
    if (!shelf_) continue;
    const std::ptrdiff_t product = shelf_->State()->PublishedShelf().catalogue.Find(write.product);
    if (product < 0) continue;
    const auto position = static_cast<std::uint32_t>(product);
    if (!write.region.empty()) AddRegion(write.region, position, changes);
    if (write.price || write.hidden) AddProduct(position, changes);
  }
  last_ = std::max(last_, until);
  if (!changes.IsEmpty()) shelf_ = shelf_->With(changes.stock, changes.prices, changes.hidden);
  if (shelf_ && shelf_->Until() != last_) shelf_ = shelf_->Reaching(last_);
}

void ShelfKeeper::Forget(std::uint64_t position) {
  const auto old = [position](const auto& said) { return said.position <= position; };
  std::erase_if(stock_, [&](const auto& entry) {
    return old(entry.second.quantity) && old(entry.second.delivery_days);
  });
  std::erase_if(products_, [&](const auto& entry) {
    return old(entry.second.price) && old(entry.second.hidden);
  });
}

std::vector<Write> ShelfKeeper::Kept() const {
  std::vector<Write> writes;
  for (const auto& [key, said] : stock_) {
    writes.push_back({.product = {key.first},
                      .region = key.second,
                      .quantity = said.quantity.value,
                      .delivery_days = said.delivery_days.value});
  }
  for (const auto& [id, said] : products_)
    writes.push_back({.product = {id}, .price = said.price.value, .hidden = said.hidden.value});
  return writes;
}

std::pair<serving::Shelf, KnownChanges> ShelfKeeper::Now() const {
  serving::Shelf now = shelf_->State()->PublishedShelf();
  const auto count = static_cast<std::uint32_t>(now.catalogue.products.size());
  for (const features::Repriced& product : shelf_->Repriced()) {
    now.catalogue.products[product.position].price = product.price;
    now.catalogue.products[product.position].price_z = product.price_z;
  }
  now.hidden.clear();
  for (std::uint32_t product = 0; product < count; ++product) {
    if (HiddenNow(product)) now.hidden.push_back(product);
  }
  for (std::size_t r = 0; r < now.regions.size(); ++r) {
    RegionShelf region;
    for (std::uint32_t product = 0; product < count; ++product) {
      const StockLevel level = LevelNow(static_cast<domain::Region>(r), product);
      if (level.quantity <= 0) continue;
      region.products.push_back(product);
      region.quantity.push_back(level.quantity);
      region.delivery_days.push_back(level.delivery_days);
    }
    now.regions[r] = std::move(region);
  }
  return {std::move(now), {log_, last_, base::Timestamp::max()}};
}

}  // namespace aisle::serving
