#include "workspace/status.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "events/events.h"

namespace aisle::workspace {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;

const base::Timestamp kUntil = base::ParseTimestamp("2026-11-24").value();
const AboutData kAbout{
    .kind = "import", .id = "import-1", .source = "a shop", .until = kUntil, .defaults = {}};

// Made at the end of the data, with half an hour as its target.
JobRecord Refreshed() {
  return {.data = "import-1", .as_of = kUntil, .finished = kUntil, .target_lag_minutes = 30};
}

TEST(StateOf, ATableThatReachesToTheEndOfTheDataIsComplete) {
  EXPECT_EQ(StateOf(Refreshed(), kAbout, false, kUntil + minutes{1}), "complete");
  EXPECT_EQ(StateOf(Refreshed(), kAbout, false, kUntil + hours{1000}), "complete");
}

TEST(StateOf, WhileAWorkerRunsItIsFreshForTheTargetLagAndThenLate) {
  EXPECT_EQ(StateOf(Refreshed(), kAbout, true, kUntil + minutes{30}), "fresh");
  EXPECT_EQ(StateOf(Refreshed(), kAbout, true, kUntil + minutes{31}), "late");
}

TEST(StateOf, WhereTheDataGoOnItsAgeCounts) {
  JobRecord record = Refreshed();
  record.as_of = kUntil - minutes{10};
  EXPECT_EQ(StateOf(record, kAbout, false, kUntil + minutes{30}), "fresh");
  EXPECT_EQ(StateOf(record, kAbout, false, kUntil + minutes{31}), "late");
}

TEST(StateOf, WhatLacksMoreOfTheDataThanTheTargetIsLateHoweverYoungItIs) {
  JobRecord record = Refreshed();
  record.as_of = kUntil - minutes{31};
  EXPECT_EQ(StateOf(record, kAbout, false, kUntil), "late");
}

TEST(StateOf, AnEndThatIsStillToComeIsNotWaitedFor) {
  JobRecord record = Refreshed();
  record.as_of = record.finished = kUntil - minutes{50};
  EXPECT_EQ(StateOf(record, kAbout, false, kUntil - minutes{50}), "complete");
  EXPECT_EQ(StateOf(record, kAbout, false, kUntil - minutes{40}), "fresh");
  EXPECT_EQ(StateOf(record, kAbout, false, kUntil - minutes{5}), "late");
}

TEST(StateOf, TheTargetIsTheOneItWasMadeWith) {
  JobRecord record = Refreshed();
  record.target_lag_minutes = 120;
  EXPECT_EQ(StateOf(record, kAbout, true, kUntil + minutes{119}), "fresh");
  EXPECT_EQ(StateOf(record, kAbout, true, kUntil + minutes{121}), "late");
}

TEST(StateOf, AfterAnotherLoadItIsOutdatedAtAnyAge) {
  JobRecord record = Refreshed();
  record.data = "import-0";
  EXPECT_EQ(StateOf(record, kAbout, false, kUntil), "outdated");
  EXPECT_EQ(StateOf(record, kAbout, true, kUntil + hours{1000}), "outdated");
}

class StatusTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(workspace_.Create());
    Write("warehouse.duckdb", "checksumDUCK");
    ASSERT_TRUE(workspace_.WriteAbout(kAbout));
  }
  void TearDown() override { fs::remove_all(workspace_.Root()); }
  void Write(const fs::path& name, std::string_view text) {
    ASSERT_TRUE(base::WriteFileAtomic(workspace_.Root() / name, text));
  }
  void Record(const std::string& job, const std::string& table, JobRecord record) {
    record.counts = {{table, 3}};
    ASSERT_TRUE(workspace_.RecordJob(job, record));
  }

  Workspace workspace_{fs::temp_directory_path() / fmt::format("aisle-status-{}", getpid())};
};

TEST_F(StatusTest, TablesAreListedWithTheirStates) {
  Record("import", "raw.customers", Refreshed());
  Record("refresh", "gold.orders", Refreshed());
  JobRecord old = Refreshed();
  old.data = "import-0";
  Record("score", "gold.customer_propensity", old);
  Record("generate", "raw.stores", old);
  std::map<std::string, std::string> states;
  for (const TableStatus& table : ReadStatus(workspace_, Settings{}).tables)
    states[table.table] = table.state;
  EXPECT_EQ(states, (std::map<std::string, std::string>{{"raw.customers", "complete"},
                                                        {"gold.orders", "complete"},
                                                        {"gold.customer_propensity", "outdated"}}));
}

TEST_F(StatusTest, WhileAWorkerRunsOldTablesAreLateAndRawOnesAreNot) {
  Record("import", "raw.customers", Refreshed());
  Record("refresh", "gold.orders", Refreshed());
  for (const auto& [name, state] :
       {std::pair("serve", "complete"), {"worker", "late"}, {"up", "late"}}) {
    const auto process = ProcessFile::Write(workspace_.Run(), name, "");
    ASSERT_TRUE(process);
    const StatusReport report = ReadStatus(workspace_, Settings{});
    ASSERT_EQ(report.tables.size(), 2U);
    EXPECT_EQ(report.tables[0].state, "complete") << name;
    EXPECT_EQ(report.tables[1].state, state) << name;
    EXPECT_EQ(report.tables[1].target_lag_minutes, 30);
  }
}

TEST_F(StatusTest, AFileThatIsNoDatabaseIsAProblemAndNothingIsListed) {
  Record("refresh", "gold.orders", Refreshed());
  for (const char* text : {"", "short", "no database at all"}) {
    Write("warehouse.duckdb", text);
    const StatusReport report = ReadStatus(workspace_, Settings{});
    EXPECT_FALSE(report.about);
    EXPECT_TRUE(report.tables.empty());
    ASSERT_EQ(report.problems.size(), 1U);
    EXPECT_THAT(report.problems[0], testing::HasSubstr("warehouse.duckdb is no database"));
  }
}

TEST_F(StatusTest, AVersionThatCannotBeReadIsAProblemAndItsModelStaysListed) {
  const registry::Registry registry = workspace_.Models();
  registry::Manifest manifest;
  manifest.model = "ranking";
  manifest.recipe = "ranking_default";
  ASSERT_TRUE(registry.Add(manifest, "1", true));
  manifest.format = registry::kManifestFormat + 1;
  ASSERT_TRUE(registry.Add(manifest, "2", false));
  const StatusReport report = ReadStatus(workspace_, Settings{});
  ASSERT_EQ(report.models.size(), 1U);
  EXPECT_EQ(report.models[0].champion, 1);
  EXPECT_EQ(report.models[0].versions, 2);
  EXPECT_EQ(report.models[0].recipe, "ranking_default");
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_THAT(report.problems[0], testing::HasSubstr("newer"));
}

TEST_F(StatusTest, AModelThatNobodyPromotedIsListedAndNoProblem) {
  registry::Manifest manifest;
  manifest.model = "ranking";
  ASSERT_TRUE(workspace_.Models().Add(manifest, "1", false));
  const StatusReport report = ReadStatus(workspace_, Settings{});
  ASSERT_EQ(report.models.size(), 1U);
  EXPECT_EQ(report.models[0].champion, 0);
  EXPECT_TRUE(report.problems.empty());
}

TEST_F(StatusTest, AChampionWhoseFilesAreGoneIsAProblem) {
  registry::Manifest manifest;
  manifest.model = "ranking";
  ASSERT_TRUE(workspace_.Models().Add(manifest, "1", false));
  ASSERT_TRUE(workspace_.Models().Add(manifest, "2", true));
  fs::remove_all(workspace_.Registry() / "ranking" / "2");
  const StatusReport report = ReadStatus(workspace_, Settings{});
  ASSERT_EQ(report.models.size(), 1U);
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_THAT(report.problems[0], testing::HasSubstr("the champion of ranking is version 2"));
}

TEST_F(StatusTest, WhatTheRawTablesHoldInANewerFormatIsAProblem) {
  Write("about.json", "{\"format\": 99}");
  const StatusReport report = ReadStatus(workspace_, Settings{});
  EXPECT_FALSE(report.about);
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_THAT(report.problems[0], testing::HasSubstr("newer"));
}

TEST_F(StatusTest, AReaderOfTheEventLogThatLagsIsSeen) {
  {
    auto log = events::EventLog::Open(workspace_.Events(), events::EventLog::Access::kWrite);
    ASSERT_TRUE(log && log->Register("overlay"));
    ASSERT_TRUE(log->Append(std::vector<events::Impression>(3)));
    ASSERT_TRUE(log->Advance(events::kWarehouseReader, 2));
  }
  const StatusReport report = ReadStatus(workspace_, Settings{});
  EXPECT_EQ(report.impressions.logged, 3U);
  EXPECT_EQ(report.impressions.waiting, 1U);
  EXPECT_EQ(report.impressions.waiting_by_reader.at("overlay"), 3U);
  EXPECT_EQ(report.impressions.waiting_by_reader.at("warehouse"), 1U);
}

// An impression that says no time is of 1970.
TEST_F(StatusTest, ImpressionsThatWaitLongerThanTheTargetAreLateThoughNoWorkerRuns) {
  auto log = events::EventLog::Open(workspace_.Events(), events::EventLog::Access::kWrite);
  events::Impression young;
  young.served_at = base::Now();
  ASSERT_TRUE(log && log->Append(std::vector<events::Impression>{{}, young, young}));
  Settings settings;
  settings.refresh_target_lag_minutes = 30;
  const StatusReport late = ReadStatus(workspace_, settings);
  ASSERT_EQ(late.problems.size(), 1U);
  EXPECT_THAT(late.problems[0],
              testing::HasSubstr("3 impressions are late: the first waits since "
                                 "1970-01-01 00:00:00, the target lag is 30 min"));
  ASSERT_TRUE(log->Advance(events::kWarehouseReader, 1));
  EXPECT_TRUE(ReadStatus(workspace_, settings).problems.empty());
}

TEST_F(StatusTest, ADamagedLogIsAProblemAndWhatWasSetAsideStaysOne) {
  {
    auto log = events::EventLog::Open(workspace_.Events(), events::EventLog::Access::kWrite);
    ASSERT_TRUE(log && log->Append(std::vector<events::Impression>(3)));
  }
  Write("events/data.mdb", std::string(8192, 'x'));
  const StatusReport damaged = ReadStatus(workspace_, Settings{});
  ASSERT_EQ(damaged.problems.size(), 1U);
  EXPECT_THAT(damaged.problems[0], testing::HasSubstr("damaged"));
  EXPECT_TRUE(damaged.unread.contains("impressions"));
  ASSERT_TRUE(events::OpenKept(workspace_.Events()));
  const StatusReport aside = ReadStatus(workspace_, Settings{});
  ASSERT_EQ(aside.problems.size(), 1U);
  EXPECT_THAT(aside.problems[0], testing::HasSubstr("set aside as "));
  EXPECT_EQ(aside.impressions.lost.size(), 1U);
  EXPECT_TRUE(aside.unread.empty());
}

// What was acknowledged to others: as the log of what was shown, under its own name.
TEST_F(StatusTest, TheLogOfChangesIsSeenWithItsReadersAndWhatIsWrongWithIt) {
  {
    auto log = events::EventLog::Open(workspace_.Changes(), events::EventLog::Access::kWrite);
    ASSERT_TRUE(log && log->Register("live"));
    const events::Change sold_out{
        {events::Kind::kStock, "s1", {}},
        {{"product_id", std::int64_t{7}}, {"region", "West"}, {"qty_on_hand", std::int64_t{0}}}};
    ASSERT_TRUE(
        log->Append(std::vector<events::Change>(3, sold_out), domain::RetailerShape::Quickstart()));
    ASSERT_TRUE(log->Advance("live", 2));
  }
  const StatusReport late = ReadStatus(workspace_, Settings{});
  EXPECT_EQ(late.changes.logged, 3U);
  EXPECT_EQ(late.changes.waiting, 3U);
  EXPECT_EQ(late.changes.waiting_by_reader.at("live"), 1U);
  EXPECT_EQ(late.impressions.logged, 0U);
  ASSERT_EQ(late.problems.size(), 1U);
  EXPECT_THAT(late.problems[0], testing::HasSubstr("3 changes are late: the first waits since "));
  Write("changes/data.mdb", std::string(8192, 'x'));
  const StatusReport damaged = ReadStatus(workspace_, Settings{});
  ASSERT_EQ(damaged.problems.size(), 1U);
  EXPECT_THAT(damaged.problems[0], testing::HasSubstr("changes"));
  EXPECT_THAT(damaged.unread, testing::ElementsAre("changes"));
  ASSERT_TRUE(events::OpenKept(workspace_.Changes()));
  const StatusReport aside = ReadStatus(workspace_, Settings{});
  ASSERT_EQ(aside.problems.size(), 1U);
  EXPECT_THAT(aside.problems[0], testing::HasSubstr("a log of changes was set aside as "));
  EXPECT_EQ(aside.changes.lost.size(), 1U);
  EXPECT_TRUE(aside.impressions.lost.empty());
  EXPECT_TRUE(aside.unread.empty());
}

TEST_F(StatusTest, LateTablesAreAProblemAndOutdatedOnesAreNone) {
  JobRecord late = Refreshed();
  late.as_of = kUntil - hours{5};
  Record("refresh", "gold.orders", late);
  late.data = "import-0";
  Record("score", "gold.customer_propensity", late);
  const StatusReport report = ReadStatus(workspace_, Settings{});
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems[0], "late: gold.orders; `aisle worker` makes them again");
}

TEST_F(StatusTest, AJobThatFailedOrWasKilledIsAProblemUntilItIsDone) {
  BeginAttempt(workspace_, "refresh");
  EXPECT_TRUE(ReadStatus(workspace_, Settings{}).failed.empty()) << "it runs";
  EndAttempt(workspace_, "refresh", Fail(ErrorCode::kUnavailable, "the disk is full"));
  StatusReport report = ReadStatus(workspace_, Settings{});
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_THAT(report.problems[0], testing::HasSubstr("`aisle refresh` failed at "));
  EXPECT_THAT(report.problems[0], testing::HasSubstr("the disk is full"));
  // A process of this number that is not the one that began.
  Write("run/job-models-x.json", R"({"format": 1, "command": "models x", "pid": 1, "start_ticks": 3,
                                     "started": "2026-11-24T01:02:03Z"})");
  report = ReadStatus(workspace_, Settings{});
  ASSERT_EQ(report.failed.size(), 2U);
  EXPECT_THAT(report.problems[0], testing::HasSubstr("`aisle models x` (process 1) began at "
                                                     "2026-11-24 01:02:03 and was ended"));
  BeginAttempt(workspace_, "worker");
  EndAttempt(workspace_, "worker", {});
  EXPECT_EQ(ReadStatus(workspace_, Settings{}).failed.size(), 1U) << "a pass refreshes too";
}

TEST_F(StatusTest, WhatTheCallerGotWrongIsNoFailedJobAndNobodyEndsAnothersNote) {
  BeginAttempt(workspace_, "train");
  EndAttempt(workspace_, "train", Fail(ErrorCode::kInvalidArgument, "no such recipe"));
  EXPECT_TRUE(ReadAttempts(workspace_).empty());
  EndAttempt(workspace_, "train", Fail(ErrorCode::kInternal, "never began"));
  EXPECT_TRUE(ReadAttempts(workspace_).empty());
}

TEST_F(StatusTest, AProcessThatIsGoneWithoutHavingEndedIsMissed) {
  Write("run/serve.json", R"({"pid": 1, "start_ticks": 3, "address": "127.0.0.1:1"})");
  const StatusReport report = ReadStatus(workspace_, Settings{});
  EXPECT_TRUE(report.processes.empty());
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_THAT(report.problems[0], testing::HasSubstr("`aisle serve` (process 1) is gone"));
}

TEST_F(StatusTest, AWarehouseWithoutItsAboutIsNotKnownAndAnEmptyOneHoldsNothing) {
  fs::remove(workspace_.Root() / "about.json");
  EXPECT_TRUE(ReadStatus(workspace_, Settings{}).unread.empty()) << "as `aisle init` leaves it";
  Record("refresh", "gold.orders", Refreshed());
  const StatusReport report = ReadStatus(workspace_, Settings{});
  EXPECT_TRUE(report.unread.contains("data"));
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_THAT(report.problems[0], testing::HasSubstr("about.json is missing"));
}

TEST_F(StatusTest, WithoutAWarehouseNothingIsListed) {
  Record("refresh", "gold.orders", Refreshed());
  fs::remove(workspace_.Warehouse());
  const StatusReport report = ReadStatus(workspace_, Settings{});
  EXPECT_FALSE(report.about);
  EXPECT_TRUE(report.tables.empty());
  EXPECT_TRUE(report.problems.empty());
}

}  // namespace
}  // namespace aisle::workspace
