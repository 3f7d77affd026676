// Queries, scripts, parameters and transactions on DuckDB.
#include <gmock/gmock.h>

#include <thread>

#include "warehouse/database_testing.h"
#include "warehouse/driver.h"
#include "warehouse/explain.h"

namespace aisle::warehouse {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(MemoryTest, EveryTypeOfDuckDbIsRead) {
  EXPECT_EQ(Read("SELECT true, 1::TINYINT, -2::SMALLINT, 3::INTEGER, 4::BIGINT, 5::HUGEINT, "
                 "6::UTINYINT, 7::USMALLINT, 8::UINTEGER, 18446744073709551615::UBIGINT"),
            (Rows{{"true", "1", "-2", "3", "4", "5", "6", "7", "8", "18446744073709551615"}}));
  EXPECT_EQ(Read("SELECT 1.5::FLOAT, 0.1::DOUBLE, 1.5::DECIMAL(4,1), 1.5::DECIMAL(9,2), "
                 "1.5::DECIMAL(18,4), -1.5::DECIMAL(38,10)"),
            (Rows{{"1.5", "0.1", "1.5", "1.50", "1.5000", "-1.5000000000"}}));
  EXPECT_EQ(Read("SELECT 'Zürich 🛒', 'b'::ENUM('a', 'b'), "
                 "'00000000-0000-0000-0000-000000000001'::UUID, DATE '2026-02-28', "
                 "TIMESTAMP '2026-02-28 23:59:59.000001', TIMESTAMPTZ '2026-02-28 23:00:00+02', "
                 "TIMESTAMP_S '2026-01-01 00:00:01', TIMESTAMP_MS '2026-01-01 00:00:00.001', "
                 "TIMESTAMP_NS '2026-01-01 00:00:00.000001999'"),
            (Rows{{"Zürich 🛒", "b", "00000000-0000-0000-0000-000000000001", "2026-02-28",
                   "2026-02-28 23:59:59.000001", "2026-02-28 21:00:00", "2026-01-01 00:00:01",
                   "2026-01-01 00:00:00.001000", "2026-01-01 00:00:00.000001"}}));
  EXPECT_EQ(Read("SELECT TIMESTAMP 'infinity', DATE '-infinity', "
                 "TIMESTAMP '294247-01-10 04:00:54.775806', DATE '0001-01-01' - 1"),
            (Rows{{"infinity", "-infinity", "294247-01-10 04:00:54.775806", "0001-12-31 (BC)"}}));
}

TEST_F(MemoryTest, NullsOfEveryTypeAreNull) {
  EXPECT_EQ(Read("SELECT NULL, NULL::BOOLEAN, NULL::INTEGER, NULL::HUGEINT, NULL::DECIMAL(12,2), "
                 "NULL::DOUBLE, NULL::VARCHAR, NULL::DATE, NULL::TIMESTAMP, NULL::ENUM('a')"),
            Rows{std::vector<std::string>(10, "NULL")});
}

TEST_F(MemoryTest, ATypeThatIsNotReadNamesItsColumnAndTheQuery) {
  const Error error = QueryError("SELECT 1 AS n,\n [1, 2] AS list");
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, StartsWith("test.sql:1: column 'list' is of type list"));
}

TEST_F(MemoryTest, DecimalsAndHugeintsAreExact) {
  EXPECT_EQ(ReadOne("SELECT sum(x) FROM (SELECT 0.01::DECIMAL(12,2) AS x FROM range(1000000))"),
            "10000.00");
  EXPECT_EQ(ReadOne("SELECT sum(9223372036854775807) FROM range(1000)"), "9223372036854775807000");
  Result<arrow::Stream> stream = connection_.Query(
      {"t",
       "SELECT sum(n) AS n, sum(m) AS m FROM (VALUES (1, 0.10::DECIMAL(12,2)), (2, 0.20)) "
       "AS t(n, m)"});
  const auto batch = stream->Next();
  EXPECT_EQ((*batch)->Int(0, 0), 3);
  EXPECT_EQ((*batch)->MoneyCents(1, 0), 30);
}

TEST_F(MemoryTest, QueryIntTakesOneIntegerAndNothingElse) {
  EXPECT_EQ(*connection_.QueryInt({"t", "SELECT count(*) FROM range(5)"}), 5);
  EXPECT_EQ(*connection_.QueryInt({"t", "SELECT sum(range) FROM range(5)"}), 10);  // HUGEINT
  for (const char* query :
       {"SELECT 1, 2", "SELECT 1 WHERE false", "SELECT range FROM range(2)", "SELECT NULL",
        "SELECT 'x'", "SELECT 1.5", "SELECT sum(9223372036854775807) FROM range(2)"}) {
    const auto answer = connection_.QueryInt({"t.sql", query});
    ASSERT_FALSE(answer.has_value()) << query;
    EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument) << query;
    EXPECT_THAT(answer.error().message, StartsWith("t.sql: ")) << query;
  }
}

TEST_F(MemoryTest, ValuesArriveAsTheyAreHoweverTheyTryToGetOut) {
  Run("CREATE TABLE t (s VARCHAR)");
  for (const std::string text :
       {"", "it's; DROP TABLE t; --", "'; DROP TABLE t; --", "\\'; DROP TABLE t; --", "a\nb\r\nc",
        "$text", "\"", "/* */ --", "Zürich 🛒", "\x01\x7f", "' || (SELECT 1) || '"}) {
    EXPECT_EQ(ReadOne("SELECT $text", {{"text", text}}), text);
    ASSERT_TRUE(connection_.Execute({"t", "INSERT INTO t VALUES ($text)"}, {{"text", text}}));
    EXPECT_EQ(ReadOne("SELECT count(*) FROM t WHERE s = $text", {{"text", text}}), "1") << text;
  }
  EXPECT_EQ(ReadOne("SELECT count(*) FROM t"), "11");
}

TEST_F(MemoryTest, ATablesNameStandsWhereATableDoesAndIsNothingElse) {
  Run("CREATE SCHEMA raw; CREATE TABLE raw.t AS SELECT 7 AS a; CREATE TABLE \"order\" (a INTEGER)");
  EXPECT_EQ(ReadOne("SELECT a FROM $table", {{"table", Table{"raw.t"}}}), "7");
  EXPECT_EQ(ReadOne("SELECT count(*) FROM $table", {{"table", Table{"order"}}}), "0");
  for (const char* name :
       {"", ".", "raw.", ".t", "t; DROP TABLE raw.t", "raw.t -- ", "\"t\"", "a b"}) {
    const auto answer =
        connection_.QueryInt({"t", "SELECT a FROM $table"}, {{"table", Table{name}}});
    ASSERT_FALSE(answer.has_value()) << name;
    EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument) << name;
  }
}

TEST_F(MemoryTest, ValuesHaveTheirTypesAndDoublesComeBackToTheBit) {
  EXPECT_EQ(Read("SELECT typeof($n), typeof($x), typeof($s), typeof($t), typeof($d), typeof($b)",
                 {{"n", std::int64_t{1}},
                  {"x", 1.0},
                  {"s", "1"},
                  {"t", base::Timestamp{}},
                  {"d", base::Date{}},
                  {"b", false}}),
            (Rows{{"BIGINT", "DOUBLE", "VARCHAR", "TIMESTAMP", "DATE", "BOOLEAN"}}));
  for (const double x : {0.1, -0.0, 1e-320, 1.7976931348623157e308, 1.0 / 3, 5e-324}) {
    Result<arrow::Stream> stream = connection_.Query({"t", "SELECT $x"}, {{"x", x}});
    const double back = (*stream->Next())->Double(0, 0);
    EXPECT_EQ(std::signbit(back), std::signbit(x));
    EXPECT_EQ(back, x);
  }
  for (const char* text : {"0001-01-01", "9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.9"}) {
    const base::Timestamp time = *base::ParseTimestamp(text);
    Result<arrow::Stream> stream = connection_.Query({"t", "SELECT $t"}, {{"t", time}});
    EXPECT_EQ((*stream->Next())->Time(0, 0), time) << text;
  }
  EXPECT_EQ(Read("SELECT range - $n FROM range(10) LIMIT $limit",
                 {{"n", std::int64_t{-1}}, {"limit", std::int64_t{1}}}),
            Rows{{"1"}});
  EXPECT_EQ(ReadOne("SELECT @epoch_us($t)", {{"t", base::FromMicros(-7)}}), "-7");
}

TEST_F(MemoryTest, ErrorsNameFileAndLine) {
  const Error binder = QueryError("\nSELECT a\nFROM (SELECT 1 AS b) AS t\nWHERE\n  c = 1");
  EXPECT_EQ(binder.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(binder.message, StartsWith("test.sql:5: Binder Error: "));
  EXPECT_THAT(binder.message, HasSubstr("\"c\""));
  EXPECT_THAT(binder.message, testing::Not(HasSubstr("\n")));
  EXPECT_THAT(QueryError("SELECT\n 1 +\n FROM").message,
              StartsWith("test.sql:3: Parser Error: syntax error"));
  EXPECT_THAT(QueryError("SELECT 1\nFROM nosuch").message,
              StartsWith("test.sql:2: Catalog Error: "));
  EXPECT_THAT(QueryError("SELECT error('stop')").message, StartsWith("test.sql:1: "));
  EXPECT_EQ(QueryError("SELECT * FROM 'nosuch.parquet'").code, ErrorCode::kNotFound);
}

TEST_F(MemoryTest, AnErrorInALaterStatementNamesItsLineInTheFile) {
  const auto ran = connection_.Execute({"gold/sql/load.sql",
                                        "-- Makes t; fills it.\n"
                                        "CREATE TABLE t (n INT NOT NULL);\n"
                                        "\n"
                                        "INSERT INTO t VALUES (1);\n"
                                        "INSERT INTO t\n"
                                        "SELECT m\n"
                                        "FROM t;\n"
                                        "DROP TABLE t;\n"});
  ASSERT_FALSE(ran.has_value());
  EXPECT_EQ(ran.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(ran.error().message, StartsWith("gold/sql/load.sql:6: Binder Error: "));
  EXPECT_EQ(ReadOne("SELECT count(*) FROM t"), "1");  // What came before has happened.
  // An error without a place: the statement's first line.
  const auto constraint =
      connection_.Execute({"s.sql", "SELECT 1;\n\nINSERT INTO t\nVALUES (NULL)"});
  EXPECT_THAT(constraint.error().message, StartsWith("s.sql:3: Constraint Error: "));
}

TEST_F(MemoryTest, LinesHoldBehindAValueWithLineFeeds) {
  const auto ran =
      connection_.Execute({"s.sql", "SELECT $a;\nSELECT $a,\n  nosuch"}, {{"a", "1\n2\n3"}});
  EXPECT_THAT(ran.error().message, StartsWith("s.sql:3: "));
}

TEST_F(MemoryTest, AQueryIsOneStatementAndAScriptAnyNumber) {
  for (const char* text : {"", "-- only a comment", "SELECT 1; SELECT 2"}) {
    const auto stream = connection_.Query({"q.sql", text});
    ASSERT_FALSE(stream.has_value()) << text;
    EXPECT_EQ(stream.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(connection_.Query({"q.sql", "SELECT 1; -- the end\n"}).has_value());
  EXPECT_EQ(*connection_.Execute({"s", " ; "}), -1);
  EXPECT_EQ(*connection_.Execute({"s", "CREATE TABLE t (n INT); INSERT INTO t VALUES (1), (2)"}),
            2);
  EXPECT_EQ(*connection_.Execute({"s", "UPDATE t SET n = 3 WHERE n = 1"}), 1);
  EXPECT_EQ(*connection_.Execute({"s", "DELETE FROM t"}), 2);
}

TEST_F(MemoryTest, RowsComeWhileTheQueryRuns) {
  // Nobody could wait for the end of this one.
  Result<arrow::Stream> stream =
      connection_.Query({"t", "SELECT range AS n FROM range(1000000000000)"});
  ASSERT_TRUE(stream.has_value());
  std::int64_t rows = 0;
  while (rows < 1'000'000) {
    const auto batch = stream->Next();
    ASSERT_TRUE(batch.has_value() && batch->has_value());
    EXPECT_EQ((*batch)->Int(0, 0), rows);
    rows += (*batch)->RowCount();
  }
}

TEST_F(MemoryTest, AStreamGoesOnAfterAnotherStatement) {
  Result<arrow::Stream> stream = connection_.Query({"t", "SELECT range AS n FROM range(100000)"});
  std::int64_t rows = (*stream->Next())->RowCount();
  EXPECT_EQ(ReadOne("SELECT 42"), "42");
  ASSERT_TRUE(connection_.Begin());
  ASSERT_TRUE(connection_.Rollback());
  for (;;) {
    const auto batch = stream->Next();
    ASSERT_TRUE(batch.has_value()) << batch.error().message;
    if (!*batch) break;
    EXPECT_EQ((*batch)->Int(0, 0), rows);
    rows += (*batch)->RowCount();
  }
  EXPECT_EQ(rows, 100'000);
}

// What reading to the end of a query that fails after millions of rows says.
Error FailMidway(Connection& connection) {
  Result<arrow::Stream> stream =
      connection.Query({"q.sql",
                        "\nSELECT CASE WHEN range = 3000000 THEN error('spoilt') ELSE 'x' END\n"
                        "FROM range(4000000)"});
  if (!stream) return stream.error();
  for (;;) {
    const auto batch = stream->Next();
    if (!batch) return batch.error();
    AISLE_ASSERT(batch->has_value());
  }
}

TEST_F(MemoryTest, AnErrorInTheMiddleOfAStreamNamesTheQuery) {
  Run("SET threads = 1");
  const Error error = FailMidway(connection_);
  EXPECT_THAT(error.message, StartsWith("q.sql:2: Invalid Input Error: spoilt"));
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
}

TEST_F(MemoryTest, OfSeveralThreadsOneMayBeHeardThatDoesNotKnowTheCause) {
  Run("SET threads = 4");
  for (int turn = 0; turn < 5; ++turn) {
    const Error error = FailMidway(connection_);
    EXPECT_THAT(error.message, AnyOf(StartsWith("q.sql:2: Invalid Input Error: spoilt"),
                                     StartsWith("q.sql:2: one of several threads failed")));
  }
  const Error stopped =
      ExplainStatement({ADBC_STATUS_UNKNOWN, "INTERRUPT Error: Interrupted!"}, "q.sql", 2);
  EXPECT_EQ(stopped.message,
            "q.sql:2: one of several threads failed, and the database does not say why; "
            "ask again, or with one thread, to hear the cause");
  EXPECT_EQ(stopped.code, ErrorCode::kUnavailable);
}

TEST_F(MemoryTest, ATransactionIsKeptOrLeavesNothing) {
  Run("CREATE TABLE t (n INT)");
  ASSERT_TRUE(connection_.Begin());
  EXPECT_TRUE(connection_.InsideTransaction());
  Run("INSERT INTO t VALUES (1)");
  Connection other = *database_.Connect();
  EXPECT_EQ(*other.QueryInt({"t", "SELECT count(*) FROM t"}), 0);
  ASSERT_TRUE(connection_.Commit());
  EXPECT_EQ(*other.QueryInt({"t", "SELECT count(*) FROM t"}), 1);
  ASSERT_TRUE(connection_.Begin());
  Run("INSERT INTO t VALUES (2); CREATE TABLE u (n INT)");
  ASSERT_TRUE(connection_.Rollback());
  EXPECT_FALSE(connection_.InsideTransaction());
  EXPECT_EQ(ReadOne("SELECT count(*) FROM t"), "1");
  EXPECT_FALSE(*connection_.HasTable("u"));
}

TEST_F(MemoryTest, ATransactionThatFailedIsNotCommitted) {
  Run("CREATE TABLE t (n INT PRIMARY KEY)");
  ASSERT_TRUE(connection_.Begin());
  Run("INSERT INTO t VALUES (1)");
  ASSERT_FALSE(connection_.Execute({"t", "INSERT INTO t VALUES (1)"}).has_value());
  const Status committed = connection_.Commit();
  ASSERT_FALSE(committed.has_value());
  EXPECT_EQ(committed.error().code, ErrorCode::kFailedPrecondition);
  ASSERT_TRUE(connection_.Rollback());
  EXPECT_EQ(ReadOne("SELECT count(*) FROM t"), "0");
}

TEST_F(MemoryTest, TransactionsDoNotNestByThemselves) {
  EXPECT_EQ(connection_.Commit().error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(connection_.Rollback().error().code, ErrorCode::kFailedPrecondition);
  ASSERT_TRUE(connection_.Begin());
  EXPECT_EQ(connection_.Begin().error().code, ErrorCode::kFailedPrecondition);
  ASSERT_TRUE(connection_.Commit());  // The first one is unharmed.
}

TEST_F(MemoryTest, InTransactionKeepsWorkThatSucceedsOnly) {
  Run("CREATE TABLE t (n INT)");
  ASSERT_TRUE(InTransaction(connection_, [&]() -> Status {
    Run("INSERT INTO t VALUES (1)");
    // A step that has its own transaction becomes part of this one.
    return InTransaction(connection_, [&]() -> Status {
      Run("INSERT INTO t VALUES (2)");
      return {};
    });
  }));
  EXPECT_EQ(ReadOne("SELECT count(*) FROM t"), "2");
  const Status failed = InTransaction(connection_, [&]() -> Status {
    Run("INSERT INTO t VALUES (3)");
    return Fail(ErrorCode::kNotFound, "changed our mind");
  });
  EXPECT_EQ(failed.error().message, "changed our mind");
  EXPECT_EQ(ReadOne("SELECT count(*) FROM t"), "2");
  EXPECT_FALSE(connection_.InsideTransaction());
}

TEST_F(MemoryTest, ConfinedItReachesNothingOutside) {
  Run("CREATE TABLE t AS SELECT 1 AS n");
  ASSERT_TRUE(Confine(connection_));
  const std::string file =
      (std::filesystem::temp_directory_path() / "aisle_confined_test.csv").string();
  for (const std::string& query : std::vector<std::string>{
           "COPY t TO '" + file + "'", "SELECT * FROM read_text('/etc/hostname')",
           "ATTACH '" + file + "' AS other", "SET enable_external_access = true", "SET threads = 1",
           "INSTALL httpfs"}) {
    EXPECT_FALSE(connection_.Execute({"t.sql", query}).has_value()) << query;
  }
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(ReadOne("SELECT count(*) FROM t"), "1");
}

TEST_F(MemoryTest, AConflictOfTwoWritersMayBeTriedAgain) {
  Run("CREATE TABLE t AS SELECT 1 AS n");
  Connection other = *database_.Connect();
  ASSERT_TRUE(connection_.Begin());
  ASSERT_TRUE(other.Begin());
  Run("UPDATE t SET n = 2");
  const auto second = other.Execute({"t.sql", "UPDATE t SET n = 3"});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable) << second.error().message;
  ASSERT_TRUE(connection_.Commit());
  ASSERT_TRUE(other.Rollback());
  EXPECT_EQ(ReadOne("SELECT n FROM t"), "2");
}

TEST_F(MemoryTest, TwoThreadsWorkOnConnectionsOfTheirOwn) {
  const auto work = [&](int which) {
    Connection connection = *database_.Connect();
    const std::string table = "t" + std::to_string(which);
    EXPECT_TRUE(connection.Execute({"t", "CREATE TABLE " + table + " (n BIGINT)"}));
    for (int i = 0; i < 50; ++i) {
      EXPECT_TRUE(
          connection.Execute({"t", "INSERT INTO " + table + " SELECT range FROM range(1000)"}));
      EXPECT_EQ(*connection.QueryInt({"t", "SELECT count(*) FROM " + table}), 1000 * (i + 1));
    }
  };
  std::thread first(work, 1);
  std::thread second(work, 2);
  first.join();
  second.join();
  EXPECT_EQ(ReadOne("SELECT sum(n) FROM (FROM t1 UNION ALL FROM t2)"), "49950000");
}

TEST_F(MemoryTest, HasTableKnowsSchemasAndViewsAndRefusesWhatIsNoName) {
  Run("CREATE SCHEMA raw; CREATE TABLE raw.t (n INT); CREATE VIEW v AS SELECT 1");
  EXPECT_TRUE(*connection_.HasTable("raw.t"));
  EXPECT_TRUE(*connection_.HasTable("RAW.T"));
  EXPECT_TRUE(*connection_.HasTable("v"));
  EXPECT_FALSE(*connection_.HasTable("t"));
  EXPECT_FALSE(*connection_.HasTable("gold.t"));
  EXPECT_THAT(*connection_.TableNames(), testing::ElementsAre("main.v", "raw.t"));
  Run("CREATE TABLE raw.\"Tall\" (n INT)");
  EXPECT_TRUE(connection_.TableNames()->contains("raw.tall"));
  for (const char* name : {"", ".", "raw.", ".t", "a.b.c", "t'; DROP TABLE raw.t; --"})
    EXPECT_EQ(connection_.HasTable(name).error().code, ErrorCode::kInvalidArgument) << name;
}

}  // namespace
}  // namespace aisle::warehouse
