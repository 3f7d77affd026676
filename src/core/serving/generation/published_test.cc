// A generation as rows is the generation that is served.
#include "serving/generation/published.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/files.h"
#include "serving/state/generation_testing.h"

namespace aisle::serving {
namespace {

using testing::HasSubstr;

constexpr int kCustomers = 200;

TEST_F(Generation, AsRowsHasEveryCustomerOnceAsALookUpGivesIt) {
  ASSERT_TRUE(Publish(root, 1, kCustomers));
  const auto published = PublishedGeneration::OpenCurrent(root);
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ(published->Manifest().customers, kCustomers);
  EXPECT_EQ(EncodeShelf(published->PublishedShelf()), EncodeShelf(SampleShelf(1, kProducts)));
  const StatePtr state_in_service = Open();
  ASSERT_TRUE(state_in_service);
  const auto looked_up = state_in_service->OpenCustomers();

  auto customers = published->Customers();
  ASSERT_TRUE(customers) << customers.error().message;
  std::int64_t id = kSampleFirstCustomer;
  std::int64_t propensity_rows = 0;
  auto propensities = published->Propensities();
  ASSERT_TRUE(propensities);
  for (;; ++id) {
    const auto customer = customers->Next();
    ASSERT_TRUE(customer) << customer.error().message;
    if (!*customer) break;
    EXPECT_EQ((*customer)->customer.value, id);
    const auto state = looked_up->Get({id});
    ASSERT_TRUE(state);
    EXPECT_EQ((*customer)->bytes, EncodeCustomer(state->record));
    if (state->propensity.empty()) continue;
    const auto propensity = propensities->Next();
    ASSERT_TRUE(propensity && *propensity);
    EXPECT_EQ((*propensity)->customer.value, id);
    EXPECT_EQ(*DecodePropensity((*propensity)->bytes, kSampleCategories), state->propensity);
    propensity_rows += kSampleCategories;
  }
  EXPECT_EQ(id, kSampleFirstCustomer + kCustomers);
  EXPECT_FALSE(*propensities->Next());
  EXPECT_EQ(published->Manifest().propensity_rows, propensity_rows);
  EXPECT_TRUE(published->SourceIds()->empty());
}

TEST_F(Generation, AsRowsHasEveryTextIdOnce) {
  auto writer = GenerationWriter::Create(root);
  Shelf shelf = SampleShelf(1, kProducts);
  shelf.catalogue.text_customer_ids = true;
  for (features::ProductRecord& product : shelf.catalogue.products) product.source_id = "S";
  ASSERT_TRUE(writer && writer->PutShelf(shelf));
  std::map<std::string, std::int64_t> given;
  for (std::int64_t id = kSampleFirstCustomer; id < kSampleFirstCustomer + kCustomers; ++id) {
    given["C-" + std::to_string(id)] = id;
    ASSERT_TRUE(
        writer->PutCustomer(SampleCustomer(1, id, kProducts), {}, "C-" + std::to_string(id)));
  }
  const auto manifest = writer->Commit({});
  ASSERT_TRUE(manifest) << manifest.error().message;
  const auto published = PublishedGeneration::OpenCurrent(root);
  ASSERT_TRUE(published);
  const auto ids = published->SourceIds();
  ASSERT_TRUE(ids) << ids.error().message;
  std::map<std::string, std::int64_t> found;
  for (const CustomerSourceId& id : *ids) found[id.text] = id.customer.value;
  EXPECT_EQ(ids->size(), given.size());
  EXPECT_EQ(found, given);
}

TEST_F(Generation, AsRowsIsRefusedWhereItIsDamagedAndStaysWhileItIsRead) {
  ASSERT_TRUE(Publish(root, 1));
  const auto first = PublishedGeneration::OpenCurrent(root);
  ASSERT_TRUE(first);
  for (std::uint64_t seed = 2; seed < 5; ++seed) ASSERT_TRUE(Publish(root, seed));
  EXPECT_TRUE(fs::exists(File(1, kManifestFile)));
  const auto newest = PublishedGeneration::OpenCurrent(root);
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->Manifest().generation, 4);
  EXPECT_NE(newest->Checksum(), first->Checksum());

  const fs::path data = File(4, "data/data.mdb");
  auto bytes = base::ReadFile(data);
  ASSERT_TRUE(bytes);
  (*bytes)[bytes->size() / 2] ^= 1;
  ASSERT_TRUE(base::WriteFileAtomic(data, *bytes));
  const auto damaged = PublishedGeneration::OpenCurrent(root);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::kInternal);
  EXPECT_THAT(damaged.error().message, HasSubstr(data.string()));
}

}  // namespace
}  // namespace aisle::serving
