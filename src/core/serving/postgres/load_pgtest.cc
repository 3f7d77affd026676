// A generation that was loaded is the generation that was published, and what hangs on the tables stays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "net/event_loops.h"
#include "serving/postgres/load.h"
#include "serving/postgres/store_testing.h"

namespace aisle::serving {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kCustomers = 300;

TEST_F(PostgresStoreTest, HoldsTheGenerationToTheBit) {
  const auto manifest = Publish(root, 1, kCustomers);
  ASSERT_TRUE(manifest) << manifest.error().message;
  const auto loaded = Load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->generation, 1);
  EXPECT_EQ(loaded->generation_before, 0);
  EXPECT_EQ(loaded->rows.at("customer_features"), kCustomers);
  EXPECT_EQ(loaded->rows.at("customer_propensity"), manifest->propensity_rows);
  EXPECT_EQ(loaded->rows.at("inventory"), manifest->inventory_rows);
  EXPECT_THAT(loaded->leftovers, IsEmpty());
  EXPECT_EQ(Ask("SELECT generation || ' ' || customers || ' ' || loaded_by FROM aisle_meta"),
            "1 300 load");
  const StatePtr state = Open();
  const auto customers = state->OpenCustomers();
  for (std::int64_t id = kSampleFirstCustomer; id < kSampleFirstCustomer + kCustomers; ++id) {
    const auto expected = customers->Get({id});
    ASSERT_TRUE(expected);
    std::string bytes;
    for (const char c : EncodeCustomer(expected->record))
      bytes += fmt::format("{:02x}", static_cast<unsigned char>(c));
    if (id % 10 == 0) {
      EXPECT_EQ(Ask(fmt::format("SELECT encode(record, 'hex') FROM customer_features WHERE "
                                "customer_id = {}",
                                id)),
                bytes);
      std::string scores;
      for (const float score : expected->propensity)
        scores += fmt::format("{:08x}", std::bit_cast<std::uint32_t>(score));
      EXPECT_EQ(Ask(fmt::format(
                    "SELECT string_agg(encode(float4send(propensity_score), 'hex'), '' ORDER BY "
                    "category_id) FROM customer_propensity WHERE customer_id = {}",
                    id)),
                scores.empty() ? "-" : scores);
    }
  }
}

TEST_F(PostgresStoreTest, ASecondLoadTakesThePlaceOfTheFirstAndLeavesNothing) {
  ASSERT_TRUE(Publish(root, 1, kCustomers));
  ASSERT_TRUE(Load());
  ASSERT_TRUE(Publish(root, 2, kCustomers + 50));
  const auto loaded = Load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->generation_before, 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM customer_features"), std::to_string(kCustomers + 50));
  EXPECT_EQ(Ask("SELECT DISTINCT generation FROM customer_features"), "2");
  EXPECT_EQ(
      Ask("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = "
          "'aisle'::regnamespace AND relkind = 'r'"),
      "aisle_meta aisle_migrations customer_features customer_ids customer_propensity "
      "generation_files impressions inventory log_readers product_catalog token_audit tokens "
      "writes writes_position");
  EXPECT_EQ(Ask("SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_\\_new' OR relname LIKE "
                "'%\\_\\_old'"),
            "0");
  // The structure is the first one's.
  EXPECT_EQ(Ask("SELECT reloptions FROM pg_class WHERE oid = 'customer_features'::regclass"),
            "{toast_tuple_target=8160}");
  EXPECT_THAT(Ask("SELECT obj_description('customer_features'::regclass)"),
              HasSubstr("one row per"));
  EXPECT_THAT(Ask("SELECT col_description('customer_features'::regclass, attnum) FROM pg_attribute "
                  "WHERE attrelid = "
                  "'customer_features'::regclass AND attname = 'record'"),
              HasSubstr("to the byte"));
  EXPECT_EQ(AskAs(As(names.reader), "SELECT count(*) FROM inventory"),
            Ask("SELECT inventory_rows FROM aisle_meta"));
}

TEST_F(PostgresStoreTest, WhatHangsOnTheTablesHangsOnTheNewOnes) {
  ASSERT_TRUE(Publish(root, 1, kCustomers));
  ASSERT_TRUE(Load());
  EXPECT_EQ(Do(Admin(), fmt::format(R"(
    CREATE ROLE {0}_analyst;
    GRANT USAGE ON SCHEMA aisle TO {0}_analyst;
    GRANT SELECT ON customer_propensity TO {0}_analyst WITH GRANT OPTION;
    GRANT SELECT (customer_id, age) ON customer_features TO {0}_analyst;
    GRANT {1} TO {0}_analyst;
    SET ROLE {1};
    CREATE INDEX by_age ON customer_features (age) WHERE age > 30;
    CREATE UNIQUE INDEX "By Product" ON inventory (product_id, region);
    CREATE VIEW spenders WITH (security_barrier = true) AS
      SELECT customer_id, lifetime_spend, (SELECT count(*) FROM customer_propensity p WHERE p.customer_id = f.customer_id) AS scores
      FROM customer_features f WHERE lifetime_spend > 100;
    CREATE VIEW two_steps AS SELECT count(*) AS n FROM spenders;
    GRANT SELECT ON spenders TO {0}_analyst;
    CREATE TABLE notes (customer_id bigint REFERENCES customer_features ON DELETE CASCADE, note text);
    INSERT INTO notes VALUES (1000000, 'kept');
    ALTER TABLE customer_propensity ADD CONSTRAINT of_somebody FOREIGN KEY (customer_id) REFERENCES customer_features;
    CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER shout BEFORE UPDATE ON inventory FOR EACH ROW EXECUTE FUNCTION shout();
    ALTER TABLE inventory DISABLE TRIGGER shout;
    ALTER TABLE inventory REPLICA IDENTITY FULL;
    RESET ROLE;
    CREATE PUBLICATION {0}_out FOR TABLE aisle.inventory (region, product_id, qty_on_hand) WHERE (qty_on_hand > 5), aisle.customer_features;
    GRANT CREATE ON DATABASE {0} TO {1};
    ALTER PUBLICATION {0}_out OWNER TO {1};
  )",
                                    dbname, names.owner)),
            "");
  ASSERT_TRUE(Publish(root, 2, kCustomers));
  const auto loaded = Load();
  ASSERT_TRUE(loaded) << loaded.error().message;

  EXPECT_EQ(Ask("SELECT DISTINCT generation FROM customer_features"), "2");
  EXPECT_EQ(Ask("SELECT string_agg(indexname, ' ' ORDER BY indexname COLLATE \"C\") FROM "
                "pg_indexes WHERE schemaname = 'aisle' AND "
                "tablename IN ('customer_features', 'inventory')"),
            "By Product by_age customer_features_pkey inventory_pkey");
  EXPECT_THAT(Ask("SELECT indexdef FROM pg_indexes WHERE indexname = 'by_age'"),
              HasSubstr("WHERE (age > 30)"));
  EXPECT_EQ(Ask("SELECT count(*) > 0 FROM spenders"), "true");
  EXPECT_EQ(Ask("SELECT sum(scores) <= (SELECT count(*) FROM customer_propensity) FROM spenders"),
            "true");
  EXPECT_EQ(Ask("SELECT n FROM two_steps"),
            Ask("SELECT count(*) FROM customer_features WHERE lifetime_spend > 100"));
  EXPECT_EQ(Ask("SELECT reloptions FROM pg_class WHERE relname = 'spenders'"),
            "{security_barrier=true}");
  for (const char* right :
       {"customer_propensity', 'SELECT WITH GRANT OPTION", "spenders', 'SELECT"})
    EXPECT_EQ(Ask(fmt::format("SELECT has_table_privilege('{}_analyst', '{}')", dbname, right)),
              "true")
        << right;
  EXPECT_EQ(Ask(fmt::format(
                "SELECT has_column_privilege('{}_analyst', 'customer_features', 'age', 'SELECT')",
                dbname)),
            "true");
  EXPECT_EQ(Ask("SELECT string_agg(conname || ' ' || confrelid::regclass, ', ' ORDER BY conname) "
                "FROM pg_constraint WHERE contype = 'f'"),
            "notes_customer_id_fkey customer_features, of_somebody customer_features");
  EXPECT_THAT(Do(Admin(), "INSERT INTO notes VALUES (5, 'nobody')"),
              HasSubstr("notes_customer_id_fkey"));
  EXPECT_EQ(Ask("SELECT tgenabled FROM pg_trigger WHERE tgname = 'shout' AND tgrelid = "
                "'inventory'::regclass"),
            "D");
  EXPECT_EQ(Ask("SELECT relreplident FROM pg_class WHERE oid = 'inventory'::regclass"), "f");
  EXPECT_EQ(Ask("SELECT string_agg(tablename || ' ' || coalesce(rowfilter, ''), ', ' ORDER BY "
                "tablename) FROM pg_publication_tables"),
            "customer_features , inventory (qty_on_hand > 5)");
  EXPECT_EQ(Ask("SELECT attnames FROM pg_publication_tables WHERE tablename = 'inventory'"),
            "{region,product_id,qty_on_hand}");
  EXPECT_EQ(
      Do(Admin(),
         fmt::format("DROP PUBLICATION {0}_out; DROP OWNED BY {0}_analyst; DROP ROLE {0}_analyst",
                     dbname)),
      "");
}

TEST_F(PostgresStoreTest, WhatCannotBeCarriedOverIsNamedBeforeAnythingIsDone) {
  ASSERT_TRUE(Publish(root, 1, kCustomers));
  ASSERT_TRUE(Load());
  ASSERT_TRUE(Publish(root, 2, kCustomers));
  const auto refused = [&](const std::string& make, const std::string& drop,
                           const std::string& what) {
    ASSERT_EQ(Do(Admin(), make), "");
    const auto loaded = Load();
    ASSERT_FALSE(loaded) << what;
    EXPECT_EQ(loaded.error().code, ErrorCode::kFailedPrecondition) << what;
    EXPECT_THAT(loaded.error().message, HasSubstr(what));
    EXPECT_EQ(Ask("SELECT generation FROM aisle_meta"), "1");
    EXPECT_EQ(Ask("SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_\\_new'"), "0");
    ASSERT_EQ(Do(Admin(), drop), "");
  };
  refused("CREATE MATERIALIZED VIEW sums AS SELECT sum(lifetime_spend) FROM customer_features",
          "DROP MATERIALIZED VIEW sums", "materialized view sums");
  refused("CREATE VIEW public.theirs AS SELECT customer_id FROM customer_features",
          "DROP VIEW public.theirs", "view public.theirs, which");
  refused("CREATE PUBLICATION theirs FOR TABLE inventory", "DROP PUBLICATION theirs",
          "publication theirs, which");
  refused("CREATE TABLE public.theirs (id bigint REFERENCES customer_features)",
          "DROP TABLE public.theirs", "theirs_id_fkey");
  refused("ALTER TABLE customer_ids ENABLE ROW LEVEL SECURITY",
          "ALTER TABLE customer_ids DISABLE ROW LEVEL SECURITY", "row security");
  refused(
      "CREATE FUNCTION public.many() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM "
      "aisle.inventory; END",
      "DROP FUNCTION public.many", "function public.many()");
  EXPECT_TRUE(Load());
}

TEST_F(PostgresStoreTest, ReadersInTheWayAreNamedAndReadersBehindWaitLittle) {
  ASSERT_TRUE(Publish(root, 1, kCustomers));
  ASSERT_TRUE(Load());
  ASSERT_TRUE(Publish(root, 2, kCustomers));
  const auto published = PublishedGeneration::OpenCurrent(root);
  ASSERT_TRUE(published);
  std::optional<Result<LoadReport>> loaded;
  net::RunToEnd([](postgres::ConnectionSettings admin, postgres::ConnectionSettings owner,
                   StoreNames store, const PublishedGeneration& from,
                   std::optional<Result<LoadReport>>& out) -> net::Task<void> {
    auto analyst = co_await postgres::Connection::Open(std::move(admin), {});
    const Status begun =
        co_await analyst->RunScript("BEGIN; SELECT count(*) FROM aisle.inventory", {});
    EXPECT_TRUE(begun);
    LoadOptions options;
    options.lock_wait = std::chrono::milliseconds{20};
    options.lock_pause = std::chrono::milliseconds{20};
    options.patience = std::chrono::seconds{1};
    out = co_await LoadGeneration(std::move(owner), std::move(store), from, std::move(options));
  }(Admin(), As(names.owner), names, *published, loaded));
  ASSERT_TRUE(loaded && !*loaded);
  EXPECT_EQ(loaded->error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(loaded->error().message, HasSubstr("in the way: process"));
  EXPECT_EQ(Ask("SELECT generation FROM aisle_meta"), "1");
  // What it had made went with it.
  const auto again = Load();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_THAT(again->leftovers, IsEmpty());
}

TEST_F(PostgresStoreTest, OneLoadAtATime) {
  ASSERT_TRUE(Publish(root, 1, kCustomers));
  std::optional<Result<LoadReport>> second;
  std::atomic<bool> ended = false;
  std::optional<std::thread> other;
  // On a thread of its own, while the first one's loop stands still.
  const auto first = Load({.keep_going = [&](std::string_view, std::int64_t) {
    if (!other) {
      other.emplace([&] {
        second = Load();
        ended = true;
      });
    }
    while (!ended) continue;
    return true;
  }});
  if (other) other->join();
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE(second) << "a larger shop is needed for a second chunk";
  ASSERT_FALSE(*second);
  EXPECT_EQ(second->error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(second->error().message,
              testing::AllOf(HasSubstr("is being loaded or synced by process"),
                             HasSubstr("as " + names.owner)));
}

TEST_F(PostgresStoreTest, ALoadThatIsStoppedChangesNothing) {
  ASSERT_TRUE(Publish(root, 1, kCustomers));
  ASSERT_TRUE(Load());
  ASSERT_TRUE(Publish(root, 2, kCustomers));
  const auto stopped = Load({.keep_going = [&](std::string_view, std::int64_t) { return false; }});
  ASSERT_FALSE(stopped);
  EXPECT_THAT(stopped.error().message, HasSubstr("interrupted"));
  EXPECT_EQ(Ask("SELECT generation FROM aisle_meta"), "1");
  EXPECT_EQ(Ask("SELECT DISTINCT generation FROM customer_features"), "1");
  EXPECT_EQ(Ask("SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_\\_new'"), "0");
  EXPECT_TRUE(Load());
}

TEST_F(PostgresStoreTest, WhatAKilledLoadLeftIsTakenAway) {
  ASSERT_TRUE(Publish(root, 1, kCustomers));
  ASSERT_EQ(Do(As(names.owner),
               "CREATE TABLE inventory__new (i int); CREATE TABLE customer_ids__old (i int)"),
            "");
  const auto loaded = Load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_THAT(loaded->leftovers, ElementsAre("customer_ids__old", "inventory__new"));
}

}  // namespace
}  // namespace aisle::serving
