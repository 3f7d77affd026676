// A log as the program before kinds and named readers left it (format_1/): six impressions, the last one
// damaged, and its only reader past the second.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/temp_folder_testing.h"
#include "events/events.h"
#include "events/sample_testing.h"

namespace aisle::events {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class OldLog : public testing::Test {
 protected:
  void SetUp() override { Restore(); }
  void Restore() {
    fs::remove_all(folder);
    fs::create_directories(folder);
    const fs::path old = fs::path(AISLE_SOURCE_DIR) / "src/core/events/format_1";
    for (const char* file : {"data.mdb", "trimmed"}) fs::copy_file(old / file, folder / file);
  }
  EventLog Open(EventLog::Access access) {
    auto log = EventLog::Open(folder, access);
    AISLE_ASSERT(log.has_value());
    return *std::move(log);
  }
  // Ids of the impressions after the warehouse's mark, and what cannot be read.
  static std::string Unread(const EventLog& log) {
    const auto mark = log.Mark(kWarehouseReader);
    if (!mark) return mark.error().message;
    const auto records = log.Read(*mark, 100);
    AISLE_ASSERT(records.has_value());
    std::string ids;
    for (const LogRecord& record : *records) {
      const auto impression = DecodeImpression(record.bytes);
      ids += (ids.empty() ? "" : " ") + (impression ? impression->request_id : "damaged");
    }
    return ids;
  }
  base::TempFolder temp;
  fs::path folder = temp.Path() / "events";
};

TEST_F(OldLog, IsReadAsItIsWithTheMarkOfItsReader) {
  const EventLog log = Open(EventLog::Access::kRead);
  EXPECT_EQ(Unread(log), "old-3 old-4 old-5 damaged");
  const auto fourth = DecodeImpression(log.Read(3, 1)->front().bytes);
  ASSERT_TRUE(fourth);
  EXPECT_EQ(fourth->customer.value, 1'000'003);
  EXPECT_EQ(fourth->region, "South");
  ASSERT_EQ(fourth->shown.size(), 3U);
  EXPECT_EQ(fourth->shown[1].source, "popularity");
  EXPECT_EQ(fourth->shown[1].score, 0.25F);
}

TEST_F(OldLog, TakesNewRecordsBehindItsOldOnes) {
  {
    EventLog writer = Open(EventLog::Access::kWrite);
    ASSERT_TRUE(writer.Append(std::vector{Sample(1)}));
    ASSERT_TRUE(writer.Append(std::vector{StockChange(1)}, domain::RetailerShape::Quickstart()));
  }
  EXPECT_FALSE(fs::exists(folder / "trimmed"));
  EventLog log = Open(EventLog::Access::kRead);
  EXPECT_EQ(Unread(log), "old-3 old-4 old-5 damaged request-1 damaged") << "no impression";
  EXPECT_EQ(log.Read(0, 1)->front().position, 3U);
  EXPECT_EQ(DecodeEnvelope(log.Read(7, 1)->front().bytes)->kind, Kind::kStock);
  ASSERT_TRUE(log.Advance(kWarehouseReader, 8));
  EXPECT_EQ(Unread(log), "");
}

TEST_F(OldLog, IsWholeWheneverAKillInterruptsItsWayToTheNewFormat) {
  for (int round = 0; round < 30; ++round) {
    Restore();
    const pid_t child = fork();
    if (child == 0) {
      auto writer = EventLog::Open(folder, EventLog::Access::kWrite);
      _exit(writer && writer->Append(std::vector{Sample(1)}) ? 0 : 1);
    }
    std::this_thread::sleep_for(std::chrono::microseconds{round * 100});
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const EventLog log = Open(EventLog::Access::kRead);
    EXPECT_THAT(Unread(log), testing::StartsWith("old-3 old-4 old-5 damaged")) << round;
    EventLog writer = Open(EventLog::Access::kWrite);
    ASSERT_TRUE(writer.Append(std::vector{Sample(2)}));
    EXPECT_THAT(Unread(writer), testing::EndsWith("request-2")) << round;
  }
}

}  // namespace
}  // namespace aisle::events
