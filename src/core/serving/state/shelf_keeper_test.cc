// What is on sale is what was written last, whichever generation is laid under it, and when.
#include "serving/state/shelf_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "serving/sample_testing.h"

namespace aisle::serving {
namespace {

using testing::ElementsAre;

constexpr domain::Region kNorth = domain::Region::kNortheast;
constexpr const char* kLog = "log-1";

base::Timestamp At(std::int64_t seconds) {
  return kSampleAsOf + base::Microseconds{seconds * 1'000'000};
}

std::shared_ptr<const ServingState> StateOf(Shelf shelf, KnownChanges known = {}) {
  GenerationManifest manifest;
  manifest.generation = 31;
  manifest.as_of = known.log.empty() ? kSampleAsOf : known.before;
  manifest.changes_log = known.log;
  manifest.changes_until = known.until;
  auto state = ServingState::FromParts(manifest, std::move(shelf), std::nullopt);
  AISLE_ASSERT(state);
  return *std::move(state);
}

// Product ids of SampleShelf are 1, 3, 5, ...
Write SoldOut(std::uint64_t position, std::int64_t second, std::int64_t product) {
  return {.position = position,
          .time = At(second),
          .product = {product},
          .region = "Northeast",
          .quantity = 0};
}

class ShelfKeeperTest : public testing::Test {
 protected:
  Shelf shelf = SampleShelf(1, 40);
  std::uint32_t product = shelf.regions[0].products[3];
  std::int64_t id = shelf.catalogue.products[product].product.value;
  ShelfKeeper keeper{kLog};
  StockLevel Level() const { return keeper.Shelf()->Stock()->In(kNorth).Of(product); }
};

TEST_F(ShelfKeeperTest, AGenerationMadeBeforeAWriteDoesNotUndoIt) {
  keeper.Serve(StateOf(shelf));
  EXPECT_GT(Level().quantity, 0);
  keeper.Take({{SoldOut(5, 60, id)}});
  EXPECT_EQ(Level().quantity, 0);
  keeper.Serve(StateOf(shelf, {kLog, 4, At(3600)}));
  EXPECT_EQ(Level().quantity, 0) << "it was not taken in";
  keeper.Serve(StateOf(shelf, {kLog, 5, At(60)}));
  EXPECT_EQ(Level().quantity, 0) << "taken in, but the tables are as of before it";
  keeper.Serve(StateOf(shelf, {"log-0", 99, At(3600)}));
  EXPECT_EQ(Level().quantity, 0) << "positions of another log say nothing";
  keeper.Serve(StateOf(shelf, {kLog, 5, At(61)}));
  EXPECT_GT(Level().quantity, 0) << "a generation that knows the write and says otherwise is newer";
}

TEST_F(ShelfKeeperTest, WhatIsForgottenIsNotLaidOverAnOlderGeneration) {
  keeper.Take({{SoldOut(5, 60, id), SoldOut(6, 61, 1)}});
  EXPECT_EQ(keeper.Size(), 2U);
  keeper.Forget(5);
  EXPECT_EQ(keeper.Size(), 1U);
}

TEST_F(ShelfKeeperTest, WhatAWriteDoesNotSayStaysAsItWas) {
  keeper.Serve(StateOf(shelf));
  const StockLevel before = Level();
  keeper.Take({{{.position = 1,
                 .time = At(1),
                 .product = {id},
                 .region = "Northeast",
                 .delivery_days = 9}}});
  EXPECT_EQ(Level(), (StockLevel{before.quantity, 9}));
  keeper.Take(
      {{{.position = 2, .time = At(2), .product = {id}, .region = "Northeast", .quantity = 77}}});
  EXPECT_EQ(Level(), (StockLevel{77, 9}));
  keeper.Take(
      {{{.position = 2, .time = At(2), .product = {id}, .region = "Northeast", .quantity = 1}}});
  EXPECT_EQ(Level().quantity, 77) << "a position that was taken already";
}

TEST_F(ShelfKeeperTest, AHiddenProductIsNowhereAndComesBackWithItsNewestStock) {
  keeper.Serve(StateOf(shelf));
  const StockLevel before = Level();
  keeper.Take({{{.position = 1, .time = At(1), .product = {id}, .hidden = true}}});
  for (std::size_t r = 0; r < shelf.regions.size(); ++r)
    EXPECT_FALSE(keeper.Shelf()->Stock()->In(static_cast<domain::Region>(r)).InStock(product));
  EXPECT_TRUE(keeper.Shelf()->IsHidden(product));
  EXPECT_EQ(keeper.Shelf()->Hidden().size(), 1U);
  keeper.Take(
      {{{.position = 2, .time = At(2), .product = {id}, .region = "Northeast", .quantity = 50}}});
  EXPECT_EQ(Level().quantity, 0) << "restocked, and still hidden";
  keeper.Take({{{.position = 3, .time = At(3), .product = {id}, .hidden = false}}});
  EXPECT_EQ(Level(), (StockLevel{50, before.delivery_days}));
  EXPECT_FALSE(keeper.Shelf()->IsHidden(product));

  Shelf published = shelf;
  published.hidden = {product};
  EXPECT_TRUE(LiveShelf::Of(StateOf(published))->IsHidden(product));
  keeper.Serve(StateOf(published));
  EXPECT_FALSE(keeper.Shelf()->IsHidden(product));
  EXPECT_EQ(Level().quantity, 50) << "shown by a later write than the generation's";
}

TEST_F(ShelfKeeperTest, APriceIsThatOfTheLastWriteAndTheProductIsRankedByRows) {
  keeper.Serve(StateOf(shelf));
  const domain::Cents old = keeper.Shelf()->Price(product);
  keeper.Take({{{.position = 1, .time = At(1), .product = {id}, .price = old}}});
  EXPECT_TRUE(keeper.Shelf()->Stock()->In(kNorth).OnShelf(product)) << "nothing has changed";
  keeper.Take({{{.position = 2, .time = At(2), .product = {id}, .price = domain::Cents{1234}}}});
  EXPECT_EQ(keeper.Shelf()->Price(product), domain::Cents{1234});
  EXPECT_FALSE(keeper.Shelf()->Stock()->In(kNorth).OnShelf(product));
  EXPECT_TRUE(keeper.Shelf()->Stock()->In(kNorth).InStock(product));
  ASSERT_EQ(keeper.Shelf()->Repriced().size(), 1U);
  EXPECT_EQ(keeper.Shelf()->Repriced()[0].position, product);
}

TEST_F(ShelfKeeperTest, WhatTheGenerationDoesNotHaveWaitsForOneThatDoes) {
  keeper.Serve(StateOf(SampleShelf(1, 2)));
  keeper.Take(
      {{SoldOut(1, 1, id),
        {.position = 2, .time = At(2), .product = {1}, .region = "Atlantis", .quantity = 1}}});
  keeper.Serve(StateOf(shelf));
  EXPECT_EQ(Level().quantity, 0);
}

TEST_F(ShelfKeeperTest, PreparedAgainItIsTheSameShelfWithNothingByRows) {
  keeper.Serve(StateOf(shelf));
  std::uint32_t absent = 0;
  while (std::ranges::binary_search(shelf.regions[0].products, absent)) ++absent;
  keeper.Take({{SoldOut(1, 1, id),
                {.position = 2,
                 .time = At(2),
                 .product = shelf.catalogue.products[absent].product,
                 .region = "Northeast",
                 .quantity = 4,
                 .delivery_days = 1},
                {.position = 3, .time = At(3), .product = {id}, .price = domain::Cents{1234}}}});
  EXPECT_GT(keeper.Shelf()->ShareByRows(), 0);
  auto [now, known] = keeper.Now();
  const auto again = ServingState::PrepareAgain(keeper.Shelf()->State(), std::move(now), known);
  ASSERT_TRUE(again);
  keeper.Serve(*again);
  EXPECT_EQ(Level().quantity, 0);
  EXPECT_TRUE(keeper.Shelf()->Stock()->In(kNorth).OnShelf(absent));
  EXPECT_EQ(keeper.Shelf()->Price(product), domain::Cents{1234});
  EXPECT_EQ(keeper.Shelf()->ShareByRows(), 0);
  keeper.Take(
      {{{.position = 4, .time = At(4), .product = {id}, .region = "Northeast", .quantity = 8}}});
  EXPECT_EQ(Level().quantity, 8);
}

// The truth as plain maps; a generation is the truth of some position and moment.
struct Truth {
  std::map<std::pair<std::size_t, std::uint32_t>, StockLevel> levels;
  std::map<std::uint32_t, domain::Cents> prices;
  std::set<std::uint32_t> hidden;

  explicit Truth(const Shelf& shelf) {
    for (std::size_t r = 0; r < shelf.regions.size(); ++r) {
      for (std::size_t i = 0; i < shelf.regions[r].products.size(); ++i)
        levels[{r, shelf.regions[r].products[i]}] = {shelf.regions[r].quantity[i],
                                                     shelf.regions[r].delivery_days[i]};
    }
  }
  void Take(const Write& write, const Shelf& shelf) {
    const auto product = static_cast<std::uint32_t>(shelf.catalogue.Find(write.product));
    if (!write.region.empty()) {
      StockLevel& level = levels[{
          static_cast<std::size_t>(*shelf.catalogue.shape.FindRegion(write.region)), product}];
      level.quantity = write.quantity.value_or(level.quantity);
      level.delivery_days = write.delivery_days.value_or(level.delivery_days);
    }
    if (write.price) prices[product] = *write.price;
    if (write.hidden && *write.hidden) hidden.insert(product);
    if (write.hidden && !*write.hidden) hidden.erase(product);
  }
  Shelf Published(Shelf shelf) const {
    for (RegionShelf& region : shelf.regions) region = {};
    for (const auto& [key, level] : levels) {
      if (level.quantity <= 0) continue;
      shelf.regions[key.first].products.push_back(key.second);
      shelf.regions[key.first].quantity.push_back(level.quantity);
      shelf.regions[key.first].delivery_days.push_back(level.delivery_days);
    }
    for (const auto& [product, price] : prices) shelf.catalogue.products[product].price = price;
    shelf.hidden.assign(hidden.begin(), hidden.end());
    return shelf;
  }
};

Write RandomWrite(base::Stream& stream, const Shelf& shelf, std::uint64_t position,
                  std::int64_t second) {
  const auto& products = shelf.catalogue.products;
  Write write{.position = position,
              .time = At(second),
              .product = products[stream.Below(products.size())].product};
  if (stream.Chance(0.6)) {
    write.region = shelf.catalogue.shape.RegionName(static_cast<domain::Region>(stream.Below(5)));
    write.quantity = static_cast<std::int32_t>(stream.Below(3));
    // Of what is sold out no generation knows the days: who restocks says them.
    if (*write.quantity > 0 || stream.Chance(0.5))
      write.delivery_days = static_cast<std::int32_t>(stream.Below(9));
  } else if (stream.Chance(0.5)) {
    write.price = domain::Cents{stream.Between(100, 105)};
  } else {
    write.hidden = stream.Chance(0.5);
  }
  return write;
}

void ExpectTruth(const ShelfKeeper& keeper, const Truth& truth, const Shelf& shelf) {
  for (std::uint32_t p = 0; p < shelf.catalogue.products.size(); ++p) {
    const auto price = truth.prices.find(p);
    ASSERT_EQ(keeper.Shelf()->Price(p),
              price == truth.prices.end() ? shelf.catalogue.products[p].price : price->second);
    for (std::size_t r = 0; r < shelf.regions.size(); ++r) {
      const auto found = truth.levels.find({r, p});
      const int quantity =
          found == truth.levels.end() || truth.hidden.contains(p) ? 0 : found->second.quantity;
      const StockLevel level = keeper.Shelf()->Stock()->In(static_cast<domain::Region>(r)).Of(p);
      ASSERT_EQ(level.quantity, quantity) << "product " << p << " region " << r;
      if (quantity > 0) {
        ASSERT_EQ(level.delivery_days, found->second.delivery_days);
      }
    }
  }
}

// Writes, flips to generations of any age, restarts, and preparing again, in any order.
TEST(ShelfKeeperProperty, WhateverIsServedTheNewestWriteHolds) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    base::Stream stream(seed, 5, 5);
    const Shelf shelf = SampleShelf(seed, 30);
    std::vector<Write> log;
    Truth truth(shelf);
    auto keeper = std::make_unique<ShelfKeeper>(kLog);
    keeper->Serve(StateOf(shelf));
    std::int64_t second = 0;
    const auto generation = [&](std::uint64_t until, std::int64_t before) {
      Truth then(shelf);
      for (const Write& write : log) {
        if (write.position <= until && write.time < At(before)) then.Take(write, shelf);
      }
      return StateOf(then.Published(shelf), {kLog, until, At(before)});
    };
    std::uint64_t known = 0;  // To every generation from now on.
    for (int step = 0; step < 120; ++step) {
      const std::uint64_t dice = stream.Below(10);
      if (dice < 6) {
        std::vector<Write> writes;
        for (std::uint64_t i = stream.Below(4) + 1; i > 0; --i) {
          second += static_cast<std::int64_t>(stream.Below(3));
          log.push_back(RandomWrite(stream, shelf, log.size() + 1, second));
          writes.push_back(log.back());
          truth.Take(log.back(), shelf);
        }
        keeper->Take(writes);
      } else if (dice < 8) {
        const std::uint64_t until = known + stream.Below(log.size() - known + 1);
        const std::int64_t after =
            known == 0 ? 0 : (log[known - 1].time - kSampleAsOf).count() / 1'000'000 + 1;
        keeper->Serve(generation(until, std::max(after, second - stream.Between(0, 9))));
      } else if (dice < 9) {
        // Every generation knows so much from now on; a new process reads the rest.
        auto state = generation(log.size(), second + 1);
        known = log.size();
        keeper->Serve(state);
        keeper->Forget(known);
        EXPECT_EQ(keeper->Size(), 0U);
        const auto again = std::make_unique<ShelfKeeper>(kLog);
        again->Take(std::span(log).subspan(known));
        again->Serve(state);
        ExpectTruth(*again, truth, shelf);
      } else {
        auto [now, changes] = keeper->Now();
        auto again = ServingState::PrepareAgain(keeper->Shelf()->State(), std::move(now), changes);
        ASSERT_TRUE(again);
        keeper->Serve(*again);
        ASSERT_EQ(keeper->Shelf()->ShareByRows(), 0);
      }
      ExpectTruth(*keeper, truth, shelf);
      if (HasFatalFailure()) FAIL() << "seed " << seed << ", step " << step;
    }
  }
}

}  // namespace
}  // namespace aisle::serving
