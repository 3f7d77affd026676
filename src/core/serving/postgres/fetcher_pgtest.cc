// A server's folder follows the tables, whatever happens on the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "serving/generation/fetched.h"
#include "serving/generation/published.h"
#include "serving/postgres/fetcher.h"
#include "serving/postgres/status.h"
#include "serving/postgres/store_testing.h"
#include "serving/postgres/sync.h"
#include "serving/state/in_service.h"

namespace aisle::serving {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Fetch : public PostgresStoreTest {
 protected:
  std::unique_ptr<GenerationFetcher> Start() const { return StartAs(As(names.reader)); }
  std::unique_ptr<GenerationFetcher> StartAs(const postgres::ConnectionSettings& reader) const {
    auto fetcher = GenerationFetcher::Start(reader, names, here, {.every = 20ms, .again = 50ms});
    fetcher->WaitForFirstLook(60s);
    return fetcher;
  }
  void SyncHere() const {
    const auto published = PublishedGeneration::OpenCurrent(root);
    ASSERT_TRUE(published);
    const auto synced = net::Await(SyncGeneration(As(names.writer), names, *published));
    ASSERT_TRUE(synced) << synced.error().message;
  }
  std::int64_t Current() const { return CurrentGeneration(here).value_or(0); }
  static void Eventually(const std::function<bool()>& holds, const std::string& what) {
    for (int i = 0; i < 6000 && !holds(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(holds()) << what;
  }
  void ExpectSameAsPublished() const {
    const auto fetched = ServingState::OpenCurrent(here);
    const auto published = ServingState::OpenCurrent(root);
    ASSERT_TRUE(fetched && published);
    EXPECT_EQ((*fetched)->OpenCustomers()->Checksum(), (*published)->OpenCustomers()->Checksum());
    EXPECT_EQ(EncodeShelf((*fetched)->PublishedShelf()),
              EncodeShelf((*published)->PublishedShelf()));
    EXPECT_FALSE((*fetched)->HasCustomers());
  }

  fs::path here = temp.Path() / "here";
};

TEST_F(Fetch, ItFollowsALoadASyncAndARollback) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Load());
  const auto fetcher = Start();
  EXPECT_EQ(fetcher->Trouble(), "");
  EXPECT_EQ(Current(), 1);
  ExpectSameAsPublished();
  ASSERT_TRUE(Publish(root, 2));
  SyncHere();
  Eventually([&] { return Current() == 2; }, "the sync is followed");
  ExpectSameAsPublished();
  ASSERT_TRUE(Publish(root, 3));
  ASSERT_TRUE(Load());
  Eventually([&] { return Current() == 3; }, "the load is followed");
  ASSERT_TRUE(RollBack(root));
  SyncHere();
  Eventually([&] { return Current() == 2; }, "the rollback is followed");
  ExpectSameAsPublished();
  EXPECT_EQ(fetcher->Trouble(), "");
}

TEST_F(Fetch, FilesOfTwoGenerationsAreKept) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    ASSERT_TRUE(Publish(root, seed));
    if (seed == 1) {
      ASSERT_TRUE(Load());
    } else {
      SyncHere();
    }
  }
  EXPECT_EQ(Ask("SELECT count(DISTINCT generation_checksum) FROM generation_files"), "2");
  EXPECT_EQ(Ask("SELECT count(*) FROM generation_files f JOIN aisle_meta m USING "
                "(generation_checksum) WHERE name = 'manifest.json'"),
            "1");
  ASSERT_TRUE(Load());
  EXPECT_EQ(Ask("SELECT count(DISTINCT generation_checksum) FROM generation_files"), "1");
}

TEST_F(Fetch, ALargeFileGoesInParts) {
  const auto publish = [&]() -> Result<GenerationManifest> {
    AISLE_TRY(auto writer, GenerationWriter::Create(root));
    AISLE_CHECK(writer.PutShelf(SampleShelf(1, 60'000)));
    AISLE_CHECK(writer.PutCustomer(SampleCustomer(1, kSampleFirstCustomer, kProducts), {}));
    GenerationManifest manifest;
    manifest.as_of = kSampleAsOf;
    return writer.Commit(manifest);
  };
  ASSERT_TRUE(publish());
  ASSERT_TRUE(Load());
  EXPECT_EQ(Ask("SELECT count(*) > 2 AND min(octet_length(bytes)) > 0 AND max(octet_length(bytes)) "
                "= 1048576 FROM generation_files WHERE name = 'shelf.bin'"),
            "true");
  const auto fetcher = Start();
  EXPECT_EQ(fetcher->Trouble(), "");
  ExpectSameAsPublished();
}

TEST_F(Fetch, BeforeTheFirstLoadItSaysSoAndWaits) {
  const auto fetcher = Start();
  EXPECT_THAT(fetcher->Trouble(), HasSubstr("aisle store load"));
  EXPECT_TRUE(fetcher->IsAnswered());
  EXPECT_FALSE(fs::exists(here / kCurrentFile));
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Load());
  Eventually([&] { return Current() == 1; }, "it comes");
  Eventually([&] { return fetcher->Trouble().empty(); }, "and all is well");
}

TEST_F(Fetch, APostgresThatIsAwayOrNotOursIsSaidInWords) {
  postgres::ConnectionSettings away = As(names.reader);
  away.hosts.front().name = "127.0.0.1";
  away.hosts.front().port = 1;
  const auto alone = StartAs(away);
  EXPECT_THAT(alone->Trouble(), HasSubstr("Postgres does not say"));
  EXPECT_FALSE(alone->IsAnswered());
  StoreNames others = names;
  others.schema = "nobodys";
  const auto fetcher = GenerationFetcher::Start(As(names.reader), others, here);
  fetcher->WaitForFirstLook(60s);
  EXPECT_THAT(fetcher->Trouble(), HasSubstr("aisle store create"));
}

TEST_F(Fetch, AfterItsConnectionWasLostItConnectsAgain) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Load());
  const auto fetcher = Start();
  Do(Admin(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" +
                  names.reader + "'");
  ASSERT_TRUE(Publish(root, 2));
  SyncHere();
  Eventually([&] { return Current() == 2; }, "it follows again");
}

TEST_F(Fetch, DamagedBytesAreRefusedInWordsAndTheOldGenerationStays) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Load());
  ASSERT_EQ(Start()->Trouble(), "");
  ASSERT_TRUE(Publish(root, 2));
  const auto refused = [&](const std::string& damage, const std::string& words) {
    ASSERT_TRUE(Load());
    ASSERT_EQ(Do(Admin(), damage), "");
    const auto fetcher = Start();
    EXPECT_THAT(fetcher->Trouble(), testing::AllOf(HasSubstr("generation 2"), HasSubstr(words)))
        << damage;
    EXPECT_EQ(Current(), 1) << damage;
    const auto status = net::Await(ReadStoreStatus(As(names.reader), names, true));
    ASSERT_TRUE(status);
    EXPECT_THAT(status->problems, testing::Contains(HasSubstr("generation_files"))) << damage;
  };
  const std::string of_two =
      " WHERE generation_checksum = (SELECT generation_checksum FROM aisle_meta) AND name = ";
  refused("UPDATE generation_files SET bytes = set_byte(bytes, 20, get_byte(bytes, 20) # 1)" +
              of_two + "'shelf.bin'",
          "shelf.bin has checksum");
  refused("UPDATE generation_files SET bytes = set_byte(bytes, 20, get_byte(bytes, 20) # 1)" +
              of_two + "'manifest.json'",
          "manifest");
  refused("DELETE FROM generation_files" + of_two + "'models/ranking.ubj'", "models/ranking.ubj");
  refused("UPDATE generation_files SET part = 1" + of_two + "'models/ranking.json'",
          "models/ranking.json");
  const auto fetcher = Start();
  EXPECT_NE(fetcher->Trouble(), "");
  ASSERT_TRUE(Load());
  Eventually([&] { return Current() == 2; }, "a load mends it");
  Eventually([&] { return fetcher->Trouble().empty(); }, "and all is well");
  EXPECT_EQ(net::Await(ReadStoreStatus(As(names.reader), names, true))->problems.size(), 0U);
}

TEST_F(Fetch, WhatWasDamagedHereIsFetchedAgain) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Load());
  ASSERT_EQ(Start()->Trouble(), "");
  fs::resize_file(GenerationFolder(here, 1) / "shelf.bin", 10);
  ASSERT_EQ(Start()->Trouble(), "");
  ExpectSameAsPublished();
}

TEST_F(Fetch, TablesOfBeforeThereWereFilesGetThemByASync) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Load());
  ASSERT_EQ(Do(Admin(), "DELETE FROM generation_files"), "");
  EXPECT_EQ(net::Await(ReadStoreStatus(As(names.reader), names, false))->files.files, 0);
  const auto fetcher = Start();
  EXPECT_THAT(fetcher->Trouble(), HasSubstr("aisle store sync"));
  SyncHere();
  Eventually([&] { return Current() == 1; }, "it comes");
  const auto files = net::Await(ReadStoreStatus(As(names.reader), names, false))->files;
  EXPECT_EQ(files.files, 4);
  EXPECT_GT(files.bytes, 1000);
}

TEST_F(Fetch, WhatIsPublishedHereIsLeftAlone) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Load());
  here = root;
  ASSERT_TRUE(Publish(root, 2));
  const auto fetcher = Start();
  EXPECT_EQ(fetcher->Trouble(), "");
  EXPECT_EQ(Current(), 2);
  SyncHere();
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(Current(), 2);
  EXPECT_TRUE(Open()->HasCustomers());
}

// The files of a load come before its tables.
TEST_F(Fetch, WhatIsBeingLoadedIsFetchedAheadAndTakenWhenTheTablesChange) {
  ASSERT_TRUE(Publish(root, 1, 300));
  ASSERT_TRUE(Load());
  const auto fetcher = Start();
  ASSERT_TRUE(Publish(root, 2, 300));
  bool ahead = false;
  std::int64_t current_then = 0;
  const auto loaded = Load({.keep_going = [&](std::string_view, std::int64_t) {
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    while (!ahead && std::chrono::steady_clock::now() < give_up)
      ahead = fs::exists(GenerationFolder(here, 2));
    if (current_then == 0) current_then = Current();
    return true;
  }});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE(ahead);
  EXPECT_EQ(current_then, 1);
  Eventually([&] { return Current() == 2; }, "it is taken");
}

TEST_F(Fetch, WhileSomebodyPublishesHereItWaits) {
  ASSERT_TRUE(Publish(root, 1));
  ASSERT_TRUE(Load());
  auto publisher = std::optional(base::FileLock::Acquire(here / kWriterLockFile, "publishing"));
  ASSERT_TRUE(*publisher);
  const auto fetcher =
      GenerationFetcher::Start(As(names.reader), names, here, {.every = 20ms, .again = 50ms});
  fetcher->WaitForFirstLook(200ms);
  EXPECT_EQ(Current(), 0);
  publisher.reset();
  Eventually([&] { return Current() == 1; }, "then it fetches");
}

}  // namespace
}  // namespace aisle::serving
