#include "workspace/workspace.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "workspace/process.h"

namespace aisle::workspace {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class WorkspaceTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(workspace_.Create()); }
  void TearDown() override { fs::remove_all(workspace_.Root()); }
  void Write(const fs::path& name, std::string_view text) {
    ASSERT_TRUE(base::WriteFileAtomic(workspace_.Root() / name, text));
  }

  Workspace workspace_{fs::temp_directory_path() / fmt::format("aisle-workspace-{}", getpid())};
};

const AboutData kAbout{.kind = "synthetic",
                       .id = "synthetic-5",
                       .seed = 5,
                       .customers = 300,
                       .source = "synthetic retailer",
                       .until = base::ParseTimestamp("2026-11-24").value(),
                       .defaults = {"stock: 100 of everything"}};

TEST_F(WorkspaceTest, WhatTheDataAreIsReadBackAsItWasWritten) {
  Write("warehouse.duckdb", "");
  ASSERT_TRUE(workspace_.WriteAbout(kAbout));
  const auto read = workspace_.ReadAbout();
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->id, kAbout.id);
  EXPECT_EQ(read->customers, kAbout.customers);
  EXPECT_EQ(read->until, kAbout.until);
  EXPECT_EQ(read->defaults, kAbout.defaults);
}

TEST_F(WorkspaceTest, WithoutAWarehouseThereAreNoDataWhateverTheFileSays) {
  ASSERT_TRUE(workspace_.WriteAbout(kAbout));
  const auto read = workspace_.ReadAbout();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(read.error().message, HasSubstr("aisle demo"));
}

TEST_F(WorkspaceTest, WithoutAWarehouseNoJobHasRun) {
  Write("warehouse.duckdb", "");
  ASSERT_TRUE(workspace_.RecordJob("refresh", {.data = "d"}));
  ASSERT_EQ(workspace_.ReadJobs().value().size(), 1U);
  fs::remove(workspace_.Warehouse());
  EXPECT_TRUE(workspace_.ReadJobs().value().empty());
}

TEST_F(WorkspaceTest, WhatIsForgottenIsNotBelievedOfAnotherWarehouse) {
  ASSERT_TRUE(workspace_.WriteAbout(kAbout));
  ASSERT_TRUE(workspace_.RecordJob("refresh", {.data = kAbout.id}));
  ASSERT_TRUE(workspace_.ForgetData());
  ASSERT_TRUE(workspace_.ForgetData()) << "nothing there is no failure";
  Write("warehouse.duckdb", "");
  EXPECT_FALSE(workspace_.ReadAbout());
  EXPECT_TRUE(workspace_.ReadJobs().value().empty());
}

TEST_F(WorkspaceTest, ADamagedFileIsNamed) {
  Write("warehouse.duckdb", "");
  Write("about.json", "{\"format\": 1, \"kind\":");
  EXPECT_EQ(workspace_.ReadAbout().error().code, ErrorCode::kInternal);
  EXPECT_THAT(workspace_.ReadAbout().error().message, HasSubstr("about.json"));
  Write("run/jobs.json", "[]");
  EXPECT_THAT(workspace_.ReadJobs().error().message, HasSubstr("jobs.json"));
}

TEST_F(WorkspaceTest, AFileOfANewerFormatIsRefusedInWords) {
  Write("warehouse.duckdb", "");
  Write("about.json", "{\"format\": 2}");
  EXPECT_EQ(workspace_.ReadAbout().error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(workspace_.ReadAbout().error().message, HasSubstr("newer"));
}

TEST_F(WorkspaceTest, JobsAreRememberedBesideEachOther) {
  Write("warehouse.duckdb", "");
  const JobRecord refresh{.data = "d", .as_of = kAbout.until, .seconds = 1.5, .counts = {{"t", 3}}};
  ASSERT_TRUE(workspace_.RecordJob("refresh", refresh));
  ASSERT_TRUE(workspace_.RecordJob("score", {.data = "d"}));
  const auto jobs = workspace_.ReadJobs();
  ASSERT_TRUE(jobs) << jobs.error().message;
  ASSERT_EQ(jobs->size(), 2U);
  EXPECT_EQ(jobs->at("refresh").as_of, kAbout.until);
  EXPECT_EQ(jobs->at("refresh").counts.at("t"), 3);
  EXPECT_DOUBLE_EQ(jobs->at("refresh").seconds, 1.5);
}

TEST_F(WorkspaceTest, TheHolderOfTheJobLockIsKnownWithoutTakingIt) {
  EXPECT_FALSE(workspace_.JobRunning());
  {
    const auto lock = workspace_.LockJobs("aisle train");
    ASSERT_TRUE(lock);
    EXPECT_THAT(workspace_.JobRunning().value_or(""),
                HasSubstr(fmt::format("process {} (aisle train)", getpid())));
    const auto second = workspace_.LockJobs("aisle score");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(second.error().message, HasSubstr("aisle train"));
  }
  EXPECT_FALSE(workspace_.JobRunning());
}

TEST_F(WorkspaceTest, AProcessFileIsBelievedOnlyWhileItsProcessLives) {
  {
    const auto file = ProcessFile::Write(workspace_.Run(), "serve", "127.0.0.1:1");
    ASSERT_TRUE(file);
    const auto info = RunningProcess(workspace_.Run(), "serve");
    ASSERT_TRUE(info);
    EXPECT_EQ(info->pid, getpid());
    EXPECT_EQ(info->address, "127.0.0.1:1");
  }
  EXPECT_FALSE(RunningProcess(workspace_.Run(), "serve"));
  // The pid lives, but another process had it when the file was written.
  Write("run/serve.json", fmt::format("{{\"pid\": {}, \"start_ticks\": 1}}", getpid()));
  EXPECT_FALSE(RunningProcess(workspace_.Run(), "serve"));
  EXPECT_TRUE(ProcessFile::Write(workspace_.Run(), "serve", "127.0.0.1:2"));
}

TEST_F(WorkspaceTest, AWarehouseThatIsNotThereSaysWhatToRun) {
  const auto database = workspace_.OpenWarehouse(warehouse::Access::kReadOnly, Settings{});
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(database.error().message, HasSubstr("aisle demo"));
}

}  // namespace
}  // namespace aisle::workspace
