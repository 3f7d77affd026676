// The log of changes and the tables: how far they know it, what is taken in again, and what files do meanwhile.
#include <gmock/gmock.h>

#include "ingest/changes_testing.h"
#include "ingest/history.h"
#include "ingest/history_frames.h"
#include "ingest/sql.h"

namespace aisle::ingest {
namespace {

using domain::Cents;
using events::EventLog;
using events::Kind;
using testing::HasSubstr;

using ChangeLogTest = ChangesTest;

TEST_F(ChangeLogTest, TheTablesSayUpToWhereTheyKnowTheLog) {
  Append({Stock(0, 7, "West", 4), Stock(1, 7, "West", 3)});
  EXPECT_EQ(Collect(), 2);
  const auto log = EventLog::Open(Log(), EventLog::Access::kRead);
  ASSERT_TRUE(log);
  EXPECT_FALSE(log->Id().empty());
  EXPECT_EQ(Rows("SELECT key, value FROM raw.about WHERE key LIKE 'changes%' ORDER BY key"),
            "changes_log|" + log->Id() + "\nchanges_until|2\nchanges_until." + log->Id() + "|2\n");
  ASSERT_TRUE(RecreateTables(*connection_));
  EXPECT_EQ(Rows("SELECT value FROM raw.about WHERE key LIKE 'changes_until%'"), "2\n2\n")
      << "what is loaded next is newer than those";
}

// A data directory that served by itself once, and now beside others: its old log is still there.
TEST_F(ChangeLogTest, EachLogHasAPositionOfItsOwnAndGenerationsNameTheOneThatServersUse) {
  Append({Stock(0, 7, "West", 4), Stock(1, 7, "West", 3)});
  EXPECT_EQ(Collect(), 2);
  const std::string named =
      "SELECT value FROM raw.about WHERE key IN ('changes_log', 'changes_until') ORDER BY key";
  const std::string old_id = EventLog::Open(Log(), EventLog::Access::kRead)->Id();
  EXPECT_EQ(Rows(named), old_id + "\n2\n");
  const auto shared = folder_ / "shared";
  const std::string shared_id = EventLog::Open(shared, EventLog::Access::kWrite)->Id();
  ASSERT_TRUE(events::AppendBytes(
      shared,
      std::vector{Stock(2, 7, "West", 2), Stock(2, 7, "South", 1), Stock(3, 7, "West", 1)}));
  const auto pass = [&](const std::filesystem::path& log, Named which) {
    return CollectChanges(*connection_, log, {}, which).value_or(-1);
  };
  EXPECT_EQ(pass(Log(), Named::kAsBefore), 0);
  EXPECT_EQ(Rows(named), old_id + "\n2\n") << "nobody has said otherwise yet";
  EXPECT_EQ(pass(shared, Named::kThisLog), 3);
  EXPECT_EQ(Rows(named), shared_id + "\n3\n");
  // The shared one is away for this pass.
  EXPECT_EQ(pass(Log(), Named::kAsBefore), 0);
  EXPECT_EQ(Rows(named), shared_id + "\n3\n");
  // Killed between the commit and the mark, the pass before.
  const std::string before = Everything();
  for (const auto& file : std::filesystem::directory_iterator(shared / "readers"))
    ASSERT_TRUE(base::WriteFileAtomic(file.path(), "1\n"));
  EXPECT_EQ(pass(shared, Named::kThisLog), 0);
  EXPECT_EQ(Everything(), before);
  // And back: servers use the folder's again.
  Append({Stock(9, 7, "West", 8)});
  EXPECT_EQ(pass(Log(), Named::kThisLog), 1);
  EXPECT_EQ(Rows(named), old_id + "\n3\n");
}

// As a program left it that knew of one log only.
TEST_F(ChangeLogTest, APositionWithoutTheIdOfItsLogIsThatOfTheLogThatIsNamed) {
  Append({Stock(0, 7, "West", 4), Stock(1, 7, "West", 3)});
  EXPECT_EQ(Collect(), 2);
  Rows("DELETE FROM raw.about WHERE key LIKE 'changes_until.%'");
  PutMarkBack();
  Append({Stock(2, 7, "West", 2)});
  EXPECT_EQ(Collect(), 1);
  EXPECT_EQ(Mark(), 3U);
}

TEST_F(ChangeLogTest, KilledBetweenCommitAndMarkNothingIsTakenInTwice) {
  Append({Stock(0, 7, "West", 4), Stock(0, 7, "West", 3), Soap(1, {{"hidden", true}}),
          Customer(2, {{"zip_code", "94105"}}), Stock(3, 7, "Atlantis", 1)});
  EXPECT_EQ(Collect(), 5);
  const std::string before = Everything();
  PutMarkBack();
  EXPECT_EQ(Collect(), 0);
  EXPECT_EQ(Mark(), 5U);
  EXPECT_EQ(Everything(), before);
}

// The tables are of a backup from before, or know nothing of the log any more.
TEST_F(ChangeLogTest, TakenInAgainRecordsChangeNothingTheSecondTime) {
  Append({Stock(0, 7, "West", 4), Stock(0, 7, "West", 3), Price(1, 7, 1000),
          Soap(1, {{"hidden", true}}), Stock(2, 7, "West", 5), Customer(2, {{"zip_code", "94105"}}),
          Customer(3, {{"zip_code", "10001"}})});
  EXPECT_EQ(Collect(), 7);
  const std::string before = Everything();
  Rows("UPDATE raw.about SET value = '0' WHERE key LIKE 'changes_until%'");
  EXPECT_EQ(Collect(), 7);
  EXPECT_EQ(Everything(), before);
}

TEST_F(ChangeLogTest, OfALogThatTookAnothersPlaceAllIsTakenIn) {
  Append({Stock(0, 7, "West", 4), Stock(1, 7, "West", 3)});
  EXPECT_EQ(Collect(), 2);
  std::filesystem::rename(Log(), folder_ / "changes.damaged");
  Append({Stock(5, 7, "West", 1)});
  EXPECT_EQ(Collect(), 1);
  EXPECT_EQ(Rows("SELECT qty_on_hand FROM raw.inventory WHERE region = 'West'"), "1\n");
  EXPECT_EQ(Rows("SELECT value FROM raw.about WHERE key = 'changes_until'"), "1\n");
}

TEST_F(ChangeLogTest, WhatTheTablesKnowOfALaterMomentIsNotTakenBack) {
  Rows("UPDATE raw.inventory SET last_updated = '2026-11-29 12:30:00' WHERE region = 'South'");
  Rows("INSERT INTO raw.inventory_history VALUES (7, 'West', 5, 2, '2026-11-29 12:30:00', NULL)");
  Rows("INSERT INTO raw.price_history VALUES (7, 12.00, '2026-11-29 12:30:00', NULL)");
  Rows(
      "INSERT INTO raw.customer_history (customer_id, zip_code, valid_from) VALUES (1, '10001', "
      "'2026-11-29 12:30:00')");
  const std::string history = StockHistory();
  Append({Stock(0, 7, "West", 0), Stock(0, 7, "South", 0), Price(1, 7, 900),
          Soap(1, {{"hidden", true}, {"price", Cents{800}}}),
          Customer(2, {{"zip_code", "94105"}, {"email", "a@example.com"}})});
  EXPECT_EQ(Collect(), 5);
  EXPECT_EQ(StockHistory(), history);
  EXPECT_EQ(Rows("SELECT region, qty_on_hand FROM raw.inventory ORDER BY region"),
            "South|9\nWest|5\n");
  EXPECT_EQ(Rows("SELECT price, hidden FROM raw.product_catalog WHERE product_id = 7"),
            "12.00|true\n")
      << "of what has no history nobody knows a later moment";
  EXPECT_EQ(Rows("SELECT zip_code, email FROM raw.customers"), "10001|a@example.com\n");
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.price_history"), "1\n");
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.customer_history"), "1\n");
  Append({Stock(31, 7, "West", 1), Stock(31, 7, "South", 2)});
  EXPECT_EQ(Collect(), 2);
  EXPECT_EQ(
      Rows("SELECT region, qty_on_hand, est_delivery_days FROM raw.inventory ORDER BY region"),
      "South|2|3\nWest|1|2\n");
}

TEST_F(ChangeLogTest, ALateRecordLeavesNothingToTheNextOne) {
  Rows("UPDATE raw.inventory SET last_updated = '2026-11-29 12:30:00'");
  Append({Record(Kind::kStock, 0,
                 {{"product_id", std::int64_t{7}},
                  {"region", "West"},
                  {"qty_on_hand", std::int64_t{1}},
                  {"est_delivery_days", std::int64_t{9}}}),
          Stock(40, 7, "West", 4)});
  EXPECT_EQ(Collect(), 2);
  EXPECT_EQ(Rows("SELECT qty_on_hand, est_delivery_days FROM raw.inventory WHERE region = 'West'"),
            "4|2\n");
}

TEST_F(ChangeLogTest, ADamagedRecordHoldsUpNobody) {
  std::string damaged = Stock(0, 7, "West", 1);
  damaged.resize(damaged.size() - 3);
  Append({damaged, Stock(1, 7, "Atlantis", 1), Stock(2, 7, "West", 2)});
  EXPECT_EQ(Collect(), 3);
  EXPECT_EQ(Rows("SELECT qty_on_hand FROM raw.inventory WHERE region = 'West'"), "2\n");
  EXPECT_EQ(Rows("SELECT source, table_name, line FROM raw.rejects ORDER BY line"),
            "log of changes|raw.inventory|1\nlog of changes|raw.inventory|2\n");
  EXPECT_THAT(Rows("SELECT reason FROM raw.rejects ORDER BY line"),
              HasSubstr("region: 'Atlantis' is none of"))
      << "a region that is no more";
}

// Who may add to a log that servers share may add anything.
TEST_F(ChangeLogTest, ARecordThatNoProgramWroteIsSetAsideWithItsBytesAndHoldsUpNobody) {
  std::string made_up = Stock(1, 7, "West", 1);
  made_up[0] = '\x7E';
  Append({Stock(0, 7, "West", 4), made_up, std::string("\xFF\x00", 2), Stock(2, 7, "West", 2)});
  EXPECT_EQ(Collect(), 4);
  EXPECT_EQ(Mark(), 4U);
  EXPECT_EQ(Rows("SELECT qty_on_hand FROM raw.inventory WHERE region = 'West'"), "2\n");
  EXPECT_EQ(Rows("SELECT line, reason FROM raw.rejects ORDER BY line"),
            "2|record: format 126 is no program's\n3|record: format 255 is no program's\n");
  EXPECT_EQ(Rows("SELECT row_text FROM raw.rejects WHERE line = 3"), "\\xff00\n");
  EXPECT_EQ(Rows("SELECT octet_length(unhex(substr(row_text, 3))) FROM raw.rejects WHERE line = 2"),
            fmt::format("{}\n", made_up.size()));
}

TEST_F(ChangeLogTest, AProductOfACategoryThatIsNoMoreIsRejectedAndHoldsUpNobody) {
  Append({Soap(0, {{"category_id", "c3"}}), Soap(1, {{"price", domain::Cents{1300}}})});
  Rows("DELETE FROM raw.product_categories WHERE category_id = 'c3'");
  EXPECT_EQ(Collect(), 2);
  EXPECT_EQ(Rows("SELECT category_id, price FROM raw.product_catalog WHERE product_id = 7"),
            "c1|13.00\n");
  EXPECT_EQ(Rows("SELECT table_name, line, reason FROM raw.rejects"),
            "raw.product_catalog|1|category_id: there is no category 'c3'\n");
}

TEST_F(ChangeLogTest, WhatThisBuildDoesNotKnowStaysInTheLogWithAllAfterIt) {
  const std::string event = Record(Kind::kShopEvent, 1, {{"event_id", "c1"}});
  const std::string column = Record(
      Kind::kStock, 1,
      {{"product_id", std::int64_t{7}}, {"region", "West"}, {"shelf_meters", std::int64_t{7}}});
  std::string newer = Stock(1, 7, "West", 1);
  newer[0] = 3;
  int logs = 0;
  for (const auto& [record, words] : std::vector<std::pair<std::string, std::string>>{
           {event, "log of changes: record 2: kind 'shop event' is not taken into"},
           {column, "log of changes: record 2: column 'shelf_meters' of raw.inventory is not"},
           {newer, "log of changes: record 2: "}}) {
    Append({Stock(0, 7, "West", 4), record, Stock(2, 7, "West", 3)});
    for (int again = 0; again < 2; ++again) {
      const auto moved = CollectChanges(*connection_, Log());
      ASSERT_FALSE(moved);
      EXPECT_EQ(moved.error().code, ErrorCode::kFailedPrecondition);
      EXPECT_THAT(moved.error().message, HasSubstr(words));
      EXPECT_EQ(Rows("SELECT qty_on_hand FROM raw.inventory WHERE region = 'West'"), "4\n");
      EXPECT_EQ(Rows("SELECT value FROM raw.about WHERE key = 'changes_until'"), "1\n");
    }
    EXPECT_EQ(Mark(), 1U);
    std::filesystem::rename(Log(), folder_ / fmt::format("log{}", ++logs));
  }
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.rejects"), "0\n");
}

TEST_F(ChangeLogTest, CancelledOnTheWayTheRestIsMovedNextTime) {
  std::vector<std::string> records;
  for (int i = 0; i < 12'000; ++i) records.push_back(Stock(i, 7, "West", i % 100));
  Append(records);
  const auto cancelled = CollectChanges(*connection_, Log(), [](std::int64_t) { return false; });
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kUnavailable);
  const std::uint64_t mark = Mark();
  EXPECT_GT(mark, 0U);
  EXPECT_LT(mark, 12'000U);
  EXPECT_EQ(Collect(), 12'000 - static_cast<std::int64_t>(mark));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.inventory_history"), "12001\n");
}

// A retailer's file may say today what a price will be tomorrow.
TEST_F(ChangeLogTest, WhatIsPlannedStaysAndTakesNothingFromWhatIsWrittenBeforeIt) {
  Rows(
      "INSERT INTO raw.price_history VALUES (7, 12.00, '2026-01-01', '2998-01-01'), "
      "(7, 20.00, '2998-01-01', '2999-01-01'), (8, 6.00, '2998-01-01', NULL)");
  Rows("UPDATE raw.inventory SET last_updated = '2998-01-01'");
  Append({Price(0, 7, 900), Price(1, 7, 800), Price(2, 8, 400), Stock(3, 7, "West", 1)});
  EXPECT_EQ(Collect(), 4);
  EXPECT_EQ(Rows("SELECT * FROM raw.price_history ORDER BY product_id, valid_from"),
            "7|12.00|2026-01-01 00:00:00|2026-11-29 12:00:00\n"
            "7|9.00|2026-11-29 12:00:00|2026-11-29 12:01:00\n"
            "7|8.00|2026-11-29 12:01:00|2998-01-01 00:00:00\n"
            "7|20.00|2998-01-01 00:00:00|2999-01-01 00:00:00\n"
            "8|4.00|2026-11-29 12:02:00|2998-01-01 00:00:00\n"
            "8|6.00|2998-01-01 00:00:00|NULL\n");
  EXPECT_EQ(Rows("SELECT price FROM raw.product_catalog ORDER BY product_id"), "8.00\n4.00\n");
  EXPECT_EQ(Rows("SELECT qty_on_hand FROM raw.inventory WHERE region = 'West'"), "1\n")
      << "no clock is believed that is ahead of ours";
}

TEST_F(ChangeLogTest, ALogThatWasPutBackIsReadOnFromItsMark) {
  Append({Stock(0, 7, "West", 4)});
  EXPECT_EQ(Collect(), 1);
  Rows("UPDATE raw.about SET value = '9' WHERE key = 'changes_until'");
  Append({Stock(1, 7, "West", 3)});
  EXPECT_EQ(Collect(), 1);
  EXPECT_EQ(Rows("SELECT value FROM raw.about WHERE key = 'changes_until'"), "2\n");
}

// What an import says of now goes into histories that changes have begun; else nobody would ever see it.
TEST_F(ChangeLogTest, FilesGoOnWithAHistoryThatChangesHaveBegun) {
  ASSERT_TRUE(FollowImport(*connection_, kNoon));
  Append({Stock(0, 7, "West", 0), Price(0, 7, 1000), Customer(0, {{"zip_code", "94105"}})});
  EXPECT_EQ(Collect(), 3);
  Rows("UPDATE raw.inventory SET qty_on_hand = 50, last_updated = NULL");
  Rows("UPDATE raw.product_catalog SET price = 11.00 WHERE product_id = 7");
  for (int again = 0; again < 2; ++again) {
    const Status followed = FollowImport(*connection_, kNoon + 9 * kMinute);
    ASSERT_TRUE(followed) << followed.error().message;
    EXPECT_EQ(StockHistory(),
              "7|West|0|2|2026-11-29 12:00:00|2026-11-29 12:09:00\n"
              "7|West|5|2|0001-01-01 00:00:00|2026-11-29 12:00:00\n"
              "7|West|50|2|2026-11-29 12:09:00|NULL\n")
        << "what has no history needs none";
    EXPECT_EQ(Rows("SELECT price, valid_from FROM raw.price_history WHERE valid_to IS NULL"),
              "11.00|2026-11-29 12:09:00\n");
    EXPECT_EQ(Rows("SELECT count(*) FROM raw.customer_history"), "2\n") << "nothing differs";
  }
  Append({Stock(5, 7, "West", 1), Stock(10, 7, "South", 8)});
  EXPECT_EQ(Collect(), 2);
  EXPECT_EQ(Rows("SELECT region, qty_on_hand FROM raw.inventory ORDER BY region"),
            "South|8\nWest|50\n")
      << "the file is newer than the first";
}

// The file of a retailer who sends histories says each time that its last row holds still.
TEST_F(ChangeLogTest, RowsOfAFilesHistoryEndWhereAChangeBegan) {
  Append({Stock(0, 7, "West", 0)});
  EXPECT_EQ(Collect(), 1);
  Rows(
      "INSERT INTO raw.inventory_history VALUES (7, 'West', 3, 2, '2026-01-01', '2026-06-01'), "
      "(7, 'West', 5, 2, '2026-06-01', NULL)");
  ASSERT_TRUE(FollowImport(*connection_, kNoon + 9 * kMinute));
  EXPECT_EQ(StockHistory(),
            "7|West|0|2|2026-11-29 12:00:00|NULL\n"
            "7|West|3|2|2026-01-01 00:00:00|2026-06-01 00:00:00\n"
            "7|West|5|2|0001-01-01 00:00:00|2026-01-01 00:00:00\n"
            "7|West|5|2|2026-06-01 00:00:00|2026-11-29 12:00:00\n");
}

TEST_F(ChangeLogTest, NothingOfTheIntakesOwnStaysBehind) {
  Append({Stock(0, 7, "West", 0), Soap(0, {}), Customer(0, {{"zip_code", "94105"}})});
  EXPECT_EQ(Collect(), 3);
  ASSERT_TRUE(FollowImport(*connection_, kNoon + kMinute));
  EXPECT_EQ(Rows("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'aisle_%'"), "0\n");
}

// Whoever gives a history a column that its table lacks would have it NULL in every row.
TEST(DatedTables, AHistoryIsItsTablesKeyColumnsOfItsOwnAndWhenTheyHeld) {
  for (const DatedTable& dated : kDatedTables) {
    const raw::Table* table = raw::FindTable(dated.table);
    const raw::Table* history = raw::FindTable(dated.history);
    ASSERT_NE(table, nullptr);
    ASSERT_NE(history, nullptr);
    for (const raw::Column& column : history->columns) {
      const raw::Column* same = raw::FindColumn(*table, column.name);
      if (column.name == "valid_from" || column.name == "valid_to") continue;
      ASSERT_NE(same, nullptr) << dated.history << "." << column.name;
      EXPECT_EQ(same->type, column.type);
    }
    EXPECT_EQ(dated.stamp.empty(), raw::FindColumn(*table, "last_updated") == nullptr);
    EXPECT_EQ(FillFrame(sql::kMakeLinks, dated).find('{'), std::string::npos);
  }
}

}  // namespace
}  // namespace aisle::ingest
