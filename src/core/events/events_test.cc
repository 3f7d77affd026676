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

#include "base/files.h"
#include "base/log.h"
#include "base/random.h"
#include "events/exercise.h"
#include "kv/temp_folder.h"

namespace aisle::events {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Impression Sample(std::uint64_t number) {
  base::Stream stream(1, number, 1);
  Impression impression;
  impression.request_id = "request-" + std::to_string(number);
  impression.served_at =
      base::FromMicros(1'795'478'400'000'000 + static_cast<std::int64_t>(number));
  impression.customer.value = stream.Between(1'000'000, 1'050'000);
  impression.region = static_cast<domain::Region>(stream.Below(domain::kRegionCount));
  for (std::uint64_t i = stream.Below(12); i > 0; --i) {
    impression.shown.push_back({domain::ProductId{stream.Between(1, 2000)},
                                static_cast<float>(stream.Uniform()),
                                stream.Chance(0.7) ? "model" : "popularity"});
  }
  impression.ranking_version = 7;
  impression.propensity_version = 12;
  impression.generation = 31;
  impression.arm = stream.Chance(0.5) ? "" : "challenger";
  return impression;
}

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

int InChild(const std::function<void()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

class Events : public testing::Test {
 protected:
  kv::TempFolder temp;
  fs::path folder = temp.Path() / "events";
};

TEST(ImpressionBytes, EveryFieldComesBack) {
  Impression impression = Sample(3);
  impression.shown = {{domain::ProductId{7}, 0.25F, "model"},
                      {domain::ProductId{-1}, -0.0F, ""},
                      {domain::ProductId{9}, 1e-30F, "model"}};
  const auto back = DecodeImpression(EncodeImpression(impression));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->request_id, impression.request_id);
  EXPECT_EQ(back->served_at, impression.served_at);
  EXPECT_EQ(back->customer, impression.customer);
  EXPECT_EQ(back->region, impression.region);
  EXPECT_EQ(back->ranking_version, 7);
  EXPECT_EQ(back->propensity_version, 12);
  EXPECT_EQ(back->generation, 31);
  EXPECT_EQ(back->arm, impression.arm);
  ASSERT_EQ(back->shown.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(back->shown[i].product, impression.shown[i].product);
    EXPECT_EQ(back->shown[i].score, impression.shown[i].score);
    EXPECT_EQ(back->shown[i].source, impression.shown[i].source);
  }
}

TEST(ImpressionBytes, PrefixesFlippedBitsAndFurtherBytesDoNoHarm) {
  const std::string bytes = EncodeImpression(Sample(5));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(ExerciseImpression(std::string_view(bytes).substr(0, size)));
  EXPECT_FALSE(ExerciseImpression(bytes + '\0'));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string spoiled = bytes;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ (1 << (bit % 8)));
    ExerciseImpression(spoiled);
  }
}

TEST(ImpressionBytes, ALongSourceThatManyProductsShareIsRefused) {
  Impression impression;
  const std::string source(100'000, 's');
  impression.shown.assign(100, {domain::ProductId{1}, 0, source});
  EXPECT_EQ(DecodeImpression(EncodeImpression(impression)).error().code, ErrorCode::kInternal);
  impression.shown.resize(10);
  EXPECT_TRUE(DecodeImpression(EncodeImpression(impression)));
}

TEST(ImpressionBytes, ANewerFormatIsRefusedInWords) {
  std::string bytes = EncodeImpression(Sample(5));
  bytes[0] = 2;
  const auto newer = DecodeImpression(bytes);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(newer.error().message, HasSubstr("newer"));
}

TEST(ImpressionBytes, TheCorpusIsDecodedAsItsNamesSay) {
  int seen = 0;
  for (const auto& entry :
       fs::directory_iterator(fs::path(AISLE_SOURCE_DIR) / "src/core/events/corpus")) {
    const std::string name = entry.path().filename().string();
    const auto bytes = base::ReadFile(entry.path());
    ASSERT_TRUE(bytes);
    EXPECT_EQ(ExerciseImpression(*bytes), name.starts_with("good")) << name;
    ++seen;
  }
  EXPECT_GE(seen, 5);
}

TEST_F(Events, TheLogIsReadAfterAPositionAndTrimmedByItsReader) {
  EXPECT_EQ(EventLog::Open(folder, EventLog::Access::kRead).error().code, ErrorCode::kNotFound);
  EventLog writer = Open(folder, EventLog::Access::kWrite);
  const std::vector<std::string> records = {"one", "two", "three"};
  ASSERT_TRUE(writer.Append(records));
  EventLog reader = Open(folder, EventLog::Access::kRead);
  const auto found = reader.Read(1, 10);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(found->front().position, 2U);
  EXPECT_EQ(found->front().bytes, "two");
  EXPECT_EQ(*reader.LastPosition(), 3U);
  ASSERT_TRUE(reader.Trim(2));
  EXPECT_EQ(*reader.TrimmedTo(), 2U);
  EXPECT_EQ(reader.Trim(9).error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(writer.Append(records));
  EXPECT_EQ(reader.Read(0, 10)->front().position, 3U);
}

TEST_F(Events, ASecondWriterProcessIsToldWhoWrites) {
  const EventLog writer = Open(folder, EventLog::Access::kWrite);
  const std::string pid = std::to_string(getpid());
  const int status = InChild([&] {
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
  const fs::path mark = folder / "trimmed";
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
  const int status = InChild([&] {
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
