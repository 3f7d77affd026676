#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "postgres/cluster_testing.h"
#include "postgres/migrations.h"
#include "postgres/sql_state.h"
#include "postgres/task_testing.h"

namespace aisle::postgres {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The second is slow enough for another one to come by.
const std::vector<Migration> kSteps = {
    {1, "products", "CREATE TABLE products (id int8 PRIMARY KEY); CREATE TABLE regions (id int2)"},
    {2, "prices",
     "ALTER TABLE products ADD price int8; SELECT pg_sleep(0.3); INSERT INTO products VALUES (7, "
     "100)"},
    {3, "names", "ALTER TABLE products ADD name text"}};

std::span<const Migration> First(std::size_t count) { return std::span(kSteps).first(count); }

void OnFreshDatabase(const std::function<net::Task<void>(Connection&)>& body) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(cluster.NewDatabase()), body);
}

Error ErrorOf(const auto& result) { return result ? Error() : result.error(); }

TEST(Migrations, ApplyWhatIsMissingAndNothingTwice) {
  OnFreshDatabase([](Connection& connection) -> net::Task<void> {
    EXPECT_THAT(ErrorOf(co_await CheckMigrations(connection, "shop", kSteps, Soon())).message,
                HasSubstr("0 of 3 steps are applied"));
    AISLE_CO_EXPECT(const auto first, co_await Migrate(connection, "shop", First(2), Soon()));
    EXPECT_THAT(first.applied, ElementsAre(1, 2));
    EXPECT_EQ(first.version, 2);
    EXPECT_THAT(ErrorOf(co_await CheckMigrations(connection, "shop", kSteps, Soon())).message,
                HasSubstr("2 of 3 steps are applied"));
    AISLE_CO_EXPECT(const auto second, co_await Migrate(connection, "shop", kSteps, Soon()));
    EXPECT_THAT(second.applied, ElementsAre(3));
    AISLE_CO_EXPECT(const auto third, co_await Migrate(connection, "shop", kSteps, Soon()));
    EXPECT_THAT(third.applied, ElementsAre());
    EXPECT_EQ(third.version, 3);
    AISLE_CO_EXPECT_OK(co_await CheckMigrations(connection, "shop", kSteps, Soon()));
    AISLE_CO_EXPECT(const Rows rows,
                    co_await connection.Run("SELECT price AS n FROM shop.products", Soon()));
    EXPECT_EQ(IntOf(rows, "n"), 100);
    AISLE_CO_EXPECT(const Rows path, co_await connection.Run(
                                         "SELECT current_setting('search_path') AS text", Soon()));
    EXPECT_THAT(TextOf(path, "text"), HasSubstr("public"));
  });
}

TEST(Migrations, AChangedStepIsRefusedByItsName) {
  OnFreshDatabase([](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(const auto first, co_await Migrate(connection, "shop", First(2), Soon()));
    std::vector<Migration> changed = kSteps;
    changed[0].sql = "CREATE TABLE products (id int4 PRIMARY KEY)";
    const Error migrating = ErrorOf(co_await Migrate(connection, "shop", changed, Soon()));
    const Error checking = ErrorOf(co_await CheckMigrations(connection, "shop", changed, Soon()));
    EXPECT_EQ(migrating.code, ErrorCode::kFailedPrecondition);
    EXPECT_THAT(migrating.message, HasSubstr("step 1 (products) was applied with another text"));
    EXPECT_EQ(checking.message, migrating.message);
  });
}

TEST(Migrations, ANewerDatabaseIsRefusedInWords) {
  OnFreshDatabase([](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(const auto first, co_await Migrate(connection, "shop", kSteps, Soon()));
    const Error error = ErrorOf(co_await Migrate(connection, "shop", First(1), Soon()));
    EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
    EXPECT_THAT(error.message,
                HasSubstr("the database is at step 3 (names), and this program knows 1"));
  });
}

TEST(Migrations, AStepThatFailsLeavesNothingAndSaysItsName) {
  OnFreshDatabase([](Connection& connection) -> net::Task<void> {
    const std::vector<Migration> steps = {
        kSteps[0], {2, "broken", "CREATE TABLE half (id int); SELECT 1 / 0"}};
    const Error error = ErrorOf(co_await Migrate(connection, "shop", steps, Soon()));
    EXPECT_THAT(error.message, HasSubstr("step 2 (broken): postgres: division by zero"));
    EXPECT_EQ(SqlStateOf(error), "22012");
    AISLE_CO_EXPECT(
        const Rows half,
        co_await connection.Run("SELECT to_regclass('shop.half') IS NULL AS none, 1 AS n", Soon()));
    RowReader reader(half);
    const auto none = reader.Bool("none");
    AISLE_CO_EXPECT(const bool more, reader.Next());
    EXPECT_TRUE(more && reader[none]);
    AISLE_CO_EXPECT(const auto second, co_await Migrate(connection, "shop", First(2), Soon()));
    EXPECT_THAT(second.applied, ElementsAre(2));
  });
}

TEST(Migrations, AStepThatEndsItsTransactionIsRefused) {
  OnFreshDatabase([](Connection& connection) -> net::Task<void> {
    const std::vector<Migration> steps = {{1, "sly", "CREATE TABLE t (id int); COMMIT"}};
    EXPECT_THAT(ErrorOf(co_await Migrate(connection, "shop", steps, Soon())).message,
                HasSubstr("it ends its transaction"));
  });
}

TEST(Migrations, AListWithAGapIsRefused) {
  OnFreshDatabase([](Connection& connection) -> net::Task<void> {
    const std::vector<Migration> steps = {kSteps[0], kSteps[2]};
    const Error error = ErrorOf(co_await Migrate(connection, "shop", steps, Soon()));
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.message, HasSubstr("number 3 'names'"));
  });
}

TEST(Migrations, SeveralAtOnceApplyEachStepOnce) {
  AISLE_NEEDS_POSTGRES(cluster);
  const ConnectionSettings settings = cluster.Settings(cluster.NewDatabase());
  std::array<std::vector<int>, 4> applied;
  {
    std::vector<std::jthread> runners;
    for (auto& mine : applied) {
      runners.emplace_back([&] {
        OnConnection(settings, [&mine](Connection& connection) -> net::Task<void> {
          AISLE_CO_EXPECT(const auto report,
                          co_await Migrate(connection, "a \"b\" c", kSteps, Soon()));
          EXPECT_EQ(report.version, 3);
          mine = report.applied;
        });
      });
    }
  }
  std::vector<int> all;
  for (const auto& some : applied) all.insert(all.end(), some.begin(), some.end());
  EXPECT_THAT(all, testing::UnorderedElementsAre(1, 2, 3));
}

TEST(Migrations, WhoWaitsForAnotherBeyondTheDeadlineIsTold) {
  AISLE_NEEDS_POSTGRES(cluster);
  const ConnectionSettings settings = cluster.Settings(cluster.NewDatabase());
  OnConnection(settings, [&settings](Connection& connection) -> net::Task<void> {
    // Another one, in the middle of a step.
    AISLE_CO_EXPECT(const auto first, co_await Migrate(connection, "shop", First(1), Soon()));
    AISLE_CO_EXPECT(Connection other, co_await Connection::Open(settings, Soon()));
    AISLE_CO_EXPECT_OK(co_await other.RunScript("BEGIN; LOCK TABLE shop.products", Soon()));
    const Error error = ErrorOf(co_await Migrate(
        connection, "shop", First(2), net::Deadline::After(std::chrono::milliseconds{100})));
    EXPECT_EQ(error.code, ErrorCode::kUnavailable);
    EXPECT_THAT(error.message, HasSubstr("step 2 (prices)"));
    AISLE_CO_EXPECT_OK(co_await other.RunScript("ROLLBACK", Soon()));
    AISLE_CO_EXPECT(const auto second, co_await Migrate(connection, "shop", First(2), Soon()));
    EXPECT_THAT(second.applied, ElementsAre(2));
  });
}

TEST(Migrations, NeedNoRightToCreateASchemaThatIsThere) {
  AISLE_NEEDS_POSTGRES(cluster);
  const std::string database = cluster.NewDatabase();
  ConnectionSettings settings = cluster.Settings(database);
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT_OK(co_await connection.RunScript(
        "CREATE ROLE clerk LOGIN PASSWORD 'clerks-secret'; CREATE SCHEMA shop AUTHORIZATION clerk",
        Soon()));
  });
  settings.user = "clerk";
  settings.password = {PasswordSource::Kind::kEnvironment, "AISLE_TEST_CLERK"};
  ASSERT_EQ(setenv("AISLE_TEST_CLERK", "clerks-secret", 1), 0);
  OnConnection(settings, [](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(const auto report, co_await Migrate(connection, "shop", First(1), Soon()));
    EXPECT_THAT(report.applied, ElementsAre(1));
    const Error error = ErrorOf(co_await Migrate(connection, "other", First(1), Soon()));
    EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
    EXPECT_EQ(SqlStateOf(error), "42501");
  });
}

}  // namespace
}  // namespace aisle::postgres
