// How many pieces of each product each region has, now: one version of it, which never changes.
//
// A server holds the newest version by a pointer and swaps it when something changes; a request that began
// before keeps the version it took. With() makes the next version: it copies the pages that are touched and
// shares the others, and rebuilds nothing of catalogue and model. What was in stock when the generation was
// published is remembered, because that is what candidates were prepared for: Masked() and ByRows() are the
// differences. A product that is no longer as it was prepared (its price has changed) is Unprepared(): from then on
// it is ranked by rows wherever it is in stock.
//
//   shapes   products are positions in the generation's catalogue.
//   order    ByRows() rises.
//   units    pieces; whole days to deliver.
//   missing  quantity 0: not in stock; its delivery days are those last known.
//   threads  immutable; any.
//   errors   none; a position beyond the catalogue is an assertion.
//   cost     Of, InStock: two loads. With: a page of 4.5 KB for each that is touched, and for each touched
//            region a pointer per 512 products and four bytes per product by rows: microseconds (stock_bench.cc).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "domain/region.h"
#include "serving/shelf/shelf.h"

namespace aisle::serving {

struct StockLevel {
  std::int32_t quantity = 0;
  std::int32_t delivery_days = 0;
  friend bool operator==(const StockLevel&, const StockLevel&) = default;
};

// What one region has of one product from now on.
struct StockChange {
  domain::Region region{};
  std::uint32_t product = 0;
  StockLevel level;  // A quantity below 0 counts as 0.
};

class RegionStock {
 public:
  RegionStock() = default;
  RegionStock(std::size_t product_count, const RegionShelf& published);

  StockLevel Of(std::uint32_t product) const { return PageOf(product).levels[product % kPage]; }
  bool InStock(std::uint32_t product) const { return Of(product).quantity > 0; }
  // In stock, and as it was prepared.
  bool OnShelf(std::uint32_t product) const {
    const Page& page = PageOf(product);
    return page.prepared[product % kPage] && page.levels[product % kPage].quantity > 0;
  }
  // How many products are in stock.
  std::size_t Count() const { return published_count_ - masked_ + by_rows_.size(); }
  // Of the products in stock when published, how many are not OnShelf().
  std::size_t Masked() const { return masked_; }
  // In stock and not OnShelf(): not in stock when published, or unprepared since.
  std::span<const std::uint32_t> ByRows() const { return by_rows_; }

 private:
  friend class Stock;
  static constexpr std::size_t kPage = 512;
  struct Page {
    std::array<StockLevel, kPage> levels{};
    std::array<bool, kPage> prepared{};
  };
  const Page& PageOf(std::uint32_t product) const { return *pages_[product / kPage]; }
  // A region whose next version is being made: what it has copied so far.
  struct Draft;

  std::vector<std::shared_ptr<const Page>> pages_;
  std::size_t published_count_ = 0;
  std::size_t masked_ = 0;
  std::vector<std::uint32_t> by_rows_;
};

class Stock {
 public:
  // Version 1: the stock as it was published; of hidden products there is none.
  static std::shared_ptr<const Stock> AsPublished(const Shelf& shelf);
  // The next version. Of two changes of one product in one region, the later counts. Products of `unprepared` are no
  // longer as they were prepared, in any region.
  std::shared_ptr<const Stock> With(std::span<const StockChange> changes,
                                    std::span<const std::uint32_t> unprepared = {}) const;

  std::uint64_t Version() const { return version_; }
  std::size_t ProductCount() const { return product_count_; }
  const RegionStock& In(domain::Region region) const {
    return *regions_[static_cast<std::size_t>(region)];
  }

 private:
  Stock() = default;
  std::uint64_t version_ = 1;
  std::size_t product_count_ = 0;
  std::vector<std::shared_ptr<const RegionStock>> regions_;
};

}  // namespace aisle::serving
