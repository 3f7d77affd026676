#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "base/temp_folder_testing.h"
#include "net/finish_by.h"
#include "postgres/cluster_testing.h"
#include "postgres/connection.h"
#include "postgres/relay_testing.h"
#include "postgres/sql_state.h"
#include "postgres/task_testing.h"

namespace aisle::postgres {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

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

// What Open gives of these settings.
Error OpenError(const ConnectionSettings& settings, net::Deadline deadline = Soon()) {
  Error error;
  net::RunToEnd([](ConnectionSettings to, net::Deadline by, Error& out) -> net::Task<void> {
    const auto opened = co_await Connection::Open(std::move(to), by);
    EXPECT_FALSE(opened.has_value());
    if (!opened) out = opened.error();
  }(settings, deadline, error));
  return error;
}

TEST(Opening, ACertificateOfAnotherAuthorityIsRefused) {
  AISLE_NEEDS_POSTGRES(cluster);
  const base::TempFolder folder;
  const std::string base = (folder.Path() / "other").string();
  ASSERT_EQ(std::system(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                         "-days 2 -subj /CN=other "
                         "-keyout " +
                         base + ".key -out " + base + ".crt >/dev/null 2>&1")
                            .c_str()),
            0);
  ConnectionSettings settings = cluster.Settings();
  settings.sslrootcert = base + ".crt";
  const Error error = OpenError(settings);
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition) << error.message;
  EXPECT_THAT(error.message, HasSubstr("certificate verify failed"));
}

TEST(Opening, ACertificateForAnotherNameIsRefused) {
  AISLE_NEEDS_POSTGRES(cluster);
  // The server's address, by a name that its certificate does not have.
  const Relay relay("127.0.0.2", cluster.Settings().hosts.front().port);
  ConnectionSettings settings = cluster.Settings();
  settings.hosts = {{.name = "127.0.0.2", .port = relay.Port()}};
  const Error error = OpenError(settings);
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition) << error.message;
  EXPECT_THAT(error.message, HasSubstr("does not match host name \"127.0.0.2\""));
  settings.sslmode = "verify-ca";
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    EXPECT_TRUE(connection.Server().tls);
    co_return;
  });
}

TEST(Opening, AMissingRootCertificateIsSaid) {
  AISLE_NEEDS_POSTGRES(cluster);
  ConnectionSettings settings = cluster.Settings();
  settings.sslrootcert = "/nowhere/root.crt";
  const Error error = OpenError(settings);
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(error.message, HasSubstr("/nowhere/root.crt"));
}

TEST(Opening, WithoutTlsTheServerRefusesAndItIsAPersonsBusiness) {
  AISLE_NEEDS_POSTGRES(cluster);
  ConnectionSettings settings = cluster.Settings();
  settings.sslmode = "disable";
  const Error error = OpenError(settings);
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(SqlStateOf(error), "28000");
}

TEST(Opening, AWrongPasswordIsAPersonsBusinessAndNotRepeated) {
  AISLE_NEEDS_POSTGRES(cluster);
  const base::TempFolder folder;
  const std::string path = (folder.Path() / "secret").string();
  std::ofstream(path) << "hunter2\n";
  ConnectionSettings settings = cluster.Settings();
  settings.password.where = path;
  const Error error = OpenError(settings);
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(SqlStateOf(error), "28P01");
  EXPECT_THAT(error.message, Not(HasSubstr("hunter2")));
}

TEST(Opening, APasswordFileIsReadAgainEachTime) {
  AISLE_NEEDS_POSTGRES(cluster);
  const base::TempFolder folder;
  const std::string path = (folder.Path() / "secret").string();
  ConnectionSettings settings = cluster.Settings();
  settings.password.where = path;
  EXPECT_THAT(OpenError(settings).message, HasSubstr(path));
  std::ofstream(path) << cluster.Password() << "\n";
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(const Rows rows, co_await connection.Run("SELECT 1 AS n", Soon()));
    EXPECT_EQ(IntOf(rows, "n"), 1);
  });
}

TEST(Opening, LibpqsOwnPasswordFileWorksToo) {
  AISLE_NEEDS_POSTGRES(cluster);
  const base::TempFolder folder;
  const std::string path = (folder.Path() / "pgpass").string();
  std::ofstream(path) << "*:*:*:postgres:" << cluster.Password() << "\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  ConnectionSettings settings = cluster.Settings();
  settings.password = {};
  EXPECT_THAT(OpenError(settings).message, HasSubstr("no password supplied"));
  ASSERT_EQ(setenv("PGPASSFILE", path.c_str(), 1), 0);
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(const Rows rows, co_await connection.Run("SELECT 1 AS n", Soon()));
    EXPECT_EQ(IntOf(rows, "n"), 1);
  });
  ASSERT_EQ(unsetenv("PGPASSFILE"), 0);
}

TEST(Opening, ADatabaseThatIsNotThereIsAPersonsBusiness) {
  AISLE_NEEDS_POSTGRES(cluster);
  const Error error = OpenError(cluster.Settings("nowhere"));
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(SqlStateOf(error), "3D000");
}

TEST(Opening, ADeadHostIsPassedOver) {
  AISLE_NEEDS_POSTGRES(cluster);
  ConnectionSettings settings = cluster.Settings();
  settings.hosts.insert(settings.hosts.begin(),
                        {{.name = "127.0.0.1", .port = 1}, {.name = "no-such-host.invalid"}});
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    EXPECT_EQ(connection.Server().host, "localhost");
    AISLE_CO_EXPECT(const Rows rows, co_await connection.Run("SELECT 1 AS n", Soon()));
    EXPECT_EQ(IntOf(rows, "n"), 1);
  });
}

TEST(Opening, AHostThatNeverAnswersLeavesTimeForTheNext) {
  AISLE_NEEDS_POSTGRES(cluster);
  const SilentServer silent;
  ConnectionSettings settings = cluster.Settings();
  settings.connect_timeout = 2s;
  settings.hosts.insert(settings.hosts.begin(), {.name = "127.0.0.1", .port = silent.Port()});
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    EXPECT_EQ(connection.Server().host, "localhost");
    co_return;
  });
  settings.hosts.pop_back();
  const Error error = OpenError(settings, net::Deadline::After(50ms));
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(error.message, HasSubstr("no connection in time"));
}

TEST(Opening, APrimaryIsNoStandby) {
  AISLE_NEEDS_POSTGRES(cluster);
  ConnectionSettings settings = cluster.Settings();
  settings.target_session_attrs = "standby";
  EXPECT_EQ(OpenError(settings).code, ErrorCode::kUnavailable);
  for (const char* session : {"prefer-standby", "read-write", "primary"}) {
    settings.target_session_attrs = session;
    OnConnection(settings, [](Connection& connection) -> net::Task<void> {
      EXPECT_TRUE(connection.IsOpen());
      co_return;
    });
  }
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
