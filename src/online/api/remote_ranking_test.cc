// Ranking by a model service is ranking by the model: the same items with the same bits, over HTTP; and what is
// answered while the service is gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "api/model_service/open_service_testing.h"
#include "recommend/ask_testing.h"
#include "recommend/remote_ranker.h"

namespace aisle::api {
namespace {

using recommend::Answer;
using recommend::Shop;
using testing::Contains;
using testing::IsEmpty;
using namespace std::chrono_literals;

// The shop's model as the version of a registry that its generation names.
void Register(const Shop& shop, const registry::Registry& registry) {
  registry::Manifest manifest;
  manifest.model = "ranking";
  manifest.objective = "binary:logistic";
  for (const std::string& input : shop.model->inputs)
    manifest.inputs.push_back({input, "float", "pair"});
  manifest.calibration_slope = shop.model->calibration_slope;
  manifest.calibration_offset = shop.model->calibration_offset;
  manifest.propensity_blend = shop.model->propensity_blend;
  for (int version = 0; version < shop.manifest.ranking_version;)
    version = registry.Add(manifest, shop.model->ubjson, true).value();
}

ModelServerOptions Following(const base::TempFolder& folder) {
  ModelServerOptions options;
  options.models = {"ranking@champion"};
  options.registry = folder.Path();
  return options;
}

std::unique_ptr<recommend::Recommender> Remote(const std::string& address, const Shop& shop) {
  recommend::RemoteRankerOptions options;
  options.address = *web::ParseAddress(address);
  options.open_for = 1ms;  // Tried again at once.
  auto recommender =
      std::make_unique<recommend::Recommender>(nullptr, recommend::Recommender::Stores{},
                                               std::make_unique<recommend::RemoteRanker>(options));
  recommender->SetState(shop.Open());
  return recommender;
}

Answer MustAsk(recommend::Recommender& recommender, std::int64_t customer) {
  auto answer =
      recommend::Ask(recommender, recommend::Of(customer, "10001", 50), net::Deadline::After(30s));
  AISLE_ASSERT(answer);
  return *std::move(answer);
}

void ExpectEqual(const Answer& remote, const Answer& local) {
  EXPECT_EQ(recommend::Reasons(remote), recommend::Reasons(local));
  EXPECT_EQ(remote.ranking_version, local.ranking_version);
  EXPECT_EQ(remote.timings.model_ok, local.timings.model_ok);
  ASSERT_EQ(remote.items.size(), local.items.size());
  for (std::size_t i = 0; i < remote.items.size(); ++i) {
    EXPECT_EQ(remote.items[i].product.value, local.items[i].product.value) << i;
    EXPECT_EQ(std::bit_cast<std::uint32_t>(remote.items[i].score),
              std::bit_cast<std::uint32_t>(local.items[i].score))
        << i;
    EXPECT_EQ(remote.items[i].source, local.items[i].source) << i;
  }
}

TEST(RemoteRanking, GivesTheSameItemsAndScoreBitsAsTheLocalRanker) {
  for (const double blend : {0.0, 0.3}) {
    Shop shop = recommend::MakeShop(11, 400, 20, true);
    shop.model->propensity_blend = blend;
    const base::TempFolder folder;
    Register(shop, registry::Registry(folder.Path()));
    const OpenService service(Following(folder));
    const auto remote = Remote(service.server->Address(), shop);
    recommend::Recommender local(nullptr);
    local.SetState(shop.Open());
    for (int i = 0; i < 20; ++i) {
      SCOPED_TRACE(i);
      const Answer by_service = MustAsk(*remote, recommend::kFirst + i);
      EXPECT_TRUE(by_service.timings.model_ok);
      ExpectEqual(by_service, MustAsk(local, recommend::kFirst + i));
    }
  }
}

TEST(RemoteRanking, WhatCameIntoStockSinceIsRankedTooAndWhatIsSoldOutIsNot) {
  const Shop shop = recommend::MakeShop(12, 400, 4, true);
  const base::TempFolder folder;
  Register(shop, registry::Registry(folder.Path()));
  const OpenService service(Following(folder));
  const auto remote = Remote(service.server->Address(), shop);
  recommend::Recommender local(nullptr);
  local.SetState(shop.Open());
  // Everything that the region has is sold but for a few, and all that it had not came.
  const domain::Region region = MustAsk(local, recommend::kFirst).region;
  std::vector<serving::StockChange> changes;
  const auto& shelf = shop.shelf.regions[static_cast<std::size_t>(region)].products;
  for (std::uint32_t product = 0; product < 400; ++product) {
    const bool had = std::ranges::find(shelf, product) != shelf.end();
    if (had && product % 5 == 0) continue;
    changes.push_back({.region = region, .product = product, .level = {had ? 0 : 3, 2}});
  }
  // And every seventh costs something else.
  std::vector<serving::PriceChange> prices;
  for (std::uint32_t product = 0; product < 400; product += 7)
    prices.push_back({product, domain::Cents{100 + product}});
  for (recommend::Recommender* const recommender : {remote.get(), &local})
    recommender->SetShelf(recommender->Shelf()->With(changes, prices));
  ExpectEqual(MustAsk(*remote, recommend::kFirst), MustAsk(local, recommend::kFirst));
}

TEST(RemoteRanking, AVersionThatTheServiceHasNotIsNoAnswer) {
  Shop shop = recommend::MakeShop(13, 100, 2, true);
  const base::TempFolder folder;
  Register(shop, registry::Registry(folder.Path()));
  const OpenService service(Following(folder));
  shop.manifest.ranking_version = 99;
  const auto remote = Remote(service.server->Address(), shop);
  const Answer answer = MustAsk(*remote, recommend::kFirst);
  EXPECT_THAT(recommend::Reasons(answer), Contains("model unavailable"));
  EXPECT_EQ(answer.items.front().source, "propensity");
}

TEST(RemoteRanking, AServiceThatDiesCostsTheModelUntilItIsBack) {
  const Shop shop = recommend::MakeShop(14, 200, 4, true);
  const base::TempFolder folder;
  Register(shop, registry::Registry(folder.Path()));
  std::optional<OpenService> service(std::in_place, Following(folder));
  const std::string address = service->server->Address();
  const auto remote = Remote(address, shop);
  EXPECT_TRUE(MustAsk(*remote, recommend::kFirst).timings.model_ok);
  service.reset();
  for (int i = 0; i < 8; ++i) {
    const Answer answer = MustAsk(*remote, recommend::kFirst);
    EXPECT_FALSE(answer.timings.model_ok);
    EXPECT_THAT(recommend::Reasons(answer), Contains("model unavailable"));
    EXPECT_EQ(answer.ranking_version, 0);
    ASSERT_FALSE(answer.items.empty());
    EXPECT_EQ(answer.items.front().source, "propensity");
  }
  service.emplace(Following(folder), 2, address);
  bool back = false;
  for (int i = 0; i < 500 && !back; ++i, std::this_thread::sleep_for(2ms))
    back = MustAsk(*remote, recommend::kFirst).timings.model_ok;
  EXPECT_TRUE(back);
}

}  // namespace
}  // namespace aisle::api
