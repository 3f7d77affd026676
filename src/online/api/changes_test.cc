// Stock, prices and hidden products that change while a server answers: at once, for good, and whatever is published.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stop_token>
#include <thread>

#include "api/open_shop_testing.h"

namespace aisle::api {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kAsk = "/recommend?customer_id=1000000&zip_code=10001&top_n=100&dry_run=true";

struct Shown {
  std::vector<std::int64_t> products;
  std::map<std::int64_t, double> price;
  std::map<std::int64_t, std::int64_t> quantity;
};

Shown Ask(const OpenShop& shop, const char* target = kAsk) {
  Shown shown;
  const auto answer = shop.Get(target);
  EXPECT_EQ(answer.status, 200) << answer.body;
  const boost::json::value document = Json(answer);
  for (const auto& item : document.at("recommendations").as_array()) {
    shown.products.push_back(item.at("product_id").as_int64());
    shown.price[shown.products.back()] = item.at("price").to_number<double>();
    shown.quantity[shown.products.back()] = item.at("in_stock_qty").as_int64();
  }
  return shown;
}

std::string StockOf(std::int64_t product, int quantity) {
  return fmt::format(
      R"({{"items":[{{"product_id":{},"region":"Northeast","qty_on_hand":{},"est_delivery_days":3}}]}})",
      product, quantity);
}

bool WaitForGeneration(const OpenShop& shop, std::int64_t generation) {
  const std::string wanted = fmt::format("\"generation\":{},", generation);
  for (int i = 0; i < 600; ++i) {
    if (shop.Get("/health").body.find(wanted) != std::string::npos) return true;
    std::this_thread::sleep_for(50ms);
  }
  return false;
}

TEST(Changes, WhatIsSoldOutIsInNoAnswerAfterTheWriteWasAcknowledged) {
  OpenShop shop;
  for (int i = 0; i < 20; ++i) {
    const auto before = Ask(shop);
    ASSERT_FALSE(before.products.empty());
    const std::int64_t first = before.products.front();
    const auto taken = shop.Put("/v1/inventory", StockOf(first, 0));
    ASSERT_EQ(taken.status, 200) << taken.body;
    EXPECT_EQ(taken.body, R"({"updated":1})");
    // Several connections: both loops.
    for (int again = 0; again < 4; ++again) EXPECT_THAT(Ask(shop).products, Not(Contains(first)));
  }
}

TEST(Changes, WhatComesBackIsRankedWithTheOthersAndSaysItsQuantity) {
  OpenShop shop;
  const auto all = Ask(shop);
  const std::int64_t first = all.products.front();
  ASSERT_EQ(shop.Put("/v1/inventory", StockOf(first, 0)).status, 200);
  ASSERT_EQ(shop.Put("/v1/inventory", StockOf(first, 17)).status, 200);
  const auto again = Ask(shop);
  EXPECT_EQ(again.products, all.products);
  EXPECT_EQ(again.quantity.at(first), 17);
  ASSERT_EQ(shop.Put("/v1/inventory", StockOf(first, 17)).status, 200) << "again: nothing changes";
  EXPECT_EQ(Ask(shop).products, all.products);
}

TEST(Changes, PricesAndHiddenProductsCountAtOnce) {
  OpenShop shop;
  const auto before = Ask(shop);
  const std::int64_t first = before.products.front();
  const std::string product = fmt::format("/v1/products/{}", first);
  ASSERT_EQ(shop.Put(product, R"({"price": 12.34})").status, 200);
  const auto cheaper = Ask(shop);
  ASSERT_THAT(cheaper.products, Contains(first)) << "100 of 200 products are shown";
  EXPECT_EQ(cheaper.price.at(first), 12.34);
  ASSERT_EQ(shop.Put(product, R"({"price": "12.35", "hidden": true})").status, 200);
  EXPECT_THAT(Ask(shop).products, Not(Contains(first)));
  EXPECT_THAT(Ask(shop, "/recommend?customer_id=1000000&zip_code=94105&top_n=100").products,
              Not(Contains(first)));
  ASSERT_EQ(shop.Put(product, R"({"hidden": null})").status, 200);
  EXPECT_EQ(Ask(shop).price.at(first), 12.35);
}

TEST(Changes, OutlastTheServerAndAGenerationMadeOfOlderTables) {
  base::TempFolder folder;
  std::int64_t gone = 0;
  std::int64_t hidden = 0;
  {
    OpenShop shop(true, 2, folder.Path());
    const auto before = Ask(shop);
    gone = before.products[0];
    hidden = before.products[1];
    ASSERT_EQ(shop.Put("/v1/inventory", StockOf(gone, 0)).status, 200);
    ASSERT_EQ(shop.Put(fmt::format("/v1/products/{}", hidden), R"({"hidden":true})").status, 200);
    const std::int64_t next = PublishGeneration(shop.Root(), 1);
    ASSERT_TRUE(WaitForGeneration(shop, next));
    EXPECT_THAT(Ask(shop).products, Not(Contains(testing::AnyOf(gone, hidden)))) << "flipped";
  }
  {
    OpenShop shop(false, 2, folder.Path());
    ASSERT_TRUE(WaitForGeneration(shop, 2));
    EXPECT_THAT(Ask(shop).products, Not(Contains(testing::AnyOf(gone, hidden)))) << "restarted";
    EXPECT_THAT(shop.Get("/health").body, HasSubstr(R"("changes":{"taken":0,"kept":2})"));
    ASSERT_EQ(shop.Put("/v1/inventory", StockOf(gone, 5)).status, 200);
    EXPECT_THAT(Ask(shop).products, Contains(gone));
  }
}

TEST(Changes, AreRefusedItemByItemAndThenNothingIsTaken) {
  OpenShop shop;
  const auto before = Ask(shop);
  struct Case {
    const char* target;
    std::string body;
    int status;
    std::vector<const char*> says;
  };
  const std::vector<Case> cases = {
      {"/v1/inventory", "{", 400, {"invalid-json"}},
      {"/v1/inventory", "[]", 400, {"not an object"}},
      {"/v1/inventory", R"({"items":[]})", 400, {"0 items", "1 to 1000"}},
      {"/v1/inventory", R"({"items":{}})", 400, {"not a list of items"}},
      {"/v1/inventory",
       R"({"items":[{"product_id":1,"region":"West","qty_on_hand":0}],"more":1})",
       400,
       {"not a list"}},
      {"/v1/inventory", R"({"items":[7]})", 422, {R"("index":0)", "is not an object"}},
      {"/v1/inventory", "{}", 422, {R"("field":"product_id")"}},
      {"/v1/inventory",
       R"({"product_id":2,"region":"West","qty_on_hand":0})",
       422,
       {"no generation has a product 2 yet"}},
      {"/v1/inventory",
       R"({"product_id":"1","region":"West","qty_on_hand":0})",
       422,
       {R"(no generation has a product \"1\" yet)"}},
      {"/v1/inventory",
       R"({"product_id":1,"region":"Mars","qty_on_hand":0})",
       422,
       {R"("field":"region")", "Northeast"}},
      {"/v1/inventory", R"({"product_id":1,"region":"West"})", 422, {R"("field":"qty_on_hand")"}},
      {"/v1/inventory",
       R"({"product_id":1,"region":"West","qty_on_hand":-1,"est_delivery_days":1})",
       422,
       {R"("field":"qty_on_hand")"}},
      {"/v1/inventory",
       R"({"product_id":1,"region":"West","qty_on_hand":1.5,"est_delivery_days":1})",
       422,
       {R"("field":"qty_on_hand")"}},
      {"/v1/inventory",
       R"({"product_id":1,"region":"West","qty_on_hand":1})",
       422,
       {R"("field":"est_delivery_days")", "must be given"}},
      {"/v1/inventory",
       R"({"product_id":1,"region":"West","qty_on_hand":0,"colour":"red"})",
       422,
       {"there is no field 'colour'"}},
      {"/v1/inventory",
       R"({"product_id":1,"region":"West","qty_on_hand":0,"last_updated":"2026-11-30"})",
       422,
       {"set by the server"}},
      {"/v1/inventory",
       fmt::format(
           R"({{"items":[{{"product_id":{},"region":"Northeast","qty_on_hand":0}},{{"product_id":1}},{{"product_id":3,"region":"Mars"}}]}})",
           before.products[0]),
       422,
       {R"("index":1)", R"("index":2)", "2 items cannot be taken; nothing has been taken"}},
      {"/v1/products/1", R"({"price": 12.345})", 422, {R"("field":"price")"}},
      {"/v1/products/1", R"({"price": -1})", 422, {R"("field":"price")"}},
      {"/v1/products/1", R"({"price": null})", 422, {R"("field":"price")"}},
      {"/v1/products/1", R"({"price": "much"})", 422, {R"("field":"price")"}},
      {"/v1/products/1", R"({"price": ""})", 422, {R"("field":"price")"}},
      {"/v1/products/1", R"({"price": "-"})", 422, {R"("field":"price")"}},
      {"/v1/products/1", R"({"price": "."})", 422, {R"("field":"price")"}},
      {"/v1/products/1", R"({"price": -9223372036854775808})", 422, {R"("field":"price")"}},
      {"/v1/products/1", R"({"price": 9223372036854775807})", 422, {R"("field":"price")"}},
      {"/v1/products/1",
       R"({"category_id": "CAT-999"})",
       422,
       {R"("field":"category_id")", "CAT-999"}},
      {"/v1/products/1", R"({"product_name": ""})", 422, {R"("field":"product_name")"}},
      {"/v1/products/1",
       R"({"product_id": 3, "price": 1})",
       422,
       {"there is no field 'product_id'"}},
      {"/v1/products/1", "{}", 400, {"says nothing"}},
      {"/v1/products/x", R"({"price": 1})", 400, {"product_id is 'x'"}},
      {"/v1/products/2", R"({"price": 1})", 422, {"missing"}},
      {"/v1/customers/1000000", R"({"loyalty_tier": "Wood"})", 422, {R"("field":"loyalty_tier")"}},
      {"/v1/customers/1000000",
       R"({"zip_code": "1000"})",
       422,
       {R"("field":"zip_code")", "accepted: five digits"}},
      {"/v1/customers/1000000", R"({"zip_code": ""})", 422, {R"("field":"zip_code")"}},
      {"/v1/customers/1000000", R"({"zip_code": 10001})", 422, {R"("field":"zip_code")"}},
      {"/v1/customers/1000000",
       R"({"date_of_birth": "31.12.1999"})",
       422,
       {R"("field":"date_of_birth")"}},
      {"/v1/customers/-5", R"({"has_app": true})", 400, {"customer_id"}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.target + (" " + one.body));
    const auto answer = shop.Put(one.target, one.body);
    EXPECT_EQ(answer.status, one.status) << answer.body;
    for (const char* part : one.says) EXPECT_THAT(answer.body, HasSubstr(part));
  }
  std::string many = R"({"items":[)";
  for (int i = 0; i < 1001; ++i) many += R"({"product_id":1,"region":"West","qty_on_hand":0},)";
  many.back() = ']';
  EXPECT_EQ(shop.Put("/v1/inventory", many + '}').status, 400);
  EXPECT_EQ(shop.Put("/v1/inventory", StockOf(1, 0), "text/plain").status, 415);
  EXPECT_EQ(shop.Get("/v1/inventory").status, 405);
  EXPECT_EQ(Ask(shop).products, before.products) << "nothing was taken";
  EXPECT_THAT(shop.Get("/health").body, HasSubstr(R"("changes":{"taken":0,"kept":0})"));
}

TEST(Changes, AProductThatNoGenerationHasYetIsTakenWholeAndThenByParts) {
  OpenShop shop;
  EXPECT_EQ(
      shop.Put("/v1/products/77000", R"({"product_name":"Lamp","category_id":"CAT-001","price":5})")
          .status,
      200);
  EXPECT_EQ(shop.Put("/v1/products/77000", R"({"price":6})").status, 200);
  EXPECT_EQ(shop.Put("/v1/inventory", StockOf(77000, 4)).status, 200);
  EXPECT_THAT(Ask(shop).products, Not(Contains(77000)));
}

TEST(Changes, AreRefusedWhileAnotherProcessHasTheLog) {
  base::TempFolder folder;
  PublishGeneration(folder.Path() / "serving", 1);
  auto log = events::EventLog::Open(folder.Path() / "changes", events::EventLog::Access::kWrite);
  ASSERT_TRUE(log);
  net::EventLoops loops(1, "shop");
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  options.serving_root = folder.Path() / "serving";
  options.event_log = folder.Path() / "events";
  options.change_log = folder.Path() / "changes";
  const auto refused = ProductServer::Start(loops, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("log of changes"));
  loops.Stop();
}

// Many writers at once, and readers that must never see a product whose end was acknowledged before they asked.
TEST(Changes, UnderLoadNoAnswerThatStartsAfterAWriteShowsWhatIsGone) {
  OpenShop shop;
  const auto all = Ask(shop).products;
  std::atomic<std::size_t> gone = 0;  // So many of `all` from the end are sold out.
  std::atomic<int> asked = 0;
  std::atomic<int> stale = 0;
  std::vector<std::jthread> readers;  // They end with the test, also where it fails.
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&](const std::stop_token& stop) {
      auto client = shop.Connect();
      while (!stop.stop_requested()) {
        const std::size_t before = gone;
        const auto answer = client.Get(kAsk);
        if (!answer) return;
        ++asked;
        for (std::size_t i = 0; i < before; ++i) {
          const std::string item = fmt::format(R"("product_id":{},)", all[all.size() - 1 - i]);
          if (answer->body.find(item) != std::string::npos) ++stale;
        }
      }
    });
  }
  auto client = shop.Connect();
  for (std::size_t i = 0; i + 10 < all.size(); ++i) {
    const auto answer = client.Put("/v1/inventory", StockOf(all[all.size() - 1 - i], 0));
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status, 200) << answer->body;
    gone = i + 1;
  }
  readers.clear();
  EXPECT_GT(asked, 10);
  EXPECT_EQ(stale, 0);
}

}  // namespace
}  // namespace aisle::api
