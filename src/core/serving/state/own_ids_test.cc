// The retailer's own ids travel with a generation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "kv/kv.h"
#include "serving/generation/layout.h"
#include "serving/state/generation_testing.h"

namespace aisle::serving {
namespace {

using testing::HasSubstr;

constexpr int kCustomers = 200;

std::string IdOf(std::int64_t customer) { return fmt::format("C-{}", customer); }

Shelf TextShelf() {
  Shelf shelf = SampleShelf(1, kProducts);
  shelf.catalogue.text_customer_ids = true;
  for (features::ProductRecord& product : shelf.catalogue.products)
    product.source_id = fmt::format("SKU {}", product.product.value);
  return shelf;
}

// Customers kSampleFirstCustomer + i, each with the id that `id_of` gives.
template <typename IdOf>
Result<GenerationManifest> PublishTexts(const fs::path& root, const Shelf& shelf,
                                        const IdOf& id_of) {
  AISLE_TRY(auto writer, GenerationWriter::Create(root));
  AISLE_CHECK(writer.PutShelf(shelf));
  for (std::int64_t id = kSampleFirstCustomer; id < kSampleFirstCustomer + kCustomers; ++id)
    AISLE_CHECK(writer.PutCustomer(SampleCustomer(1, id, kProducts), {}, id_of(id)));
  return writer.Commit({.example_customer = id_of(kSampleFirstCustomer)});
}

TEST_F(Generation, ItsCustomersAreFoundByTheRetailersOwnIds) {
  const auto manifest = PublishTexts(root, TextShelf(), IdOf);
  ASSERT_TRUE(manifest) << manifest.error().message;
  const StatePtr state = Open();
  ASSERT_TRUE(state);
  EXPECT_TRUE(state->PublishedShelf().catalogue.text_customer_ids);
  EXPECT_EQ(state->Manifest().example_customer, IdOf(kSampleFirstCustomer));
  EXPECT_EQ(EncodeShelf(state->PublishedShelf()), EncodeShelf(TextShelf()));
  EXPECT_EQ(state->PublishedShelf().catalogue.products[3].source_id,
            TextShelf().catalogue.products[3].source_id);
  const auto customers = state->OpenCustomers();
  for (std::int64_t id = kSampleFirstCustomer; id < kSampleFirstCustomer + kCustomers; ++id) {
    const auto found = customers->Find(IdOf(id));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->value, id);
  }
  for (const char* nobody : {"", "C-", "c-1000000", "1000000"})
    EXPECT_EQ(customers->Find(nobody).error().code, ErrorCode::kNotFound) << nobody;
}

TEST_F(Generation, WhereIdsAreNumbersNobodyIsFoundByAText) {
  ASSERT_TRUE(Publish(root, 1));
  EXPECT_EQ(Open()->OpenCustomers()->Find("1000000").error().code, ErrorCode::kNotFound);
}

TEST_F(Generation, IdsThatDoNotFitTheCatalogueAreNotPublished) {
  const auto refusal = [&](const Shelf& shelf, const auto& id_of) {
    const auto published = PublishTexts(root, shelf, id_of);
    EXPECT_FALSE(published);
    return published ? "" : published.error().message;
  };
  EXPECT_THAT(refusal(TextShelf(), [](std::int64_t) { return std::string("C1"); }),
              HasSubstr("have one id, 'C1'"));
  const auto none = [](std::int64_t) { return std::string(); };
  EXPECT_THAT(refusal(TextShelf(), none), HasSubstr("0 have an id of the retailer's, 200 should"));
  EXPECT_THAT(refusal(SampleShelf(1, kProducts), IdOf), HasSubstr("200 have an id"));
  Shelf mixed = TextShelf();
  mixed.catalogue.products[5].source_id.clear();
  EXPECT_THAT(refusal(mixed, IdOf), HasSubstr("differ in whether they have an id"));
}

// A generation as format 2 left it: two tables, and a manifest that knows nothing of ids.
TEST_F(Generation, OneOfTheFormatBeforeIdsIsStillServed) {
  ASSERT_TRUE(Publish(root, 1));
  auto stored = ManifestFromJson(*base::ReadFile(File(1, "manifest.json")));
  ASSERT_TRUE(stored);
  fs::remove_all(File(1, kDataFolder));
  {
    auto tables =
        kv::TableWriter::Create(File(1, kDataFolder), std::span(kTables).first(kTablesBeforeIds));
    ASSERT_TRUE(tables && tables->Finish());
  }
  stored->manifest.format = kFormatBeforeIds;
  stored->checksums[fmt::format("{}/{}", kDataFolder, kv::kDataFile)] =
      *kv::DataChecksum(File(1, kDataFolder));
  ASSERT_TRUE(base::WriteFileAtomic(File(1, "manifest.json"), ManifestToJson(*stored)));
  const StatePtr state = Open();
  ASSERT_TRUE(state);
  EXPECT_EQ(Get(*state, kSampleFirstCustomer).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(state->OpenCustomers()->Find("1").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace aisle::serving
