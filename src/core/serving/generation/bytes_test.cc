#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <map>

#include "base/files.h"
#include "serving/sample_testing.h"
#include "serving/state/exercise_testing.h"

namespace aisle::serving {
namespace {

using testing::HasSubstr;

const std::filesystem::path kCorpus =
    std::filesystem::path(AISLE_SOURCE_DIR) / "src/core/serving/corpus";

TEST(CustomerBytes, EveryFieldComesBack) {
  features::CustomerRecord record = SampleCustomer(7, 42, 100);
  record.lifetime_spend.value = std::numeric_limits<std::int64_t>::max();
  record.points_earned = std::numeric_limits<std::int64_t>::min();
  record.events = std::numeric_limits<std::int32_t>::max();
  record.last_event = kSampleAsOf + base::kDay;  // A clock ahead.
  const auto back = DecodeCustomer(EncodeCustomer(record));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->customer, record.customer);
  EXPECT_EQ(back->as_of, record.as_of);
  EXPECT_EQ(back->has_birth_date, record.has_birth_date);
  EXPECT_EQ(back->date_of_birth, record.date_of_birth);
  EXPECT_EQ(back->customer_since, record.customer_since);
  EXPECT_EQ(back->tier, record.tier);
  EXPECT_EQ(back->region, record.region);
  EXPECT_EQ(back->postal_code, record.postal_code);
  EXPECT_EQ(back->has_app, record.has_app);
  EXPECT_EQ(back->email_subscriber, record.email_subscriber);
  EXPECT_EQ(back->total_orders, record.total_orders);
  EXPECT_EQ(back->lifetime_spend, record.lifetime_spend);
  EXPECT_EQ(back->last_purchase, record.last_purchase);
  EXPECT_EQ(back->categories_purchased, record.categories_purchased);
  EXPECT_EQ(back->browse_events, record.browse_events);
  EXPECT_EQ(back->sessions, record.sessions);
  EXPECT_EQ(back->browsed_price_sum, record.browsed_price_sum);
  EXPECT_EQ(back->browsed_price_count, record.browsed_price_count);
  EXPECT_EQ(back->add_to_cart_count, record.add_to_cart_count);
  EXPECT_EQ(back->carts_started, record.carts_started);
  EXPECT_EQ(back->carts_abandoned, record.carts_abandoned);
  EXPECT_EQ(back->points_earned, record.points_earned);
  EXPECT_EQ(back->events, record.events);
  EXPECT_EQ(back->store_events, record.store_events);
  EXPECT_EQ(back->last_event, record.last_event);
  EXPECT_EQ(back->price_z_sum, record.price_z_sum);
  EXPECT_EQ(back->price_z_count, record.price_z_count);
  EXPECT_EQ(DecodeCustomer(EncodeCustomer({}))->last_purchase, features::kNever);
}

TEST(CustomerBytes, TheListsComeBack) {
  const features::CustomerRecord record = SampleCustomer(7, 42, 100);
  ASSERT_GT(record.pairs.size(), 10U);
  const auto back = DecodeCustomer(EncodeCustomer(record));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->categories.size(), record.categories.size());
  for (std::size_t i = 0; i < record.categories.size(); ++i) {
    const auto& a = back->categories[i];
    const auto& b = record.categories[i];
    EXPECT_EQ(std::tie(a.category, a.sessions, a.sessions_28d, a.purchases, a.last_event,
                       a.last_purchase),
              std::tie(b.category, b.sessions, b.sessions_28d, b.purchases, b.last_event,
                       b.last_purchase));
  }
  ASSERT_EQ(back->brands.size(), record.brands.size());
  for (std::size_t i = 0; i < record.brands.size(); ++i) {
    EXPECT_EQ(back->brands[i].brand, record.brands[i].brand);
    EXPECT_EQ(back->brands[i].products, record.brands[i].products);
  }
  ASSERT_EQ(back->pairs.size(), record.pairs.size());
  for (std::size_t i = 0; i < record.pairs.size(); ++i) {
    const auto& a = back->pairs[i];
    const auto& b = record.pairs[i];
    EXPECT_EQ(std::tie(a.product, a.views, a.carts, a.purchases, a.views_28d, a.purchases_90d,
                       a.last_view, a.last_cart, a.last_purchase),
              std::tie(b.product, b.views, b.carts, b.purchases, b.views_28d, b.purchases_90d,
                       b.last_view, b.last_cart, b.last_purchase));
  }
}

TEST(ShelfBytes, CatalogueAndStockComeBack) {
  const Shelf shelf = SampleShelf(3, 200);
  const auto back = DecodeShelf(EncodeShelf(shelf));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->catalogue.as_of, shelf.catalogue.as_of);
  EXPECT_EQ(back->catalogue.brands, shelf.catalogue.brands);
  ASSERT_EQ(back->catalogue.categories.size(), kSampleCategories);
  EXPECT_EQ(back->catalogue.categories[5].id, shelf.catalogue.categories[5].id);
  EXPECT_EQ(back->catalogue.categories[5].name, shelf.catalogue.categories[5].name);
  EXPECT_EQ(back->catalogue.categories[5].department, shelf.catalogue.categories[5].department);
  ASSERT_EQ(back->catalogue.products.size(), 200U);
  for (std::size_t i = 0; i < 200; ++i) {
    const auto& a = back->catalogue.products[i];
    const auto& b = shelf.catalogue.products[i];
    EXPECT_EQ(
        std::tie(a.product, a.name, a.category, a.brand, a.price, a.is_perishable, a.launched,
                 a.price_z, a.views_28d, a.purchases_28d, a.purchases_90d, a.purchases, a.buyers),
        std::tie(b.product, b.name, b.category, b.brand, b.price, b.is_perishable, b.launched,
                 b.price_z, b.views_28d, b.purchases_28d, b.purchases_90d, b.purchases, b.buyers));
  }
  EXPECT_EQ(back->catalogue.region_purchases_90d, shelf.catalogue.region_purchases_90d);
  EXPECT_EQ(back->catalogue.shape, domain::RetailerShape::Quickstart());
  ASSERT_EQ(back->regions.size(), 5U);
  for (std::size_t r = 0; r < 5; ++r) {
    EXPECT_EQ(back->regions[r].products, shelf.regions[r].products);
    EXPECT_EQ(back->regions[r].quantity, shelf.regions[r].quantity);
    EXPECT_EQ(back->regions[r].delivery_days, shelf.regions[r].delivery_days);
  }
}

TEST(Bytes, EveryPrefixIsRefusedAndSoIsOneByteMore) {
  const std::string customer = EncodeCustomer(SampleCustomer(1, 1, 40));
  const std::string shelf = EncodeShelf(SampleShelf(1, 3));
  for (std::size_t size = 0; size < customer.size(); ++size)
    EXPECT_FALSE(DecodeCustomer(std::string_view(customer).substr(0, size))) << size;
  for (std::size_t size = 0; size < shelf.size(); ++size)
    EXPECT_FALSE(DecodeShelf(std::string_view(shelf).substr(0, size))) << size;
  EXPECT_FALSE(DecodeCustomer(customer + '\0'));
  EXPECT_FALSE(DecodeShelf(shelf + '\0'));
}

TEST(Bytes, AFlippedBitNeverDoesHarm) {
  const std::string customer = EncodeCustomer(SampleCustomer(1, 1, 40));
  const std::string shelf = EncodeShelf(SampleShelf(1, 3));
  for (std::size_t bit = 0; bit < customer.size() * 8; ++bit) {
    std::string spoiled = customer;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ (1 << (bit % 8)));
    ExerciseCustomer(spoiled);
  }
  for (std::size_t bit = 0; bit < shelf.size() * 8; ++bit) {
    std::string spoiled = shelf;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ (1 << (bit % 8)));
    ExerciseShelf(spoiled);
  }
}

TEST(Bytes, ANewerFormatIsRefusedInWords) {
  std::string customer = EncodeCustomer(SampleCustomer(1, 1, 40));
  std::string shelf = EncodeShelf(SampleShelf(1, 3));
  customer[0] = shelf[0] = kGenerationFormat + 1;
  for (const Error& error : {DecodeCustomer(customer).error(), DecodeShelf(shelf).error()}) {
    EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
    EXPECT_THAT(error.message, HasSubstr("newer"));
  }
}

// What programs before format 2 wrote: no shape, five characters of a zip code, five regions.
TEST(Bytes, TheFirstFormatIsReadAsTheQuickstarts) {
  const auto customer = base::ReadFile(kCorpus / "customer-good.bin");
  const auto shelf = base::ReadFile(kCorpus / "shelf-good.bin");
  ASSERT_TRUE(customer && shelf);
  ASSERT_EQ((*customer)[0], 1);
  ASSERT_EQ((*shelf)[0], 1);
  const auto record = DecodeCustomer(*customer);
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->postal_code.size(), 5U);
  const auto decoded = DecodeShelf(*shelf);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->catalogue.shape, domain::RetailerShape::Quickstart());
  EXPECT_EQ(decoded->regions.size(), 5U);
  EXPECT_EQ(decoded->catalogue.region_purchases_90d.size(), decoded->catalogue.products.size() * 5);
}

// Nine regions, five tiers, letters in postal codes.
Shelf NineRegions() {
  domain::RetailerShape::Parts parts;
  for (int r = 0; r < 9; ++r) {
    parts.regions.push_back({fmt::format("R{}", r), fmt::format("W{}", r)});
    parts.postal_rules.push_back(
        {"CA", std::string(1, static_cast<char>('A' + r)), parts.regions.back().name});
  }
  parts.postal_formats = {{"CA", "A9A 9A9"}};
  for (int t = 0; t < 5; ++t)
    parts.tiers.push_back({fmt::format("t{}", t), fmt::format("T{}", t), {t * 100}});
  parts.currency = {"CAD", 2};
  parts.time_zone = "America/Toronto";
  features::Catalogue catalogue = SampleShelf(4, 20).catalogue;
  catalogue.shape = *domain::RetailerShape::Make(parts);
  catalogue.region_purchases_90d.assign(20 * 9, 3);
  catalogue.region_purchases_90d[19 * 9 + 8] = 77;
  Shelf shelf(catalogue);
  shelf.regions[8] = {{2, 19}, {5, 6}, {1, 2}};
  return shelf;
}

TEST(ShelfBytes, ARetailersOwnShapeComesBack) {
  const Shelf shelf = NineRegions();
  const auto back = DecodeShelf(EncodeShelf(shelf));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->catalogue.shape, shelf.catalogue.shape);
  EXPECT_EQ(back->catalogue.RegionPurchases90d(19, domain::Region{8}), 77);
  ASSERT_EQ(back->regions.size(), 9U);
  EXPECT_EQ(back->regions[8].quantity, (std::vector<std::int32_t>{5, 6}));
}

TEST(ShelfBytes, RegionsAreAsManyAsTheShapeHas) {
  Shelf shelf = NineRegions();
  shelf.regions.pop_back();
  EXPECT_THAT(CheckShelf(shelf, ErrorCode::kInternal).error().message,
              HasSubstr("8 regions for the retailer's 9"));
  shelf = NineRegions();
  shelf.catalogue.region_purchases_90d.pop_back();
  EXPECT_THAT(CheckShelf(shelf, ErrorCode::kInternal).error().message, HasSubstr("179 counts"));
}

TEST(CustomerBytes, AListThatDoesNotRiseIsRefused) {
  features::CustomerRecord record = SampleCustomer(1, 1, 40);
  ASSERT_GT(record.pairs.size(), 2U);
  std::swap(record.pairs[0], record.pairs[1]);
  const auto back = DecodeCustomer(EncodeCustomer(record));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, ErrorCode::kInternal);
  EXPECT_THAT(back.error().message, HasSubstr("pairs"));
}

TEST(CustomerBytes, ACountBelowZeroIsRefusedByName) {
  const auto refused = [](const auto& count_of, const std::string& words) {
    features::CustomerRecord record = SampleCustomer(1, 1, 40);
    ASSERT_FALSE(record.categories.empty() || record.brands.empty() || record.pairs.empty());
    count_of(record) = -2;
    const auto back = DecodeCustomer(EncodeCustomer(record));
    ASSERT_FALSE(back) << words;
    EXPECT_EQ(back.error().code, ErrorCode::kInternal);
    EXPECT_EQ(back.error().message,
              fmt::format("customer {}: {} -2 is below 0", record.customer.value, words));
    count_of(record) = 0;
    EXPECT_TRUE(DecodeCustomer(EncodeCustomer(record))) << words;
  };
  using Record = features::CustomerRecord;
  refused([](Record& r) -> auto& { return r.total_orders; }, "total_orders");
  refused([](Record& r) -> auto& { return r.categories_purchased; }, "categories_purchased");
  refused([](Record& r) -> auto& { return r.browse_events; }, "browse_events");
  refused([](Record& r) -> auto& { return r.sessions; }, "sessions");
  refused([](Record& r) -> auto& { return r.browsed_price_count; }, "browsed_price_count");
  refused([](Record& r) -> auto& { return r.add_to_cart_count; }, "add_to_cart_count");
  refused([](Record& r) -> auto& { return r.carts_started; }, "carts_started");
  refused([](Record& r) -> auto& { return r.carts_abandoned; }, "carts_abandoned");
  refused([](Record& r) -> auto& { return r.events; }, "events");
  refused([](Record& r) -> auto& { return r.store_events; }, "store_events");
  refused([](Record& r) -> auto& { return r.price_z_count; }, "price_z_count");
  const Record sample = SampleCustomer(1, 1, 40);
  const std::string category = fmt::format("category {}: ", sample.categories[0].category);
  refused([](Record& r) -> auto& { return r.categories[0].sessions; }, category + "sessions");
  refused([](Record& r) -> auto& { return r.categories[0].sessions_28d; },
          category + "sessions_28d");
  refused([](Record& r) -> auto& { return r.categories[0].purchases; }, category + "purchases");
  refused([](Record& r) -> auto& { return r.brands.back().products; },
          fmt::format("brand {}: products", sample.brands.back().brand));
  const std::string product = fmt::format("product {}: ", sample.pairs.back().product.value);
  refused([](Record& r) -> auto& { return r.pairs.back().views; }, product + "views");
  refused([](Record& r) -> auto& { return r.pairs.back().carts; }, product + "carts");
  refused([](Record& r) -> auto& { return r.pairs.back().purchases; }, product + "purchases");
  refused([](Record& r) -> auto& { return r.pairs.back().views_28d; }, product + "views_28d");
  refused([](Record& r) -> auto& { return r.pairs.back().purchases_90d; },
          product + "purchases_90d");
}

TEST(ShelfBytes, AShelfThatContradictsItselfIsRefused) {
  const auto refused = [](auto spoil, const std::string& word) {
    Shelf shelf = SampleShelf(1, 10);
    spoil(shelf);
    const auto back = DecodeShelf(EncodeShelf(shelf));
    ASSERT_FALSE(back) << word;
    EXPECT_EQ(back.error().code, ErrorCode::kInternal);
    EXPECT_THAT(back.error().message, HasSubstr(word));
  };
  refused([](Shelf& s) { s.catalogue.products[3].category = 12; }, "in category 12 of 12");
  refused(
      [](Shelf& s) {
        s = {};
        s.catalogue.brands = {"a", "b"};
      },
      "2 brands and no category");
  refused([](Shelf& s) { s.catalogue.products[3].brand = 99; }, "brand 99 of 30");
  refused([](Shelf& s) { s.catalogue.products[3].buyers = -1; }, ": buyers -1 is below 0");
  refused([](Shelf& s) { s.catalogue.products[3].views_28d = -7; }, ": views_28d -7 is below 0");
  refused([](Shelf& s) { s.catalogue.region_purchases_90d.back() = -4; },
          "-4 purchases of 90 days in a region");
  refused([](Shelf& s) { std::swap(s.catalogue.products[0], s.catalogue.products[1]); }, "rising");
  refused([](Shelf& s) { s.catalogue.products[0].price_z = HUGE_VAL; }, "finite");
  refused([](Shelf& s) { s.regions[2].products.back() = 10; }, "Midwest: product position 10");
  refused([](Shelf& s) { s.regions[0].quantity[0] = 0; }, "quantity 0");
  refused([](Shelf& s) { s.regions[0].delivery_days[0] = -1; }, "-1 days");
  refused([](Shelf& s) { s.regions[0].quantity.pop_back(); }, "differ in length");
  refused([](Shelf& s) { std::swap(s.regions[4].products[0], s.regions[4].products[1]); }, "West");
}

// The corpus: "customer-…" and "shelf-…" files, those that must be accepted named "…-good…".
TEST(Corpus, IsDecodedAsItsNamesSay) {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus)) {
    const std::string name = entry.path().filename().string();
    const auto bytes = base::ReadFile(entry.path());
    ASSERT_TRUE(bytes);
    const bool good = name.find("-good") != std::string::npos;
    EXPECT_EQ(ExerciseCustomer(*bytes), good && name.starts_with("customer-")) << name;
    EXPECT_EQ(ExerciseShelf(*bytes), good && name.starts_with("shelf-")) << name;
    ++seen;
  }
  EXPECT_GE(seen, 8);
}

}  // namespace
}  // namespace aisle::serving
