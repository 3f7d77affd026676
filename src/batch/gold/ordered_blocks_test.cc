#include "gold/ordered_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <new>
#include <numeric>
#include <set>

#include "base/random.h"
#include "gold/customer_blocks.h"

namespace aisle::gold {
namespace {

using namespace std::chrono_literals;

TEST(OrderedBlocks, ResultsComeInTheOrderOfTheBlocksHoweverLongEachTakes) {
  std::vector<int> taken;
  std::atomic<int> under_way{0};
  std::atomic<int> most{0};
  OrderedBlocks<int, int> blocks(
      3,
      [&](const int& block, int worker) {
        EXPECT_GE(worker, 0);
        EXPECT_LT(worker, 3);
        const int now = ++under_way;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        base::Stream stream(1, static_cast<std::uint64_t>(block), 1);
        std::this_thread::sleep_for(std::chrono::microseconds(stream.Below(500)));
        --under_way;
        return block * 10;
      },
      [&](int&& made) -> Status {
        taken.push_back(made);
        return {};
      });
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(blocks.Push(i));
    // Twice the workers may be under way; the rest has been taken.
    EXPECT_GE(static_cast<int>(taken.size()), i + 1 - 6);
  }
  ASSERT_TRUE(blocks.Finish());
  ASSERT_EQ(taken.size(), 200U);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(taken[static_cast<std::size_t>(i)], 10 * i);
  EXPECT_GT(most, 1) << "several workers work at once";
}

TEST(OrderedBlocks, WhatTakeFailsWithLeavesPushAndNothingMoreIsTaken) {
  int taken = 0;
  OrderedBlocks<int, int> blocks(
      2, [](const int& block, int) { return block; },
      [&](int&&) -> Status {
        if (++taken == 3) return Fail(ErrorCode::kUnavailable, "enough");
        return {};
      });
  Status status;
  int pushed = 0;
  while (status && pushed < 100) status = blocks.Push(pushed++);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "enough");
  EXPECT_EQ(taken, 3);
  EXPECT_LT(pushed, 100);
}

TEST(OrderedBlocks, GoingWithBlocksUnderWayWaitsForThemAndDropsTheRest) {
  std::atomic<int> begun{0};
  std::atomic<int> ended{0};
  {
    OrderedBlocks<int, int> blocks(
        1,
        [&](const int& block, int) {
          ++begun;
          std::this_thread::sleep_for(20ms);
          ++ended;
          return block;
        },
        [](int&&) -> Status { return {}; });
    ASSERT_TRUE(blocks.Push(1));
    ASSERT_TRUE(blocks.Push(2));
    while (begun == 0) std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(begun, ended);
}

TEST(OrderedBlocks, MemoryThatRunsOutInAWorkerIsAnErrorAndNotTheEnd) {
  std::vector<int> taken;
  OrderedBlocks<int, int> blocks(
      2,
      [](const int& block, int) {
        if (block == 5) throw std::bad_alloc();
        return block;
      },
      [&](int&& made) -> Status {
        taken.push_back(made);
        return {};
      });
  Status status;
  for (int i = 0; i < 20 && status; ++i) status = blocks.Push(i);
  if (status) status = blocks.Finish();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(taken, (std::vector{0, 1, 2, 3, 4}));
}

// Adds `count` customers in blocks of four; gives the ids as they are taken, and the blocks' sizes.
std::pair<std::vector<std::int64_t>, std::vector<std::size_t>> Taken(std::int64_t count) {
  std::vector<std::int64_t> ids;
  std::vector<std::size_t> sizes;
  CustomerBlocks<std::vector<std::int64_t>> blocks(
      4, 3,
      [](const CustomerBlock& block, int) {
        std::vector<std::int64_t> made;
        for (const auto& record : block) made.push_back(record.customer.value);
        return made;
      },
      [&](std::vector<std::int64_t>&& made) -> Status {
        ids.insert(ids.end(), made.begin(), made.end());
        sizes.push_back(made.size());
        return {};
      });
  const auto add = blocks.Adding();
  for (std::int64_t i = 0; i < count; ++i) {
    features::CustomerRecord record;
    record.customer = domain::CustomerId{i};
    EXPECT_TRUE(add(std::move(record)));
  }
  EXPECT_TRUE(blocks.Finish());
  return {ids, sizes};
}

TEST(CustomerBlocks, EveryCustomerIsTakenOnceInOrderTheLastBlockToo) {
  EXPECT_THAT(Taken(10).first, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_THAT(Taken(10).second, testing::ElementsAre(4, 4, 2));
  EXPECT_THAT(Taken(8).second, testing::ElementsAre(4, 4)) << "no empty block at the end";
  EXPECT_THAT(Taken(0).second, testing::IsEmpty());
}

}  // namespace
}  // namespace aisle::gold
