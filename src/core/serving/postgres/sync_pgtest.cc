// After a sync the tables are what a load would have made of them, and only what changed was written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serving/postgres/status.h"
#include "serving/postgres/store_testing.h"
#include "serving/postgres/sync.h"

namespace aisle::serving {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr std::int64_t kFirst = kSampleFirstCustomer;
constexpr int kCustomers = 200;

// What a customer is like in one generation.
struct Someone {
  features::CustomerRecord record;
  std::vector<float> propensity;
  std::string source_id = {};
};

class SyncTest : public PostgresStoreTest {
 protected:
  void SetUp() override {
    PostgresStoreTest::SetUp();
    shelf = SampleShelf(1, kProducts);
    for (std::int64_t id = kFirst; id < kFirst + kCustomers; ++id) {
      everybody[id] = {.record = SampleCustomer(1, id, kProducts),
                       .propensity = id % 3 == 0 ? std::vector<float>{} : SamplePropensity(1, id)};
    }
  }

  // Everybody as of so many minutes after the first time.
  void PublishNow(int minutes) {
    auto writer = GenerationWriter::Create(root);
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_TRUE(writer->PutShelf(shelf));
    GenerationManifest manifest;
    manifest.as_of = kSampleAsOf + std::chrono::minutes{minutes};
    for (auto& [id, someone] : everybody) {
      someone.record.as_of = manifest.as_of;
      const auto put = writer->PutCustomer(someone.record, someone.propensity, someone.source_id);
      ASSERT_TRUE(put) << put.error().message;
    }
    const auto committed = writer->Commit(manifest);
    ASSERT_TRUE(committed) << committed.error().message;
  }

  Result<SyncReport> Sync() {
    AISLE_TRY(const PublishedGeneration published, PublishedGeneration::OpenCurrent(root));
    return net::Await(SyncGeneration(As(names.writer), names, published));
  }

  // All that the loaded tables say, but for which generation wrote a row, and when; and the bytes of records, whose
  // as_of is that generation's.
  std::string Everything() {
    std::string all;
    for (const std::string_view table : kLoadedTables) {
      all += Ask(fmt::format(
                 "SELECT md5(string_agg(CAST(to_jsonb(t) - 'generation' - 'record' AS text), ',' "
                 "ORDER BY CAST(to_jsonb(t) - 'generation' - 'record' AS text))) FROM {} t",
                 table)) +
             " ";
    }
    return all + Ask("SELECT to_jsonb(m) - 'loaded_at' - 'loaded_by' FROM aisle_meta m");
  }
  void ExpectAsAfterALoad() {
    const std::string synced = Everything();
    const auto loaded = Load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(synced, Everything());
  }

  Shelf shelf;
  std::map<std::int64_t, Someone> everybody;
};

TEST_F(SyncTest, WhatDidNotChangeIsNotWritten) {
  PublishNow(0);
  ASSERT_TRUE(Load());
  const std::string versions =
      "SELECT md5(string_agg(CAST(xmin AS text) || CAST(ctid AS text), ',' ORDER BY ctid)) FROM ";
  const std::string features = Ask(versions + "customer_features");
  const std::string scores = Ask(versions + "customer_propensity");
  PublishNow(0);  // Another generation of the same moment.
  const auto synced = Sync();
  ASSERT_TRUE(synced) << synced.error().message;
  EXPECT_EQ(synced->generation, 2);
  EXPECT_FALSE(synced->up_to_date);
  // Manifest and shelf are another generation's.
  EXPECT_THAT(synced->sent, ElementsAre(Pair("generation_files", 2)));
  EXPECT_THAT(synced->removed, IsEmpty());
  EXPECT_EQ(Ask(versions + "customer_features"), features);
  EXPECT_EQ(Ask(versions + "customer_propensity"), scores);
  EXPECT_EQ(Ask("SELECT generation || ' ' || loaded_by FROM aisle_meta"), "2 sync");
  const auto again = Sync();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->up_to_date);
  ExpectAsAfterALoad();
}

TEST_F(SyncTest, WhatTimeAloneChangesIsSentAndNothingElse) {
  PublishNow(0);
  ASSERT_TRUE(Load());
  PublishNow(5);
  const auto synced = Sync();
  ASSERT_TRUE(synced) << synced.error().message;
  // Within five minutes a whole day more has passed for few; within a day for everybody who ever bought.
  const std::int64_t few =
      synced->sent.contains("customer_features") ? synced->sent.at("customer_features") : 0;
  EXPECT_LT(few, kCustomers / 4);
  PublishNow(24 * 60);
  const auto later = Sync();
  ASSERT_TRUE(later);
  const std::int64_t bought =
      std::stoll(Ask("SELECT count(*) FROM customer_features WHERE last_purchase_at IS NOT NULL"));
  EXPECT_GE(later->sent.at("customer_features"), bought);
  EXPECT_FALSE(later->sent.contains("customer_propensity"));
  ExpectAsAfterALoad();
}

TEST_F(SyncTest, WhatIsNewOtherOrGoneIsSo) {
  PublishNow(0);
  ASSERT_TRUE(Load());
  everybody[kFirst].record.add_to_cart_count += 1;  // Another record.
  everybody[kFirst + 1].propensity[3] = 0.625F;     // Another score.
  everybody[kFirst + 1].record.total_orders += 1;
  everybody.erase(kFirst + 2);  // Gone, with or without scores.
  everybody.erase(kFirst + 3);
  everybody.erase(kFirst + kCustomers - 1);
  everybody[kFirst + 4].propensity.clear();  // No scores any more, or new ones.
  everybody[kFirst + 5].propensity = SamplePropensity(2, 5);
  everybody[kFirst + 6].propensity = SamplePropensity(2, 6);
  const std::int64_t fresh = kFirst + kCustomers + 7;  // New.
  everybody[fresh] = {.record = SampleCustomer(1, fresh, kProducts),
                      .propensity = SamplePropensity(1, fresh)};
  everybody[5] = {.record = SampleCustomer(1, 5, kProducts), .propensity = {}};
  shelf.regions[0].quantity[0] += 1;  // Stock: other, gone, new.
  shelf.regions[1].products.pop_back();
  shelf.regions[1].quantity.pop_back();
  shelf.regions[1].delivery_days.pop_back();
  shelf.catalogue.products[7].price.value += 1;
  PublishNow(0);
  const auto synced = Sync();
  ASSERT_TRUE(synced) << synced.error().message;
  EXPECT_EQ(synced->sent.at("inventory"), 1);
  EXPECT_EQ(synced->removed.at("inventory"), 1);
  EXPECT_EQ(synced->sent.at("product_catalog"), 1);
  EXPECT_EQ(synced->removed.at("customer_features"), 3);
  EXPECT_EQ(synced->sent.at("customer_features"), 7);
  EXPECT_EQ(Ask(fmt::format("SELECT count(*) FROM customer_features WHERE generation = 2")), "7");
  EXPECT_EQ(Ask(fmt::format("SELECT propensity_score FROM customer_propensity WHERE customer_id = "
                            "{} AND category_id = 'CAT-004'",
                            kFirst + 1)),
            "0.625");
  ExpectAsAfterALoad();
}

TEST_F(SyncTest, AnotherCatalogueTakesItsCategoriesWithIt) {
  PublishNow(0);
  ASSERT_TRUE(Load());
  shelf.catalogue.categories.back().id = "CAT-999";
  PublishNow(0);
  const auto synced = Sync();
  ASSERT_TRUE(synced) << synced.error().message;
  EXPECT_EQ(Ask("SELECT count(*) FROM customer_propensity WHERE category_id = 'CAT-012'"), "0");
  ExpectAsAfterALoad();
}

TEST_F(SyncTest, TextIdsComeAndGo) {
  shelf.catalogue.text_customer_ids = true;
  for (features::ProductRecord& product : shelf.catalogue.products)
    product.source_id = fmt::format("SKU-{}", product.product.value);
  for (auto& [id, someone] : everybody) someone.source_id = fmt::format("C-{}", id);
  PublishNow(0);
  ASSERT_TRUE(Load());
  EXPECT_EQ(
      Ask(fmt::format("SELECT customer_id FROM customer_ids WHERE source_id = 'C-{}'", kFirst + 9)),
      std::to_string(kFirst + 9));
  everybody[kFirst].source_id = "renamed";
  everybody.erase(kFirst + 1);
  PublishNow(0);
  const auto synced = Sync();
  ASSERT_TRUE(synced) << synced.error().message;
  EXPECT_EQ(synced->sent.at("customer_ids"), 1);
  EXPECT_EQ(synced->removed.at("customer_ids"), 2);
  ExpectAsAfterALoad();
}

TEST_F(SyncTest, RowsThatSomebodyElseChangedAreMendedWhereTheirHashesSaySo) {
  PublishNow(0);
  ASSERT_TRUE(Load());
  ASSERT_EQ(Do(As(names.writer),
               "DELETE FROM customer_features WHERE customer_id % 2 = 0; UPDATE inventory SET "
               "qty_on_hand = 0"),
            "");
  PublishNow(0);
  const auto synced = Sync();
  ASSERT_TRUE(synced) << synced.error().message;
  EXPECT_EQ(synced->sent.at("customer_features"), kCustomers / 2);
  ExpectAsAfterALoad();
}

TEST_F(SyncTest, VerifyingFindsWhatSomebodyChangedByHand) {
  PublishNow(0);
  ASSERT_TRUE(Load());
  const auto problems = [&] {
    const auto status = net::Await(ReadStoreStatus(As(names.reader), names, true));
    EXPECT_TRUE(status && status->verified);
    return status ? status->problems : std::vector<std::string>();
  };
  EXPECT_THAT(problems(), IsEmpty());
  ASSERT_EQ(Do(Admin(),
               "UPDATE customer_features SET record = set_byte(record, 20, get_byte(record, 20) # "
               "1) WHERE "
               "customer_id = 1000007"),
            "");
  EXPECT_THAT(problems(), testing::ElementsAre(HasSubstr("customer 1000007: ")));
  ASSERT_EQ(Do(Admin(),
               "UPDATE customer_propensity SET propensity_score = 0.5 WHERE customer_id = 1000001; "
               "DELETE FROM customer_features WHERE customer_id = 1000007"),
            "");
  EXPECT_THAT(problems(),
              testing::ElementsAre(HasSubstr("rows of customer_features: the tables say 199")));
  ASSERT_TRUE(Load());
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(SyncTest, BeforeTheFirstLoadThereIsNothingToSync) {
  PublishNow(0);
  const auto synced = Sync();
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(synced.error().message, HasSubstr("aisle store load"));
}

TEST_F(SyncTest, TheReaderReadsAndAddsToTheLogsAndNothingElse) {
  PublishNow(0);
  ASSERT_TRUE(Load());
  const auto reader = As(names.reader);
  for (const std::string_view table : kLoadedTables)
    EXPECT_NE(AskAs(reader, fmt::format("SELECT count(*) FROM {}", table)), "") << table;
  EXPECT_EQ(Do(reader,
               "INSERT INTO impressions (request_id, served_at, region, generation, record) VALUES "
               "('r', now(), 'West', 1, '')"),
            "");
  EXPECT_EQ(Do(reader, "SELECT append_writes('{stock,stock}', '{42,43}', '{a,b}')"), "");
  EXPECT_EQ(AskAs(reader,
                  "SELECT string_agg(position || ' ' || key, ', ' ORDER BY position) FROM writes"),
            "1 42, 2 43");
  // A temporary table that looks like the counter is not taken for it.
  EXPECT_EQ(Do(reader,
               "CREATE TEMP TABLE writes_position (only_row boolean, position bigint); INSERT INTO "
               "pg_temp.writes_position VALUES (true, 70);"
               "SELECT append_writes('{stock}', '{44}', '{c}')"),
            "");
  EXPECT_EQ(Ask("SELECT max(position) FROM writes"), "3");
  EXPECT_THAT(Do(reader, "SELECT append_writes('{stock,stock}', '{45}', '{d}')"),
              HasSubstr("null value"));
  for (const char* refused :
       {"UPDATE customer_features SET age = 1",
        "DELETE FROM customer_features",
        "INSERT INTO inventory VALUES ('x', 1, 'w', 1, 1)",
        "UPDATE aisle_meta SET generation = 9",
        "TRUNCATE customer_propensity",
        "DROP TABLE inventory",
        "CREATE TABLE mine (i int)",
        "UPDATE writes SET key = 'x'",
        "DELETE FROM writes",
        "DELETE FROM impressions",
        "UPDATE writes_position SET position = 0",
        "INSERT INTO writes VALUES (9, now(), 'stock', '46', '')",
        "INSERT INTO impressions (position, request_id, served_at, region, generation, record) "
        "OVERRIDING SYSTEM VALUE VALUES (9223372036854775000, 'r', now(), 'West', 1, '')",
        "INSERT INTO impressions (written_at, request_id, served_at, region, generation, record) "
        "VALUES ('infinity', 'r', now(), 'West', 1, '')",
        "ALTER TABLE inventory ADD COLUMN x int",
        "CREATE SCHEMA mine",
        "INSERT INTO aisle_migrations (number) VALUES (9)",
        "LOCK TABLE customer_features IN ACCESS EXCLUSIVE MODE",
        "COPY customer_features TO '/tmp/x'",
        "CREATE TABLE public.mine (i int)"}) {
    EXPECT_THAT(Do(reader, refused), HasSubstr("SQLSTATE 42501")) << refused;
  }
  const auto writer = As(names.writer);
  for (const char* refused :
       {"DROP TABLE inventory", "CREATE TABLE mine (i int)", "UPDATE writes SET key = 'x'",
        "UPDATE writes_position SET position = 0", "TRUNCATE inventory", "DELETE FROM aisle_meta",
        "SELECT append_writes('{stock}', '{42}', '{a}')"}) {
    EXPECT_THAT(Do(writer, refused), HasSubstr("SQLSTATE 42501")) << refused;
  }
}

}  // namespace
}  // namespace aisle::serving
