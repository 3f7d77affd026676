#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "postgres/cluster_testing.h"
#include "postgres/connection.h"
#include "postgres/sql_state.h"
#include "postgres/task_testing.h"
#include "postgres/transaction.h"

namespace aisle::postgres {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// In a database of its own, after a script.
void OnFreshDatabase(const std::string& script,
                     const std::function<net::Task<void>(Connection&)>& body) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(cluster.NewDatabase()),
               [&](Connection& connection) -> net::Task<void> {
                 AISLE_CO_EXPECT_OK(co_await connection.RunScript(script, Soon()));
                 co_await body(connection);
               });
}

net::Task<std::int64_t> Ask(Connection& connection, std::string sql) {
  const auto rows = co_await connection.Run({std::move(sql), Keep::kOnce}, Soon());
  if (!rows) ADD_FAILURE() << rows.error().message;
  co_return rows ? IntOf(*rows, "n") : -1;
}

Error ErrorOf(const Result<Rows>& rows) { return rows ? Error() : rows.error(); }

TEST(Pipeline, EveryStatementHasItsAnswer) {
  OnFreshDatabase("CREATE TABLE t (n int8)", [](Connection& connection) -> net::Task<void> {
    std::vector<Statement> statements;
    for (int i = 0; i < 100; ++i)
      statements.emplace_back("INSERT INTO t VALUES ($1)", Parameters().Int8(i));
    statements.emplace_back("SELECT sum(n)::int8 AS n FROM t");
    statements.emplace_back("");
    AISLE_CO_EXPECT(
        const auto answers,
        AllOf((co_await connection.RunTogether(statements, Soon())).value_or(Answers())));
    EXPECT_EQ(answers.size(), 102U);
    if (answers.size() != 102) co_return;
    EXPECT_EQ(answers[0].Affected(), 1);
    EXPECT_EQ(IntOf(answers[100], "n"), 4950);
    EXPECT_EQ(answers[101].Count(), 0U);
  });
}

TEST(Pipeline, AFailedStatementTakesAllBackAndNamesItself) {
  OnFreshDatabase("CREATE TABLE t (n int8)", [](Connection& connection) -> net::Task<void> {
    const std::vector<Statement> statements = {"INSERT INTO t VALUES (1)", "SELECT 1 / 0 AS n",
                                               "INSERT INTO t VALUES (2)", "SELECT 3 AS n"};
    AISLE_CO_EXPECT(const Answers answers, co_await connection.RunTogether(statements, Soon()));
    EXPECT_EQ(answers.size(), 4U);
    EXPECT_TRUE(answers[0].has_value());
    EXPECT_FALSE(answers[1].has_value());
    EXPECT_EQ(SqlStateOf(answers[1].error()), "22012");
    for (const std::size_t i : {2U, 3U}) {
      EXPECT_FALSE(answers[i].has_value());
      EXPECT_EQ(answers[i].error().code, ErrorCode::kFailedPrecondition);
      EXPECT_THAT(answers[i].error().message,
                  HasSubstr("not run, because statement 2 of 4 failed"));
    }
    EXPECT_EQ(co_await Ask(connection, "SELECT count(*) AS n FROM t"), 0);
    // What was prepared, and what was not for want of a turn, are both known afterwards.
    const std::vector<Statement> good = {statements[0], statements[3]};
    AISLE_CO_EXPECT(const Answers again, co_await connection.RunTogether(good, Soon()));
    EXPECT_TRUE(again[0].has_value());
    EXPECT_TRUE(again[1].has_value());
  });
}

TEST(Pipeline, AStatementThatCannotBeParsedIsTheOneThatFails) {
  OnFreshDatabase("", [](Connection& connection) -> net::Task<void> {
    for (int i = 0; i < 2; ++i) {
      const std::vector<Statement> statements = {"SELECT 1 AS n", "SELEKT 1", "SELECT 2 AS n"};
      AISLE_CO_EXPECT(const Answers answers, co_await connection.RunTogether(statements, Soon()));
      EXPECT_EQ(IntOf(answers[0].value_or(Rows()), "n"), 1);
      EXPECT_EQ(answers[1].error().code, ErrorCode::kInternal);
      EXPECT_EQ(SqlStateOf(answers[1].error()), "42601");
      EXPECT_FALSE(answers[2].has_value());
    }
    const auto no_table = co_await connection.Run("SELECT * FROM nowhere", Soon());
    EXPECT_EQ(no_table.error().code, ErrorCode::kFailedPrecondition);
  });
}

TEST(Pipeline, AConstraintThatIsCheckedAtTheEndFailsAllOfThem) {
  OnFreshDatabase(
      "CREATE TABLE p (id int PRIMARY KEY);"
      "CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
      [](Connection& connection) -> net::Task<void> {
        for (int i = 0; i < 3; ++i) {
          const std::vector<Statement> statements = {"INSERT INTO c VALUES (7)", "SELECT 1 AS n"};
          AISLE_CO_EXPECT(const Answers answers,
                          co_await connection.RunTogether(statements, Soon()));
          for (const auto& answer : answers) {
            EXPECT_FALSE(answer.has_value());
            EXPECT_EQ(SqlStateOf(ErrorOf(answer)), "23503");
          }
          EXPECT_EQ(co_await Ask(connection, "SELECT count(*) AS n FROM c"), 0);
        }
      });
}

TEST(Pipeline, AStatementIsPreparedOncePerConnection) {
  OnFreshDatabase("", [](Connection& connection) -> net::Task<void> {
    for (int i = 0; i < 10; ++i) {
      AISLE_CO_EXPECT(const Rows rows, co_await connection.Run(
                                           {"SELECT $1 + 1 AS n", Parameters().Int8(i)}, Soon()));
      EXPECT_EQ(IntOf(rows, "n"), i + 1);
    }
    // Another type is another statement.
    AISLE_CO_EXPECT(const Rows rows,
                    co_await connection.Run({"SELECT $1 + 1 AS n", Parameters().Int4(1)}, Soon()));
    EXPECT_EQ(IntOf(rows, "n"), 2);
    EXPECT_EQ(co_await Ask(connection, "SELECT count(*) AS n FROM pg_prepared_statements"), 2);
  });
}

TEST(Pipeline, APlanThatATableHasOutgrownIsMadeAgain) {
  OnFreshDatabase(
      "CREATE TABLE t (price numeric(10,2)); INSERT INTO t VALUES (1.50)",
      [](Connection& connection) -> net::Task<void> {
        const Statement statement("SELECT price, price::text AS text FROM t");
        AISLE_CO_EXPECT(const Rows before, co_await connection.Run(statement, Soon()));
        EXPECT_EQ(TextOf(before, "text"), "1.50");
        AISLE_CO_EXPECT_OK(
            co_await connection.RunScript("ALTER TABLE t ALTER price TYPE numeric(12,4)", Soon()));
        // The statement beside it is repeated too, and its effect is there once.
        AISLE_CO_EXPECT_OK(co_await connection.RunScript("CREATE TABLE log (n int)", Soon()));
        const std::vector<Statement> both = {"INSERT INTO log VALUES (1)", statement};
        AISLE_CO_EXPECT(const Answers after, co_await connection.RunTogether(both, Soon()));
        EXPECT_TRUE(after[1].has_value());
        if (!after[1]) co_return;
        EXPECT_EQ(TextOf(*after[1], "text"), "1.5000");
        EXPECT_EQ(co_await Ask(connection, "SELECT count(*) AS n FROM log"), 1);
      });
}

TEST(Pipeline, WithinATransactionAnOutgrownPlanIsAnErrorOnceAndGoodAfterwards) {
  OnFreshDatabase("CREATE TABLE t (price numeric(10,2)); INSERT INTO t VALUES (1.50)",
                  [](Connection& connection) -> net::Task<void> {
                    const Statement statement("SELECT price, price::text AS text FROM t");
                    AISLE_CO_EXPECT(const Rows before, co_await connection.Run(statement, Soon()));
                    AISLE_CO_EXPECT_OK(co_await connection.RunScript(
                        "ALTER TABLE t ALTER price TYPE numeric(12,4)", Soon()));
                    const auto select = [&]() -> net::Task<Result<int>> {
                      AISLE_CO_TRY(const Rows rows, co_await connection.Run(statement, Soon()));
                      co_return 1;
                    };
                    const auto failed = co_await InTransaction<int>(connection, Soon(), {}, select);
                    EXPECT_FALSE(failed.has_value());
                    if (failed) co_return;
                    EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);  // Trying again helps.
                    EXPECT_EQ(SqlStateOf(failed.error()), "0A000");
                    AISLE_CO_EXPECT(const int count,
                                    co_await InTransaction<int>(connection, Soon(), {}, select));
                    EXPECT_EQ(count, 1);
                  });
}

TEST(Pipeline, AStatementThatTheServerForgotIsPreparedAgain) {
  OnFreshDatabase("", [](Connection& connection) -> net::Task<void> {
    const std::vector<Statement> statements = {"SELECT 1 AS n", "SELECT 2 AS n"};
    AISLE_CO_EXPECT(const Answers before, co_await connection.RunTogether(statements, Soon()));
    AISLE_CO_EXPECT_OK(co_await connection.RunScript("DISCARD ALL", Soon()));
    AISLE_CO_EXPECT(const Answers after, co_await connection.RunTogether(statements, Soon()));
    EXPECT_EQ(IntOf(after[0].value_or(Rows()), "n"), 1);
    EXPECT_EQ(IntOf(after[1].value_or(Rows()), "n"), 2);
  });
}

TEST(Pipeline, ARealMissingFeatureIsAnErrorAfterOneMoreTry) {
  OnFreshDatabase(
      "CREATE FUNCTION no() RETURNS int LANGUAGE plpgsql AS "
      "$$BEGIN RAISE EXCEPTION 'not supported' USING ERRCODE = '0A000'; END$$",
      [](Connection& connection) -> net::Task<void> {
        for (int i = 0; i < 3; ++i) {
          const auto rows = co_await connection.Run("SELECT no() AS n", Soon());
          EXPECT_FALSE(rows.has_value());
          EXPECT_EQ(SqlStateOf(ErrorOf(rows)), "0A000");
        }
      });
}

TEST(Pipeline, ManyDifferentStatementsDoNotFillTheServer) {
  OnFreshDatabase("", [](Connection& connection) -> net::Task<void> {
    for (int i = 0; i < 6; ++i) {
      std::vector<Statement> statements;
      for (int j = 0; j < 100; ++j)
        statements.emplace_back("SELECT " + std::to_string(i * 100 + j) + " AS n");
      AISLE_CO_EXPECT(const Answers answers, co_await connection.RunTogether(statements, Soon()));
      EXPECT_EQ(IntOf(answers[99].value_or(Rows()), "n"), i * 100 + 99);
    }
    EXPECT_EQ(co_await Ask(connection, "SELECT count(*) AS n FROM pg_prepared_statements"), 512);
  });
}

TEST(Pipeline, LargeAnswersAndLargeQuestionsDoNotWaitForEachOther) {
  OnFreshDatabase("", [](Connection& connection) -> net::Task<void> {
    // Far more than the kernel's buffers, both ways at once.
    const std::string large(4'000'000, 'x');
    std::vector<Statement> statements;
    for (int i = 0; i < 8; ++i)
      statements.emplace_back("SELECT $1 AS text", Parameters().Text(large));
    AISLE_CO_EXPECT(const Answers answers, co_await connection.RunTogether(statements, Soon()));
    for (const auto& answer : answers)
      EXPECT_EQ(TextOf(answer.value_or(Rows()), "text").size(), large.size());
  });
}

TEST(Pipeline, ACopyAmongThemIsRefused) {
  OnFreshDatabase("", [](Connection& connection) -> net::Task<void> {
    const auto rows = co_await connection.Run("COPY (SELECT 1) TO STDOUT", Soon());
    EXPECT_FALSE(rows.has_value());
    EXPECT_THAT(rows.error().message, HasSubstr("StartCopy"));
  });
}

TEST(Script, RunsManyStatementsAndStopsAtTheFirstThatFails) {
  OnFreshDatabase("CREATE TABLE t (n int)", [](Connection& connection) -> net::Task<void> {
    const Status failed =
        co_await connection.RunScript("INSERT INTO t VALUES (1); SELECT 1/0; SELECT 2", Soon());
    EXPECT_FALSE(failed.has_value());
    EXPECT_EQ(SqlStateOf(failed.error()), "22012");
    EXPECT_EQ(co_await Ask(connection, "SELECT count(*) AS n FROM t"), 0);
    EXPECT_FALSE((co_await connection.RunScript("COPY t FROM STDIN", Soon())).has_value());
  });
}

}  // namespace
}  // namespace aisle::postgres
