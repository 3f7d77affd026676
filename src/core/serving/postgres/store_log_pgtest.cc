// The two logs that servers share, as those see them who read and write them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/await.h"
#include "serving/postgres/store_log.h"
#include "serving/postgres/store_testing.h"

namespace aisle::serving {
namespace {

using events::Change;
using events::Kind;
using events::LogReader;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Change Stock(std::int64_t product, std::int64_t quantity) {
  return {{Kind::kStock, fmt::format("a.{}.{}", product, quantity), base::FromMicros(1)},
          {{"product_id", product}, {"region", std::string("West")}, {"qty_on_hand", quantity}}};
}

Status Append(events::Log& log, const std::vector<Change>& changes) {
  return log.Append(changes, domain::RetailerShape::Quickstart());
}

events::Impression Shown(const std::string& request, std::int64_t customer) {
  events::Impression impression;
  impression.request_id = request;
  impression.served_at = base::FromMicros(1'000'000);
  impression.customer = {customer};
  impression.region = "West";
  impression.shown = {{{7}, 0.5F, "model"}};
  impression.generation = 3;
  return impression;
}

class StoreLogTest : public PostgresStoreTest {
 protected:
  std::unique_ptr<StoreLog> Open(const std::string& role, StoreLog::Kind kind) {
    auto log = StoreLog::Open(As(role), names, kind);
    EXPECT_TRUE(log) << log.error().message;
    return log ? *std::move(log) : nullptr;
  }
  static std::vector<std::int64_t> Quantities(const std::vector<events::LogRecord>& records) {
    std::vector<std::int64_t> found;
    for (const events::LogRecord& record : records) {
      const auto change = events::DecodeChange(record.bytes);
      EXPECT_TRUE(change);
      if (change) found.push_back(std::get<std::int64_t>(*raw::Find(change->row, "qty_on_hand")));
    }
    return found;
  }
};

TEST_F(StoreLogTest, WhatOneServerWritesAnotherReadsWithTheTimeOfTheDatabase) {
  const auto one = Open(names.reader, StoreLog::Kind::kWrites);
  const auto other = Open(names.reader, StoreLog::Kind::kWrites);
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->Id(), other->Id());
  EXPECT_EQ(one->Id().size(), 32U);
  EXPECT_EQ(*one->LastPosition(), 0U);
  const base::Timestamp before = base::Now() - std::chrono::hours{1};
  ASSERT_TRUE(Append(*one, {Stock(7, 1), Stock(8, 2)}));
  ASSERT_TRUE(Append(*other, {Stock(7, 3)}));
  const auto records = one->Read(0, 10);
  ASSERT_TRUE(records);
  EXPECT_THAT(Quantities(*records), ElementsAre(1, 2, 3));
  base::Timestamp last = before;
  for (const events::LogRecord& record : *records) {
    const auto envelope = events::DecodeEnvelope(record.bytes);
    ASSERT_TRUE(envelope);
    EXPECT_GE(envelope->time, last) << "not the writer's clock, which said 1970";
    last = envelope->time;
  }
  EXPECT_THAT(Quantities(*one->Read(1, 1)), ElementsAre(2));
  EXPECT_EQ(Ask("SELECT string_agg(kind || ' ' || key, ', ' ORDER BY position) FROM writes"),
            "stock 7/West, stock 8/West, stock 7/West");
}

TEST_F(StoreLogTest, AClockThatIsPutBackDoesNotMakeALaterWriteOlder) {
  const auto log = Open(names.reader, StoreLog::Kind::kWrites);
  ASSERT_TRUE(log);
  ASSERT_EQ(Do(Admin(), "UPDATE writes_position SET written_at = now() + interval '1 day'"), "");
  ASSERT_TRUE(Append(*log, {Stock(7, 1)}));
  EXPECT_EQ(Ask("SELECT written_at > now() + interval '23 hours' FROM writes"), "true");
}

TEST_F(StoreLogTest, AChangeThatNobodyTakesIsRefusedAndNothingIsWritten) {
  const auto log = Open(names.reader, StoreLog::Kind::kWrites);
  ASSERT_TRUE(log);
  Change wrong = Stock(8, 1);
  wrong.row[1].value = std::string("Atlantis");
  const Status refused = Append(*log, {Stock(7, 1), wrong});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("Atlantis"));
  EXPECT_EQ(*log->LastPosition(), 0U);
}

TEST_F(StoreLogTest, RecordsGoWhenAllReadersArePastThem) {
  const auto server = Open(names.reader, StoreLog::Kind::kWrites);
  const auto worker = Open(names.writer, StoreLog::Kind::kWrites);
  ASSERT_TRUE(server && worker);
  ASSERT_TRUE(Append(*server, {Stock(7, 1), Stock(7, 2), Stock(7, 3)}));
  ASSERT_TRUE(worker->Advance(events::kWarehouseReader, 3));
  EXPECT_THAT(Quantities(*server->Read(0, 10)), ElementsAre(1, 2, 3))
      << "the servers' reader is not";
  ASSERT_TRUE(worker->Advance(events::kLiveReader, 2));
  EXPECT_THAT(Quantities(*server->Read(0, 10)), ElementsAre(3));
  ASSERT_TRUE(worker->Advance(events::kLiveReader, 1)) << "it does not go back";
  EXPECT_EQ(*worker->Mark(events::kLiveReader), 2U);
  const auto readers = worker->Readers();
  ASSERT_TRUE(readers);
  ASSERT_EQ(readers->size(), 2U);
  EXPECT_EQ((*readers)[0].name, "live");
  EXPECT_EQ((*readers)[0].waiting, 1U);
  EXPECT_EQ((*readers)[1].waiting, 0U);
  ASSERT_TRUE(worker->Advance(events::kLiveReader, 3));
  EXPECT_THAT(*server->Read(0, 10), IsEmpty());
  EXPECT_EQ(*server->LastPosition(), 3U) << "positions go on";
  ASSERT_TRUE(worker->Register("audit"));
  EXPECT_EQ(*worker->Mark("audit"), 3U);
  EXPECT_EQ(worker->Advance("audit", 4).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(worker->Advance("nobody", 1).error().code, ErrorCode::kNotFound);
}

TEST_F(StoreLogTest, AServerMayNotMoveMarksOrRemove) {
  const auto server = Open(names.reader, StoreLog::Kind::kWrites);
  ASSERT_TRUE(server);
  ASSERT_TRUE(Append(*server, {Stock(7, 1)}));
  const Status refused = server->Advance(events::kLiveReader, 1);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("permission denied"));
}

TEST_F(StoreLogTest, ImpressionsKeepWhatWasShown) {
  const auto server = Open(names.reader, StoreLog::Kind::kImpressions);
  const auto worker = Open(names.writer, StoreLog::Kind::kImpressions);
  ASSERT_TRUE(server && worker);
  std::vector<events::Impression> shown;
  for (int i = 0; i < 2'500; ++i) shown.push_back(Shown(fmt::format("r{}", i), i));
  shown.push_back(Shown("nobody's", events::kNobody.value));
  ASSERT_TRUE(server->Append(shown));
  EXPECT_EQ(Ask("SELECT count(*) FROM impressions WHERE customer_id IS NULL"), "1");
  EXPECT_EQ(Ask("SELECT count(*) FROM impressions"), "2501");
  const auto records = worker->Read(0, 5'000);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2'501U);
  const auto second = events::DecodeImpression((*records)[1].bytes);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->request_id, "r1");
  EXPECT_EQ(second->shown.front().product.value, 7);
  ASSERT_TRUE(worker->Advance(events::kWarehouseReader, (*records)[1999].position));
  EXPECT_EQ(Ask("SELECT count(*) FROM impressions"), "501");
}

// Without that a reader could pass a position that is committed after a later one.
TEST_F(StoreLogTest, WhoAddsImpressionsWaitsForWhoAddedBefore) {
  const auto server = Open(names.reader, StoreLog::Kind::kImpressions);
  ASSERT_TRUE(server);
  net::RunToEnd([](postgres::ConnectionSettings first,
                   postgres::ConnectionSettings second) -> net::Task<void> {
    const char* const add =
        "INSERT INTO aisle.impressions (request_id, served_at, region, generation, record) VALUES "
        "('r', now(), 'West', 1, '')";
    auto one = co_await postgres::Connection::Open(first, {});
    auto other = co_await postgres::Connection::Open(second, {});
    EXPECT_TRUE(one && other);
    if (!one || !other) co_return;
    EXPECT_TRUE(co_await one->RunScript("BEGIN", {}));
    EXPECT_TRUE(co_await one->RunScript(add, {}));
    const auto waits =
        co_await other->Run(add, net::Deadline::After(std::chrono::milliseconds{300}));
    EXPECT_FALSE(waits);
    EXPECT_TRUE(co_await other->Settle({}));
    EXPECT_TRUE(co_await one->RunScript("COMMIT", {}));
    EXPECT_TRUE(co_await other->Run(add, {}));
  }(As(names.reader), As(names.reader)));
  EXPECT_EQ(Ask("SELECT count(*) FROM impressions"), "2");
}

TEST_F(StoreLogTest, ACallThatHangsEndsWhenItIsTooLateAndTheLogGoesOnAfterwards) {
  int left = -1;  // So often it is not too late yet; below nothing: never.
  const auto log = StoreLog::Open(As(names.reader), names, StoreLog::Kind::kImpressions,
                                  [&left] { return left == 0 || (left > 0 && --left == 0); });
  ASSERT_TRUE(log) << log.error().message;
  net::StandingLoop loop;
  auto holder = net::AwaitOn(loop, postgres::Connection::Open(Admin(), {}));
  ASSERT_TRUE(holder) << holder.error().message;
  ASSERT_TRUE(net::AwaitOn(
      loop, holder->RunScript("BEGIN; LOCK TABLE aisle.impressions IN ACCESS EXCLUSIVE MODE", {})));
  left = 4;
  const Status hung = (*log)->Append(std::vector{Shown("r", 1)});
  ASSERT_FALSE(hung);
  EXPECT_EQ(hung.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(hung.error().message, HasSubstr("it is too late"));
  left = -1;
  ASSERT_TRUE(net::AwaitOn(loop, holder->RunScript("ROLLBACK", {})));
  EXPECT_TRUE((*log)->Append(std::vector{Shown("s", 1)}));
  // The first may have gone in all the same, before the server heard that nobody waits for it.
  EXPECT_EQ(Ask("SELECT count(*) FROM impressions WHERE request_id = 's'"), "1");
}

TEST_F(StoreLogTest, AConnectionThatBrokeIsOpenedAnew) {
  const auto server = Open(names.reader, StoreLog::Kind::kWrites);
  ASSERT_TRUE(server);
  ASSERT_EQ(Do(Admin(), fmt::format("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                                    "WHERE usename = '{}'",
                                    names.reader)),
            "");
  EXPECT_TRUE(Append(*server, {Stock(7, 1)}));
  EXPECT_EQ(*server->LastPosition(), 1U);
}

}  // namespace
}  // namespace aisle::serving
