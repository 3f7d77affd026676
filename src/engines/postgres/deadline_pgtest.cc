// What a deadline that passes leaves behind: nothing on the server, and a connection that works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include "net/finish_by.h"
#include "postgres/cluster_testing.h"
#include "postgres/connection.h"
#include "postgres/task_testing.h"

namespace aisle::postgres {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// How many sessions run a statement that begins so.
net::Task<std::int64_t> CountRunning(Connection& watcher, std::string text) {
  const auto rows = co_await watcher.Run(
      {"SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1 || '%'",
       Parameters().Text(text)},
      Soon());
  co_return rows ? IntOf(*rows, "n") : -1;
}

net::Task<bool> UntilRunning(Connection& watcher, std::string text, std::int64_t count) {
  for (int tries = 0; tries < 400; ++tries) {
    if (co_await CountRunning(watcher, text) == count) co_return true;
    co_await net::Sleep(10ms);
  }
  co_return false;
}

TEST(Deadline, OneThatPassesCancelsOnTheServerAndTheConnectionGoesOn) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(), [&cluster](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(Connection watcher, co_await Connection::Open(cluster.Settings(), Soon()));
    const auto late =
        co_await connection.Run("SELECT pg_sleep(300), 'cancel me'", net::Deadline::After(100ms));
    EXPECT_FALSE(late.has_value());
    if (late) co_return;
    EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(late.error().message, HasSubstr("the deadline passed"));
    EXPECT_FALSE(connection.IsSettled());
    EXPECT_TRUE(co_await UntilRunning(watcher, "SELECT pg_sleep(300), 'cancel", 0));
    AISLE_CO_EXPECT(const Rows rows, co_await connection.Run("SELECT 7 AS n", Soon()));
    EXPECT_EQ(IntOf(rows, "n"), 7);
    EXPECT_TRUE(connection.IsSettled());
  });
}

TEST(Deadline, ACancelNeverHitsTheNextStatement) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(), [](Connection& connection) -> net::Task<void> {
    int late = 0;
    for (int i = 0; i < 200; ++i) {
      // Often done just when the deadline passes.
      const auto first =
          co_await connection.Run({"SELECT pg_sleep($1)", Parameters().Float8(0.002)},
                                  net::Deadline::After(std::chrono::microseconds{1500 + i * 10}));
      if (!first) ++late;
      AISLE_CO_EXPECT(const Rows second,
                      co_await connection.Run("SELECT 7 AS n, pg_sleep(0.001)", Soon()));
      EXPECT_EQ(IntOf(second, "n"), 7);
    }
    EXPECT_GT(late, 0);
  });
}

// At the limit of tasks no thread starts; here because nobody has room for its stack.
class NoThreads {
 public:
  NoThreads() {
    pthread_attr_t none;
    EXPECT_EQ(pthread_getattr_default_np(&before_), 0);
    EXPECT_EQ(pthread_getattr_default_np(&none), 0);
    EXPECT_EQ(pthread_attr_setstacksize(&none, std::size_t{1} << 47), 0);
    EXPECT_EQ(pthread_setattr_default_np(&none), 0);
    pthread_attr_destroy(&none);
  }
  ~NoThreads() {
    EXPECT_EQ(pthread_setattr_default_np(&before_), 0);
    pthread_attr_destroy(&before_);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;

 private:
  pthread_attr_t before_{};
};

TEST(Deadline, WhereNoThreadStartsForTheCancelRequestTheConnectionIsClosed) {
  AISLE_NEEDS_POSTGRES(cluster);
  // More often than cancel requests may be under way: none of these counts as one.
  for (int i = 0; i < 20; ++i) {
    OnConnection(cluster.Settings(), [](Connection& connection) -> net::Task<void> {
      const NoThreads none;
      const auto late =
          co_await connection.Run("SELECT pg_sleep(3), 'no thread'", net::Deadline::After(10ms));
      EXPECT_FALSE(late.has_value());
      EXPECT_FALSE(connection.IsOpen());
      const auto closed = co_await connection.Run("SELECT 7", Soon());
      EXPECT_FALSE(closed.has_value());
    });
  }
  OnConnection(cluster.Settings(), [&cluster](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(Connection watcher, co_await Connection::Open(cluster.Settings(), Soon()));
    const auto late = co_await connection.Run("SELECT pg_sleep(300), 'a thread again'",
                                              net::Deadline::After(100ms));
    EXPECT_FALSE(late.has_value());
    EXPECT_TRUE(co_await UntilRunning(watcher, "SELECT pg_sleep(300), 'a thread", 0));
  });
}

TEST(Deadline, OneThatHasPassedSendsNothing) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(), [](Connection& connection) -> net::Task<void> {
    const auto late = co_await connection.Run("SELECT 1", net::Deadline::After(-1ms));
    EXPECT_FALSE(late.has_value());
    EXPECT_TRUE(connection.IsSettled());
  });
}

TEST(Deadline, ATaskThatWasLeftBehindCancelsToo) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(), [&cluster](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(Connection watcher, co_await Connection::Open(cluster.Settings(), Soon()));
    const auto nothing = co_await net::FinishBy(
        net::Deadline::After(100ms), connection.Run("SELECT pg_sleep(300), 'left'", Soon()));
    EXPECT_FALSE(nothing.has_value());
    EXPECT_TRUE(co_await UntilRunning(watcher, "SELECT pg_sleep(300), 'left", 0));
    AISLE_CO_EXPECT(const Rows rows, co_await connection.Run("SELECT 7 AS n", Soon()));
    EXPECT_EQ(IntOf(rows, "n"), 7);
  });
}

}  // namespace
}  // namespace aisle::postgres
