#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "net/deadline.h"
#include "net/event_loops.h"

namespace aisle::net {
namespace {

using namespace std::chrono_literals;

std::string ThreadName() {
  std::array<char, 16> name{};
  pthread_getname_np(pthread_self(), name.data(), name.size());
  return name.data();
}

TEST(Deadline, TheEarlierOneHoldsAndNothingIsLeftOnceItPassed) {
  const SteadyTime now = std::chrono::steady_clock::now();
  const Deadline never;
  const Deadline soon(now + 50ms);
  EXPECT_TRUE(never.IsNever());
  EXPECT_EQ(never.Within(soon).At(), soon.At());
  EXPECT_EQ(soon.Within(Deadline(now + 10ms)).At(), now + 10ms);
  EXPECT_FALSE(soon.Passed(now + 49ms));
  EXPECT_TRUE(soon.Passed(now + 50ms));
  EXPECT_EQ(soon.Left(now + 49ms + 500us), 1ms);
  EXPECT_EQ(soon.Left(now + 1s), 0ms);
}

TEST(EventLoops, EachLoopIsOneNamedThreadAndReceivesWhatIsPostedToAll) {
  EventLoops loops(3, "a-name-longer-than-fits");
  std::mutex mutex;
  std::set<std::string> names;
  std::latch done(3);
  loops.Start();
  loops.PostToEach([&](int) {
    const std::lock_guard lock(mutex);
    names.insert(ThreadName());
    done.count_down();
  });
  done.wait();
  loops.Stop();
  EXPECT_TRUE(loops.Join());
  EXPECT_EQ(names,
            (std::set<std::string>{"a-name-longer-0", "a-name-longer-1", "a-name-longer-2"}));
}

TEST(EventLoops, StopWaitsForTheWorkThatIsUnderWay) {
  EventLoops loops(2, "test");
  std::atomic<bool> finished = false;
  std::latch started(1);
  loops.Spawn(1, [](std::latch& begun, std::atomic<bool>& end) -> Task<void> {
    begun.count_down();
    co_await Sleep(50ms);
    end = true;
  }(started, finished));
  loops.Start();
  started.wait();
  loops.Stop();
  EXPECT_TRUE(loops.Join(10s));
  EXPECT_TRUE(finished);
}

TEST(EventLoops, WorkThatNeverEndsIsDroppedAfterTheGrace) {
  EventLoops loops(1, "test");
  std::latch started(1);
  loops.Spawn(0, [](std::latch& begun) -> Task<void> {
    begun.count_down();
    co_await Sleep(1h);
  }(started));
  loops.Start();
  started.wait();
  loops.Stop();
  EXPECT_FALSE(loops.Join(10ms));
}

TEST(EventLoops, AThrowingTaskDoesNotEndItsLoop) {
  EventLoops loops(1, "test");
  std::latch done(1);
  loops.Start();
  loops.Post(0, [] { throw std::runtime_error("posted work (expected in this test)"); });
  loops.Spawn(0, []() -> Task<void> {
    throw std::runtime_error("a task (expected in this test)");
    co_return;
  }());
  loops.Post(0, [&] { done.count_down(); });
  done.wait();
  loops.Stop();
  EXPECT_TRUE(loops.Join());
}

TEST(EventLoops, ASignalStopsThemAfterTheHooksHaveRunOnce) {
  EventLoops loops(2, "test");
  std::atomic<int> hook_count = 0;
  loops.OnStop([&] { ++hook_count; });
  loops.StopOnSignals();
  loops.Start();
  ::kill(::getpid(), SIGTERM);
  EXPECT_TRUE(loops.Join());
  loops.Stop();
  EXPECT_EQ(hook_count, 1);
  EXPECT_TRUE(loops.Stopping());
}

TEST(EventLoops, SigtermDrainsFirstAndStopsWhenTheWaitIsOver) {
  EventLoops loops(1, "test");
  std::atomic<int> drain_count = 0;
  std::atomic<bool> stopping_at_drain = true;
  loops.StopOnSignals(50ms, [&] {
    stopping_at_drain = loops.Stopping();
    ++drain_count;
  });
  loops.Start();
  ::kill(::getpid(), SIGTERM);
  EXPECT_TRUE(loops.Join());
  EXPECT_EQ(drain_count, 1);
  EXPECT_FALSE(stopping_at_drain);
}

TEST(EventLoops, ASecondSignalDoesNotWaitAndSigintNeverDoes) {
  for (const bool second : {true, false}) {
    EventLoops loops(1, "test");
    std::atomic<bool> drained = false;
    loops.StopOnSignals(1h, [&] { drained = true; });
    loops.Start();
    if (second) {
      ::kill(::getpid(), SIGTERM);
      while (!drained) std::this_thread::sleep_for(1ms);
      EXPECT_FALSE(loops.Stopping());
    }
    ::kill(::getpid(), second ? SIGTERM : SIGINT);
    EXPECT_TRUE(loops.Join());
    EXPECT_EQ(drained, second);
  }
}

TEST(EventLoops, EveryHangupCallsItsHookAndTheyGoOn) {
  EventLoops loops(1, "test");
  std::atomic<int> count = 0;
  loops.OnHangup([&] { ++count; });
  loops.StopOnSignals();
  loops.Start();
  for (int i = 1; i <= 3; ++i) {
    ::kill(::getpid(), SIGHUP);
    while (count < i) std::this_thread::sleep_for(1ms);
  }
  EXPECT_FALSE(loops.Stopping());
  ::kill(::getpid(), SIGINT);
  EXPECT_TRUE(loops.Join());
}

TEST(EventLoops, AHookThatIsAddedAfterStopRunsAtOnce) {
  EventLoops loops(1, "test");
  loops.Start();
  loops.Stop();
  bool ran = false;
  loops.OnStop([&] { ran = true; });
  EXPECT_TRUE(ran);
  EXPECT_TRUE(loops.Join());
}

TEST(EventLoopsDeathTest, ASecondSignalEndsTheProcessAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto interrupt_twice = [] {
    EventLoops loops(1, "test");
    loops.Spawn(0, []() -> Task<void> { co_await Sleep(1h); }());
    loops.StopOnSignals();
    loops.Start();
    ::kill(::getpid(), SIGINT);
    while (!loops.Stopping()) std::this_thread::sleep_for(1ms);
    ::kill(::getpid(), SIGINT);
    std::this_thread::sleep_for(20s);  // Only reached if the second one was swallowed.
  };
  EXPECT_EXIT(interrupt_twice(), testing::KilledBySignal(SIGINT), "");
}

TEST(RunToEnd, GivesTheTasksEffectsAndItsException) {
  int value = 0;
  RunToEnd([](int& out) -> Task<void> {
    co_await Sleep(1ms);
    out = 7;
  }(value));
  EXPECT_EQ(value, 7);
  EXPECT_THROW(RunToEnd([]() -> Task<void> {
                 throw std::runtime_error("no");
                 co_return;
               }()),
               std::runtime_error);
}

}  // namespace
}  // namespace aisle::net
