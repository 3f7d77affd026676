// Postgres as a serving store: under the contract of all stores, and beside what is loaded and synced under its readers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "serving/postgres/fetcher.h"
#include "serving/postgres/postgres_store.h"
#include "serving/postgres/store_testing.h"
#include "serving/postgres/sync.h"
#include "serving/store/store_contract_testing.h"

namespace aisle::serving {
namespace {

using testing::HasSubstr;

// A database with a store in it, for those who are no fixture.
class Database : public PostgresStoreTest {
 public:
  using PostgresStoreTest::As;
  using PostgresStoreTest::names;
  ~Database() override { TearDown(); }
  void TestBody() override {}
  bool Begin() {
    if (!postgres::Cluster::Shared()) return false;
    SetUp();
    return true;
  }
  fs::path Root() const { return root; }
  void LoadCurrent() const {
    const auto loaded = Load();
    EXPECT_TRUE(loaded) << loaded.error().message;
  }
  std::unique_ptr<Store> OpenStore(net::EventLoops& loops) const {
    return std::make_unique<PostgresStore>(loops, 0, As(names.reader), names);
  }
};

// The contract's generations, loaded one after the other: the tables hold the newest.
class OnPostgres : public StoreHarness {
 public:
  bool Begin() { return database_.Begin(); }
  std::unique_ptr<Store> MakeStore(net::EventLoops& loops) override {
    return database_.OpenStore(loops);
  }
  bool HoldsOlder() const override { return false; }
  std::shared_ptr<const GenerationCustomers> Open(std::int64_t generation) override {
    if (published_ == 0) {
      fs::create_directories(database_.Root() / "generation-30");
      published_ = kOld - 1;
    }
    while (published_ < generation) Publish(++published_);
    database_.LoadCurrent();
    auto state = ServingState::OpenCurrent(ServedFrom());
    AISLE_ASSERT(state);
    auto customers = (*state)->OpenCustomers();
    return {customers.release(), [held = *state](const GenerationCustomers* one) { delete one; }};
  }

 protected:
  // The folder of the server.
  virtual fs::path ServedFrom() { return database_.Root(); }
  const Database& TheDatabase() const { return database_; }

 private:
  void Publish(std::int64_t generation) const {
    const auto publish = [&]() -> Result<GenerationManifest> {
      AISLE_TRY(auto writer, GenerationWriter::Create(database_.Root()));
      for (std::int64_t id = 10; id <= (generation == kNew ? 20 : 19); ++id)
        AISLE_CHECK(
            writer.PutCustomer(Record(generation, id), Propensity(generation, id), SourceId(id)));
      AISLE_CHECK(writer.PutShelf(SampleShelfOfTexts()));
      GenerationManifest manifest;
      manifest.as_of = kSampleAsOf;
      return writer.Commit(manifest);
    };
    const auto manifest = publish();
    AISLE_ASSERT(manifest && manifest->generation == generation);
  }
  Database database_;
  std::int64_t published_ = 0;
};

// The same on a machine that has the rest of the generation from the tables.
class OnPostgresAlone : public OnPostgres {
 protected:
  fs::path ServedFrom() override {
    const fs::path root = TheDatabase().Root().parent_path() / "elsewhere";
    const auto fetcher = GenerationFetcher::Start(TheDatabase().As(TheDatabase().names.reader),
                                                  TheDatabase().names, root);
    fetcher->WaitForFirstLook(std::chrono::seconds{60});
    EXPECT_EQ(fetcher->Trouble(), "");
    return root;
  }
};

template <typename Harness>
std::unique_ptr<StoreHarness> MakeOn() {
  auto harness = std::make_unique<Harness>();
  if (!harness->Begin()) return nullptr;
  return harness;
}

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract,
                         testing::Values(StoreBackend{"Postgres", MakeOn<OnPostgres>},
                                         StoreBackend{"PostgresAlone", MakeOn<OnPostgresAlone>}),
                         [](const auto& backend) { return backend.param.name; });

class PostgresStoreFetch : public PostgresStoreTest {
 protected:
  void SetUp() override {
    PostgresStoreTest::SetUp();
    if (IsSkipped()) return;
    loops.Start();
    store = std::make_unique<PostgresStore>(loops, 0, As(names.reader), names);
  }
  void TearDown() override {
    std::promise<void> gone;
    loops.Post(0, [&] {
      store.reset();
      gone.set_value();
    });
    if (cluster != nullptr) gone.get_future().wait();
    loops.Stop();
    if (cluster != nullptr) loops.Join();
    PostgresStoreTest::TearDown();
  }
  Result<CustomerState> Fetch(std::int64_t customer, std::int64_t generation) {
    std::promise<Result<CustomerState>> fetched;
    loops.Spawn(0,
                [](Store& from, LookUp look_up,
                   std::promise<Result<CustomerState>>& to) -> net::Task<void> {
                  to.set_value(co_await from.Fetch(look_up));
                }(*store, Asked({{customer}, generation}), fetched));
    return fetched.get_future().get();
  }
  LookUp Asked(LookUp look_up) {
    *changes_until = 0;
    look_up.changes_until = changes_until;
    return look_up;
  }
  std::shared_ptr<std::uint64_t> changes_until = std::make_shared<std::uint64_t>(0);
  net::EventLoops loops{1, "fetch"};
  std::unique_ptr<PostgresStore> store;
};

constexpr std::int64_t kFirst = kSampleFirstCustomer;

TEST_F(PostgresStoreFetch, BeforeTheFirstLoadItIsUnavailableInWords) {
  const auto fetched = Fetch(kFirst, 1);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(fetched.error().message, HasSubstr("aisle store load"));
}

TEST_F(PostgresStoreFetch, EveryCustomerIsThatOfTheGenerationToTheBit) {
  ASSERT_TRUE(Publish(root, 1, 60));
  ASSERT_TRUE(Load());
  const StatePtr state = Open();
  const auto customers = state->OpenCustomers();
  for (std::int64_t id = kFirst; id < kFirst + 60; ++id) {
    const auto expected = customers->Get({id});
    const auto fetched = Fetch(id, 1);
    ASSERT_TRUE(expected && fetched) << fetched.error().message;
    EXPECT_EQ(EncodeCustomer(fetched->record), EncodeCustomer(expected->record));
    EXPECT_EQ(fetched->propensity, expected->propensity);
  }
  const auto other = Fetch(kFirst, 2);
  EXPECT_EQ(other.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(other.error().message, HasSubstr("holds generation 1, not 2"));
}

TEST_F(PostgresStoreFetch, EveryAnswerSaysHowFarTheLogOfChangesIs) {
  ASSERT_TRUE(Publish(root, 1, 20));
  ASSERT_TRUE(Load());
  ASSERT_EQ(Do(As(names.reader), "SELECT append_writes('{stock,stock}', '{1,2}', '{a,b}')"), "");
  ASSERT_TRUE(Fetch(kFirst, 1));
  EXPECT_EQ(*changes_until, 2U);
  EXPECT_EQ(Fetch(5, 1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(*changes_until, 2U) << "of nobody";
  EXPECT_EQ(Fetch(kFirst, 2).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(*changes_until, 2U) << "in another generation";
}

TEST_F(PostgresStoreFetch, AGenerationOfAnotherDirectoryIsNotOursWhateverItsNumber) {
  ASSERT_TRUE(Publish(root, 1, 20));
  ASSERT_TRUE(Load());
  const fs::path elsewhere = temp.Path() / "elsewhere";
  ASSERT_TRUE(Publish(elsewhere, 2, 20));
  const auto ours = ServingState::OpenCurrent(elsewhere);
  ASSERT_TRUE(ours);
  const auto bind = [&](const StatePtr& state) {
    std::promise<void> bound;
    loops.Post(0, [&] {
      store->Bind(state->OpenCustomers());
      bound.set_value();
    });
    bound.get_future().wait();
  };
  bind(*ours);
  const auto fetched = Fetch(kFirst, 1);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(fetched.error().message, HasSubstr("of another data directory"));
  bind(Open());
  EXPECT_TRUE(Fetch(kFirst, 1));
}

TEST_F(PostgresStoreFetch, WhileTheServerIsAwayItIsUnavailableAndThenWellAgain) {
  ASSERT_TRUE(Publish(root, 1, 10));
  ASSERT_TRUE(Load());
  ASSERT_TRUE(Fetch(kFirst, 1));
  Do(Admin(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" +
                  names.reader + "'");
  bool well = false;
  for (int i = 0; i < 50 && !well; ++i) {
    const auto fetched = Fetch(kFirst, 1);
    well = fetched.has_value();
    if (!well) {
      EXPECT_EQ(fetched.error().code, ErrorCode::kUnavailable);
    }
  }
  EXPECT_TRUE(well);
}

// Loads and syncs of two generations in turn, under a reader that asks for whichever it was told last.
TEST_F(PostgresStoreFetch, UnderLoadsAndSyncsNoAnswerMixesTwoGenerations) {
  ASSERT_TRUE(Publish(root, 1, 40));
  ASSERT_TRUE(Load());
  std::map<std::int64_t, std::string> records;
  std::map<std::int64_t, std::vector<float>> propensities;
  const auto remember = [&](std::int64_t generation) {
    const auto state = Open();
    const auto found = state->OpenCustomers()->Get({kFirst + 1});
    ASSERT_TRUE(found);
    records[generation] = EncodeCustomer(found->record);
    propensities[generation] = found->propensity;
  };
  remember(1);
  std::atomic<bool> done = false;
  int asked = 0;
  int mixed = 0;
  std::set<std::int64_t> seen;
  std::mutex mutex;
  std::jthread reader([&] {
    std::int64_t generation = 1;
    while (!done) {
      const auto fetched = Fetch(kFirst + 1, generation);
      if (!fetched) {
        // Another generation is there now.
        ++generation;
        if (generation > 7) generation = 1;
        continue;
      }
      ++asked;
      const std::lock_guard lock(mutex);
      seen.insert(generation);
      mixed += EncodeCustomer(fetched->record) != records[generation] ||
                       fetched->propensity != propensities[generation]
                   ? 1
                   : 0;
    }
  });
  for (std::int64_t generation = 2; generation <= 7; ++generation) {
    ASSERT_TRUE(Publish(root, static_cast<std::uint64_t>(generation), 40));
    {
      const std::lock_guard lock(mutex);
      remember(generation);
    }
    if (generation % 2 == 0) {
      ASSERT_TRUE(Load());
    } else {
      const auto published = PublishedGeneration::OpenCurrent(root);
      ASSERT_TRUE(published);
      const auto synced = net::Await(SyncGeneration(As(names.writer), names, *published));
      ASSERT_TRUE(synced) << synced.error().message;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  done = true;
  reader.join();
  EXPECT_GT(asked, 20);
  EXPECT_GE(seen.size(), 4U);
  EXPECT_EQ(mixed, 0);
}

}  // namespace
}  // namespace aisle::serving
