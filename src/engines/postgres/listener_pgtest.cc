#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/event_loops.h"
#include "net/finish_by.h"
#include "postgres/cluster_testing.h"
#include "postgres/listener.h"
#include "postgres/relay_testing.h"
#include "postgres/task_testing.h"

namespace aisle::postgres {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

net::Task<void> Tell(Connection& connection, std::string channel, std::string payload) {
  const auto told = co_await connection.Run(
      {"SELECT pg_notify($1, $2)", Parameters().Text(channel).Text(payload)}, Soon());
  EXPECT_TRUE(told.has_value());
}

TEST(Listener, HearsItsChannelsInOrderAfterOneWordOfWhatItMayHaveMissed) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(), [&cluster](Connection& other) -> net::Task<void> {
    Listener listener(cluster.Settings(), {"generation", "stock"});
    AISLE_CO_EXPECT(const auto first, co_await listener.Next(Soon()));
    EXPECT_TRUE(first && first->missed);
    co_await Tell(other, "stock", "1");
    co_await Tell(other, "elsewhere", "2");
    co_await Tell(other, "generation", "3");
    AISLE_CO_EXPECT(const auto second, co_await listener.Next(Soon()));
    AISLE_CO_EXPECT(const auto third, co_await listener.Next(Soon()));
    EXPECT_FALSE(second->missed);
    EXPECT_EQ(second->channel + second->payload, "stock1");
    EXPECT_EQ(third->channel + third->payload, "generation3");
    AISLE_CO_EXPECT(const auto nothing, co_await listener.Next(net::Deadline::After(20ms)));
    EXPECT_FALSE(nothing.has_value());
  });
}

TEST(Listener, OneThatIsToldToStopKeepsNoLoopFromItsEnd) {
  AISLE_NEEDS_POSTGRES(cluster);
  net::EventLoops loops(1, "listener");
  Listener listener(cluster.Settings(), {"generation"});
  loops.Spawn(0, [](Listener& hears) -> net::Task<void> {
    AISLE_CO_EXPECT(const auto first, co_await hears.Next(Soon()));
    EXPECT_TRUE(first && first->missed);
    EXPECT_FALSE(co_await net::FinishBy(net::Deadline::After(20ms), hears.Next(Soon())));
  }(listener));
  loops.Start();
  loops.Stop();
  EXPECT_TRUE(loops.Join());
}

TEST(Listener, OneWhoseConnectionIsLostSaysThatItMayHaveMissedSomething) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(), [&cluster](Connection& other) -> net::Task<void> {
    ConnectionSettings settings = cluster.Settings();
    settings.application_name = "the listener";
    Listener listener(settings, {"generation"});
    AISLE_CO_EXPECT(const auto first, co_await listener.Next(Soon()));
    EXPECT_TRUE(first && first->missed);
    AISLE_CO_EXPECT(
        const Rows ended,
        co_await other.Run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
                           "application_name = 'the listener'",
                           Soon()));
    co_await Tell(other, "generation", "nobody hears this");
    AISLE_CO_EXPECT(const auto again, co_await listener.Next(Soon()));
    EXPECT_TRUE(again && again->missed);
    co_await Tell(other, "generation", "8");
    AISLE_CO_EXPECT(const auto heard, co_await listener.Next(Soon()));
    EXPECT_EQ(heard->payload, "8");
  });
}

TEST(Listener, WhileThereIsNoServerItSaysSoAndFindsItLater) {
  AISLE_NEEDS_POSTGRES(cluster);
  net::RunToEnd([](Cluster& server) -> net::Task<void> {
    Listener listener(server.Settings(), {"generation"});
    AISLE_CO_EXPECT(const auto first, co_await listener.Next(Soon()));
    EXPECT_TRUE(first && first->missed);
    server.Down();
    for (int i = 0; i < 2; ++i) {
      const auto gone = co_await listener.Next(net::Deadline::After(100ms));
      EXPECT_FALSE(gone.has_value());
      EXPECT_EQ(gone.error().code, ErrorCode::kUnavailable);
      EXPECT_THAT(gone.error().message, HasSubstr("Connection refused"));
    }
    server.Up();
    AISLE_CO_EXPECT(const auto again, co_await listener.Next(Soon()));
    EXPECT_TRUE(again && again->missed);
  }(cluster));
}

}  // namespace
}  // namespace aisle::postgres
