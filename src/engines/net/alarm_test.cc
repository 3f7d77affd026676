#include "net/alarm.h"

#include <gtest/gtest.h>

#include <vector>

#include "net/event_loops.h"

namespace aisle::net {
namespace {

using namespace std::chrono_literals;

TEST(Alarm, AllWhoWaitWakeAtItsMomentOrWhenItRings) {
  EventLoops loops(1, "alarm");
  std::vector<int> woken;
  const auto wait = [&](std::shared_ptr<Alarm> alarm, int who, int wanted) -> Task<void> {
    co_await alarm->Wait();
    woken.push_back(who);
    if (static_cast<int>(woken.size()) == wanted) loops.Stop();
  };
  const auto ring = [&]() -> Task<void> {
    const auto soon = co_await Alarm::After(1ms);
    const auto never = co_await Alarm::After(1h);
    loops.Spawn(0, wait(soon, 1, 5));
    loops.Spawn(0, wait(soon, 2, 5));
    loops.Spawn(0, wait(never, 3, 5));
    co_await soon->Wait();
    co_await Sleep(1ms);
    woken.push_back(4);
    never->Ring();
    co_await never->Wait();  // Whoever comes after it rang does not wait.
    co_await wait(never, 5, 5);
  };
  loops.Spawn(0, ring());
  loops.Start();
  EXPECT_TRUE(loops.Join(30s));
  ASSERT_EQ(woken.size(), 5U);
  EXPECT_EQ(std::vector<int>(woken.begin(), woken.begin() + 3), (std::vector<int>{1, 2, 4}));
}

}  // namespace
}  // namespace aisle::net
