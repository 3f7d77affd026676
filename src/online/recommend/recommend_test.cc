// What one request answers: the rungs, what is missing and how it is said, what is refused.
#include "recommend/recommend.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/log.h"
#include "recommend/ask_testing.h"
#include "serving/store/embedded_store.h"

namespace aisle::recommend {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// Four products in two categories, everything in stock in the Northeast (positions 0..3) and product
// 30 alone in the West.
Shop SmallShop() {
  Shop shop;
  auto& catalogue = shop.shelf.catalogue;
  catalogue.as_of = kNow;
  catalogue.categories = {{"CAT-001", "Skincare", "Beauty"}, {"CAT-002", "Kitchen", "Home"}};
  catalogue.brands = {"Brand"};
  const auto add = [&](std::int64_t id, std::uint16_t category, std::int32_t northeast,
                       std::int32_t everywhere) {
    features::ProductRecord product;
    product.product = {id};
    product.name = fmt::format("Product {}", id);
    product.category = category;
    product.price = {id * 100};
    product.purchases = everywhere;
    catalogue.region_purchases_90d.insert(catalogue.region_purchases_90d.end(),
                                          {northeast, 0, 0, 0, 0});
    catalogue.products.push_back(product);
  };
  add(10, 0, 5, 90);
  add(20, 0, 9, 9);
  add(30, 1, 5, 90);
  add(40, 1, 5, 95);
  shop.shelf.regions[0] = {{0, 1, 2, 3}, {11, 12, 13, 14}, {1, 2, 3, 4}};
  shop.shelf.regions[4] = {{2}, {7}, {5}};
  serving::CustomerState known;
  known.record.customer = {1};
  known.record.postal_code = "90001";
  known.propensity = {0.2F, 0.8F};
  shop.customers.push_back(known);
  known.record.customer = {2};
  known.record.postal_code.clear();
  known.propensity.clear();
  shop.customers.push_back(known);
  shop.manifest.generation = 31;
  shop.manifest.propensity_version = 12;
  return shop;
}

Answer MustAnswer(Recommender& recommender, Request request, net::Deadline deadline = {}) {
  auto answer = Ask(recommender, std::move(request), deadline);
  EXPECT_TRUE(answer) << answer.error().message;
  return answer ? *std::move(answer) : Answer{};
}

TEST(Recommend, AnUnknownCustomerGetsWhatTheRegionBuysAndTheAnswerSaysSo) {
  Recommender recommender(nullptr);
  recommender.SetState(SmallShop().Open());
  const Answer answer = MustAnswer(recommender, Of(99));
  // By the region's lines, then by everybody's, then by id.
  EXPECT_THAT(Products(answer), ElementsAre(20, 40, 10, 30));
  EXPECT_THAT(Reasons(answer), ElementsAre("customer unknown", "model missing"));
  EXPECT_EQ(answer.items[0].source, "popularity");
  EXPECT_EQ(answer.items[0].product_name, "Product 20");
  EXPECT_EQ(answer.items[0].category, "Skincare");
  EXPECT_EQ(answer.items[0].department, "Beauty");
  EXPECT_EQ(answer.items[0].price, domain::Cents{2000});
  EXPECT_EQ(answer.items[0].in_stock_qty, 12);
  EXPECT_EQ(answer.items[0].est_delivery_days, 2);
  EXPECT_EQ(answer.items[0].rank, 1);
  EXPECT_EQ(answer.items[2].score, answer.items[3].score);
  EXPECT_EQ(answer.propensity_version, 0);
  EXPECT_EQ(answer.generation, 31);
  EXPECT_FALSE(answer.timings.model_ok);
}

TEST(Recommend, WithoutAModelThePropensityTimesTheShareInItsCategoryDecides) {
  Recommender recommender(nullptr);
  recommender.SetState(SmallShop().Open());
  const Answer answer = MustAnswer(recommender, Of(1));
  EXPECT_THAT(Products(answer), ElementsAre(40, 30, 20, 10));
  EXPECT_THAT(Reasons(answer), ElementsAre("model missing"));
  // Lines, and (lines everywhere + 1) / (most + 2) of one line; one line for what is not here.
  const double own = 5 + 96.0 / 97;
  const double other = 5 + 91.0 / 97;
  EXPECT_FLOAT_EQ(answer.items[0].score, 0.8F * static_cast<float>(own / (1 + own + other)));
  EXPECT_EQ(answer.items[0].source, "propensity");
  EXPECT_EQ(answer.propensity_version, 12);
  EXPECT_EQ(answer.ranking_version, 0);
}

TEST(Recommend, WithoutModelAndPropensityAKnownCustomerGetsThePopular) {
  Recommender recommender(nullptr);
  recommender.SetState(SmallShop().Open());
  const Answer answer = MustAnswer(recommender, Of(2));
  EXPECT_THAT(Products(answer), ElementsAre(20, 40, 10, 30));
  EXPECT_THAT(Reasons(answer), ElementsAre("propensity missing", "model missing"));
}

TEST(Recommend, TheRequestsZipDecidesTheRegionThenTheCustomersThenNortheast) {
  Recommender recommender(nullptr);
  recommender.SetState(SmallShop().Open());
  const Answer asked = MustAnswer(recommender, Of(1, "10001"));
  EXPECT_EQ(asked.region, domain::Region::kNortheast);
  EXPECT_EQ(asked.zip_code, "10001");
  const Answer own = MustAnswer(recommender, Of(1, ""));
  EXPECT_EQ(own.region, domain::Region::kWest);
  EXPECT_EQ(own.zip_code, "90001");
  EXPECT_THAT(Products(own), ElementsAre(30));
  for (const std::int64_t customer : {2, 99}) {
    const Answer none = MustAnswer(recommender, Of(customer, ""));
    EXPECT_EQ(none.region, domain::Region::kNortheast);
    EXPECT_EQ(none.zip_code, "");
    EXPECT_THAT(Reasons(none), Contains("zip_code unknown"));
    EXPECT_EQ(none.items.size(), 4U);
  }
}

TEST(Recommend, ARegionWithNothingInStockGivesAnEmptyListAndSaysSo) {
  Recommender recommender(nullptr);
  recommender.SetState(SmallShop().Open());
  const Answer answer = MustAnswer(recommender, Of(1, "55401"));
  EXPECT_EQ(answer.region, domain::Region::kMidwest);
  EXPECT_THAT(answer.items, IsEmpty());
  EXPECT_EQ(answer.timings.candidates, 0);
  EXPECT_THAT(Reasons(answer), Contains("stock empty"));
}

TEST(Request, CannotBeMadeOfWhatCannotBeAsked) {
  for (const std::int64_t top_n : {0L, -1L, 101L, 1L << 40}) EXPECT_FALSE(TopN::Of(top_n)) << top_n;
  for (const int top_n : {1, 5, 100}) EXPECT_EQ(TopN::Of(top_n)->Count(), top_n);
  EXPECT_EQ(TopN().Count(), 5U);
  for (const char* zip_code : {"", "1000", "100011", "1000a", " 1000"})
    EXPECT_FALSE(Destination::Of(zip_code, domain::RetailerShape::Quickstart())) << zip_code;
  const auto west = Destination::Of("90001", domain::RetailerShape::Quickstart());
  EXPECT_EQ(west->PostalCode(), "90001");
}

TEST(Recommend, BeforeAnythingIsPublishedItIsUnavailable) {
  Recommender recommender(nullptr);
  EXPECT_EQ(recommender.State(), nullptr);
  const auto answer = Ask(recommender, Of(1));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  recommender.SetState(SmallShop().Open());
  EXPECT_NE(recommender.State(), nullptr);
  EXPECT_TRUE(Ask(recommender, Of(1)));
}

TEST(Recommend, StrictRefusesOnlyACustomerNobodyKnows) {
  Recommender recommender(nullptr);
  recommender.SetState(SmallShop().Open());
  Request request = Of(99);
  request.strict = true;
  const auto answer = Ask(recommender, request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(answer.error().message, StartsWith("customer_id 99"));
  EXPECT_EQ(answer.error().field, "customer_id");
  request.customer = domain::CustomerId{1};
  EXPECT_TRUE(Ask(recommender, request));
}

// The embedded store, with answers that take their time or fail.
class FakeStore : public serving::EmbeddedStore {
 public:
  FakeStore(std::chrono::milliseconds wait, std::optional<Error> error, int* asked)
      : wait_(wait), error_(std::move(error)), asked_(asked) {}
  std::string_view Name() const override { return "fake"; }
  bool Suspends() const override { return true; }
  net::Task<Result<serving::CustomerState>> Fetch(serving::LookUp look_up) override {
    if (asked_ != nullptr) ++*asked_;
    co_await net::Sleep(wait_);
    if (error_) co_return std::unexpected(*error_);
    co_return co_await EmbeddedStore::Fetch(look_up);
  }

 private:
  std::chrono::milliseconds wait_;
  std::optional<Error> error_;
  int* asked_;
};

Recommender::Stores Fake(std::chrono::milliseconds wait, std::optional<Error> error = {},
                         int* asked = nullptr) {
  Recommender::Stores stores;
  stores.push_back(std::make_unique<FakeStore>(wait, std::move(error), asked));
  return stores;
}

TEST(Recommend, AStoreThatFailsCostsTheFeaturesNotTheAnswer) {
  Recommender recommender(nullptr, Fake(0ms, Error{ErrorCode::kUnavailable, "down", {}}));
  recommender.SetState(SmallShop().Open());
  Request request = Of(1);
  request.strict = true;  // Not known to be unknown: no 404.
  const Answer answer = MustAnswer(recommender, request);
  EXPECT_THAT(Products(answer), ElementsAre(20, 40, 10, 30));
  EXPECT_THAT(Reasons(answer), Contains(StartsWith("features ")));
  EXPECT_THAT(Reasons(answer), testing::Not(Contains("customer unknown")));
  EXPECT_EQ(answer.timings.backend, "none");
}

TEST(Recommend, AStoreThatOutlastsTheDeadlineCostsTheFeaturesNotTheAnswer) {
  Recommender recommender(nullptr, Fake(2s));
  recommender.SetState(SmallShop().Open());
  const Answer answer = MustAnswer(recommender, Of(1), net::Deadline::After(20ms));
  EXPECT_THAT(Products(answer), ElementsAre(20, 40, 10, 30));
  EXPECT_THAT(Reasons(answer), Contains(StartsWith("features ")));
}

// Knows how far a log of changes is, whomever it is asked for.
class LogSeer : public serving::EmbeddedStore {
 public:
  std::string_view Name() const override { return "seer"; }
  net::Task<Result<serving::CustomerState>> Fetch(serving::LookUp look_up) override {
    if (look_up.changes_until) *look_up.changes_until = 7;
    co_return co_await EmbeddedStore::Fetch(look_up);
  }
};

TEST(Recommend, ForNobodyAndForTextsTooItAsksForTheChangesThatItLacks) {
  Recommender::Stores stores;
  stores.push_back(std::make_unique<LogSeer>());
  Recommender recommender(nullptr, std::move(stores));
  recommender.SetState(SmallShop().Open());
  std::vector<std::uint64_t> asked;
  recommender.SetCatchUp([&asked](std::uint64_t position, net::Deadline) -> net::Task<void> {
    asked.push_back(position);
    co_return;
  });
  Request text = Of(1);
  text.customer = *CustomerKey::Of("a@b.example", true);
  for (const Request& request : {Of(1), Of(999), text})
    EXPECT_THAT(Reasons(MustAnswer(recommender, request)), Contains("stock behind"));
  EXPECT_THAT(asked, ElementsAre(7, 7, 7));
}

// Answers after the deadline without ever giving the ladder a chance to leave it.
class LateStore : public serving::EmbeddedStore {
 public:
  std::string_view Name() const override { return "late"; }
  net::Task<Result<serving::CustomerState>> Fetch(serving::LookUp look_up) override {
    const auto until = std::chrono::steady_clock::now() + 30ms;
    while (std::chrono::steady_clock::now() < until) continue;  // Busy: a loop must not sleep.
    co_return co_await EmbeddedStore::Fetch(look_up);
  }
};

TEST(Recommend, WithoutTimeForTheModelTheNextRungAnswers) {
  Shop shop = SmallShop();
  shop.model = ranking::RandomSpec(5, 10, 3, {"price_z", "log_purchases_90d"});
  shop.manifest.ranking_version = 7;
  Recommender::Stores stores;
  stores.push_back(std::make_unique<LateStore>());
  Recommender recommender(nullptr, std::move(stores));
  recommender.SetState(shop.Open());
  const Answer in_time = MustAnswer(recommender, Of(1), net::Deadline::After(10s));
  EXPECT_TRUE(in_time.timings.model_ok);
  EXPECT_EQ(in_time.ranking_version, 7);
  EXPECT_THAT(in_time.degraded, IsEmpty());
  EXPECT_EQ(in_time.items.front().source, "model");
  const Answer late = MustAnswer(recommender, Of(1), net::Deadline::After(10ms));
  EXPECT_FALSE(late.timings.model_ok);
  EXPECT_EQ(late.ranking_version, 0);
  EXPECT_THAT(Reasons(late), Contains("model deadline"));
  EXPECT_EQ(late.items.size(), 4U);
  EXPECT_EQ(late.items.front().source, "propensity");
}

TEST(Recommend, ARequestUnderWayKeepsTheGenerationItBeganWith) {
  Shop shop = SmallShop();
  std::weak_ptr<const serving::ServingState> old;
  Recommender recommender(nullptr, Fake(30ms));
  {
    auto state = shop.Open();
    old = state;
    recommender.SetState(std::move(state));
  }
  std::optional<Result<Answer>> first;
  std::optional<Result<Answer>> second;
  net::EventLoops loops(1, "test");
  loops.Spawn(0, [](auto& asked, auto& answer) -> net::Task<void> {
    answer = co_await asked.Recommend(Of(1), kNow, {});
  }(recommender, first));
  // Runs while the first request waits for its customer.
  shop.manifest.generation = 32;
  shop.shelf.regions[0] = {{3}, {1}, {1}};
  loops.Post(0, [&] { recommender.SetState(shop.Open()); });
  loops.Spawn(0, [](auto& asked, auto& answer) -> net::Task<void> {
    co_await net::Sleep(5ms);
    answer = co_await asked.Recommend(Of(1), kNow, {});
  }(recommender, second));
  loops.Start();
  loops.Stop();
  ASSERT_TRUE(loops.Join());
  ASSERT_TRUE(first && *first && second && *second);
  EXPECT_EQ((*first)->generation, 31);
  EXPECT_EQ((*first)->items.size(), 4U);
  EXPECT_EQ((*second)->generation, 32);
  EXPECT_EQ((*second)->items.size(), 1U);
  EXPECT_TRUE(old.expired()) << "the old generation is kept alive by nobody";
}

TEST(Recommend, AStoreThatWasLeftOutIsTriedByOneRequestWhenANewGenerationComes) {
  base::SetLogLevel(base::LogLevel::kError);
  int asked = 0;
  Recommender recommender(
      nullptr,
      Fake(0ms, Error{ErrorCode::kUnavailable, "down (expected in this test)", {}}, &asked));
  Shop shop = SmallShop();
  recommender.SetState(shop.Open());
  EXPECT_EQ(recommender.StoreName(), "fake");
  for (int i = 0; i < 5; ++i)
    EXPECT_THAT(Reasons(MustAnswer(recommender, Of(1))), Contains("features unavailable"));
  EXPECT_THAT(Reasons(MustAnswer(recommender, Of(1))), Contains("features breaker open"));
  shop.manifest.generation = 32;
  recommender.SetState(shop.Open());
  EXPECT_THAT(Reasons(MustAnswer(recommender, Of(1))), Contains("features unavailable"));
  const Answer answer = MustAnswer(recommender, Of(1));
  EXPECT_EQ(answer.generation, 32);
  EXPECT_THAT(Reasons(answer), Contains("features breaker open"));
  EXPECT_EQ(asked, 6);
  base::SetLogLevel(base::LogLevel::kInfo);
}

TEST(Recommend, AnOldGenerationAnswersAsOnItsFirstDay) {
  Shop shop = MakeShop(4, 50, 1, false);
  shop.model = ranking::RandomSpec(
      8, 40, 5, {"days_since_pair_view", "days_since_launch", "days_since_event", "tenure_months"});
  shop.manifest.ranking_version = 7;
  Recommender recommender(nullptr);
  recommender.SetState(shop.Open());
  const auto scores = [&](int days) {
    std::vector<float> all;
    const auto answer = Ask(recommender, Of(kFirst, "10001", 50), {}, kNow + days * base::kDay);
    EXPECT_TRUE(answer);
    if (answer) {
      for (const Item& item : answer->items) all.push_back(item.score);
    }
    return all;
  };
  const auto first_day = scores(1);
  ASSERT_FALSE(first_day.empty());
  EXPECT_EQ(scores(1000), first_day);
  EXPECT_NE(scores(-400), first_day) << "or the clock would not matter at all";
}

}  // namespace
}  // namespace aisle::recommend
