#include "net/finish_by.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "net/event_loops.h"

namespace aisle::net {
namespace {

using namespace std::chrono_literals;

// Notes in `log` how it went; owns what it uses.
Task<std::string> Slow(std::shared_ptr<std::string> log, std::chrono::milliseconds wait) {
  *log += "started;";
  try {
    co_await Sleep(wait);
  } catch (const std::exception&) {
    *log += "told to stop;";
    throw;
  }
  *log += "ended;";
  co_return "answer";
}

// Goes on waiting when it is told to stop.
Task<std::string> Stubborn(std::shared_ptr<std::string> log, std::chrono::milliseconds wait) {
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  co_return co_await Slow(std::move(log), wait);
}

std::optional<std::string> Finish(Deadline deadline, Task<std::string> task) {
  std::optional<std::string> found;
  RunToEnd([](Deadline by, Task<std::string> what, std::optional<std::string>& out) -> Task<void> {
    out = co_await FinishBy(by, std::move(what));
  }(deadline, std::move(task), found));
  return found;
}

TEST(FinishBy, ATaskInTimeGivesItsValue) {
  const auto log = std::make_shared<std::string>();
  EXPECT_EQ(Finish(Deadline::After(1h), Slow(log, 1ms)), "answer");
  EXPECT_EQ(Finish(Deadline(), Slow(log, 1ms)), "answer");
  EXPECT_EQ(*log, "started;ended;started;ended;");
}

TEST(FinishBy, ATaskThatNeverWaitsGivesItsValue) {
  const auto at_once = []() -> Task<std::string> { co_return "at once"; };
  EXPECT_EQ(Finish(Deadline::After(1h), at_once()), "at once");
}

TEST(FinishBy, ATaskThatHangsIsToldToStop) {
  const auto log = std::make_shared<std::string>();
  EXPECT_EQ(Finish(Deadline::After(5ms), Slow(log, 1h)), std::nullopt);
  EXPECT_EQ(*log, "started;told to stop;");
}

TEST(FinishBy, ATaskThatDoesNotListenIsNotWaitedFor) {
  const auto log = std::make_shared<std::string>();
  std::string at_return;
  RunToEnd([](std::shared_ptr<std::string> text, std::string& out) -> Task<void> {
    const auto found = co_await FinishBy(Deadline::After(5ms), Stubborn(text, 100ms));
    out = found ? *found : "nothing; " + *text;
  }(log, at_return));
  EXPECT_EQ(at_return, "nothing; started;");
  EXPECT_EQ(*log, "started;ended;");  // It came to its end later, by itself.
}

TEST(FinishBy, ATaskThatWasLeftBehindMayBeDroppedWithItsLoop) {
  const auto log = std::make_shared<std::string>();
  {
    boost::asio::io_context loop;
    bool returned = false;
    boost::asio::co_spawn(
        loop,
        [](std::shared_ptr<std::string> text, bool& out) -> Task<void> {
          co_await FinishBy(Deadline::After(5ms), Stubborn(std::move(text), 1h));
          out = true;
        }(log, returned),
        [](const std::exception_ptr&) {});
    while (!returned) loop.run_one();  // NOLINT(bugprone-infinite-loop): the task sets it.
  }
  EXPECT_EQ(*log, "started;");
  EXPECT_EQ(log.use_count(), 1);
}

TEST(FinishBy, ADeadlineThatHasPassedStartsNothing) {
  const auto log = std::make_shared<std::string>();
  EXPECT_EQ(Finish(Deadline::After(-1ms), Slow(log, 1ms)), std::nullopt);
  EXPECT_EQ(*log, "");
}

TEST(FinishBy, AnExceptionComesOut) {
  const auto fails = []() -> Task<std::string> {
    co_await Sleep(1ms);
    throw std::runtime_error("no");
  };
  EXPECT_THROW(Finish(Deadline::After(1h), fails()), std::runtime_error);
}

TEST(FinishUnless, NobodySaysStopAndTheTaskGivesItsValue) {
  const auto log = std::make_shared<std::string>();
  std::optional<std::string> found;
  RunToEnd([](std::shared_ptr<std::string> text, std::optional<std::string>& out) -> Task<void> {
    const auto never = [] { return false; };
    out = co_await FinishUnless(never, 1ms, Slow(text, 20ms));
  }(log, found));
  EXPECT_EQ(found, "answer");
  EXPECT_EQ(*log, "started;ended;");
}

TEST(FinishUnless, ATaskThatHangsIsLeftBehindOnceSomebodySaysStop) {
  const auto log = std::make_shared<std::string>();
  std::optional<std::string> found = "not asked";
  RunToEnd([](std::shared_ptr<std::string> text, std::optional<std::string>& out) -> Task<void> {
    const auto third = [asked = std::make_shared<int>(0)] { return ++*asked == 3; };
    out = co_await FinishUnless(third, 1ms, Slow(text, 1h));
  }(log, found));
  EXPECT_EQ(found, std::nullopt);
  EXPECT_EQ(*log, "started;told to stop;");
}

TEST(FinishBy, ManyAtOnceEachGetTheirOwnAnswer) {
  int in_time = 0;
  int late = 0;
  boost::asio::io_context loop;
  for (int i = 0; i < 200; ++i) {
    boost::asio::co_spawn(
        loop,
        [](bool hangs, int& good, int& bad) -> Task<void> {
          const auto log = std::make_shared<std::string>();
          const auto found = co_await FinishBy(Deadline::After(hangs ? 10ms : 60'000ms),
                                               Slow(log, hangs ? 3'600'000ms : 1ms));
          ++(found ? good : bad);
        }(i % 2 == 0, in_time, late),
        [](const std::exception_ptr&) {});
  }
  loop.run();
  EXPECT_EQ(in_time, 100);
  EXPECT_EQ(late, 100);
}

}  // namespace
}  // namespace aisle::net
