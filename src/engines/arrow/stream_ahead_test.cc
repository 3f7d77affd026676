#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "arrow/batch.h"

namespace aisle::arrow {
namespace {

TEST(Stream, AheadGivesTheSameBatchesFromAnotherThread) {
  const auto here = std::this_thread::get_id();
  std::vector<std::int64_t> rows;
  Stream stream =
      MakeStream({{"n", Type::kInt64}}, [&, count = 0]() mutable -> Result<std::optional<Batch>> {
        EXPECT_NE(std::this_thread::get_id(), here);
        if (++count > 9) return std::nullopt;
        BatchBuilder builder({{"n", Type::kInt64}});
        for (int i = 0; i < count; ++i) builder.AppendInt(0, i);
        return builder.Finish();
      }).Ahead(2);
  for (;;) {
    const auto batch = stream.Next();
    ASSERT_TRUE(batch);
    if (!*batch) break;
    rows.push_back((*batch)->RowCount());
  }
  EXPECT_EQ(rows, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Stream, AheadHandsAFailureOnInItsPlace) {
  Stream stream =
      MakeStream({{"n", Type::kInt64}}, [count = 0]() mutable -> Result<std::optional<Batch>> {
        if (++count == 3) return Fail(ErrorCode::kUnavailable, "ran dry");
        return BatchBuilder({{"n", Type::kInt64}}).Finish();
      }).Ahead(5);
  EXPECT_TRUE(stream.Next());
  EXPECT_TRUE(stream.Next());
  EXPECT_EQ(stream.Next().error().message, "ran dry");
}

TEST(Stream, AheadStopsMakingWhenNobodyReadsOn) {
  std::atomic<int> made = 0;
  {
    Stream stream = MakeStream({{"n", Type::kInt64}}, [&]() -> Result<std::optional<Batch>> {
                      ++made;
                      return BatchBuilder({{"n", Type::kInt64}}).Finish();
                    }).Ahead(3);
    EXPECT_TRUE(stream.Next());
  }
  EXPECT_LE(made, 5);  // The one read, three ahead, one under way.
}

}  // namespace
}  // namespace aisle::arrow
