#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "postgres/cluster_testing.h"
#include "postgres/sql_state.h"
#include "postgres/task_testing.h"
#include "postgres/transaction.h"

namespace aisle::postgres {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

void OnTable(const std::function<net::Task<void>(Connection&)>& body) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(
      cluster.Settings(cluster.NewDatabase()), [&](Connection& connection) -> net::Task<void> {
        AISLE_CO_EXPECT_OK(co_await connection.RunScript("CREATE TABLE t (n int)", Soon()));
        co_await body(connection);
      });
}

net::Task<std::int64_t> CountRows(Connection& connection) {
  const auto rows = co_await connection.Run("SELECT count(*) AS n FROM t", Soon());
  if (!rows) ADD_FAILURE() << rows.error().message;
  co_return rows ? IntOf(*rows, "n") : -1;
}

net::Task<Status> Insert(Connection& connection) {
  AISLE_CO_TRY(const Rows rows, co_await connection.Run("INSERT INTO t VALUES (1)", Soon()));
  co_return Status();
}

TEST(Transaction, AValueCommits) {
  OnTable([](Connection& connection) -> net::Task<void> {
    const auto body = [&]() -> net::Task<Result<int>> {
      AISLE_CO_CHECK(co_await Insert(connection));
      EXPECT_TRUE(connection.InTransaction());
      co_return 7;
    };
    AISLE_CO_EXPECT(const int seven, co_await InTransaction<int>(connection, Soon(), {}, body));
    EXPECT_EQ(seven, 7);
    EXPECT_FALSE(connection.InTransaction());
    EXPECT_EQ(co_await CountRows(connection), 1);
  });
}

TEST(Transaction, AnErrorRollsBackWhateverItsOrigin) {
  OnTable([](Connection& connection) -> net::Task<void> {
    const auto ours = [&]() -> net::Task<Status> {
      AISLE_CO_CHECK(co_await Insert(connection));
      co_return Fail(ErrorCode::kNotFound, "ours");
    };
    const Status first = co_await InTransaction<void>(connection, Soon(), {}, ours);
    EXPECT_EQ(first.error().message, "ours");
    EXPECT_FALSE(connection.InTransaction());
    const auto servers = [&]() -> net::Task<Status> {
      AISLE_CO_CHECK(co_await Insert(connection));
      AISLE_CO_TRY(const Rows rows, co_await connection.Run("SELECT 1 / 0", Soon()));
      co_return Status();
    };
    const Status second = co_await InTransaction<void>(connection, Soon(), {}, servers);
    EXPECT_EQ(SqlStateOf(second.error()), "22012");
    EXPECT_EQ(co_await CountRows(connection), 0);
  });
}

TEST(Transaction, ADeadlineInTheMiddleRollsBack) {
  OnTable([](Connection& connection) -> net::Task<void> {
    const net::Deadline deadline = net::Deadline::After(100ms);
    const auto body = [&]() -> net::Task<Status> {
      AISLE_CO_CHECK(co_await Insert(connection));
      AISLE_CO_TRY(const Rows rows, co_await connection.Run("SELECT pg_sleep(300)", deadline));
      co_return Status();
    };
    const Status late = co_await InTransaction<void>(connection, deadline, {}, body);
    EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(co_await CountRows(connection), 0);
    EXPECT_FALSE(connection.InTransaction());
  });
}

TEST(Transaction, AnExceptionRollsBack) {
  OnTable([](Connection& connection) -> net::Task<void> {
    const auto body = [&]() -> net::Task<Status> {
      AISLE_CO_CHECK(co_await Insert(connection));
      throw std::runtime_error("a bug");
    };
    bool thrown = false;
    try {
      (void)co_await InTransaction<void>(connection, Soon(), {}, body);
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    EXPECT_FALSE(connection.IsSettled());
    EXPECT_EQ(co_await CountRows(connection), 0);
    EXPECT_TRUE(connection.IsSettled());
  });
}

TEST(Transaction, AnErrorThatTheBodyKeptToItselfIsFoundAtTheCommit) {
  OnTable([](Connection& connection) -> net::Task<void> {
    const auto body = [&]() -> net::Task<Status> {
      AISLE_CO_CHECK(co_await Insert(connection));
      const auto hidden = co_await connection.Run("SELECT 1 / 0", Soon());
      EXPECT_FALSE(hidden.has_value());
      co_return Status();
    };
    const Status ended = co_await InTransaction<void>(connection, Soon(), {}, body);
    EXPECT_THAT(ended.error().message, HasSubstr("rolled back"));
    EXPECT_EQ(co_await CountRows(connection), 0);
  });
}

TEST(Transaction, ACommitThatIsCutOffIsToldAsUnknown) {
  OnTable([](Connection& connection) -> net::Task<void> {
    // The commit itself takes the session down.
    AISLE_CO_EXPECT_OK(co_await connection.RunScript(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM "
        "pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NULL; END$$;"
        "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH "
        "ROW EXECUTE FUNCTION die()",
        Soon()));
    const auto body = [&]() -> net::Task<Status> { return Insert(connection); };
    const Status ended = co_await InTransaction<void>(connection, Soon(), {}, body);
    EXPECT_EQ(ended.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(ended.error().message, HasSubstr("nobody knows whether this was committed"));
    EXPECT_FALSE(connection.IsOpen());
  });
}

TEST(Transaction, OptionsReachTheServerAndOneIsEnough) {
  OnTable([](Connection& connection) -> net::Task<void> {
    const auto body = [&]() -> net::Task<Status> {
      AISLE_CO_TRY(const Rows rows,
                   co_await connection.Run(
                       "SELECT current_setting('transaction_isolation') AS text", Soon()));
      EXPECT_EQ(TextOf(rows, "text"), "repeatable read");
      EXPECT_FALSE((co_await Begin(connection, {}, Soon())).has_value());
      co_return co_await Insert(connection);
    };
    const Status refused = co_await InTransaction<void>(
        connection, Soon(), {.isolation = Isolation::kRepeatableRead, .read_only = true}, body);
    EXPECT_EQ(SqlStateOf(refused.error()), "25006");
    EXPECT_EQ(co_await CountRows(connection), 0);
  });
}

}  // namespace
}  // namespace aisle::postgres
