#include "events/events.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <optional>
#include <thread>

#include "base/child_testing.h"
#include "base/log.h"
#include "base/temp_folder_testing.h"
#include "events/sample_testing.h"

namespace aisle::events {
namespace {

namespace fs = std::filesystem;

EventLog Open(const fs::path& folder, EventLog::Access access) {
  auto log = EventLog::Open(folder, access);
  AISLE_ASSERT(log.has_value());
  return *std::move(log);
}

// Numbers of the sample impressions in the log, in its order.
std::vector<std::uint64_t> Numbers(const fs::path& folder) {
  const EventLog log = Open(folder, EventLog::Access::kRead);
  const auto records = log.Read(0, 1'000'000);
  AISLE_ASSERT(records.has_value());
  std::vector<std::uint64_t> numbers;
  for (const LogRecord& record : *records) {
    const auto impression = DecodeImpression(record.bytes);
    AISLE_ASSERT(impression.has_value());
    numbers.push_back(std::stoull(impression->request_id.substr(8)));
    AISLE_ASSERT(EncodeImpression(Sample(numbers.back())) == record.bytes);
  }
  return numbers;
}

class Events : public testing::Test {
 protected:
  base::TempFolder temp;
  fs::path folder = temp.Path() / "events";
};

TEST_F(Events, TheLogIsReadAfterAMarkAndKeepsWhatItsReadersNeed) {
  EXPECT_EQ(EventLog::Open(folder, EventLog::Access::kRead).error().code, ErrorCode::kNotFound);
  EventLog writer = Open(folder, EventLog::Access::kWrite);
  const std::vector<Impression> three = {Sample(1), Sample(2), Sample(3)};
  ASSERT_TRUE(writer.Append(three));
  EventLog reader = Open(folder, EventLog::Access::kRead);
  const auto found = reader.Read(1, 10);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(found->front().position, 2U);
  EXPECT_EQ(found->front().bytes, EncodeImpression(Sample(2)));
  EXPECT_EQ(*reader.LastPosition(), 3U);
  ASSERT_TRUE(reader.Register("overlay"));
  ASSERT_TRUE(reader.Advance(kWarehouseReader, 2));
  EXPECT_EQ(*reader.Mark(kWarehouseReader), 2U);
  EXPECT_EQ(reader.Advance(kWarehouseReader, 9).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(reader.Advance("nobody", 1).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(writer.Append(three));
  EXPECT_EQ(reader.Read(0, 10)->front().position, 1U) << "the overlay has not read it";
  const auto readers = reader.Readers();
  ASSERT_TRUE(readers);
  ASSERT_EQ(readers->size(), 2U);
  EXPECT_EQ(readers->front().name, "overlay");
  EXPECT_EQ(readers->front().waiting, 6U);
  EXPECT_EQ(readers->back().name, kWarehouseReader);
  EXPECT_EQ(readers->back().waiting, 4U);
  ASSERT_TRUE(reader.Forget("overlay"));
  ASSERT_TRUE(writer.Append(three));
  EXPECT_EQ(reader.Read(0, 10)->front().position, 3U);
}

TEST_F(Events, AChangeIsDurableWhenItIsAppendedAndOneThatIsWrongTakesTheBatchWithIt) {
  EventLog writer = Open(folder, EventLog::Access::kWrite);
  std::vector<Change> changes = {StockChange(1), StockChange(2)};
  ASSERT_TRUE(writer.Append(changes, domain::RetailerShape::Quickstart()));
  changes[1].row[2].value = std::int64_t{-1};
  const Status refused = writer.Append(changes, domain::RetailerShape::Quickstart());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused.error().field, "qty_on_hand");
  EXPECT_EQ(refused.error().message, "stock 'stock-2': qty_on_hand: '-1' is below 0");
  ASSERT_TRUE(writer.Append(std::vector{Sample(7)}));
  const auto records = Open(folder, EventLog::Access::kRead).Read(0, 10);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 3U);
  const auto second = DecodeChange((*records)[1].bytes);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->envelope.id, "stock-2");
  EXPECT_EQ(second->row, StockChange(2).row);
  EXPECT_EQ(DecodeEnvelope((*records)[2].bytes)->kind, Kind::kImpression);
}

TEST_F(Events, ASecondWriterProcessIsToldWhoWrites) {
  const EventLog writer = Open(folder, EventLog::Access::kWrite);
  const std::string pid = std::to_string(getpid());
  const int status = base::InChild([&] {
    const auto second = EventLog::Open(folder, EventLog::Access::kWrite);
    if (!second && second.error().code == ErrorCode::kUnavailable &&
        second.error().message.find(pid) != std::string::npos)
      _exit(42);
  });
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST_F(Events, WhatIsOfferedIsWrittenInItsOrderWhenTheQueueEnds) {
  constexpr std::uint64_t kCount = 10'000;
  {
    ImpressionQueue queue(Open(folder, EventLog::Access::kWrite));
    for (std::uint64_t i = 0; i < kCount; ++i) ASSERT_TRUE(queue.Offer(Sample(i)));
  }
  const auto numbers = Numbers(folder);
  ASSERT_EQ(numbers.size(), kCount);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST_F(Events, WhatIsOfferedIsWrittenWhileTheQueueGoesOn) {
  ImpressionQueue queue(Open(folder, EventLog::Access::kWrite));
  for (std::uint64_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(queue.Offer(Sample(i)));
    while (queue.Written() < i) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    EXPECT_EQ(Numbers(folder).size(), i);
  }
}

TEST_F(Events, ManyThreadsOfferAtOnceAndEveryOneIsAccountedFor) {
  std::atomic<std::uint64_t> taken = 0;
  std::uint64_t written = 0;
  {
    ImpressionQueue queue(Open(folder, EventLog::Access::kWrite), 200);
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint64_t i = 0; i < 2000; ++i) taken += queue.Offer(Sample(t * 2000 + i)) ? 1 : 0;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(queue.Dropped(), 8000 - taken);
    while (queue.Written() < taken) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    written = queue.Written();
  }
  EXPECT_EQ(written, taken);
  EXPECT_EQ(Numbers(folder).size(), written);
}

// A pipe in place of the reader's mark holds the writer up, as a disk that hangs would.
TEST_F(Events, AQueueThatIsFullRefusesAndCountsAndNeverBlocks) {
  EventLog log = Open(folder, EventLog::Access::kWrite);
  const fs::path mark = folder / "readers" / kWarehouseReader;
  fs::remove(mark);
  ASSERT_EQ(mkfifo(mark.c_str(), 0600), 0);
  const int held = open(mark.c_str(), O_RDWR);
  ASSERT_GE(held, 0);
  {
    ImpressionQueue queue(std::move(log), 8);
    for (std::uint64_t i = 0; i < 8; ++i) EXPECT_TRUE(queue.Offer(Sample(i)));
    for (std::uint64_t i = 8; i < 11; ++i) EXPECT_FALSE(queue.Offer(Sample(i)));
    EXPECT_EQ(queue.Dropped(), 3U);
    EXPECT_EQ(queue.Written(), 0U);
    // Wait until the writer has opened the pipe, so that the disk hangs for one batch only.
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    ASSERT_EQ(write(held, "0\n", 2), 2);
    unlink(mark.c_str());
    close(held);
  }
  EXPECT_EQ(Numbers(folder).size(), 8U);
}

TEST_F(Events, AFullDiskIsCountedAndTheQueueGoesOnWhenThereIsRoomAgain) {
  const int status = base::InChild([&] {
    base::SetLogLevel(base::LogLevel::kOff);
    signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{150'000, RLIM_INFINITY};
    const rlimit wide{RLIM_INFINITY, RLIM_INFINITY};
    {
      ImpressionQueue queue(Open(folder, EventLog::Access::kWrite));
      const auto wait_for = [&](std::uint64_t count) {
        while (queue.Written() + queue.Dropped() < count)
          std::this_thread::sleep_for(std::chrono::milliseconds{1});
      };
      if (!queue.Offer(Sample(0))) _exit(1);
      wait_for(1);
      setrlimit(RLIMIT_FSIZE, &tight);
      for (std::uint64_t i = 1; i <= 5000; ++i) queue.Offer(Sample(i));
      wait_for(5001);
      if (queue.Dropped() == 0) _exit(2);
      const std::uint64_t written = queue.Written();
      setrlimit(RLIMIT_FSIZE, &wide);
      for (std::uint64_t i = 5001; i <= 5100; ++i) queue.Offer(Sample(i));
      wait_for(5101);
      if (queue.Written() != written + 100) _exit(3);
    }
    _exit(42);
  });
  EXPECT_EQ(WEXITSTATUS(status), 42);
  const auto numbers = Numbers(folder);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  EXPECT_EQ(numbers.back(), 5100U);
}

// A log elsewhere that hangs until it is too late, as a database does that is stopped.
class HangingLog : public Log {
 public:
  HangingLog(ImpressionQueue::TooLate too_late, std::atomic<int>& asked)
      : too_late_(std::move(too_late)), asked_(asked) {}
  const std::string& Id() const override { return id_; }
  Status Append(std::span<const Change>, const domain::RetailerShape&) override { return {}; }
  Status Append(std::span<const Impression>) override {
    ++asked_;
    while (!too_late_()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    return Fail(ErrorCode::kUnavailable, "it hangs");
  }
  Result<std::vector<LogRecord>> Read(std::uint64_t, std::size_t) const override { return {}; }
  Result<std::uint64_t> LastPosition() const override { return 0; }
  Status Register(std::string_view) override { return {}; }
  Status Advance(std::string_view, std::uint64_t) override { return {}; }
  Result<std::uint64_t> Mark(std::string_view) const override { return 0; }
  Result<std::vector<LogReader>> Readers() const override { return {}; }

 private:
  std::string id_;
  ImpressionQueue::TooLate too_late_;
  std::atomic<int>& asked_;
};

TEST_F(Events, AtTheEndALogElsewhereThatHangsIsAskedOnceAndNotForEachBatch) {
  constexpr std::uint64_t kCount = 26'000;
  std::atomic<int> asked = 0;
  testing::internal::CaptureStderr();
  {
    const auto queue =
        ImpressionQueue::StartShared([&](const auto& too_late) -> Result<std::unique_ptr<Log>> {
          return std::make_unique<HangingLog>(too_late, asked);
        });
    for (std::uint64_t i = 0; i < kCount; ++i) ASSERT_TRUE(queue->Offer(Sample(i)));
    while (asked == 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  EXPECT_EQ(asked, 1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::HasSubstr("impressions: 26000 are dropped at the end"));
}

TEST_F(Events, AKilledServerLosesOnlyWhatWasNotWrittenYet) {
  for (std::uint64_t round = 0; round < 6; ++round) {
    std::array<int, 2> said{};
    ASSERT_EQ(pipe(said.data()), 0);
    const pid_t child = fork();
    if (child == 0) {
      ImpressionQueue queue(Open(folder, EventLog::Access::kWrite));
      const std::uint64_t wanted = queue.Written() + 200;
      for (std::uint64_t i = 0;; ++i) {
        queue.Offer(Sample(i));
        if (queue.Written() >= wanted && write(said[1], "w", 1) != 1) _exit(1);
      }
    }
    close(said[1]);
    const std::size_t before = round == 0 ? 0 : Numbers(folder).size();
    char byte = 0;
    ASSERT_EQ(read(said[0], &byte, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(said[0]);
    EXPECT_GE(Numbers(folder).size(),
              before + 200);  // Every one whole: Numbers() checks its bytes.
  }
}

}  // namespace
}  // namespace aisle::events
