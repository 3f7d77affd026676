// Through Debian's PgBouncer in transaction mode: who answers changes from one transaction to the
// next.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>
#include <filesystem>
#include <fstream>

#include "postgres/cluster_testing.h"
#include "postgres/copy_format.h"
#include "postgres/migrations.h"
#include "postgres/pool.h"
#include "postgres/relay_testing.h"
#include "postgres/sql_state.h"
#include "postgres/task_testing.h"
#include "postgres/transaction.h"

namespace aisle::postgres {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* kProgram = "/usr/sbin/pgbouncer";

// One for the tests here; it goes with the program.
class Bouncer {
 public:
  explicit Bouncer(Cluster& cluster) : folder_(cluster.Folder() / "pgbouncer") {
    std::filesystem::create_directory(folder_);
    {
      const int taken = ListenAt("127.0.0.1", port_);  // A port that was free a moment ago.
      close(taken);
    }
    const ConnectionSettings direct = cluster.SocketSettings();
    std::ofstream(folder_ / "users.txt") << "\"postgres\" \"" << cluster.Password() << "\"\n";
    std::ofstream(folder_ / "pgbouncer.ini")
        << "[databases]\n* = host=" << direct.hosts[0].name << " port=" << direct.hosts[0].port
        << "\n"
        << "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " << port_
        << "\nunix_socket_dir =\n"
        << "auth_type = scram-sha-256\nauth_file = " << (folder_ / "users.txt").string()
        << "\npool_mode = transaction\ndefault_pool_size = 2\nclient_tls_sslmode = "
           "require\nclient_tls_cert_file = "
        << (cluster.Folder() / "tls/server.crt").string()
        << "\nclient_tls_key_file = " << (cluster.Folder() / "tls/server.key").string()
        << "\npidfile = " << (folder_ / "pid").string()
        << "\nlogfile = " << (folder_ / "log").string() << "\n";
    // The server's user, who may read the key, where we are root; ourselves otherwise.
    const std::string folder = folder_.string();
    const bool root = geteuid() == 0;
    if (root) {
      EXPECT_EQ(std::system(("chown -R postgres " + folder).c_str()), 0);
    }
    const std::string command =
        std::string(root ? "setpriv --reuid postgres --clear-groups --regid postgres " : "") +
        kProgram + " -q -d " + folder + "/pgbouncer.ini >/dev/null 2>&1";
    WhenThisProcessEnds("kill -INT $(cat " + folder + "/pid)");
    EXPECT_EQ(std::system(command.c_str()), 0);
    for (int tries = 0; tries < 500 && !std::filesystem::exists(folder_ / "pid"); ++tries)
      usleep(10'000);
  }

  ConnectionSettings Through(ConnectionSettings settings) const {
    settings.hosts[0].port = port_;
    return settings;
  }

 private:
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
};

const Bouncer& SharedBouncer(Cluster& cluster) {
  static const Bouncer kBouncer(cluster);
  return kBouncer;
}

class PgBouncer : public testing::Test {
 protected:
  void SetUp() override {
    AISLE_NEEDS_POSTGRES(cluster);
    if (!std::filesystem::exists(kProgram)) GTEST_SKIP() << "Debian's pgbouncer is not installed";
    settings_ = SharedBouncer(cluster).Through(cluster.Settings(cluster.NewDatabase()));
  }
  ConnectionSettings settings_;
};

TEST_F(PgBouncer, IsFoundAndStatementsGoUnnamed) {
  OnConnection(settings_, [](Connection& connection) -> net::Task<void> {
    EXPECT_TRUE(connection.Server().behind_pooler);
    EXPECT_FALSE(connection.Server().names_statements);
    EXPECT_TRUE(connection.Server().tls);
    co_return;
  });
}

TEST_F(PgBouncer, ServesManyConnectionsByFewAndTheSameStatementsWork) {
  OnConnection(settings_, [this](Connection& first) -> net::Task<void> {
    std::vector<Connection> others;
    for (int i = 0; i < 5; ++i) {
      AISLE_CO_EXPECT(Connection other, co_await Connection::Open(settings_, Soon()));
      others.push_back(std::move(other));
    }
    const Statement statement("SELECT $1::int8 + 1 AS n", Parameters().Int8(6));
    // The two sessions of the server change hands: one is held by a transaction, then the other.
    for (int round = 0; round < 6; ++round) {
      AISLE_CO_EXPECT_OK(co_await Begin(first, {}, Soon()));
      AISLE_CO_EXPECT(const Rows held, co_await first.Run(statement, Soon()));
      EXPECT_EQ(IntOf(held, "n"), 7);
      for (Connection& other : others) {
        const std::vector<Statement> both = {statement, statement};
        AISLE_CO_EXPECT(const Answers answers, co_await other.RunTogether(both, Soon()));
        EXPECT_EQ(IntOf(answers[1].value_or(Rows()), "n"), 7);
      }
      AISLE_CO_EXPECT_OK(co_await Commit(first, Soon()));
      AISLE_CO_EXPECT(const Rows after, co_await first.Run(statement, Soon()));
      EXPECT_EQ(IntOf(after, "n"), 7);
    }
  });
}

net::Task<std::int64_t> SessionOf(Connection& connection) {
  const auto rows = co_await connection.Run({"SELECT pg_backend_pid() AS n", Keep::kOnce}, Soon());
  co_return rows ? IntOf(*rows, "n") : -1;
}

// What `auto` spares: a name that is known to one of the server's sessions only.
TEST_F(PgBouncer, WithNamesAStatementIsMissingWhereAnotherSessionAnswers) {
  settings_.statements = StatementNames::kNamed;
  OnConnection(settings_, [this](Connection& first) -> net::Task<void> {
    AISLE_CO_EXPECT(Connection second, co_await Connection::Open(settings_, Soon()));
    AISLE_CO_EXPECT(Connection third, co_await Connection::Open(settings_, Soon()));
    const Statement statement("SELECT 5 AS n");
    const std::vector<Statement> group = {statement,
                                          Statement("SELECT pg_backend_pid() AS n", Keep::kOnce)};
    AISLE_CO_EXPECT(const Answers answers, co_await first.RunTogether(group, Soon()));
    const std::int64_t knows_it = IntOf(answers[1].value_or(Rows()), "n");
    // Both of the server's sessions are taken; the one that does not know it is given back.
    AISLE_CO_EXPECT_OK(co_await Begin(second, {}, Soon()));
    AISLE_CO_EXPECT_OK(co_await Begin(third, {}, Soon()));
    Connection& holds_other = co_await SessionOf(second) == knows_it ? third : second;
    AISLE_CO_EXPECT_OK(co_await Commit(holds_other, Soon()));
    // Outside of a transaction it is prepared there too, and nobody notices.
    AISLE_CO_EXPECT(const Rows healed, co_await first.Run(statement, Soon()));
    EXPECT_EQ(IntOf(healed, "n"), 5);
    AISLE_CO_EXPECT_OK(co_await first.RunScript("DEALLOCATE ALL", Soon()));
    AISLE_CO_EXPECT_OK(co_await Begin(first, {}, Soon()));
    const auto missing = co_await first.Run(statement, Soon());
    EXPECT_FALSE(missing.has_value());
    EXPECT_EQ(missing ? "" : SqlStateOf(missing.error()), "26000");
  });
}

TEST_F(PgBouncer, ADeadlineCancelsThroughIt) {
  OnConnection(settings_, [](Connection& connection) -> net::Task<void> {
    for (int i = 0; i < 3; ++i) {
      const auto late = co_await connection.Run("SELECT pg_sleep(300)", net::Deadline::After(50ms));
      EXPECT_FALSE(late.has_value());
      AISLE_CO_EXPECT(const Rows rows, co_await connection.Run("SELECT 7 AS n", Soon()));
      EXPECT_EQ(IntOf(rows, "n"), 7);
    }
  });
}

TEST_F(PgBouncer, ListeningThroughItIsRefusedInWords) {
  net::RunToEnd([](ConnectionSettings settings) -> net::Task<void> {
    AISLE_CO_EXPECT(auto connection, co_await Connection::Open(std::move(settings), Soon()));
    const Status refused = co_await connection.Listen("generation", Soon());
    EXPECT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_THAT(refused.error().message, HasSubstr("through a pooler"));
  }(settings_));
}

TEST_F(PgBouncer, MigrationsCopyAndThePoolWorkThroughIt) {
  net::RunToEnd([](ConnectionSettings settings) -> net::Task<void> {
    Pool pool(co_await boost::asio::this_coro::executor, std::move(settings),
              {.connections_max = 3});
    AISLE_CO_EXPECT(const Lease lease, co_await pool.Acquire(Soon()));
    const std::vector<Migration> steps = {{1, "one", "CREATE TABLE t (n int8)"},
                                          {2, "two", "INSERT INTO t VALUES (1)"}};
    AISLE_CO_EXPECT(const auto report, co_await Migrate(*lease, "shop", steps, Soon()));
    EXPECT_EQ(report.version, 2);
    AISLE_CO_EXPECT(CopyIn copy,
                    co_await lease->StartCopyIn("COPY shop.t FROM STDIN (FORMAT binary)", Soon()));
    CopyEncoder rows(1);
    for (int i = 0; i < 1000; ++i) rows.Row().Int8(1);
    rows.End();
    AISLE_CO_EXPECT_OK(co_await copy.Write(rows.Take(), Soon()));
    AISLE_CO_EXPECT(const std::int64_t count, co_await copy.Finish(Soon()));
    EXPECT_EQ(count, 1000);
    AISLE_CO_EXPECT(const Rows sum,
                    co_await pool.Run("SELECT sum(n)::int8 AS n FROM shop.t", Soon()));
    EXPECT_EQ(IntOf(sum, "n"), 1001);
  }(settings_));
}

}  // namespace
}  // namespace aisle::postgres
