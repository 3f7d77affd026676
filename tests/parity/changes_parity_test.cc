// Changes at random, taken in at random, between files and refreshes as of random moments: what the queries answer as of
// any moment is what a plain list of all writes says.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/random.h"
#include "base/temp_folder_testing.h"
#include "events/events.h"
#include "gold/feature_stream.h"
#include "gold/refresh.h"
#include "gold/shop_testing.h"
#include "ingest/import.h"
#include "ingest/ingest.h"

namespace aisle {
namespace {

using events::EventLog;
using events::Kind;

constexpr std::string_view kMapping = R"toml(name = "files"
about = "Files of a test"
[sources.stock]
file = "stock.csv"
[sources.stock.columns]
product = "BIGINT"
region = "TEXT"
pieces = "INT"
days = "INT"
[sources.products]
file = "products.csv"
[sources.products.columns]
product = "BIGINT"
price = "DECIMAL(12,2)"
[sources.customers]
file = "customers.csv"
[sources.customers.columns]
customer = "BIGINT"
zip = "TEXT"
[[tables]]
table = "raw.product_categories"
query = "SELECT 'CAT-001' AS category_id, 'Skincare' AS category_name"
[[tables]]
table = "raw.product_catalog"
from = "products"
query = "SELECT product AS product_id, 'P' AS product_name, 'CAT-001' AS category_id, price FROM products"
[[tables]]
table = "raw.inventory"
from = "stock"
query = "SELECT product AS product_id, region, pieces AS qty_on_hand, days AS est_delivery_days FROM stock"
[[tables]]
table = "raw.customers"
from = "customers"
query = "SELECT customer AS customer_id, zip AS zip_code FROM customers"
[[tables]]
table = "raw.event_stream"
query = "SELECT 'E1' AS event_id, 1 AS customer_id, 'product_view' AS event_type, TIMESTAMP '2026-01-01 10:00:00' AS event_timestamp, 1 AS product_id, 'V1' AS visitor_id, TIMESTAMP '2026-01-01 10:00:00' AS ingested_at"
)toml";

// Every value that one row had, since when; the first one always, unless the row was not there.
template <typename Value>
class Story {
 public:
  void WriteFile(base::Timestamp at, Value value) {
    if (writes_.empty()) {
      first_ = value;  // Nothing was ever recorded of it.
      there_ = true;
    } else {
      Write(at, value);
    }
  }
  void Write(base::Timestamp at, Value value) {
    if (IsThere() && Now() == value) return;
    writes_.emplace_back(at, value);
  }
  bool IsThere() const { return there_ || !writes_.empty(); }
  Value Now() const { return writes_.empty() ? first_ : writes_.back().second; }
  // Just before `as_of`.
  Value At(base::Timestamp as_of) const {
    Value value = first_;
    for (const auto& [at, written] : writes_) {
      if (at < as_of) value = written;
    }
    return value;
  }

 private:
  bool there_ = false;
  Value first_{};
  std::vector<std::pair<base::Timestamp, Value>> writes_;
};

using Place = std::pair<std::int64_t, std::string>;    // Product, region.
using Pieces = std::pair<std::int64_t, std::int64_t>;  // On hand, days; none and 0: nothing there.

class ChangesParity : public testing::TestWithParam<int> {
 protected:
  static constexpr std::int64_t kProducts = 6;
  static constexpr std::int64_t kCustomers = 4;
  static constexpr const char* kRegions[] = {"Northeast", "West"};

  void SetUp() override {
    shop_.Write("DELETE FROM raw.product_categories");
    Must(base::WriteFileAtomic(folder_.Path() / "shop.toml", kMapping));
    Must(EventLog::Open(Log(), EventLog::Access::kWrite));
    ImportFiles();
  }
  template <typename T>
  static T Must(Result<T> result) {
    return gold::ShopFixture::Must(std::move(result));
  }
  std::filesystem::path Log() const { return folder_.Path() / "changes"; }
  std::int64_t Pick(std::int64_t count) {
    return static_cast<std::int64_t>(random_.Below(static_cast<std::uint64_t>(count)));
  }
  // Often the same moment again: clocks are coarse.
  void Tick() {
    if (random_.Chance(0.7)) now_ += base::Microseconds{1'000'000 * (1 + Pick(3'600))};
  }

  // As `aisle import` does it: what is waiting first.
  void ImportFiles() {
    Collect();
    now_ += base::Microseconds{1'000'000};
    std::string stock = "product,region,pieces,days\n", products = "product,price\n",
                customers = "customer,zip\n";
    for (std::int64_t product = 1; product <= kProducts; ++product) {
      const std::int64_t cents = random_.Chance(0.5) && price_[product].IsThere()
                                     ? price_[product].Now()
                                     : 100 * (1 + Pick(3));
      products += fmt::format("{},{}.{:02}\n", product, cents / 100, cents % 100);
      price_[product].WriteFile(now_, cents);
      for (const char* region : kRegions) {
        if (product == kProducts) continue;  // What changes alone bring.
        Pieces pieces{Pick(3), Pick(2)};
        Story<Pieces>& story = stock_[{product, region}];
        if (random_.Chance(0.5) && story.IsThere()) pieces = story.Now();
        stock += fmt::format("{},{},{},{}\n", product, region, pieces.first, pieces.second);
        story.WriteFile(now_, pieces);
      }
    }
    for (std::int64_t customer = 1; customer <= kCustomers; ++customer) {
      const std::string zip = fmt::format("{}0001", Pick(3));
      customers += fmt::format("{},{}\n", customer, zip);
      zip_[customer].WriteFile(now_, zip);
    }
    for (const auto& [name, text] :
         {std::pair("stock.csv", stock), {"products.csv", products}, {"customers.csv", customers}})
      Must(base::WriteFileAtomic(folder_.Path() / name, text));
    Must(ingest::Import(shop_.Connection(), (folder_.Path() / "shop.toml").string(), folder_.Path(),
                        {.parameters = {}, .loaded_at = now_, .progress = {}}));
    now_ += base::Microseconds{1'000'000};
  }

  void Change() {
    Tick();
    events::Change change{{Kind::kStock, "c", now_}, {}};
    const std::int64_t product = 1 + Pick(kProducts);
    switch (Pick(4)) {
      case 0: {
        change.envelope.kind = Kind::kPrice;
        const std::int64_t cents = 100 * (1 + Pick(3));
        change.row = {
            {"product_id", product}, {"price", domain::Cents{cents}}, {"valid_from", now_}};
        price_[product].Write(now_, cents);
        break;
      }
      case 1: {
        change.envelope.kind = Kind::kProduct;
        const std::int64_t cents = 100 * (1 + Pick(3));
        change.row = {{"product_id", product},
                      {"product_name", "P"},
                      {"category_id", "CAT-001"},
                      {"price", domain::Cents{cents}}};
        price_[product].Write(now_, cents);
        if (random_.Chance(0.5)) {
          hidden_[product] = random_.Chance(0.5);
          change.row.push_back({"hidden", hidden_[product]});
        }
        break;
      }
      case 2: {
        change.envelope.kind = Kind::kCustomer;
        const std::int64_t customer = 1 + Pick(kCustomers);
        const std::string zip = fmt::format("{}0001", Pick(3));
        change.row = {{"customer_id", customer}};
        if (random_.Chance(0.3)) {
          change.row.push_back({"email", fmt::format("{}@example.com", Pick(9))});
        } else {
          change.row.push_back({"zip_code", zip});
          zip_[customer].Write(now_, zip);
        }
        break;
      }
      default: {
        const std::string region = kRegions[Pick(2)];
        Story<Pieces>& story = stock_[{product, region}];
        Pieces pieces{Pick(3), story.IsThere() ? story.Now().second : 0};
        change.row = {{"product_id", product}, {"region", region}, {"qty_on_hand", pieces.first}};
        if (random_.Chance(0.3)) {
          pieces.second = Pick(2);
          change.row.push_back({"est_delivery_days", pieces.second});
        }
        story.Write(now_, pieces);
        break;
      }
    }
    auto log = Must(EventLog::Open(Log(), EventLog::Access::kWrite));
    Must(log.Append(std::span(&change, 1), domain::RetailerShape::Quickstart()));
  }

  // Sometimes as after a kill between commit and mark.
  void Collect() {
    Must(ingest::CollectChanges(shop_.Connection(), Log()));
    const std::filesystem::path mark = Log() / "readers" / events::kWarehouseReader;
    if (random_.Chance(0.3)) Must(base::WriteFileAtomic(mark, "0\n"));
  }

  void Compare(base::Timestamp as_of) {
    const auto& shape = domain::RetailerShape::Quickstart();
    std::map<Place, Pieces> there;
    for (const gold::Stock& one : Must(gold::ReadStock(shop_.Connection(), shape, as_of))) {
      const bool first = there
                             .try_emplace({one.product.value, shape.RegionName(one.region)},
                                          one.quantity, one.delivery_days)
                             .second;
      ASSERT_TRUE(first) << "product " << one.product.value << " twice";
    }
    std::map<Place, Pieces> told;
    for (const auto& [place, story] : stock_) {
      if (story.At(as_of).first > 0) told[place] = story.At(as_of);
    }
    ASSERT_EQ(there, told) << base::FormatTimestamp(as_of);
    const bool refresh = random_.Chance(0.3);
    if (refresh) Must(gold::Refresh(shop_.Connection(), as_of));
    const auto catalogue = Must(gold::ReadCatalogue(shop_.Connection(), as_of));
    ASSERT_EQ(catalogue.products.size(), static_cast<std::size_t>(kProducts));
    for (const auto& product : catalogue.products) {
      ASSERT_EQ(product.price.value, price_[product.product.value].At(as_of))
          << product.product.value << " " << base::FormatTimestamp(as_of);
    }
    if (!refresh) return;
    for (const auto& row : shop_.Rows("SELECT customer_id, zip_code FROM gold.customer_state"))
      ASSERT_EQ(row[1], zip_[std::stoll(row[0])].At(as_of)) << base::FormatTimestamp(as_of);
    // No history: as the last write left it, whatever files came since.
    for (const auto& row :
         shop_.Rows("SELECT product_id, coalesce(hidden, false) FROM raw.product_catalog"))
      ASSERT_EQ(row[1], hidden_[std::stoll(row[0])] ? "true" : "false");
  }

  base::TempFolder folder_;
  gold::ShopFixture shop_;
  base::Stream random_{static_cast<std::uint64_t>(GetParam()), 1, 1};
  const base::Timestamp start_ = gold::ShopFixture::AsOf("2026-03-01 00:00:00");
  base::Timestamp now_ = start_;
  std::map<Place, Story<Pieces>> stock_;
  std::map<std::int64_t, Story<std::int64_t>> price_;
  std::map<std::int64_t, Story<std::string>> zip_;
  std::map<std::int64_t, bool> hidden_;
};

TEST_P(ChangesParity, TheTablesAsOfAnyMomentAreWhatAListOfAllWritesSays) {
  for (int step = 0; step < 10; ++step) {
    const std::int64_t changes = Pick(12);
    for (std::int64_t i = 0; i < changes; ++i) Change();
    if (random_.Chance(0.3)) {
      ImportFiles();
    } else {
      Collect();
    }
    Compare(now_ + base::Microseconds{1});
    const auto passed = (now_ - start_).count();
    for (int i = 0; i < 2; ++i) Compare(start_ + base::Microseconds{Pick(passed + 1)});
    if (HasFatalFailure()) return;
  }
  ASSERT_EQ(shop_.Rows("SELECT count(*) FROM raw.rejects")[0][0], "0");
}

INSTANTIATE_TEST_SUITE_P(Seeds, ChangesParity, testing::Range(1, 5));

}  // namespace
}  // namespace aisle
