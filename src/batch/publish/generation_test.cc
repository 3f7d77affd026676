#include <gmock/gmock.h>

#include "base/files.h"
#include "gold/feature_stream.h"
#include "publish/publish.h"
#include "publish/small_shop_testing.h"
#include "serving/generation/bytes.h"
#include "serving/state/serving_state.h"

namespace aisle::publish {
namespace {

using testing::HasSubstr;

class GenerationTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { shop_ = std::make_unique<SmallShop>(); }
  static void TearDownTestSuite() { shop_.reset(); }
  static SmallShop& Shop() { return *shop_; }
  void SetUp() override { Shop().Write("DROP TABLE IF EXISTS gold.customer_propensity"); }

  Result<serving::GenerationManifest> Publish(const Progress& progress = {}) {
    return PublishGeneration(Shop().Database(), registry_, root_, as_of_, progress);
  }
  void Score(base::Timestamp as_of) {
    const auto report = ScorePropensity(Shop().Database(), registry_, as_of);
    ASSERT_TRUE(report) << report.error().message;
  }
  std::shared_ptr<const serving::ServingState> Open() {
    return SmallShop::Must(serving::ServingState::OpenCurrent(root_));
  }
  // Propensities of the served customer; nothing: unknown.
  static std::optional<serving::CustomerState> Fetch(const serving::ServingState& state,
                                                     std::int64_t customer) {
    auto found = state.OpenCustomers()->Get({customer});
    if (!found) return std::nullopt;
    return *std::move(found);
  }

  static inline std::unique_ptr<SmallShop> shop_;
  base::TempFolder folder_;
  registry::Registry registry_{folder_.Path() / "models"};
  const std::filesystem::path root_ = folder_.Path() / "serving";
  const base::Timestamp as_of_ = SmallShop::AsOf();
};

TEST_F(GenerationTest, WithoutModelsTheShopIsPublishedAllTheSame) {
  const auto manifest = Publish();
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->ranking_version, 0);
  EXPECT_EQ(manifest->propensity_version, 0);
  EXPECT_EQ(manifest->propensity_rows, 0);
  EXPECT_EQ(manifest->customers, 600);
  EXPECT_EQ(manifest->inventory_rows, 160);  // 40 products, five regions, four in five in stock.
  EXPECT_EQ(manifest->as_of, as_of_);
  const auto state = Open();
  EXPECT_EQ(state->Manifest().generation, manifest->generation);
  EXPECT_EQ(state->Ranker(), nullptr);
  EXPECT_EQ(state->PublishedShelf().catalogue.products.size(), 40U);
  for (const auto& region : state->PublishedShelf().regions) EXPECT_EQ(region.products.size(), 32U);
  EXPECT_TRUE(Fetch(*state, kShopFirstCustomer)->propensity.empty());
  EXPECT_FALSE(Fetch(*state, 7));
}

TEST_F(GenerationTest, ItSaysWhichChangesItKnowsOf) {
  const auto before = Publish();
  ASSERT_TRUE(before) << before.error().message;
  EXPECT_EQ(before->changes_log, "");
  EXPECT_EQ(before->changes_until, 0U);
  Shop().Write(
      "INSERT INTO raw.about VALUES ('changes_log', 'l1'), ('changes_until', "
      "'18446744073709551615')");
  const auto manifest = Publish();
  Shop().Write("DELETE FROM raw.about WHERE key LIKE 'changes%'");
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->changes_log, "l1");
  EXPECT_EQ(manifest->changes_until, 18'446'744'073'709'551'615U);
  EXPECT_EQ(Open()->Manifest().changes_log, "l1");
}

TEST_F(GenerationTest, HiddenProductsAreNamedAndKeepTheirStock) {
  Shop().Write(
      "UPDATE raw.product_catalog SET hidden = product_id IN (3, 40) WHERE product_id <> 1");
  Shop().Write(
      "INSERT INTO raw.product_catalog (product_id, product_name, category_id, price, launched_on, "
      "hidden) "
      "VALUES (2000, 'To come', 'CAT-001', 5.00, DATE '2030-01-01', true)");
  const auto manifest = Publish();
  Shop().Write("DELETE FROM raw.product_catalog WHERE product_id = 2000");
  Shop().Write("UPDATE raw.product_catalog SET hidden = NULL");
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->inventory_rows, 160);
  const auto state = Open();
  EXPECT_THAT(state->PublishedShelf().hidden, testing::ElementsAre(2U, 39U));
  for (const auto& region : state->PublishedShelf().regions) EXPECT_EQ(region.products.size(), 32U);
}

TEST_F(GenerationTest, CustomersAreServedWithTheirRecordsAndTheirScores) {
  AddModel(registry_, "propensity", PropensitySpec(1));
  AddModel(registry_, "ranking", RankingSpec(1));
  AddModel(registry_, "ranking", RankingSpec(2));
  Score(as_of_);
  const auto manifest = Publish();
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->ranking_version, 2);
  EXPECT_EQ(manifest->propensity_version, 1);
  EXPECT_EQ(manifest->propensity_rows, 1200);
  const auto state = Open();
  ASSERT_NE(state->Ranker(), nullptr);
  const auto rows = Shop().Rows(
      "SELECT CAST(CAST(propensity_score AS FLOAT) AS STRING) FROM gold.customer_propensity "
      "ORDER BY customer_id, category_id");
  std::size_t customer = 0;
  ASSERT_TRUE(gold::ReadCustomers(
      Shop().Database(), state->PublishedShelf().catalogue, as_of_,
      [&](features::CustomerRecord&& record) {
        const auto served = Fetch(*state, record.customer.value);
        EXPECT_TRUE(served);
        if (!served) return Status{};
        EXPECT_EQ(serving::EncodeCustomer(served->record), serving::EncodeCustomer(record));
        EXPECT_EQ(served->propensity.size(), 2U);
        for (std::size_t c = 0; c < served->propensity.size(); ++c)
          EXPECT_EQ(served->propensity[c], std::stof(rows[2 * customer + c][0]));
        ++customer;
        return Status{};
      }));
  EXPECT_EQ(customer, 600U);
}

TEST_F(GenerationTest, ScoresOfAnEarlierMomentAndModelAreUsedAndTheirVersionIsSaid) {
  AddModel(registry_, "propensity", PropensitySpec(1));
  Score(as_of_ - 30 * base::kDay);
  AddModel(registry_, "propensity", PropensitySpec(2));
  // Nobody scored this one, as if the customer had joined since.
  Shop().Write(fmt::format("DELETE FROM gold.customer_propensity WHERE customer_id = {}",
                           kShopFirstCustomer + 5));
  const auto manifest = Publish();
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->propensity_version, 1);
  EXPECT_EQ(manifest->propensity_rows, 1198);
  const auto state = Open();
  EXPECT_EQ(Fetch(*state, kShopFirstCustomer + 4)->propensity.size(), 2U);
  EXPECT_TRUE(Fetch(*state, kShopFirstCustomer + 5)->propensity.empty());
  EXPECT_EQ(Fetch(*state, kShopFirstCustomer + 6)->propensity.size(), 2U);
}

TEST_F(GenerationTest, ScoresThatDoNotCoverTheCategoriesAreLeftOut) {
  AddModel(registry_, "propensity", PropensitySpec(1));
  Score(as_of_);
  Shop().Write(
      fmt::format("DELETE FROM gold.customer_propensity WHERE customer_id = {} AND category_id = "
                  "'CAT-002'",
                  kShopFirstCustomer));
  Shop().Write(
      "INSERT INTO gold.customer_propensity VALUES (5, 'CAT-009', 0.5, 1, NULL), (6, NULL, 0.5, 1, "
      "NULL), (NULL, 'CAT-001', NULL, NULL, NULL)");
  const auto manifest = Publish();
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->propensity_rows, 1198);
  const auto state = Open();
  EXPECT_TRUE(Fetch(*state, kShopFirstCustomer)->propensity.empty());
  EXPECT_FALSE(Fetch(*state, 5));
}

TEST_F(GenerationTest, ADamagedOrForeignModelLeavesTheOldGenerationInService) {
  AddModel(registry_, "ranking", RankingSpec(1));
  const auto first = Publish();
  ASSERT_TRUE(first) << first.error().message;
  AddModel(registry_, "ranking", RankingSpec(2));
  const auto path = folder_.Path() / "models/ranking/2/model.ubj";
  const std::string bytes = *base::ReadFile(path);
  ASSERT_TRUE(base::WriteFileAtomic(path, bytes.substr(0, bytes.size() / 2)));
  const auto damaged = Publish();
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::kInternal);
  EXPECT_THAT(damaged.error().message, HasSubstr("ranking/2"));

  ranking::ModelSpec foreign = RankingSpec(3);
  for (std::string& input : foreign.inputs)
    if (input == "price_z") input = "shoe_size";
  AddModel(registry_, "ranking", foreign);
  const auto refused = Publish();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.error().message, HasSubstr("shoe_size"));
  EXPECT_EQ(Open()->Manifest().generation, first->generation);
  EXPECT_EQ(Open()->Manifest().ranking_version, 1);
}

TEST_F(GenerationTest, CancelledItLeavesTheOldGenerationInService) {
  const auto first = Publish();
  ASSERT_TRUE(first) << first.error().message;
  const auto cancelled = Publish([](std::int64_t done) { return done < 500; });
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Open()->Manifest().generation, first->generation);
  const auto second = Publish();
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(Open()->Manifest().generation, second->generation);
  EXPECT_GT(second->generation, first->generation);
}

TEST_F(GenerationTest, WithoutRawTablesItSaysWhatToRun) {
  auto database = SmallShop::Must(warehouse::Database::Open(":memory:"));
  const auto manifest = PublishGeneration(database, registry_, root_, as_of_);
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(manifest.error().message, HasSubstr("aisle generate"));
  EXPECT_FALSE(serving::CurrentGeneration(root_));
}

}  // namespace
}  // namespace aisle::publish
