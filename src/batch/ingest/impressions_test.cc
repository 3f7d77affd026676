#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "events/events.h"
#include "events/log_testing.h"
#include "ingest/ingest.h"
#include "ingest/warehouse_testing.h"

namespace aisle::ingest {
namespace {

using events::EventLog;
using events::Impression;

class ImpressionsTest : public WarehouseTest {
 protected:
  static Impression Answer(const std::string& request, int products) {
    Impression impression;
    impression.request_id = request;
    impression.served_at = base::FromMicros(kLoadedMicros);
    impression.customer = {1'000'007};
    impression.region = "Midwest";
    impression.ranking_version = 7;
    impression.generation = 31;
    for (int i = 0; i < products; ++i)
      impression.shown.push_back({{40 - i}, 0.5F - 0.25F * static_cast<float>(i), "model"});
    return impression;
  }
  void Append(const std::vector<std::string>& records) {
    const Status status = events::AppendBytes(folder_ / "log", records);
    ASSERT_TRUE(status) << status.error().message;
  }
  // Rows added, or -1 with the error printed.
  std::int64_t Collect() {
    const auto moved = CollectImpressions(*connection_, folder_ / "log");
    if (!moved) ADD_FAILURE() << moved.error().message;
    return moved ? *moved : -1;
  }
};

TEST_F(ImpressionsTest, AreNoneWithoutALog) { EXPECT_EQ(Collect(), 0); }

TEST_F(ImpressionsTest, BecomeOneRowPerAnswerInRankOrder) {
  Append({EncodeImpression(Answer("r1", 3)), EncodeImpression(Answer("r2", 0))});
  EXPECT_EQ(Collect(), 2);
  EXPECT_EQ(Rows("SELECT request_id, served_at, customer_id, visitor_id, region, "
                 "array_to_string(product_ids, ' '), array_to_string(scores, ' '), "
                 "array_to_string(sources, ' '), ranking_version, propensity_version, generation, "
                 "experiment_arm FROM raw.impressions ORDER BY request_id"),
            "r1|2025-06-15 15:06:40|1000007|NULL|Midwest|40 39 38|0.5 0.25 0.0|model model "
            "model|7|0|31|NULL\n"
            "r2|2025-06-15 15:06:40|1000007|NULL|Midwest||||7|0|31|NULL\n");
}

TEST_F(ImpressionsTest, AreMovedOnceAndTheLogIsTrimmed) {
  Append({EncodeImpression(Answer("r1", 1))});
  EXPECT_EQ(Collect(), 1);
  EXPECT_EQ(Collect(), 0);
  Append({EncodeImpression(Answer("r2", 1))});
  EXPECT_EQ(Collect(), 1);
  const auto log = EventLog::Open(folder_ / "log", EventLog::Access::kRead);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->Mark(events::kWarehouseReader).value_or(0), 2U);
}

// What a worker leaves that is killed after its rows were written and before it could trim the log.
TEST_F(ImpressionsTest, AreKeptOnceIfTheyComeAgain) {
  Append({EncodeImpression(Answer("r1", 2))});
  EXPECT_EQ(Collect(), 1);
  Append({EncodeImpression(Answer("r1", 2)), EncodeImpression(Answer("r2", 2)),
          EncodeImpression(Answer("r2", 2))});
  EXPECT_EQ(Collect(), 1);
  EXPECT_EQ(Rows("SELECT request_id, len(product_ids) FROM raw.impressions ORDER BY request_id"),
            "r1|2\nr2|2\n");
}

TEST_F(ImpressionsTest, ADamagedRecordHoldsUpNobody) {
  std::string damaged = EncodeImpression(Answer("r1", 1));
  damaged.resize(damaged.size() / 2);
  Append({damaged, EncodeImpression(Answer("r2", 1))});
  EXPECT_EQ(Collect(), 1);
  EXPECT_EQ(Rows("SELECT source, table_name, line FROM raw.rejects"),
            "event log|raw.impressions|1\n");
}

TEST_F(ImpressionsTest, CancelledOnTheWayTheRestIsMovedNextTime) {
  std::vector<std::string> records;
  for (int i = 0; i < 12'000; ++i)
    records.push_back(EncodeImpression(Answer("r" + std::to_string(i), 1)));
  Append(records);
  const auto cancelled =
      CollectImpressions(*connection_, folder_ / "log", [](std::int64_t) { return false; });
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kUnavailable);
  const std::string kept = Rows("SELECT count(*) FROM raw.impressions");
  EXPECT_NE(kept, "0\n");
  EXPECT_NE(kept, "12000\n");
  EXPECT_EQ(Collect(), 12'000 - std::stoll(kept));
}

TEST_F(ImpressionsTest, RecordsOfANewerProgramStayInTheLog) {
  std::string newer = EncodeImpression(Answer("r1", 1));
  newer[0] = 3;
  Append({newer});
  const auto moved = CollectImpressions(*connection_, folder_ / "log");
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, ErrorCode::kFailedPrecondition);
  const auto log = EventLog::Open(folder_ / "log", EventLog::Access::kRead);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->Mark(events::kWarehouseReader).value_or(9), 0U);
}

// Whoever appended it was told that it is kept: it is neither passed over nor taken for damaged.
TEST_F(ImpressionsTest, AKindThatNoTableTakesInYetStaysInTheLogAndHoldsUpWhatComesAfterIt) {
  const events::Change stock{
      {events::Kind::kStock, "s1", base::FromMicros(kLoadedMicros)},
      {{"product_id", std::int64_t{7}}, {"region", "West"}, {"qty_on_hand", std::int64_t{0}}}};
  Append(
      {EncodeImpression(Answer("r1", 1)), EncodeChange(stock), EncodeImpression(Answer("r2", 1))});
  for (int again = 0; again < 2; ++again) {
    const auto moved = CollectImpressions(*connection_, folder_ / "log");
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_EQ(
        moved.error().message,
        "event log: record 2: kind 'stock' is not taken into the warehouse by this build; use a "
        "newer aisle");
    EXPECT_EQ(Rows("SELECT request_id FROM raw.impressions"), "r1\n") << "what came before it";
    EXPECT_EQ(Rows("SELECT count(*) FROM raw.rejects"), "0\n");
  }
  // The server goes on, and removes what was moved alone.
  Append({EncodeImpression(Answer("r3", 1))});
  const auto log = EventLog::Open(folder_ / "log", EventLog::Access::kRead);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->Mark(events::kWarehouseReader).value_or(9), 1U);
  EXPECT_EQ(log->Read(0, 9)->front().position, 2U);
}

// Of the time when records were impressions and the reader had no name.
TEST_F(ImpressionsTest, OfALogOfTheFirstFormatAreMovedFromTheMarkOfThatTime) {
  const std::filesystem::path old =
      std::filesystem::path(AISLE_SOURCE_DIR) / "src/core/events/format_1";
  std::filesystem::copy(old, folder_ / "log");
  EXPECT_EQ(Collect(), 3);
  EXPECT_EQ(Rows("SELECT request_id, region, len(product_ids), experiment_arm FROM raw.impressions "
                 "ORDER BY request_id"),
            "old-3|Midwest|2|challenger\nold-4|South|3|NULL\nold-5|West|4|NULL\n");
  EXPECT_EQ(Rows("SELECT source, line FROM raw.rejects"), "event log|6\n") << "its damaged record";
  Append({EncodeImpression(Answer("r1", 1))});
  EXPECT_EQ(Collect(), 1);
}

}  // namespace
}  // namespace aisle::ingest
