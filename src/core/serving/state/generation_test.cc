// What a publish leaves is what is served.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serving/state/generation_testing.h"

namespace aisle::serving {
namespace {

using testing::HasSubstr;

TEST_F(Generation, BeforeTheFirstPublishThereIsNothing) {
  EXPECT_EQ(CurrentGeneration(root).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Refusal().code, ErrorCode::kNotFound);
  EXPECT_THAT(Refusal().message, HasSubstr("aisle publish"));
}

TEST_F(Generation, WhatIsPublishedIsServed) {
  const auto manifest = Publish(root, 1);
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->generation, 1);
  const StatePtr state = Open();
  ASSERT_TRUE(state);
  EXPECT_EQ(state->Manifest().generation, 1);
  EXPECT_EQ(state->Manifest().as_of, kSampleAsOf);
  EXPECT_EQ(state->Manifest().ranking_version, 7);
  EXPECT_EQ(state->Manifest().propensity_version, 0);
  EXPECT_EQ(state->Manifest().customers, 30);
  EXPECT_EQ(state->Manifest().propensity_rows, 20 * 12);
  EXPECT_EQ(state->Manifest().created, manifest->created);
  EXPECT_GT(state->Manifest().inventory_rows, 150);
  EXPECT_EQ(EncodeShelf(state->PublishedShelf()), EncodeShelf(SampleShelf(1, kProducts)));

  for (std::int64_t id = kSampleFirstCustomer; id < kSampleFirstCustomer + 30; ++id) {
    const auto fetched = Get(*state, id);
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_EQ(EncodeCustomer(fetched->record), EncodeCustomer(SampleCustomer(1, id, kProducts)));
    EXPECT_EQ(fetched->propensity, id % 3 == 0 ? std::vector<float>{} : SamplePropensity(1, id));
    EXPECT_GT(fetched->features_time.count(), 0);
  }
  for (const std::int64_t id : {std::int64_t{5}, std::int64_t{-1}, kSampleFirstCustomer + 30})
    EXPECT_EQ(Get(*state, id).error().code, ErrorCode::kNotFound);
}

TEST_F(Generation, TheModelComesBackBitByBit) {
  ASSERT_TRUE(Publish(root, 1));
  const StatePtr state = Open();
  ASSERT_TRUE(state);
  ASSERT_NE(state->Ranker(), nullptr);
  const Shelf shelf = SampleShelf(1, kProducts);
  const features::CatalogueView view(shelf.catalogue);
  const auto direct = ranking::PairScorer::Make(SampleModel(100), view);
  ASSERT_TRUE(direct);
  std::vector<std::uint32_t> candidates = shelf.regions[0].products;
  std::vector<float> expected(candidates.size());
  std::vector<float> found(candidates.size());
  ranking::Scratch scratch;
  const auto customer = SampleCustomer(1, kSampleFirstCustomer, kProducts);
  direct->FillRows(customer, {}, kSampleAsOf, candidates, scratch);
  direct->ScoreRows({}, candidates, scratch, expected);
  state->Ranker()->FillRows(customer, {}, kSampleAsOf, candidates, scratch);
  state->Ranker()->ScoreRows({}, candidates, scratch, found);
  EXPECT_EQ(found, expected);
  EXPECT_NE(found.front(), 0.0F);
}

TEST_F(Generation, WithoutAModelThereIsNoRanker) {
  ASSERT_TRUE(Publish(root, 1, 3, std::nullopt));
  const StatePtr state = Open();
  ASSERT_TRUE(state);
  EXPECT_EQ(state->Ranker(), nullptr);
}

TEST_F(Generation, AnEmptyShopCanBePublished) {
  auto writer = GenerationWriter::Create(root);
  ASSERT_TRUE(writer && writer->PutShelf({}) && writer->Commit({}));
  const StatePtr state = Open();
  ASSERT_TRUE(state);
  EXPECT_TRUE(state->PublishedShelf().catalogue.products.empty());
  EXPECT_EQ(Get(*state, 1).error().code, ErrorCode::kNotFound);
}

TEST_F(Generation, TheNewOneIsCurrentAndAnOpenOneGoesOnServing) {
  ASSERT_TRUE(Publish(root, 1));
  const StatePtr old = Open();
  ASSERT_TRUE(Publish(root, 2));
  ASSERT_TRUE(Publish(root, 3));
  ASSERT_TRUE(Publish(root, 4));
  EXPECT_EQ(*CurrentGeneration(root), 4);
  EXPECT_EQ(Open()->Manifest().generation, 4);
  ASSERT_TRUE(old);
  const auto fetched = Get(*old, kSampleFirstCustomer);
  ASSERT_TRUE(fetched);
  EXPECT_EQ(EncodeCustomer(fetched->record),
            EncodeCustomer(SampleCustomer(1, kSampleFirstCustomer, kProducts)));
}

TEST(ServingState, MadeFromPartsItKnowsItsCustomers) {
  CustomerState customer;
  customer.record = SampleCustomer(1, 77, kProducts);
  customer.propensity = SamplePropensity(1, 77);
  customer.features_time = std::chrono::nanoseconds{5};
  GenerationManifest manifest;
  manifest.generation = 31;
  const auto state =
      ServingState::FromParts(manifest, SampleShelf(1, kProducts), SampleModel(50), {customer});
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ((*state)->Manifest().generation, 31);
  EXPECT_NE((*state)->Ranker(), nullptr);
  const auto fetched = Get(**state, 77);
  ASSERT_TRUE(fetched);
  EXPECT_EQ(EncodeCustomer(fetched->record), EncodeCustomer(customer.record));
  EXPECT_EQ(fetched->propensity, customer.propensity);
  EXPECT_EQ(Get(**state, 78).error().code, ErrorCode::kNotFound);
}

TEST(ServingState, PartsThatDoNotFitTogetherAreRefused) {
  Shelf shelf = SampleShelf(1, 5);
  shelf.regions[1].quantity.pop_back();
  EXPECT_EQ(ServingState::FromParts({}, shelf, {}).error().code, ErrorCode::kInvalidArgument);
  auto model = SampleModel(50);
  model.inputs = {"shoe_size"};
  EXPECT_EQ(ServingState::FromParts({}, SampleShelf(1, 5), model).error().code,
            ErrorCode::kFailedPrecondition);
  CustomerState customer;
  customer.record.customer.value = 3;
  EXPECT_THAT(
      ServingState::FromParts({}, SampleShelf(1, 5), {}, {customer, customer}).error().message,
      HasSubstr("customer 3"));
}

}  // namespace
}  // namespace aisle::serving
