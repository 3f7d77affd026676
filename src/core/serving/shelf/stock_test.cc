// Stock changes by versions that share what did not change.
#include "serving/shelf/stock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "serving/sample_testing.h"

namespace aisle::serving {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr domain::Region kNorth = domain::Region::kNortheast;
constexpr domain::Region kWest = domain::Region::kWest;

// Ten products; the Northeast has 1, 4 and 7, the others nothing.
std::shared_ptr<const Stock> SmallStock() {
  Shelf shelf;
  shelf.catalogue.products.resize(10);
  shelf.regions[0] = {{1, 4, 7}, {10, 40, 70}, {1, 4, 7}};
  return Stock::AsPublished(shelf);
}

TEST(Stock, BeginsAsItWasPublished) {
  const auto stock = SmallStock();
  EXPECT_EQ(stock->Version(), 1U);
  EXPECT_EQ(stock->ProductCount(), 10U);
  const RegionStock& north = stock->In(kNorth);
  EXPECT_EQ(north.Count(), 3U);
  EXPECT_EQ(north.Of(4), (StockLevel{40, 4}));
  EXPECT_FALSE(north.InStock(5));
  EXPECT_EQ(north.Masked(), 0U);
  EXPECT_THAT(north.ByRows(), IsEmpty());
  EXPECT_EQ(stock->In(kWest).Count(), 0U);
}

TEST(Stock, AChangeMakesTheNextVersionAndLeavesTheOneBefore) {
  const auto before = SmallStock();
  const StockChange changes[] = {
      {kNorth, 4, {0, 4}}, {kNorth, 9, {5, 2}}, {kNorth, 3, {1, 1}}, {kWest, 0, {8, 3}}};
  const auto after = before->With(changes);
  EXPECT_EQ(after->Version(), 2U);
  EXPECT_EQ(after->In(kNorth).Masked(), 1U);
  EXPECT_THAT(after->In(kNorth).ByRows(), ElementsAre(3, 9));
  EXPECT_EQ(after->In(kNorth).Count(), 4U);
  EXPECT_EQ(after->In(kNorth).Of(4), (StockLevel{0, 4})) << "days are kept";
  EXPECT_EQ(after->In(kWest).Of(0), (StockLevel{8, 3}));
  EXPECT_EQ(before->In(kNorth).Of(4), (StockLevel{40, 4}));
  EXPECT_EQ(before->In(kNorth).Count(), 3U);
  EXPECT_EQ(before->In(kWest).Count(), 0U);
}

TEST(Stock, WhatComesBackIsAsIfNothingHadBeen) {
  const auto start = SmallStock();
  const StockChange away[] = {{kNorth, 4, {-3, 4}}, {kNorth, 2, {6, 1}}};
  const StockChange back[] = {{kNorth, 4, {40, 4}}, {kNorth, 2, {0, 0}}};
  const auto gone = start->With(away);
  EXPECT_EQ(gone->In(kNorth).Of(4).quantity, 0) << "never below nothing";
  const auto stock = gone->With(back);
  EXPECT_EQ(stock->In(kNorth).Masked(), 0U);
  EXPECT_THAT(stock->In(kNorth).ByRows(), IsEmpty());
  EXPECT_EQ(stock->In(kNorth).Count(), 3U);
}

TEST(Stock, OfTwoChangesOfOneProductTheLaterCounts) {
  const StockChange changes[] = {{kNorth, 0, {5, 1}}, {kNorth, 0, {0, 1}}, {kNorth, 0, {7, 2}}};
  const auto stock = SmallStock()->With(changes);
  EXPECT_EQ(stock->In(kNorth).Of(0), (StockLevel{7, 2}));
  EXPECT_THAT(stock->In(kNorth).ByRows(), ElementsAre(0));
}

TEST(Stock, WhatIsHiddenWhenPublishedIsNotInStock) {
  Shelf shelf;
  shelf.catalogue.products.resize(10);
  shelf.regions[0] = {{1, 4, 7}, {10, 40, 70}, {1, 4, 7}};
  shelf.hidden = {4, 5};
  const auto stock = Stock::AsPublished(shelf);
  EXPECT_EQ(stock->Version(), 1U);
  EXPECT_EQ(stock->In(kNorth).Count(), 2U);
  EXPECT_EQ(stock->In(kNorth).Of(4), (StockLevel{0, 4}));
  const StockChange back[] = {{kNorth, 4, {40, 4}}};
  EXPECT_TRUE(stock->With(back)->In(kNorth).OnShelf(4)) << "it was prepared";
}

TEST(Stock, WhatIsNoLongerAsItWasPreparedIsRankedByRowsWhereItIsInStock) {
  const std::uint32_t products[] = {4, 9};
  const auto stock = SmallStock()->With({}, products);
  EXPECT_EQ(stock->In(kNorth).Count(), 3U);
  EXPECT_EQ(stock->In(kNorth).Masked(), 1U);
  EXPECT_THAT(stock->In(kNorth).ByRows(), ElementsAre(4));
  EXPECT_TRUE(stock->In(kNorth).InStock(4));
  EXPECT_FALSE(stock->In(kNorth).OnShelf(4));
  const StockChange gone[] = {{kNorth, 4, {0, 4}}, {kWest, 9, {3, 1}}};
  const auto later = stock->With(gone);
  EXPECT_EQ(later->In(kNorth).Masked(), 1U);
  EXPECT_THAT(later->In(kNorth).ByRows(), IsEmpty());
  EXPECT_THAT(later->In(kWest).ByRows(), ElementsAre(9));
}

// Against a plain map, for any changes in any order, over more products than a page holds.
TEST(StockProperty, AgreesWithAPlainMapOfLevels) {
  constexpr std::size_t kProductCount = 1300;
  for (std::uint64_t seed = 1; seed < 6; ++seed) {
    const Shelf shelf = SampleShelf(seed, kProductCount);
    auto stock = Stock::AsPublished(shelf);
    std::map<std::pair<std::size_t, std::uint32_t>, StockLevel> levels;
    for (std::size_t r = 0; r < shelf.regions.size(); ++r) {
      const RegionShelf& region = shelf.regions[r];
      for (std::size_t i = 0; i < region.products.size(); ++i)
        levels[{r, region.products[i]}] = {region.quantity[i], region.delivery_days[i]};
    }
    const auto published = levels;
    std::set<std::uint32_t> unprepared;
    base::Stream stream(seed, 9, 9);
    for (int round = 0; round < 8; ++round) {
      std::vector<StockChange> changes;
      for (std::uint64_t i = stream.Below(60); i > 0; --i) {
        const auto region = stream.Below(shelf.regions.size());
        const auto product = static_cast<std::uint32_t>(stream.Below(kProductCount));
        const StockLevel level{stream.Chance(0.5) ? 0 : SmallCount(stream), SmallCount(stream)};
        changes.push_back({static_cast<domain::Region>(region), product, level});
        levels[{region, product}] = level;
      }
      std::vector<std::uint32_t> repriced;
      for (std::uint64_t i = stream.Below(6); i > 0; --i) {
        repriced.push_back(static_cast<std::uint32_t>(stream.Below(kProductCount)));
        unprepared.insert(repriced.back());
      }
      stock = stock->With(changes, repriced);
    }
    for (std::size_t r = 0; r < shelf.regions.size(); ++r) {
      const RegionStock& region = stock->In(static_cast<domain::Region>(r));
      std::size_t count = 0;
      std::size_t masked = 0;
      std::vector<std::uint32_t> by_rows;
      for (std::uint32_t p = 0; p < kProductCount; ++p) {
        const StockLevel level = levels.contains({r, p}) ? levels[{r, p}] : StockLevel{};
        ASSERT_EQ(region.Of(p), level);
        const bool has = level.quantity > 0;
        count += has ? 1 : 0;
        const bool on_shelf = has && published.contains({r, p}) && !unprepared.contains(p);
        ASSERT_EQ(region.OnShelf(p), on_shelf);
        if (published.contains({r, p}) && !on_shelf) ++masked;
        if (has && !on_shelf) by_rows.push_back(p);
      }
      EXPECT_EQ(region.Count(), count);
      EXPECT_EQ(region.Masked(), masked);
      EXPECT_TRUE(std::ranges::equal(region.ByRows(), by_rows));
    }
  }
}

}  // namespace
}  // namespace aisle::serving
