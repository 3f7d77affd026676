// Two servers' writers on one store: what one acknowledges the other knows, whatever happens in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "api/open_shop_testing.h"
#include "api/shared_change_writer.h"
#include "serving/postgres/store_testing.h"

namespace aisle::api {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// One server's: its generation, and the newest shelf that its loops were given.
class Server {
 public:
  Server(const postgres::ConnectionSettings& reader, const serving::StoreNames& names,
         std::filesystem::path root, std::chrono::milliseconds look = 50ms)
      : root_(std::move(root)) {
    writer =
        SharedChangeWriter::Start({.reader = reader, .names = names, .look = look},
                                  [this](const ShelfPointer& shelf, const std::string& stands_in) {
                                    const std::lock_guard lock(mutex_);
                                    newest_ = shelf;
                                    stands_in_ = stands_in;
                                  });
    Serve();
  }
  void Serve() {
    const auto state = serving::ServingState::OpenCurrent(root_);
    ASSERT_TRUE(state);
    state_ = *state;
    writer->Serve(state_, "");
  }
  ShelfPointer Shelf() const {
    const std::lock_guard lock(mutex_);
    return newest_;
  }
  std::string StandsIn() const {
    const std::lock_guard lock(mutex_);
    return stands_in_;
  }
  bool Has(std::uint32_t product) const {
    return Shelf()->Stock()->In(domain::Region::kNortheast).InStock(product);
  }
  std::uint32_t First(std::size_t n = 0) const {
    return state_->PublishedShelf().regions[0].products[n];
  }
  // So many rows of it: a request with many items.
  Status Write(std::uint32_t product, std::int64_t quantity, std::size_t times = 1) const {
    events::Change change;
    change.envelope.kind = events::Kind::kStock;
    change.row = {
        {"product_id", state_->PublishedShelf().catalogue.products[product].product.value},
        {"region", state_->RetailerShape().RegionName(domain::Region::kNortheast)},
        {"qty_on_hand", quantity},
        {"est_delivery_days", std::int64_t{2}}};
    Status written;
    net::RunToEnd([&]() -> net::Task<void> {
      std::vector<events::Change> changes(times, change);
      written = co_await writer->Write(std::move(changes), state_->RetailerShape());
    }());
    return written;
  }
  std::shared_ptr<SharedChangeWriter> writer;

 private:
  std::filesystem::path root_;
  StatePointer state_;
  mutable std::mutex mutex_;
  ShelfPointer newest_;
  std::string stands_in_;
};

bool Soon(const std::function<bool()>& condition) {
  for (int i = 0; i < 1'500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

class SharedChangeWriterTest : public serving::PostgresStoreTest {
 protected:
  void SetUp() override {
    serving::PostgresStoreTest::SetUp();
    if (!IsSkipped()) PublishGeneration(root, 1);
  }
  std::unique_ptr<Server> Start(std::chrono::milliseconds look = 50ms) {
    return std::make_unique<Server>(As(names.reader), names, root, look);
  }
  // Ends every connection that the reader has.
  void CutOff() {
    EXPECT_EQ(Do(Admin(), fmt::format("SELECT pg_terminate_backend(pid, 5000) FROM "
                                      "pg_stat_activity WHERE usename = '{}'",
                                      names.reader)),
              "");
  }
};

TEST_F(SharedChangeWriterTest, WhatOneAcknowledgesBothKnow) {
  const auto one = Start();
  const auto other = Start();
  const auto product = one->First();
  ASSERT_TRUE(one->Has(product) && other->Has(product));
  ASSERT_TRUE(one->Write(product, 0)) << one->writer->Trouble();
  EXPECT_FALSE(one->Has(product)) << "before it was acknowledged";
  EXPECT_TRUE(Soon([&] { return !other->Has(product); }));
  ASSERT_TRUE(other->Write(product, 5));
  EXPECT_TRUE(other->Has(product));
  EXPECT_TRUE(Soon([&] { return one->Has(product); }));
  EXPECT_EQ(one->Shelf()->Until(), 2U);
  EXPECT_EQ(one->writer->Taken() + other->writer->Taken(), 2U);
}

// Looks are an hour apart: the word of the database alone must do, and after it a look-up that saw more.
TEST_F(SharedChangeWriterTest, TheDatabaseTellsOfIt) {
  const auto one = Start();
  const auto other = Start(1h);
  const auto product = one->First();
  // It listens once its first look is done.
  ASSERT_TRUE(Soon([&] {
    return Ask(fmt::format(
               "SELECT count(*) FROM pg_stat_activity WHERE usename = '{}' AND query LIKE "
               "'LISTEN%'",
               names.reader)) == "2";
  }));
  ASSERT_TRUE(one->Write(product, 0));
  EXPECT_TRUE(Soon([&] { return !other->Has(product); }));
}

TEST_F(SharedChangeWriterTest, ALookUpThatSawMoreHurriesIt) {
  const auto one = Start();
  const auto other = Start(1h);
  const auto product = one->First();
  ASSERT_TRUE(Soon([&] { return other->writer->Trouble().empty() && other->Shelf(); }));
  CutOff();  // Nobody listens for now.
  ASSERT_TRUE(Soon([&] { return one->Write(product, 0).has_value(); }));
  other->writer->Hurry(1);
  EXPECT_TRUE(Soon([&] { return !other->Has(product); }));
}

TEST_F(SharedChangeWriterTest, AfterARestartItKnowsAllThatWasWritten) {
  const auto product = [&] {
    const auto one = Start();
    EXPECT_TRUE(one->Write(one->First(), 0));
    return one->First();
  }();
  const auto again = Start();
  EXPECT_TRUE(Soon([&] { return !again->Has(product); }));
}

TEST_F(SharedChangeWriterTest, AGenerationThatDoesNotKnowAWriteDoesNotUndoIt) {
  const auto one = Start();
  const auto product = one->First();
  ASSERT_TRUE(one->Write(product, 0));
  PublishGeneration(root, 1);  // Made from tables of before.
  one->Serve();
  // At once, and while the log is read again from its beginning.
  for (int i = 0; i < 50; ++i) {
    ASSERT_FALSE(one->Has(product));
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(one->writer->Kept(), 1U);
}

TEST_F(SharedChangeWriterTest, WithoutTheDatabaseChangesAreRefusedAndWhatIsKnownStays) {
  const auto one = Start();
  const auto product = one->First();
  ASSERT_TRUE(one->Write(product, 0));
  cluster->Down();
  const Status refused = one->Write(one->First(1), 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(Soon([&] { return !one->writer->Trouble().empty(); }));
  EXPECT_FALSE(one->Has(product));
  EXPECT_TRUE(one->Has(one->First(1)));
  PublishGeneration(root, 1);
  one->Serve();
  EXPECT_FALSE(one->Has(product)) << "also under another generation";
  cluster->Up();
  EXPECT_TRUE(Soon([&] { return one->writer->Trouble().empty(); }));
  EXPECT_TRUE(Soon([&] { return one->Write(one->First(1), 0).has_value(); }));
  EXPECT_FALSE(one->Has(product));
}

TEST_F(SharedChangeWriterTest, ADatabaseThatWasMadeAnewIsReadAnew) {
  const auto one = Start();
  const auto product = one->First();
  ASSERT_TRUE(one->Write(product, 0));
  ASSERT_EQ(Do(Admin(),
               "DELETE FROM writes; UPDATE writes_position SET position = 0, log_id = 'another'"),
            "");
  EXPECT_TRUE(Soon([&] { return one->Has(product); }));
  ASSERT_TRUE(one->Write(product, 0));
  EXPECT_FALSE(one->Has(product));
}

TEST_F(SharedChangeWriterTest, WhoseGenerationLacksRemovedChangesSaysSo) {
  const auto one = Start();
  ASSERT_TRUE(one->Write(one->First(), 0));
  ASSERT_TRUE(one->Write(one->First(1), 0));
  ASSERT_EQ(Do(Admin(), "DELETE FROM writes WHERE position = 1"), "");
  EXPECT_EQ(one->writer->Behind(), "") << "it has read them";
  const auto late = Start();
  EXPECT_TRUE(Soon([&] { return !late->writer->Behind().empty(); }));
  EXPECT_THAT(late->writer->Behind(), HasSubstr("changes up to 1 were removed"));
}

TEST_F(SharedChangeWriterTest, ChangesThatWereRemovedBeforeItReadThemAreMissed) {
  const auto one = Start();
  const auto product = one->First();
  ASSERT_TRUE(one->Write(product, 0));
  ASSERT_EQ(
      Do(Admin(),
         "BEGIN; SELECT append_writes('{stock,stock}', '{1,1}', ARRAY[record, record]) FROM writes;"
         "DELETE FROM writes WHERE position <= 2; COMMIT"),
      "");
  EXPECT_TRUE(Soon([&] { return !one->writer->Behind().empty(); }));
  EXPECT_THAT(one->StandsIn(), HasSubstr("changes up to 2 were removed"));
  // All of what is left, as well.
  ASSERT_EQ(Do(Admin(),
               "BEGIN; SELECT append_writes('{stock}', '{1}', ARRAY[record]) FROM writes WHERE "
               "position = 3;"
               "DELETE FROM writes; COMMIT"),
            "");
  EXPECT_TRUE(Soon([&] { return one->StandsIn().contains("changes up to 4 were removed"); }));
}

// A standby that was promoted had not all of them, and their positions are of other changes now.
TEST_F(SharedChangeWriterTest, ADatabaseThatWasPutBackIsReadAnew) {
  const auto one = Start();
  ASSERT_TRUE(one->Write(one->First(1), 0));
  ASSERT_TRUE(one->Write(one->First(), 0));
  EXPECT_FALSE(one->Has(one->First()));
  ASSERT_EQ(
      Do(Admin(),
         "UPDATE writes SET record = (SELECT record FROM writes WHERE position = 1), written_at = "
         "written_at + interval '1 second' WHERE position = 2"),
      "");
  EXPECT_TRUE(Soon([&] { return one->Has(one->First()); }));
  EXPECT_FALSE(one->Has(one->First(1)));
}

TEST_F(SharedChangeWriterTest, ARefusalOfTheDatabaseIsTroubleUntilAWriteSucceeds) {
  const auto one = Start();
  const auto may = [&](std::string_view what) {
    return Do(Admin(), fmt::format("{} ON FUNCTION append_writes(text[], text[], bytea[]) {} {}",
                                   what, what.starts_with("GRANT") ? "TO" : "FROM", names.reader));
  };
  ASSERT_EQ(may("REVOKE EXECUTE"), "");
  EXPECT_FALSE(one->Write(one->First(), 0));
  std::this_thread::sleep_for(300ms);  // Some looks, which go well.
  EXPECT_THAT(one->writer->Trouble(), HasSubstr("permission denied"));
  EXPECT_TRUE(one->writer->Follows());
  ASSERT_EQ(may("GRANT EXECUTE"), "");
  EXPECT_TRUE(one->Write(one->First(), 0));
  EXPECT_EQ(one->writer->Trouble(), "");
}

TEST_F(SharedChangeWriterTest, ManyLargeRequestsAtOnceAreWrittenInTurns) {
  const auto one = Start();
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < 12; ++i)
    clients.emplace_back([&, i] { EXPECT_TRUE(one->Write(one->First(i % 7), 1, 1'000)); });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(Ask("SELECT max(position) FROM writes"), "12000");
  EXPECT_EQ(
      Ask("SELECT max(count) <= 2000 FROM (SELECT count(*) FROM writes GROUP BY written_at) AS c"),
      "true");
}

// The database has stopped to answer, without a word: everything that waits for it is told to stop.
TEST_F(SharedChangeWriterTest, ItEndsWhileTheDatabaseHangs) {
  const auto one = Start();
  ASSERT_TRUE(one->Write(one->First(), 0));
  ASSERT_EQ(Do(Admin(), "SELECT 1"), "");
  std::thread holder([&] {
    EXPECT_EQ(Do(Admin(),
                 "BEGIN; LOCK TABLE writes_position IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(4); "
                 "COMMIT"),
              "");
  });
  std::this_thread::sleep_for(500ms);  // Its looks hang by now.
  std::thread client([&] { EXPECT_FALSE(one->Write(one->First(1), 0)); });
  std::this_thread::sleep_for(100ms);
  one->writer->Stop();
  client.join();
  holder.join();
}

TEST_F(SharedChangeWriterTest, SeveralThatWriteAtOnceEndWithTheSame) {
  const auto one = Start();
  const auto other = Start();
  const auto write = [](const Server& server, int from) {
    for (int i = 0; i < 60; ++i) {
      const Status written = server.Write(server.First(static_cast<std::size_t>(i % 7)), from + i);
      EXPECT_TRUE(written) << written.error().message;
    }
  };
  std::thread first([&] { write(*one, 1); });
  std::thread second([&] { write(*other, 0); });
  first.join();
  second.join();
  EXPECT_TRUE(Soon([&] { return one->Shelf()->Until() == 120 && other->Shelf()->Until() == 120; }));
  for (std::size_t i = 0; i < 7; ++i) {
    const auto level = [&](const Server& server) {
      return server.Shelf()->Stock()->In(domain::Region::kNortheast).Of(server.First(i)).quantity;
    };
    EXPECT_EQ(level(*one), level(*other)) << i;
  }
}

}  // namespace
}  // namespace aisle::api
