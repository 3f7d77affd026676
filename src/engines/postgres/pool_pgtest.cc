#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <fstream>

#include "base/temp_folder_testing.h"
#include "net/finish_by.h"
#include "postgres/cluster_testing.h"
#include "postgres/pool.h"
#include "postgres/relay_testing.h"
#include "postgres/sql_state.h"
#include "postgres/task_testing.h"
#include "postgres/transaction.h"

namespace aisle::postgres {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

using Body = std::function<net::Task<void>(Pool&)>;

// On a loop of its own; the pool goes before the loop does.
void OnPool(const ConnectionSettings& settings, PoolSettings limits, const Body& body) {
  bool ended = false;
  net::RunToEnd(
      [](ConnectionSettings to, PoolSettings most, const Body& run, bool& out) -> net::Task<void> {
        Pool pool(co_await boost::asio::this_coro::executor, std::move(to), most);
        co_await run(pool);
        out = true;
      }(settings, limits, body, ended));
  EXPECT_TRUE(ended);
}

// Beside the caller.
net::Task<void> Beside(net::Task<void> task) {
  boost::asio::co_spawn(co_await boost::asio::this_coro::executor, std::move(task),
                        [](const std::exception_ptr&) {});
}

// How tasks beside the test went; they may outlive it.
struct Counts {
  int done = 0;
  int failed = 0;
};
using SharedCounts = std::shared_ptr<Counts>;

net::Task<void> SleepOnServer(Pool& pool, double seconds, SharedCounts counts) {
  const auto rows =
      co_await pool.Run({"SELECT pg_sleep($1)", Parameters().Float8(seconds)}, Soon());
  ++(rows ? counts->done : counts->failed);
}

net::Task<bool> Until(const std::function<bool()>& holds) {
  for (int tries = 0; tries < 1000 && !holds(); ++tries) co_await net::Sleep(10ms);
  co_return holds();
}

TEST(Pool, OpensNoMoreThanItMayAndServesAllWhoWait) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnPool(cluster.Settings(), {.connections_max = 3}, [](Pool& pool) -> net::Task<void> {
    EXPECT_EQ(pool.Health().open, 0);
    const auto counts = std::make_shared<Counts>();
    for (int i = 0; i < 20; ++i) co_await Beside(SleepOnServer(pool, 0.01, counts));
    co_await net::Sleep(0ms);
    EXPECT_LE(pool.Health().open + pool.Health().connecting, 3);
    EXPECT_TRUE(co_await Until([&] { return counts->done == 20; }));
    EXPECT_EQ(counts->failed, 0);
    const PoolHealth health = pool.Health();
    EXPECT_EQ(health.open, 3);
    EXPECT_EQ(health.idle, 3);
    EXPECT_EQ(health.waiting, 0);
    EXPECT_EQ(health.opened_total, 3U);
    EXPECT_EQ(health.broken_total, 0U);
    EXPECT_EQ(health.last_error, "");
  });
}

TEST(Pool, WhoCameFirstIsServedFirst) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnPool(cluster.Settings(), {.connections_max = 1}, [](Pool& pool) -> net::Task<void> {
    std::vector<int> order;
    const auto take = [](Pool& from, int number, std::vector<int>& out) -> net::Task<void> {
      const auto lease = co_await from.Acquire(Soon());
      EXPECT_TRUE(lease.has_value());
      out.push_back(number);
      co_await net::Sleep(1ms);
    };
    for (int i = 0; i < 5; ++i) co_await Beside(take(pool, i, order));
    EXPECT_TRUE(co_await Until([&] { return order.size() == 5; }));
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
  });
}

TEST(Pool, AWaitEndsAtItsDeadlineAndALineThatIsFullIsRefused) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnPool(cluster.Settings(), {.connections_max = 1, .waiting_max = 1},
         [](Pool& pool) -> net::Task<void> {
           AISLE_CO_EXPECT(const Lease lease, co_await pool.Acquire(Soon()));
           const auto late = co_await pool.Acquire(net::Deadline::After(30ms));
           EXPECT_FALSE(late.has_value());
           EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
           EXPECT_THAT(late.error().message, HasSubstr("no connection in time"));
           EXPECT_EQ(pool.Health().waiting, 0);
           const auto counts = std::make_shared<Counts>();
           co_await Beside(SleepOnServer(pool, 0, counts));
           EXPECT_TRUE(co_await Until([&] { return pool.Health().waiting == 1; }));
           const auto full = co_await pool.Acquire(Soon());
           EXPECT_FALSE(full.has_value());
           EXPECT_THAT(full.error().message, HasSubstr("1 wait for a connection already"));
           const auto passed = co_await pool.Acquire(net::Deadline::After(-1ms));
           EXPECT_FALSE(passed.has_value());
         });
}

TEST(Pool, AServerThatRestartsIsFoundAgain) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnPool(cluster.Settings(), {.connections_max = 2, .backoff_first = 20ms, .backoff_max = 200ms},
         [&cluster](Pool& pool) -> net::Task<void> {
           AISLE_CO_EXPECT(const Rows before, co_await pool.Run("SELECT 1 AS n", Soon()));
           cluster.Down();
           // Gone: an error within the deadline, which says why.
           const auto gone = co_await pool.Run("SELECT 1 AS n", net::Deadline::After(200ms));
           EXPECT_FALSE(gone.has_value());
           EXPECT_EQ(gone.error().code, ErrorCode::kUnavailable);
           EXPECT_THAT(gone.error().message, HasSubstr("Connection refused"));
           EXPECT_EQ(pool.Health().open, 0);
           EXPECT_GE(pool.Health().broken_total, 1U);
           EXPECT_THAT(pool.Health().last_error, HasSubstr("Connection refused"));
           EXPECT_GT(pool.Health().last_error_at, base::Now() - 60s);
           // Nobody asks for a while; it is found all the same.
           cluster.Up();
           EXPECT_TRUE(co_await Until([&] { return pool.Health().open == 1; }));
           AISLE_CO_EXPECT(const Rows after, co_await pool.Run("SELECT 7 AS n", Soon()));
           EXPECT_EQ(IntOf(after, "n"), 7);
         });
}

TEST(Pool, WhoAsksWhileTheServerIsAwayIsToldAtOnceAndNotAtTheDeadline) {
  AISLE_NEEDS_POSTGRES(cluster);
  std::uint16_t port = 0;
  close(ListenAt("127.0.0.1", port));  // Refuses from now on.
  ConnectionSettings settings = cluster.Settings();
  settings.hosts = {{.name = "127.0.0.1", .port = port}};
  OnPool(settings, {.connections_max = 2, .backoff_first = 1h, .backoff_max = 1h},
         [](Pool& pool) -> net::Task<void> {
           // More than attempts under way, without a deadline: whom nobody tells waits for ever.
           const auto counts = std::make_shared<Counts>();
           const auto ask = [](Pool& from, SharedCounts to) -> net::Task<void> {
             const auto lease = co_await from.Acquire(net::Deadline());
             ++(lease ? to->done : to->failed);
           };
           for (int i = 0; i < 5; ++i) co_await Beside(ask(pool, counts));
           EXPECT_TRUE(co_await Until([&] { return counts->failed == 5; }));
           // And who comes before the next attempt.
           const auto later = co_await pool.Acquire(Soon());
           EXPECT_FALSE(later.has_value());
           EXPECT_THAT(later.error().message, HasSubstr("Connection refused"));
           EXPECT_EQ(pool.Health().connecting, 0);
         });
}

TEST(Pool, WhileAConnectionIsOpenWhoWaitsGoesOnWaitingForIt) {
  AISLE_NEEDS_POSTGRES(cluster);
  Relay relay("127.0.0.1", cluster.Settings().hosts.front().port);
  ConnectionSettings settings = cluster.Settings();
  settings.hosts = {{.name = "127.0.0.1", .port = relay.Port()}};
  OnPool(settings, {.connections_max = 2, .backoff_first = 1h, .backoff_max = 1h},
         [&relay](Pool& pool) -> net::Task<void> {
           const auto counts = std::make_shared<Counts>();
           {
             AISLE_CO_EXPECT(const Lease lease, co_await pool.Acquire(Soon()));
             relay.Swallow(true);
             co_await Beside(SleepOnServer(pool, 0, counts));
             EXPECT_TRUE(co_await Until([&] { return !pool.Health().last_error.empty(); }));
             EXPECT_EQ(pool.Health().waiting, 1);
             relay.Swallow(false);
           }
           EXPECT_TRUE(co_await Until([&] { return counts->done == 1; }));
           EXPECT_EQ(counts->failed, 0);
         });
}

TEST(Pool, ARestartBetweenTwoRequestsFailsNone) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnPool(cluster.Settings(), {}, [&cluster](Pool& pool) -> net::Task<void> {
    AISLE_CO_EXPECT(const Rows before, co_await pool.Run("SELECT 1 AS n", Soon()));
    cluster.Down();
    cluster.Up();
    AISLE_CO_EXPECT(const Rows after, co_await pool.Run("SELECT 7 AS n", Soon()));
    EXPECT_EQ(IntOf(after, "n"), 7);
    EXPECT_EQ(pool.Health().broken_total, 1U);
    EXPECT_THAT(pool.Health().last_error, HasSubstr("terminating connection"));
  });
}

TEST(Pool, AConnectionThatIsCutInTheMiddleIsReplaced) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnPool(cluster.Settings(), {.connections_max = 1}, [](Pool& pool) -> net::Task<void> {
    for (int i = 0; i < 3; ++i) {
      const auto cut =
          co_await pool.Run("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(300)", Soon());
      EXPECT_FALSE(cut.has_value());
      EXPECT_EQ(SqlStateOf(cut.error()), "57P01");
      AISLE_CO_EXPECT(const Rows after, co_await pool.Run("SELECT 7 AS n", Soon()));
      EXPECT_EQ(IntOf(after, "n"), 7);
    }
    EXPECT_EQ(pool.Health().broken_total, 3U);
    EXPECT_EQ(pool.Health().open, 1);
  });
}

TEST(Pool, ALookUpThatIsLateGivesItsConnectionBackInOrder) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnPool(cluster.Settings(), {.connections_max = 1}, [](Pool& pool) -> net::Task<void> {
    for (int i = 0; i < 5; ++i) {
      const auto late = co_await pool.Run("SELECT pg_sleep(300)", net::Deadline::After(20ms));
      EXPECT_FALSE(late.has_value());
      const auto left = co_await net::FinishBy(net::Deadline::After(20ms),
                                               pool.Run("SELECT pg_sleep(300)", Soon()));
      EXPECT_FALSE(left.has_value());
      AISLE_CO_EXPECT(const Rows after, co_await pool.Run("SELECT 7 AS n", Soon()));
      EXPECT_EQ(IntOf(after, "n"), 7);
    }
    EXPECT_EQ(pool.Health().opened_total, 1U);  // The same one all the time.
    EXPECT_EQ(pool.Health().broken_total, 0U);
  });
}

TEST(Pool, ATransactionThatWasLeftOpenIsRolledBackBeforeTheNext) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnPool(
      cluster.Settings(cluster.NewDatabase()), {.connections_max = 1},
      [](Pool& pool) -> net::Task<void> {
        AISLE_CO_EXPECT(const Rows made,
                        co_await pool.Run({"CREATE TABLE t (n int)", Keep::kOnce}, Soon()));
        {
          AISLE_CO_EXPECT(const Lease lease, co_await pool.Acquire(Soon()));
          AISLE_CO_EXPECT_OK(co_await Begin(*lease, {}, Soon()));
          AISLE_CO_EXPECT(const Rows in, co_await lease->Run("INSERT INTO t VALUES (1)", Soon()));
        }
        AISLE_CO_EXPECT(const Rows count, co_await pool.Run("SELECT count(*) AS n FROM t", Soon()));
        EXPECT_EQ(IntOf(count, "n"), 0);
        EXPECT_EQ(pool.Health().opened_total, 1U);
      });
}

TEST(Pool, ANetworkThatSwallowsEverythingCostsOneDeadlineEach) {
  AISLE_NEEDS_POSTGRES(cluster);
  Relay relay("127.0.0.1", cluster.Settings().hosts.front().port);
  ConnectionSettings settings = cluster.Settings();
  settings.hosts = {{.name = "127.0.0.1", .port = relay.Port()}};
  settings.connect_timeout = 300ms;
  OnPool(settings,
         {.connections_max = 1, .backoff_first = 10ms, .backoff_max = 50ms, .settle_timeout = 50ms},
         [&relay](Pool& pool) -> net::Task<void> {
           AISLE_CO_EXPECT(const Rows before, co_await pool.Run("SELECT 1 AS n", Soon()));
           relay.Swallow(true);
           for (int i = 0; i < 3; ++i) {
             const auto lost = co_await pool.Run("SELECT 1 AS n", net::Deadline::After(100ms));
             EXPECT_FALSE(lost.has_value());
             EXPECT_EQ(lost.error().code, ErrorCode::kUnavailable);
           }
           EXPECT_TRUE(co_await Until([&] { return pool.Health().open == 0; }));
           relay.Swallow(false);
           EXPECT_TRUE(co_await Until([&] { return pool.Health().open == 1; }));
           AISLE_CO_EXPECT(const Rows after, co_await pool.Run("SELECT 7 AS n", Soon()));
           EXPECT_EQ(IntOf(after, "n"), 7);
         });
}

TEST(Pool, OneThatStaysSilentTakesTheIdleOnesAlong) {
  AISLE_NEEDS_POSTGRES(cluster);
  Relay relay("127.0.0.1", cluster.Settings().hosts.front().port);
  ConnectionSettings settings = cluster.Settings();
  settings.hosts = {{.name = "127.0.0.1", .port = relay.Port()}};
  OnPool(settings, {.connections_max = 3, .settle_timeout = 50ms},
         [&relay](Pool& pool) -> net::Task<void> {
           const auto counts = std::make_shared<Counts>();
           for (int i = 0; i < 3; ++i) co_await Beside(SleepOnServer(pool, 0.2, counts));
           EXPECT_TRUE(co_await Until([&] { return counts->done == 3; }));
           EXPECT_EQ(pool.Health().idle, 3);
           relay.Swallow(true);
           const auto lost = co_await pool.Run("SELECT 1 AS n", net::Deadline::After(100ms));
           EXPECT_FALSE(lost.has_value());
           EXPECT_TRUE(co_await Until([&] { return pool.Health().open == 0; }));
           EXPECT_EQ(pool.Health().idle, 0);
           relay.Swallow(false);
           AISLE_CO_EXPECT(const Rows after, co_await pool.Run("SELECT 7 AS n", Soon()));
           EXPECT_EQ(IntOf(after, "n"), 7);
         });
}

TEST(Pool, AWrongPasswordIsToldToAllWhoWaitAtOnce) {
  AISLE_NEEDS_POSTGRES(cluster);
  const base::TempFolder folder;
  const std::string path = (folder.Path() / "secret").string();
  std::ofstream(path) << "hunter2\n";
  ConnectionSettings settings = cluster.Settings();
  settings.password.where = path;
  OnPool(settings, {.connections_max = 1, .backoff_first = 20ms},
         [&](Pool& pool) -> net::Task<void> {
           const auto counts = std::make_shared<Counts>();
           for (int i = 0; i < 3; ++i) co_await Beside(SleepOnServer(pool, 0, counts));
           EXPECT_TRUE(co_await Until([&] { return counts->failed == 3; }));
           EXPECT_EQ(counts->done, 0);
           EXPECT_THAT(pool.Health().last_error, HasSubstr("28P01"));
           std::ofstream(path) << cluster.Password() << "\n";
           // Once it is right, the next attempt finds it so.
           EXPECT_TRUE(co_await Until([&] { return pool.Health().open == 1; }));
           AISLE_CO_EXPECT(const Rows after, co_await pool.Run("SELECT 7 AS n", Soon()));
           EXPECT_EQ(IntOf(after, "n"), 7);
         });
}

TEST(Pool, WhoStillWaitsWhenItClosesIsTold) {
  AISLE_NEEDS_POSTGRES(cluster);
  std::string said;
  net::RunToEnd([](ConnectionSettings settings, std::string& out) -> net::Task<void> {
    auto pool = std::make_unique<Pool>(co_await boost::asio::this_coro::executor,
                                       std::move(settings), PoolSettings{.connections_max = 1});
    AISLE_CO_EXPECT(const Lease lease, co_await pool->Acquire(Soon()));
    const auto wait = [](Pool& from, std::string& text) -> net::Task<void> {
      const auto none = co_await from.Acquire(Soon());
      text = none ? "got one" : none.error().message;
    };
    co_await Beside(wait(*pool, out));
    co_await net::Sleep(1ms);
    pool.reset();
    EXPECT_TRUE(co_await Until([&] { return !out.empty(); }));
    // The lease outlives the pool and still works.
    AISLE_CO_EXPECT(const Rows rows, co_await lease->Run("SELECT 7 AS n", Soon()));
    EXPECT_EQ(IntOf(rows, "n"), 7);
  }(cluster.Settings(), said));
  EXPECT_THAT(said, HasSubstr("the pool is closed"));
}

TEST(Pool, GoesWithItsLoopInTheMiddleOfEverything) {
  AISLE_NEEDS_POSTGRES(cluster);
  const ConnectionSettings settings = cluster.Settings();
  for (const auto grace : {0ms, 3ms, 10ms, 40ms}) {
    net::EventLoops loops(1, "test");
    std::unique_ptr<Pool> pool;
    const auto counts = std::make_shared<Counts>();
    loops.Post(0, [&] {
      pool = std::make_unique<Pool>(loops.Loop(0).get_executor(), settings,
                                    PoolSettings{.connections_max = 2});
      for (int i = 0; i < 5; ++i) loops.Spawn(0, SleepOnServer(*pool, 5, counts));
    });
    loops.Start();
    std::this_thread::sleep_for(grace);
    loops.Stop();
    loops.Join(0ms);
    pool.reset();
    EXPECT_EQ(counts->done, 0);
  }
}

}  // namespace
}  // namespace aisle::postgres
