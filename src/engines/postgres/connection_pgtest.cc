#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>

#include "postgres/cluster_testing.h"
#include "postgres/connection.h"
#include "postgres/sql_state.h"
#include "postgres/task_testing.h"
#include "postgres/tls_relay_testing.h"

namespace aisle::postgres {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(Connection, KnowsItsServer) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(), [](Connection& connection) -> net::Task<void> {
    const ServerFacts& server = connection.Server();
    EXPECT_TRUE(server.tls);
    EXPECT_FALSE(server.behind_pooler);
    EXPECT_TRUE(server.names_statements);
    EXPECT_EQ(server.host, "localhost");
    EXPECT_GE(server.server_version, 150000);
    AISLE_CO_EXPECT(const Rows rows,
                    co_await connection.Run("SELECT pg_backend_pid() AS pid", Soon()));
    EXPECT_EQ(IntOf(rows, "pid"), server.process_id);
  });
}

TEST(Connection, ASocketNeedsNoTls) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.SocketSettings(), [](Connection& connection) -> net::Task<void> {
    EXPECT_FALSE(connection.Server().tls);
    AISLE_CO_EXPECT(const Rows rows, co_await connection.Run("SELECT 1 AS n", Soon()));
    EXPECT_EQ(IntOf(rows, "n"), 1);
  });
}

TEST(Connection, ValuesOfEveryTypeComeBackAsTheyWere) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(), [](Connection& connection) -> net::Task<void> {
    const base::Timestamp time = base::ParseTimestamp("1999-12-31 23:59:59.999999").value();
    const base::Date day = base::ParseDate("1900-03-01").value();
    const std::vector<std::int64_t> ids = {3, 1, -2};
    const std::vector<std::string> names = {"bread", "", "с хлеб"};
    const std::vector<double> weights = {0.5, -1};
    AISLE_CO_EXPECT(
        const Rows rows,
        co_await connection.Run({"SELECT $1::bool a, $2::int2 b, $3::int4 c, $4::int8 d, "
                                 "$5::float4 e, $6::float8 f, $7::text g, $8::bytea h, "
                                 "$9::timestamptz i, $10::date j, $11::int8 k, "
                                 "array_to_string($12::int8[], ',') l, array_length($13::text[], "
                                 "1) m, ($14::float8[])[1] n, $15::timestamptz o, $6::float8::text "
                                 "p, $9::timestamptz = "
                                 "'1999-12-31 23:59:59.999999+00' q, cardinality($16::text[]) r",
                                 Parameters()
                                     .Bool(true)
                                     .Int2(-2)
                                     .Int4(4)
                                     .Int8(std::numeric_limits<std::int64_t>::min())
                                     .Float4(0.25F)
                                     .Float8(-std::numeric_limits<double>::infinity())
                                     .Text("Ünï'\"\\")
                                     .Bytes(std::string("\0\1\377", 3))
                                     .Time(time)
                                     .Day(day)
                                     .Null(Type::kInt8)
                                     .Int8s(ids)
                                     .Texts(names)
                                     .Float8s(weights)
                                     .Time(base::Timestamp::max())
                                     .Texts({})},
                                Soon()));
    RowReader row(rows);
    const auto a = row.Bool("a");
    const auto b = row.Int("b");
    const auto c = row.Int("c");
    const auto d = row.Int("d");
    const auto e = row.Double("e");
    const auto f = row.Double("f");
    const auto g = row.Text("g");
    const auto h = row.Bytes("h");
    const auto i = row.Time("i");
    const auto j = row.Day("j");
    const auto k = row.Int("k");
    const auto l = row.Text("l");
    const auto m = row.Int("m");
    const auto n = row.Double("n");
    const auto o = row.Time("o");
    const auto p = row.Text("p");
    const auto q = row.Bool("q");
    const auto r = row.Int("r");
    AISLE_CO_EXPECT(const bool more, row.Next());
    EXPECT_TRUE(more);
    EXPECT_TRUE(row[a]);
    EXPECT_EQ(row[b], -2);
    EXPECT_EQ(row[c], 4);
    EXPECT_EQ(row[d], std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(row[e], 0.25);
    EXPECT_EQ(row[f], -std::numeric_limits<double>::infinity());
    EXPECT_EQ(row[g], "Ünï'\"\\");
    EXPECT_EQ(row[h], std::string("\0\1\377", 3));
    EXPECT_EQ(row[i], time);
    EXPECT_EQ(row[j], day);
    EXPECT_TRUE(row.IsNull(k));
    EXPECT_EQ(row.OrElse(k, std::int64_t{9}), 9);
    EXPECT_EQ(row[l], "3,1,-2");
    EXPECT_EQ(row[m], 3);
    EXPECT_EQ(row[n], 0.5);
    EXPECT_EQ(row[o], base::Timestamp::max());
    EXPECT_EQ(row[p], "-Infinity");
    EXPECT_TRUE(row[q]);
    EXPECT_EQ(row[r], 0);
    AISLE_CO_EXPECT(const bool again, row.Next());
    EXPECT_FALSE(again);
  });
}

TEST(Connection, AColumnThatIsNotWhatTheProgramExpectsIsNamed) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(), [](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(const Rows rows,
                    co_await connection.Run("SELECT 1.5 AS price, 1 AS n, 2 AS n", Soon()));
    const auto error_of = [&](auto bind) {
      RowReader reader(rows);
      bind(reader);
      const auto next = reader.Next();
      EXPECT_FALSE(next.has_value());
      EXPECT_EQ(next.error().code, ErrorCode::kFailedPrecondition);
      return next.error().message;
    };
    EXPECT_THAT(error_of([](RowReader& reader) { reader.Double("price"); }),
                HasSubstr("'price' has a type"));
    EXPECT_THAT(error_of([](RowReader& reader) { reader.Int("n"); }),
                HasSubstr("'n' is there twice"));
    EXPECT_THAT(error_of([](RowReader& reader) { reader.Int("age"); }),
                HasSubstr("'age' is not there"));
  });
}

// libpq leaves the rest of a large record with OpenSSL, where no socket tells of it.
TEST(Connection, RecordsOfTlsAsLargeAsTheyMayBeAreReadToTheirEnd) {
  AISLE_NEEDS_POSTGRES(cluster);
  ConnectionSettings settings = cluster.Settings();
  const std::string key = (cluster.Folder() / "tls/server.key").string();
  if (access(key.c_str(), R_OK) != 0) GTEST_SKIP() << "the server's key is not ours to read";
  const std::string socket =
      (cluster.Folder() / "socket/.s.PGSQL.").string() + std::to_string(settings.hosts[0].port);
  const TlsRelay relay(socket, (cluster.Folder() / "tls/server.crt").string(), key);
  settings.hosts[0].port = relay.Port();
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    EXPECT_TRUE(connection.Server().tls);
    for (int count = 1; count < 25; ++count) {
      AISLE_CO_EXPECT(
          const Rows rows,
          co_await connection.Run({"SELECT repeat('x', 9000) AS text FROM generate_series(1, $1)",
                                   Parameters().Int4(count)},
                                  net::Deadline::After(5s)));
      EXPECT_EQ(rows.Count(), static_cast<std::size_t>(count));
    }
  });
}

TEST(Connection, TheServersOwnTimeoutIsUnavailable) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(), [](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT_OK(co_await connection.RunScript("SET statement_timeout = '50ms'", Soon()));
    const auto late = co_await connection.Run("SELECT pg_sleep(300)", Soon());
    EXPECT_FALSE(late.has_value());
    if (late) co_return;
    EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(SqlStateOf(late.error()), "57014");
    EXPECT_TRUE(connection.IsSettled());
  });
}

TEST(Connection, ABackendThatIsEndedSaysSoAndTheConnectionIsClosed) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(), [&cluster](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(Connection other, co_await Connection::Open(cluster.Settings(), Soon()));
    const Parameters pid = Parameters().Int4(connection.Server().process_id);
    // While it is idle: noticed before anything is sent.
    EXPECT_TRUE(connection.IsOpen());
    AISLE_CO_EXPECT(const Rows ended,
                    co_await other.Run({"SELECT pg_terminate_backend($1, 5000)", pid}, Soon()));
    EXPECT_FALSE(connection.IsOpen());
    EXPECT_THAT(connection.LastWords(), HasSubstr("terminating connection"));
    const auto refused = co_await connection.Run("SELECT 1", Soon());
    EXPECT_FALSE(refused.has_value());

    // In the middle of a statement: its own error.
    AISLE_CO_EXPECT(connection, co_await Connection::Open(cluster.Settings(), Soon()));
    AISLE_CO_EXPECT(const Rows self, co_await other.Run("SELECT 1", Soon()));
    const auto cut = co_await connection.Run(
        "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(300)", Soon());
    EXPECT_FALSE(cut.has_value());
    if (cut) co_return;
    EXPECT_EQ(cut.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(SqlStateOf(cut.error()), "57P01") << cut.error().message;
    EXPECT_FALSE(connection.IsOpen());
  });
}

TEST(Connection, DetailsThatQuoteARowStayBehind) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(
      cluster.Settings(cluster.NewDatabase()), [](Connection& connection) -> net::Task<void> {
        AISLE_CO_EXPECT_OK(
            co_await connection.RunScript("CREATE TABLE people (mail text PRIMARY KEY)", Soon()));
        const Statement insert("INSERT INTO people VALUES ($1)",
                               Parameters().Text("ada@example.org"));
        AISLE_CO_EXPECT(const Rows first, co_await connection.Run(insert, Soon()));
        EXPECT_EQ(first.Affected(), 1);
        const auto second = co_await connection.Run(insert, Soon());
        EXPECT_FALSE(second.has_value());
        if (second) co_return;
        EXPECT_EQ(second.error().code, ErrorCode::kInvalidArgument);
        EXPECT_EQ(SqlStateOf(second.error()), "23505");
        EXPECT_THAT(second.error().message, Not(HasSubstr("ada@")));
      });
}

TEST(Connection, ANotificationIsDelivered) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(), [&cluster](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(Connection other, co_await Connection::Open(cluster.Settings(), Soon()));
    AISLE_CO_EXPECT_OK(co_await connection.Listen("odd \"name", Soon()));
    AISLE_CO_EXPECT(const auto none,
                    co_await connection.NextNotification(net::Deadline::After(20ms)));
    EXPECT_FALSE(none.has_value());
    AISLE_CO_EXPECT(const Rows told, co_await other.Run({"SELECT pg_notify($1, 'generation 7')",
                                                         Parameters().Text("odd \"name")},
                                                        Soon()));
    AISLE_CO_EXPECT(const auto heard, co_await connection.NextNotification(Soon()));
    EXPECT_TRUE(heard.has_value());
    if (!heard) co_return;
    EXPECT_EQ(heard->channel, "odd \"name");
    EXPECT_EQ(heard->payload, "generation 7");
    AISLE_CO_EXPECT(const Rows rows, co_await connection.Run("SELECT 7 AS n", Soon()));
    EXPECT_EQ(IntOf(rows, "n"), 7);
  });
}

}  // namespace
}  // namespace aisle::postgres
