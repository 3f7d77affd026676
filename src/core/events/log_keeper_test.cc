#include "events/log_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/child_testing.h"
#include "base/files.h"
#include "base/log.h"
#include "base/temp_folder_testing.h"
#include "events/log_options.h"
#include "events/sample_testing.h"

namespace aisle::events {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class LogKeeper : public testing::Test {
 protected:
  void SetUp() override { base::SetLogLevel(base::LogLevel::kOff); }
  void TearDown() override { base::SetLogLevel(base::LogLevel::kInfo); }
  // A log of so many impressions, of which the worker has taken in some.
  void Make(std::uint64_t count, std::uint64_t taken_in) const {
    auto log = EventLog::Open(folder, EventLog::Access::kWrite);
    ASSERT_TRUE(log && log->Append(std::vector<Impression>(count, Sample(1))) &&
                log->Advance(kWarehouseReader, taken_in));
  }
  void Overwrite(std::size_t offset, std::string_view bytes) const {
    std::fstream file(folder / "data.mdb", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ASSERT_TRUE(file.good());
  }
  static void WaitUntil(const std::function<bool()>& condition) {
    while (!condition()) std::this_thread::sleep_for(milliseconds{1});
  }
  base::TempFolder temp;
  fs::path folder = temp.Path() / "events";
};

TEST_F(LogKeeper, AWholeLogIsOpenedAsItIs) {
  Make(20, 5);
  ASSERT_TRUE(CheckLog(folder, EventLog::Access::kRead));
  const auto kept = OpenKept(folder);
  ASSERT_TRUE(kept && kept->log);
  EXPECT_EQ(*kept->log->LastPosition(), 20U);
  EXPECT_EQ(*kept->log->Mark(kWarehouseReader), 5U);
  EXPECT_THAT(LostLogs(folder), IsEmpty());
}

TEST_F(LogKeeper, WhereThereIsNoneOneIsMade) {
  ASSERT_TRUE(CheckLog(folder, EventLog::Access::kRead));
  EXPECT_FALSE(fs::exists(folder)) << "a check makes none";
  const auto kept = OpenKept(folder);
  ASSERT_TRUE(kept && kept->log);
  EXPECT_EQ(*kept->log->LastPosition(), 0U);
}

TEST_F(LogKeeper, ADamagedOneIsSetAsideByNameWithWhatWasLostAndANewOneIsBegun) {
  Make(20, 5);
  Overwrite(0, std::string(8192, 'x'));
  const Status check = CheckLog(folder, EventLog::Access::kRead);
  ASSERT_FALSE(check);
  EXPECT_EQ(check.error().code, ErrorCode::kInternal);
  auto kept = OpenKept(folder);
  ASSERT_TRUE(kept && kept->log);
  EXPECT_EQ(*kept->log->LastPosition(), 0U);
  ASSERT_TRUE(kept->log->Append(std::vector<Impression>{Sample(2)}));
  const auto lost = LostLogs(folder);
  ASSERT_THAT(lost, SizeIs(1));
  EXPECT_THAT(lost[0].folder.filename().string(),
              testing::MatchesRegex("events[.]damaged-[0-9]{8}T[0-9]{6}Z"));
  EXPECT_THAT(lost[0].words, HasSubstr("damaged"));
  EXPECT_THAT(lost[0].words, HasSubstr("warehouse had taken in the records up to 5"));
  EXPECT_EQ(fs::file_size(lost[0].folder / "data.mdb") > 8192, true) << "nothing of it is deleted";
}

TEST_F(LogKeeper, TwoThatAreSetAsideInOneSecondHaveNamesOfTheirOwn) {
  for (int i = 0; i < 3; ++i) {
    Make(3, 0);
    Overwrite(0, std::string(8192, 'x'));
    ASSERT_TRUE(OpenKept(folder)->log);
  }
  EXPECT_THAT(LostLogs(folder), SizeIs(3));
}

// Whatever a page is overwritten with: a server that starts then has a log that takes impressions.
TEST_F(LogKeeper, DamageAnywhereStopsNoServer) {
  Make(120, 30);
  const std::size_t bytes = fs::file_size(folder / "data.mdb");
  const base::TempFolder pristine;
  fs::copy(folder, pristine.Path() / "events", fs::copy_options::recursive);
  for (const char byte : {'\xff', '\x01'}) {
    for (std::size_t offset = 0; offset < bytes; offset += 4096) {
      Overwrite(offset, std::string(4096, byte));
      const int status = base::InChild([&] {
        auto kept = OpenKept(folder);
        if (!kept || !kept->log) _exit(1);
        _exit(kept->log->Append(std::vector<Impression>{Sample(2)}) ? 42 : 2);
      });
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42)
          << "byte " << int{byte} << " at " << offset << ": " << status;
      fs::remove_all(folder);
      fs::copy(pristine.Path() / "events", folder, fs::copy_options::recursive);
    }
  }
}

TEST_F(LogKeeper, AMarkThatIsNoneSetsTheLogAside) {
  Make(3, 1);
  ASSERT_TRUE(base::WriteFileAtomic(folder / "readers" / "warehouse", "many"));
  ASSERT_TRUE(OpenKept(folder)->log);
  ASSERT_THAT(LostLogs(folder), SizeIs(1));
  EXPECT_THAT(LostLogs(folder)[0].words, HasSubstr("warehouse had taken in an unknown part"));
}

TEST_F(LogKeeper, OneOfANewerFormatStaysAndIsGoneWithout) {
  {
    auto queue = kv::Queue::Open(folder, kv::Queue::Access::kWrite,
                                 {.format = kLogFormat + 1, .first_reader = "warehouse"});
    ASSERT_TRUE(queue && queue->Append(std::vector<std::string>{"from the future"}));
  }
  const auto kept = OpenKept(folder);
  ASSERT_TRUE(kept);
  EXPECT_FALSE(kept->log);
  EXPECT_THAT(kept->trouble, HasSubstr("newer"));
  EXPECT_THAT(LostLogs(folder), IsEmpty());
}

TEST_F(LogKeeper, OneThatAnotherProcessWritesIsRefusedAndNotSetAside) {
  Make(3, 0);
  const auto writer = EventLog::Open(folder, EventLog::Access::kWrite);
  ASSERT_TRUE(writer);
  const int status = base::InChild([&] {
    const auto kept = OpenKept(folder);
    _exit(!kept && kept.error().code == ErrorCode::kUnavailable ? 42 : 1);
  });
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_THAT(LostLogs(folder), IsEmpty());
}

TEST_F(LogKeeper, WithoutALogImpressionsAreCountedAndWrittenAgainWhenThereIsOne) {
  // A file where the folder should be, as good as a disk that takes nothing.
  ASSERT_TRUE(base::WriteFileAtomic(folder, "in the way"));
  const auto queue = ImpressionQueue::Start(folder, milliseconds{1});
  ASSERT_TRUE(queue);
  EXPECT_TRUE((*queue)->Failing());
  EXPECT_TRUE((*queue)->Offer(Sample(1)));
  WaitUntil([&] { return (*queue)->Dropped() == 1; });
  fs::remove(folder);
  WaitUntil([&] {
    (*queue)->Offer(Sample(2));
    return (*queue)->Written() > 0;
  });
  EXPECT_FALSE((*queue)->Failing());
}

TEST_F(LogKeeper, ALogThatIsDamagedWhileTheQueueRunsIsSetAsideAndTheBatchGoesIntoTheNewOne) {
  const auto queue = ImpressionQueue::Start(folder);
  ASSERT_TRUE(queue && (*queue)->Offer(Sample(1)));
  WaitUntil([&] { return (*queue)->Written() == 1; });
  ASSERT_TRUE(base::WriteFileAtomic(folder / "readers" / "warehouse", "many"));
  ASSERT_TRUE((*queue)->Offer(Sample(2)));
  WaitUntil([&] { return (*queue)->Written() + (*queue)->Dropped() == 2; });
  EXPECT_EQ((*queue)->Dropped(), 0U);
  EXPECT_THAT(LostLogs(folder), SizeIs(1));
}

}  // namespace
}  // namespace aisle::events
