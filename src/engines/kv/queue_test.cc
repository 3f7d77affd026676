#include "kv/queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <thread>

#include "base/child_testing.h"
#include "base/files.h"
#include "base/temp_folder_testing.h"

namespace aisle::kv {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const QueueOptions kOptions{.format = 3, .oldest_format = 2, .first_reader = "intake"};
QueueOptions Of(std::uint32_t format, std::uint32_t oldest) {
  return {.format = format, .oldest_format = oldest, .first_reader = "intake"};
}
constexpr auto kRead = Queue::Access::kRead;
constexpr auto kWrite = Queue::Access::kWrite;

std::string Record(std::uint64_t position) {
  return "record " + std::to_string(position) + std::string(position % 7 == 0 ? 9000 : 60, '.');
}
std::vector<std::string> Batch(std::uint64_t first, std::size_t count) {
  std::vector<std::string> batch;
  for (std::size_t i = 0; i < count; ++i) batch.push_back(Record(first + i));
  return batch;
}
Queue Open(const fs::path& folder, Queue::Access access) {
  auto queue = Queue::Open(folder, access, kOptions);
  AISLE_ASSERT(queue.has_value());
  return *std::move(queue);
}
void ExpectRecords(const Queue& queue, std::uint64_t after, std::uint64_t last) {
  const auto records = queue.Read(after, 1'000'000);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), last - after);
  for (std::size_t i = 0; i < records->size(); ++i) {
    ASSERT_EQ((*records)[i].position, after + 1 + i);
    ASSERT_EQ((*records)[i].bytes, Record(after + 1 + i));
  }
}
class QueueTest : public testing::Test {
 protected:
  base::TempFolder temp;
  fs::path folder = temp.Path() / "log";
};

TEST_F(QueueTest, RecordsCountUpFromOneAndComeBackInOrderAcrossRestarts) {
  for (std::uint64_t restart = 0; restart < 4; ++restart) {
    Queue queue = Open(folder, kWrite);
    EXPECT_EQ(*queue.LastPosition(), restart * 25);
    ASSERT_TRUE(queue.Append(Batch(restart * 25 + 1, 10)));
    ASSERT_TRUE(queue.Append({}));
    ASSERT_TRUE(queue.Append(Batch(restart * 25 + 11, 15)));
  }
  const Queue queue = Open(folder, kRead);
  ExpectRecords(queue, 0, 100);
  ExpectRecords(queue, 60, 100);
  EXPECT_TRUE(queue.Read(100, 5)->empty());
  EXPECT_TRUE(queue.Read(5000, 5)->empty());
  EXPECT_EQ(queue.Read(97, 2)->back().position, 99U);
}

TEST_F(QueueTest, WhatIsNotThereCannotBeReadAndIsNotMade) {
  const auto queue = Queue::Open(folder, kRead, kOptions);
  ASSERT_FALSE(queue);
  EXPECT_EQ(queue.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(QueueTest, AnEmptyOneHasNothing) {
  const Queue writer = Open(folder, kWrite);
  const Queue reader = Open(folder, kRead);
  EXPECT_EQ(*reader.LastPosition(), 0U);
  EXPECT_TRUE(reader.Read(0, 10)->empty());
  EXPECT_EQ(*reader.Mark("intake"), 0U);
}

TEST_F(QueueTest, TheMarkSurvivesRestartsAndTheWriterRemovesWhatIsBeforeIt) {
  {
    Queue writer = Open(folder, kWrite);
    ASSERT_TRUE(writer.Append(Batch(1, 30)));
    Queue reader = Open(folder, kRead);
    ASSERT_TRUE(reader.Advance("intake", 20));
    ASSERT_TRUE(reader.Advance("intake", 12));  // Does not go back.
    EXPECT_EQ(*reader.Mark("intake"), 20U);
    ExpectRecords(reader, 20, 30);
  }
  Queue writer = Open(folder, kWrite);
  EXPECT_EQ(*writer.Mark("intake"), 20U);
  ASSERT_TRUE(writer.Append(Batch(31, 1)));
  EXPECT_EQ(writer.Read(0, 1)->front().position, 21U);
  ExpectRecords(writer, 20, 31);
}

TEST_F(QueueTest, PositionsGoOnAfterEverythingWasTrimmed) {
  {
    Queue writer = Open(folder, kWrite);
    ASSERT_TRUE(writer.Append(Batch(1, 30)));
    ASSERT_TRUE(writer.Advance("intake", 30));
    ASSERT_TRUE(writer.Append(Batch(31, 1)));
    ASSERT_TRUE(writer.Advance("intake", 31));
    EXPECT_EQ(writer.Read(0, 5)->front().position, 31U);
  }
  Queue writer = Open(folder, kWrite);
  EXPECT_EQ(*writer.LastPosition(), 31U);
  ASSERT_TRUE(writer.Append(Batch(32, 1)));
  ExpectRecords(writer, 31, 32);
}

TEST_F(QueueTest, AMarkBeyondTheEndIsRefused) {
  Queue writer = Open(folder, kWrite);
  ASSERT_TRUE(writer.Append(Batch(1, 3)));
  const auto status = writer.Advance("intake", 4);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(status.error().message, HasSubstr("ends at 3"));
}

TEST_F(QueueTest, TrimmedPagesAreUsedAgain) {
  Queue writer = Open(folder, kWrite);
  std::uint64_t last = 0;
  std::uintmax_t size_early = 0;
  for (int round = 0; round < 60; ++round) {
    ASSERT_TRUE(writer.Append(Batch(last + 1, 100)));
    last += 100;
    ASSERT_TRUE(writer.Advance("intake", last));
    if (round == 20) size_early = fs::file_size(folder / "data.mdb");
  }
  EXPECT_LE(fs::file_size(folder / "data.mdb"), size_early * 3 / 2);
}

TEST_F(QueueTest, ASecondWriterIsToldWhoWrites) {
  const Queue writer = Open(folder, kWrite);
  const auto refused = [&] {
    const auto second = Queue::Open(folder, kWrite, kOptions);
    return !second && second.error().code == ErrorCode::kUnavailable &&
           second.error().message.find(std::to_string(getpid())) != std::string::npos;
  };
  EXPECT_TRUE(refused());
  const std::string pid = std::to_string(getpid());
  const int status = base::InChild([&] {
    const auto second = Queue::Open(folder, kWrite, kOptions);
    if (!second && second.error().code == ErrorCode::kUnavailable &&
        second.error().message.find(pid) != std::string::npos)
      _exit(42);
  });
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST_F(QueueTest, ANewerFormatIsRefusedInWords) {
  {
    const Queue writer = Open(folder, kWrite);
  }
  for (const auto access : {kRead, kWrite}) {
    const auto older = Queue::Open(folder, access, Of(2, 1));
    ASSERT_FALSE(older);
    EXPECT_EQ(older.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_THAT(older.error().message, HasSubstr("newer"));
  }
  EXPECT_TRUE(Queue::Open(folder, kWrite, kOptions));
}

TEST_F(QueueTest, AKilledWriterLosesNothingThatWasAppendedAndTearsNoBatch) {
  std::uint64_t before = 0;
  for (int round = 0; round < 8; ++round) {
    std::array<int, 2> acknowledged{};
    ASSERT_EQ(pipe(acknowledged.data()), 0);
    const pid_t child = fork();
    if (child == 0) {
      Queue writer = Open(folder, kWrite);
      for (std::uint64_t last = before;; last += 10) {
        if (!writer.Append(Batch(last + 1, 10)) || write(acknowledged[1], "a", 1) != 1) _exit(1);
        if (last > 50 && !writer.Advance("intake", last - 50)) _exit(1);
      }
    }
    close(acknowledged[1]);
    std::uint64_t appended = before;
    for (int i = 0; i < 5 + round; ++i) {
      char byte = 0;
      ASSERT_EQ(read(acknowledged[0], &byte, 1), 1);
      appended += 10;
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(acknowledged[0]);
    const Queue reader = Open(folder, kRead);
    const std::uint64_t last = *reader.LastPosition();
    EXPECT_GE(last, appended);
    EXPECT_EQ(last % 10, 0U);
    ExpectRecords(reader, *reader.Mark("intake"), last);
    before = last;
  }
}

TEST_F(QueueTest, AnotherProcessReadsWhileOneWrites) {
  Queue writer = Open(folder, kWrite);
  const pid_t child = fork();
  if (child == 0) {
    Queue reader = Open(folder, kRead);
    std::uint64_t at = 0;
    while (at < 500) {
      const auto records = reader.Read(at, 37);
      if (!records) _exit(1);
      for (const QueueRecord& record : *records) {
        if (record.position != at + 1 || record.bytes != Record(at + 1)) _exit(2);
        at = record.position;
      }
      if (!reader.Advance("intake", at)) _exit(3);
    }
    _exit(42);
  }
  for (std::uint64_t last = 0; last < 500; last += 5)
    ASSERT_TRUE(writer.Append(Batch(last + 1, 5)));
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_EQ(*writer.Mark("intake"), 500U);
}

TEST_F(QueueTest, ThreadsOfOneProcessAppendAndReadAtOnce) {
  Queue writer = Open(folder, kWrite);
  Queue reader = Open(folder, kRead);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const std::vector<std::string> pair = {"a", "b"};
        AISLE_ASSERT(writer.Append(pair));
        const auto records = reader.Read(0, 1000);
        AISLE_ASSERT(records && records->size() % 2 == 0);  // All or none.
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*reader.LastPosition(), 160U);
}

TEST_F(QueueTest, AFullDiskIsSaidNothingIsTornAndItGoesOnLater) {
  const int status = base::InChild([&] {
    signal(SIGXFSZ, SIG_IGN);
    Queue writer = Open(folder, kWrite);
    if (!writer.Append(Batch(1, 10))) _exit(1);
    const rlimit tight{300'000, RLIM_INFINITY};
    const rlimit wide{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &tight);
    const auto full = writer.Append(Batch(11, 1000));
    if (full || full.error().code != ErrorCode::kUnavailable) _exit(2);
    if (*writer.LastPosition() != 10) _exit(3);
    setrlimit(RLIMIT_FSIZE, &wide);
    if (!writer.Append(Batch(11, 1000))) _exit(4);
    _exit(42);
  });
  EXPECT_EQ(WEXITSTATUS(status), 42);
  ExpectRecords(Open(folder, kRead), 0, 1010);
}

TEST_F(QueueTest, AFileThatWasCutIsRefusedByItsPathWhereverItWasCut) {
  {
    Queue writer = Open(folder, kWrite);
    for (std::uint64_t last = 0; last < 1000; last += 100)
      ASSERT_TRUE(writer.Append(Batch(last + 1, 100)));
  }
  const auto whole = base::ReadFile(folder / "data.mdb");
  ASSERT_TRUE(whole);
  int refused = 0;
  for (int part = 1; part < 16; ++part) {
    fs::remove(folder / "lock.mdb");
    ASSERT_TRUE(
        base::WriteFileAtomic(folder / "data.mdb", whole->substr(0, whole->size() * part / 16)));
    // In a child: a crash is what must not happen.
    const int status = base::InChild([&] {
      const auto said = [](const Error& error) {
        _exit(error.code == ErrorCode::kInternal &&
                      error.message.find("data.mdb") != std::string::npos
                  ? 42
                  : 1);
      };
      auto queue = Queue::Open(folder, kWrite, kOptions);
      if (!queue) said(queue.error());
      const auto records = queue->Read(0, 10'000);
      if (!records) said(records.error());
      _exit(records->size() == 1000 ? 43 : 2);
    });
    ASSERT_TRUE(WIFEXITED(status)) << "cut at " << part << "/16: signal " << WTERMSIG(status);
    EXPECT_THAT(WEXITSTATUS(status), testing::AnyOf(42, 43)) << part;
    refused += WEXITSTATUS(status) == 42;
  }
  EXPECT_GE(refused, 12);
}

TEST_F(QueueTest, AFileThatIsNoQueueOrLostItsRecordsIsRefused) {
  fs::create_directories(folder);
  ASSERT_TRUE(base::WriteFileAtomic(folder / "data.mdb", std::string(20'000, 'x')));
  EXPECT_EQ(Queue::Open(folder, kWrite, kOptions).error().code, ErrorCode::kInternal);
  fs::remove_all(folder);
  {
    Queue writer = Open(folder, kWrite);
    ASSERT_TRUE(writer.Append(Batch(1, 3)) && writer.Advance("intake", 2));
  }
  fs::remove(folder / "data.mdb");
  fs::remove(folder / "lock.mdb");
  const auto lost = Queue::Open(folder, kWrite, kOptions);
  ASSERT_FALSE(lost);
  EXPECT_THAT(lost.error().message, HasSubstr("2 were read already by intake"));
  ASSERT_TRUE(base::WriteFileAtomic(folder / "readers" / "intake", "two\n"));
  EXPECT_THAT(Queue::Open(folder, kWrite, kOptions).error().message, HasSubstr("'two"));
}

}  // namespace
}  // namespace aisle::kv
