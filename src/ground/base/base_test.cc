#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/clock.h"
#include "base/files.h"
#include "base/lock_holder.h"
#include "base/random.h"
#include "base/result.h"

namespace aisle::base {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("aisle_base_test_" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

Result<int> Half(int n) {
  if (n % 2 != 0) return Fail(ErrorCode::kInvalidArgument, std::to_string(n) + " is odd");
  return n / 2;
}
Result<int> Quarter(int n) {
  AISLE_TRY(const int half, Half(n));
  return Half(half);
}

TEST(Result, TryPassesValuesOnAndStopsAtTheFirstError) {
  EXPECT_EQ(*Quarter(8), 2);
  ASSERT_FALSE(Quarter(6));
  EXPECT_EQ(Quarter(6).error().message, "3 is odd");
}

TEST(ResultDeathTest, AnAssertionNamesItsCondition) {
  EXPECT_DEATH(AISLE_ASSERT(1 == 2), "1 == 2");
}

TEST(Clock, TimesSurviveARoundTripAndNonsenseIsRefused) {
  EXPECT_EQ(FormatIso(*ParseTimestamp("2026-11-24T05:03:52Z")), "2026-11-24T05:03:52Z");
  EXPECT_EQ(FormatTimestamp(*ParseTimestamp("2026-11-24 05:03:52.000001")),
            "2026-11-24 05:03:52.000001");
  EXPECT_EQ(FormatTimestamp(*ParseTimestamp("1969-12-31 23:59:59")), "1969-12-31 23:59:59");
  for (const char* text : {"", "2026-02-30", "2026-11-24T25:00", "2026-11-24T05:03:52+02:00",
                           "24.11.2026", "2026-11-24x"}) {
    EXPECT_FALSE(ParseTimestamp(text)) << text;
  }
}

TEST(Clock, YearsAndMonthsAreCountedWhenCompleted) {
  const Date born = *ParseDate("2000-02-29");
  EXPECT_EQ(CompletedYears(born, *ParseDate("2026-02-28")), 25);
  EXPECT_EQ(CompletedYears(born, *ParseDate("2026-03-01")), 26);
  EXPECT_EQ(CompletedMonths(*ParseDate("2026-01-31"), *ParseDate("2026-02-28")), 0);
  EXPECT_EQ(CompletedMonths(*ParseDate("2026-01-31"), *ParseDate("2026-03-31")), 2);
}

TEST(Random, AStreamIsAFunctionOfItsKey) {
  Stream a(1, 2, 3);
  Stream b(1, 2, 3);
  Stream c(1, 2, 4);
  EXPECT_EQ(a.Next(), b.Next());
  EXPECT_NE(a.Next(), c.Next());
}

TEST(Random, MomentsAreThoseOfTheirDistributions) {
  Stream stream(7, 0, 0);
  constexpr int kDraws = 200'000;
  double normal = 0;
  double square = 0;
  double gamma = 0;
  double poisson = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = stream.Normal();
    normal += x;
    square += x * x;
    gamma += stream.Gamma(16.0, 0.5);
    poisson += stream.Poisson(23.0);
  }
  EXPECT_NEAR(normal / kDraws, 0, 0.01);
  EXPECT_NEAR(square / kDraws, 1, 0.02);
  EXPECT_NEAR(gamma / kDraws, 8, 0.05);
  EXPECT_NEAR(poisson / kDraws, 23, 0.1);
}

TEST_F(TemporaryFolder, AnAtomicWriteReplacesTheWholeFile) {
  ASSERT_TRUE(WriteFileAtomic(folder_ / "a", "first"));
  ASSERT_TRUE(WriteFileAtomic(folder_ / "a", "second"));
  EXPECT_EQ(*ReadFile(folder_ / "a"), "second");
  EXPECT_EQ(ReadFile(folder_ / "b").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1)
      << "no temporary file stays behind";
}

TEST_F(TemporaryFolder, AStagedFileAppearsCompleteOrNotAtAll) {
  const std::string much(600'000, 'x');  // More than is kept before it is written.
  {
    auto dropped = StagedFile::Create(folder_ / "a");
    ASSERT_TRUE(dropped && dropped->Write(much));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
  auto kept = StagedFile::Create(folder_ / "a");
  ASSERT_TRUE(kept && kept->Write("1") && kept->Write(much));
  StagedFile moved = *std::move(kept);
  EXPECT_FALSE(fs::exists(folder_ / "a"));
  ASSERT_TRUE(moved.Write("2") && moved.Commit());
  EXPECT_EQ(*ReadFile(folder_ / "a"), "1" + much + "2");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

// As root a rename would put a file where a device was.
TEST_F(TemporaryFolder, AFileReplacesNothingButFiles) {
  fs::create_directory(folder_ / "folder");
  fs::create_symlink("nowhere", folder_ / "link");
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  for (const std::string name : {"folder", "link", "pipe"}) {
    const Status written = WriteFileAtomic(folder_ / name, "x");
    EXPECT_EQ(written.error().code, ErrorCode::kInvalidArgument) << name;
    EXPECT_NE(written.error().message.find(name + ": it is no regular file"), std::string::npos);
  }
  EXPECT_EQ(WriteFileAtomic("/dev/null", "x").error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(WriteFileAtomic(folder_ / "no" / "x", "x").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 3);
}

TEST_F(TemporaryFolder, AStagedFolderAppearsCompleteOrNotAtAll) {
  {
    auto dropped = StagedFolder::Create(folder_ / "dropped");
    ASSERT_TRUE(dropped);
    ASSERT_TRUE(WriteFileAtomic(dropped->Path() / "x", "1"));
  }
  EXPECT_FALSE(fs::exists(folder_ / "dropped"));
  auto kept = StagedFolder::Create(folder_ / "kept");
  ASSERT_TRUE(WriteFileAtomic(kept->Path() / "x", "1"));
  ASSERT_TRUE(kept->Commit());
  EXPECT_EQ(*ReadFile(folder_ / "kept" / "x"), "1");
}

TEST_F(TemporaryFolder, LeftoversOfAKilledProcessAreRemoved) {
  const pid_t child = fork();
  if (child == 0) {
    auto staged = StagedFolder::Create(folder_ / "half");
    _exit(staged ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
  RemoveStagingLeftovers(folder_);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 0);
}

TEST_F(TemporaryFolder, ALockNamesItsHolder) {
  auto first = FileLock::Acquire(folder_ / "lock", "training");
  ASSERT_TRUE(first);
  const auto second = FileLock::Acquire(folder_ / "lock", "import");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message.find("(training)"), std::string::npos) << second.error().message;
}

// As flock(1) holds it: the file says who held it before.
TEST_F(TemporaryFolder, AHolderThatSaysNothingIsNamedByTheKernelAndNotTheOneBefore) {
  {
    ASSERT_TRUE(FileLock::Acquire(folder_ / "lock", "training"));
  }
  EXPECT_EQ(LockHolder(folder_ / "lock"), std::nullopt);
  ASSERT_TRUE(WriteFileAtomic(folder_ / "lock", "process 999999999 (training)"));
  const int held = open((folder_ / "lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(flock(held, LOCK_EX | LOCK_NB), 0);
  const auto second = FileLock::Acquire(folder_ / "lock", "import");
  close(held);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(" is held by process " + std::to_string(getpid()) + " ("),
            std::string::npos)
      << second.error().message;
  EXPECT_EQ(second.error().message.find("training"), std::string::npos);
}

TEST_F(TemporaryFolder, WhetherALockIsHeldCanBeSeenWithoutTakingIt) {
  EXPECT_FALSE(FileLock::IsHeld(folder_ / "lock")) << "nobody ever took it";
  EXPECT_FALSE(fs::exists(folder_ / "lock"));
  {
    const auto first = FileLock::Acquire(folder_ / "lock", "training");
    ASSERT_TRUE(first);
    EXPECT_TRUE(FileLock::IsHeld(folder_ / "lock"));
  }
  EXPECT_FALSE(FileLock::IsHeld(folder_ / "lock"));
}

}  // namespace
}  // namespace aisle::base
