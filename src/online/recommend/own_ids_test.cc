// A retailer whose ids are texts is asked and answered in them.
#include <gmock/gmock.h>

#include "recommend/ask_testing.h"

namespace aisle::recommend {
namespace {

using testing::Contains;

Shop TextShop() {
  Shop shop = MakeShop(4, 80, 2, true);
  shop.shelf.catalogue.text_customer_ids = true;
  for (features::ProductRecord& product : shop.shelf.catalogue.products)
    product.source_id = fmt::format("SKU-{}", product.product.value);
  shop.source_ids = {{"C1", {kFirst}}, {"17", {kFirst + 1}}};
  return shop;
}

Request By(const std::string& id) {
  Request request = Of(0, "10001", 3);
  const auto key = CustomerKey::Of(id, true);
  AISLE_ASSERT(key);
  request.customer = *key;
  return request;
}

TEST(OwnIds, TheAnswerIsThatOfTheNumberBehindTheText) {
  Recommender texts(nullptr);
  texts.SetState(TextShop().Open());
  Recommender numbers(nullptr);
  numbers.SetState(MakeShop(4, 80, 2, true).Open());
  for (const auto& [id, number] : {std::pair("C1", kFirst), std::pair("17", kFirst + 1)}) {
    const auto own = Ask(texts, By(id));
    const auto plain = Ask(numbers, Of(number, "10001", 3));
    ASSERT_TRUE(own && plain);
    EXPECT_EQ(own->customer_source_id, id);
    EXPECT_EQ(own->customer, domain::CustomerId{number});
    EXPECT_EQ(Products(*own), Products(*plain));
    EXPECT_EQ(own->degraded.size(), plain->degraded.size());
    for (const Item& item : own->items)
      EXPECT_EQ(item.product_source_id, fmt::format("SKU-{}", item.product.value));
  }
}

TEST(OwnIds, ATextThatNobodyHasIsAnUnknownCustomer) {
  Recommender recommender(nullptr);
  recommender.SetState(TextShop().Open());
  Request request = By("c1");
  const auto answer = Ask(recommender, request);
  ASSERT_TRUE(answer);
  EXPECT_THAT(Reasons(*answer), Contains("customer unknown"));
  EXPECT_EQ(answer->customer, events::kNobody);
  EXPECT_EQ(answer->items.size(), 3U);
  request.strict = true;
  const auto refused = Ask(recommender, request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(refused.error().message, "customer_id 'c1' is unknown");
}

TEST(OwnIds, AKeyOfTheOtherKindIsNobodys) {
  Recommender texts(nullptr);
  texts.SetState(TextShop().Open());
  EXPECT_THAT(Reasons(*Ask(texts, Of(kFirst))), Contains("customer unknown"));
  Recommender numbers(nullptr);
  numbers.SetState(MakeShop(4, 80, 2, true).Open());
  EXPECT_THAT(Reasons(*Ask(numbers, By("C1"))), Contains("customer unknown"));
}

TEST(OwnIds, WhatIsKnownOfACustomerIsFoundByTheirId) {
  Recommender recommender(nullptr);
  recommender.SetState(TextShop().Open());
  const auto describe = [&](const std::string& id) {
    std::optional<Result<serving::CustomerState>> found;
    net::RunToEnd([&]() -> net::Task<void> {
      found = co_await recommender.Describe(*CustomerKey::Of(id, true), {});
    }());
    return *std::move(found);
  };
  EXPECT_EQ(describe("17")->record.customer, domain::CustomerId{kFirst + 1});
  ASSERT_FALSE(describe("18"));
  EXPECT_EQ(describe("18").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(describe("18").error().field, "customer_id");
}

TEST(Why, IsSaidOfEveryItemAndOnlyWhereItWasAsked) {
  Recommender recommender(nullptr);
  recommender.SetState(MakeShop(4, 80, 2, true).Open());
  Request request = Of(kFirst, "10001", 5);
  for (const Item& item : Ask(recommender, request)->items) EXPECT_EQ(item.why, "");
  request.why = true;
  const auto answer = Ask(recommender, request);
  ASSERT_EQ(answer->items.size(), 5U);
  for (const Item& item : answer->items) EXPECT_NE(item.why, "");
}

}  // namespace
}  // namespace aisle::recommend
