// Several named readers of one queue, and queues of before readers had names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/files.h"
#include "base/temp_folder_testing.h"
#include "kv/queue.h"

namespace aisle::kv {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr auto kRead = Queue::Access::kRead;
constexpr auto kWrite = Queue::Access::kWrite;

QueueOptions Of(std::uint32_t format, std::uint32_t oldest = 1) {
  return {.format = format, .oldest_format = oldest, .first_reader = "intake"};
}
Queue Open(const fs::path& folder, Queue::Access access, const QueueOptions& options = Of(2)) {
  auto queue = Queue::Open(folder, access, options);
  AISLE_ASSERT(queue.has_value());
  return *std::move(queue);
}
void Append(Queue& queue, std::size_t count) {
  ASSERT_TRUE(queue.Append(std::vector<std::string>(count, std::string(50, '.'))));
}
std::uint64_t First(const Queue& queue) { return queue.Read(0, 1)->front().position; }
// "name mark, name mark"
std::string Readers(const Queue& queue) {
  std::string text;
  const auto readers = queue.Readers();
  for (const QueueReader& reader : *readers)
    text += (text.empty() ? "" : ", ") + reader.name + " " + std::to_string(reader.mark);
  return text;
}

class QueueReaders : public testing::Test {
 protected:
  void SetNameless(std::string_view text) {
    ASSERT_TRUE(base::WriteFileAtomic(folder / "trimmed", text));
  }
  // As a program left it that knew one reader without a name.
  void MakeOld(std::size_t count, std::string_view mark) {
    {
      Queue writer = Open(folder, kWrite, Of(1));
      Append(writer, count);
    }
    fs::remove_all(folder / "readers");
    if (!mark.empty()) SetNameless(mark);
  }
  base::TempFolder temp;
  fs::path folder = temp.Path() / "log";
};

TEST_F(QueueReaders, RecordsStayUntilEveryRegisteredReaderIsPastThem) {
  Queue writer = Open(folder, kWrite);
  EXPECT_EQ(Readers(writer), "intake 0") << "the first reader is there from the start";
  Queue reader = Open(folder, kRead);
  ASSERT_TRUE(reader.Register("overlay"));
  Append(writer, 10);
  ASSERT_TRUE(reader.Advance("intake", 8));
  Append(writer, 1);
  EXPECT_EQ(First(writer), 1U);
  ASSERT_TRUE(reader.Advance("overlay", 3));
  Append(writer, 1);
  EXPECT_EQ(First(writer), 4U);
  ASSERT_TRUE(reader.Advance("overlay", 12));
  Append(writer, 1);
  EXPECT_EQ(First(writer), 9U);
  EXPECT_EQ(Readers(reader), "intake 8, overlay 12");
}

TEST_F(QueueReaders, MarksAndRegistrationsSurviveRestarts) {
  {
    Queue writer = Open(folder, kWrite);
    Append(writer, 10);
    ASSERT_TRUE(writer.Register("second-server_2"));
    ASSERT_TRUE(writer.Advance("second-server_2", 4));
    ASSERT_TRUE(writer.Advance("second-server_2", 2));  // Does not go back.
    ASSERT_TRUE(writer.Advance("intake", 6));
  }
  Queue writer = Open(folder, kWrite);
  ASSERT_TRUE(writer.Register("second-server_2"));  // Again: it stays where it is.
  EXPECT_EQ(Readers(writer), "intake 6, second-server_2 4");
  EXPECT_EQ(*writer.Mark("second-server_2"), 4U);
  Append(writer, 1);
  EXPECT_EQ(First(writer), 5U);
}

TEST_F(QueueReaders, WhoeverIsNotRegisteredHoldsNothingAndHasNoMark) {
  Queue writer = Open(folder, kWrite);
  Append(writer, 10);
  EXPECT_EQ(writer.Read(0, 3)->size(), 3U) << "without a name";
  EXPECT_EQ(writer.Mark("guest").error().code, ErrorCode::kNotFound);
  const auto advanced = writer.Advance("guest", 3);
  ASSERT_FALSE(advanced);
  EXPECT_EQ(advanced.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(advanced.error().message, HasSubstr("no reader 'guest'"));
  ASSERT_TRUE(writer.Advance("intake", 10));
  Append(writer, 1);
  EXPECT_EQ(First(writer), 11U);
}

TEST_F(QueueReaders, OneThatIsForgottenHoldsNothingAndWithoutAnyNothingIsRemoved) {
  Queue writer = Open(folder, kWrite);
  ASSERT_TRUE(writer.Register("lagging"));
  Append(writer, 10);
  ASSERT_TRUE(writer.Advance("intake", 10));
  Append(writer, 1);
  EXPECT_EQ(First(writer), 1U);
  ASSERT_TRUE(writer.Forget("lagging"));
  ASSERT_TRUE(writer.Forget("never-there"));
  Append(writer, 1);
  EXPECT_EQ(First(writer), 11U);
  ASSERT_TRUE(writer.Forget("intake"));
  EXPECT_EQ(Readers(writer), "");
  Append(writer, 5);
  EXPECT_EQ(First(writer), 11U);
  // It does not come back by itself.
  const Queue other = Open(folder, kRead);
  EXPECT_EQ(Readers(other), "");
}

TEST_F(QueueReaders, ALateOneBeginsWithWhatIsStillThere) {
  Queue writer = Open(folder, kWrite);
  Append(writer, 10);
  ASSERT_TRUE(writer.Advance("intake", 7));
  Append(writer, 1);
  ASSERT_TRUE(writer.Register("late"));
  EXPECT_EQ(*writer.Mark("late"), 7U);
  ASSERT_TRUE(writer.Advance("intake", 11));
  Append(writer, 1);
  EXPECT_EQ(First(writer), 8U) << "it holds what it has not read";
}

TEST_F(QueueReaders, ANameThatIsNoneIsRefused) {
  Queue writer = Open(folder, kWrite);
  Append(writer, 1);
  for (const std::string& name : {std::string(), std::string("../trimmed"), std::string(".hidden"),
                                  std::string("Big"), std::string("a b"), std::string(65, 'a')}) {
    EXPECT_EQ(writer.Register(name).error().code, ErrorCode::kInvalidArgument) << name;
    EXPECT_EQ(writer.Forget(name).error().code, ErrorCode::kInvalidArgument) << name;
    EXPECT_EQ(writer.Advance(name, 1).error().code, ErrorCode::kInvalidArgument) << name;
    EXPECT_EQ(writer.Mark(name).error().code, ErrorCode::kInvalidArgument) << name;
  }
  EXPECT_TRUE(writer.Register(std::string(64, 'a')));
}

// What a reader leaves that was killed while it wrote its mark is no reader.
TEST_F(QueueReaders, AMarkHalfWrittenIsNoReader) {
  {
    Queue writer = Open(folder, kWrite);
    Append(writer, 3);
  }
  std::ofstream(folder / "readers" / ".staging-999999999-0") << "2";
  const Queue writer = Open(folder, kWrite);
  EXPECT_EQ(Readers(writer), "intake 0");
}

TEST_F(QueueReaders, AMarkThatIsDamagedOrBeyondTheEndIsSaidByItsReader) {
  {
    Queue writer = Open(folder, kWrite);
    Append(writer, 3);
    ASSERT_TRUE(writer.Register("overlay"));
    ASSERT_TRUE(base::WriteFileAtomic(folder / "readers" / "overlay", "many"));
    EXPECT_THAT(writer.Append(std::vector<std::string>{"a"}).error().message,
                HasSubstr("readers/overlay is damaged"));
  }
  ASSERT_TRUE(base::WriteFileAtomic(folder / "readers" / "overlay", "4\n"));
  EXPECT_THAT(Queue::Open(folder, kRead, Of(2)).error().message,
              HasSubstr("ends at 3, and 4 were read already by overlay"));
}

// A reader moves its mark while another process writes; the writer's lock is not needed.
TEST_F(QueueReaders, TwoProcessesReadAtTheirOwnPace) {
  Queue writer = Open(folder, kWrite);
  ASSERT_TRUE(writer.Register("slow"));
  std::vector<pid_t> children;
  for (const auto& [name, step] : {std::pair{"intake", 50}, std::pair{"slow", 7}}) {
    const pid_t child = fork();
    if (child == 0) {
      Queue reader = Open(folder, kRead);
      std::uint64_t at = *reader.Mark(name);
      while (at < 500) {
        const auto records = reader.Read(at, static_cast<std::size_t>(step));
        if (!records) _exit(1);
        for (const QueueRecord& record : *records) {
          if (record.position != ++at) _exit(2);  // One was removed before it was read.
        }
        if (!reader.Advance(name, at)) _exit(3);
      }
      _exit(42);
    }
    children.push_back(child);
  }
  for (int i = 0; i < 100; ++i) Append(writer, 5);
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 42);
  }
  Append(writer, 1);
  EXPECT_EQ(First(writer), 501U);
}

TEST_F(QueueReaders, AnOlderFormatIsReadAsItIsAndRaisedByTheWriter) {
  MakeOld(10, "4\n");
  {
    Queue reader = Open(folder, kRead);
    EXPECT_EQ(Readers(reader), "intake 4");
    EXPECT_EQ(reader.Read(0, 100)->size(), 10U);
    EXPECT_TRUE(Queue::Open(folder, kRead, Of(1))) << "a reader raises nothing";
  }
  {
    Queue writer = Open(folder, kWrite);
    EXPECT_EQ(Readers(writer), "intake 4");
    EXPECT_FALSE(fs::exists(folder / "trimmed"));
    Append(writer, 1);
    EXPECT_EQ(First(writer), 5U);
  }
  EXPECT_THAT(Queue::Open(folder, kRead, Of(1)).error().message, HasSubstr("newer"));
  const auto later = Queue::Open(folder, kRead, Of(4, 3));
  EXPECT_EQ(later.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(later.error().message, HasSubstr("older than 3"));
}

TEST_F(QueueReaders, AReaderMovesItsMarkInAnOlderQueueToo) {
  MakeOld(10, "4\n");
  {
    Queue reader = Open(folder, kRead);
    ASSERT_TRUE(reader.Register("intake"));
    EXPECT_EQ(*reader.Mark("intake"), 4U);
    ASSERT_TRUE(reader.Advance("intake", 6));
    ASSERT_TRUE(reader.Register("other"));
  }
  // The old program goes on for a while, and its reader is further than ours.
  SetNameless("7\n");
  const Queue writer = Open(folder, kWrite);
  EXPECT_EQ(Readers(writer), "intake 7, other 0");
}

TEST_F(QueueReaders, AnOldQueueThatWasNeverTrimmedHasItsFirstReader) {
  MakeOld(10, "");
  Queue reader = Open(folder, kRead);
  ASSERT_TRUE(reader.Register("other"));  // The first to look at it is not the first reader.
  const Queue writer = Open(folder, kWrite);
  EXPECT_EQ(Readers(writer), "intake 0, other 0");
}

// Each state that a kill can leave on the way, by hand.
TEST_F(QueueReaders, EveryStepToTheNewFormatIsAWholeQueue) {
  const auto expect = [&](const std::string& readers) {
    {
      const Queue reader = Open(folder, kRead);
      EXPECT_EQ(Readers(reader), readers);
      EXPECT_EQ(reader.Read(0, 100)->size(), 10U);
    }
    Queue writer = Open(folder, kWrite);
    EXPECT_EQ(Readers(writer), readers);
    EXPECT_FALSE(fs::exists(folder / "trimmed"));
  };
  // The folder of the marks is made, the format is the old one.
  MakeOld(10, "4\n");
  {
    ASSERT_TRUE(Open(folder, kRead).Register("intake"));
  }
  SetNameless("4\n");
  expect("intake 4");
  // The format is raised; the nameless mark is still there, and a reader of before may move it.
  SetNameless("6\n");
  expect("intake 6");
  // The mark is copied and not yet removed.
  SetNameless("6\n");
  expect("intake 6");
}

// Whatever moment a kill comes at, the next to open the queue finds every record and the mark.
TEST_F(QueueReaders, AKillOnTheWayToTheNewFormatLosesNothing) {
  for (int round = 0; round < 40; ++round) {
    fs::remove_all(folder);
    MakeOld(20, "4\n");
    const pid_t child = fork();
    if (child == 0) {
      const auto writer = Queue::Open(folder, kWrite, Of(2));
      _exit(writer ? 0 : 1);
    }
    std::this_thread::sleep_for(std::chrono::microseconds{round * 60});
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    Queue reader = Open(folder, kRead);
    EXPECT_EQ(*reader.Mark("intake"), 4U) << round;
    EXPECT_EQ(reader.Read(4, 100)->size(), 16U) << round;
    Queue writer = Open(folder, kWrite);
    Append(writer, 1);
    EXPECT_EQ(Readers(writer), "intake 4") << round;
    EXPECT_EQ(First(writer), 5U) << round;
  }
}

}  // namespace
}  // namespace aisle::kv
