#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/event_loops.h"
#include "postgres/cluster_testing.h"
#include "postgres/connection.h"

namespace aisle::postgres {
namespace {

using namespace std::chrono_literals;

TEST(Connection, A) {
  AISLE_NEEDS_POSTGRES(cluster);
  net::RunToEnd([](ConnectionSettings settings) -> net::Task<void> {
    auto connection = co_await Connection::Open(settings, net::Deadline::After(10s));
    if (!connection) ADD_FAILURE() << connection.error().message;
    if (!connection) co_return;
    auto rows = co_await connection->Run({"SELECT $1::int8 + 1 AS n", Parameters().Int8(41)},
                                         net::Deadline::After(5s));
    EXPECT_TRUE(rows.has_value());
    if (!rows) {
      ADD_FAILURE() << rows.error().message;
      co_return;
    }
    RowReader reader(*rows);
    const auto n = reader.Int("n");
    auto more = reader.Next();
    EXPECT_TRUE(more && *more);
    EXPECT_EQ(reader[n], 42);
    EXPECT_TRUE(connection->IsSettled());
    EXPECT_FALSE(connection->Server().behind_pooler);
    EXPECT_TRUE(connection->Server().tls);
    std::printf("%d %d\n", connection->Server().server_version, connection->Server().process_id);
  }(cluster.Settings()));
}

}  // namespace
}  // namespace aisle::postgres
