// Streams into tables: by name, all rows or none, with the producer's own error.
#include <gmock/gmock.h>

#include "warehouse/database_testing.h"

namespace aisle::warehouse {
namespace {

using arrow::Type;
using testing::HasSubstr;

const arrow::Schema kAll = {{"b", Type::kBool},   {"i", Type::kInt32},     {"l", Type::kInt64},
                            {"f", Type::kFloat},  {"d", Type::kDouble},    {"s", Type::kString},
                            {"day", Type::kDate}, {"t", Type::kTimestamp}, {"m", Type::kMoney}};

arrow::Stream AllTypes() {
  return Batches(kAll, 1, [](int, arrow::BatchBuilder& builder) {
    builder.AppendBool(0, true);
    builder.AppendInt(1, -1);
    builder.AppendInt(2, std::numeric_limits<std::int64_t>::max());
    builder.AppendDouble(3, 0.5);
    builder.AppendDouble(4, 0.1);
    builder.AppendString(5, "Zürich 🛒");
    builder.AppendDate(6, *base::ParseDate("2026-02-28"));
    builder.AppendTime(7, *base::ParseTimestamp("9999-12-31 23:59:59.999999"));
    builder.AppendMoney(8, -999'999'999'999);
    for (int c = 0; c < 9; ++c) builder.AppendNull(c);
  });
}

// `batches` batches of `rows` numbers, counting on.
arrow::Stream Numbers(int batches, int rows, const std::string& name = "n") {
  return Batches({{name, Type::kInt64}}, batches, [rows](int batch, arrow::BatchBuilder& builder) {
    for (int r = 0; r < rows; ++r) builder.AppendInt(0, batch * rows + r);
  });
}

TEST_F(MemoryTest, EveryTypeOfOursArrivesWithItsNulls) {
  EXPECT_EQ(*connection_.Ingest("t", AllTypes(), IngestMode::kCreate), 2);
  EXPECT_EQ(*connection_.Ingest("t", AllTypes(), IngestMode::kAppend), 2);
  const std::vector<std::string> row = {
      "true",      "-1",         "9223372036854775807",        "0.5",           "0.1",
      "Zürich 🛒", "2026-02-28", "9999-12-31 23:59:59.999999", "-9999999999.99"};
  const std::vector<std::string> nulls(9, "NULL");
  EXPECT_EQ(Read("SELECT * FROM t"), (Rows{row, nulls, row, nulls}));
  EXPECT_EQ(Read("SELECT data_type FROM duckdb_columns() WHERE table_name = 't' "
                 "ORDER BY column_index"),
            (Rows{{"BOOLEAN"},
                  {"INTEGER"},
                  {"BIGINT"},
                  {"FLOAT"},
                  {"DOUBLE"},
                  {"VARCHAR"},
                  {"DATE"},
                  {"TIMESTAMP"},
                  {"DECIMAL(12,2)"}}));
}

TEST_F(MemoryTest, ManyBatchesAndEmptyOnesMakeOneTable) {
  Run("CREATE SCHEMA raw");
  EXPECT_EQ(*connection_.Ingest("raw.t", Numbers(100, 7000), IngestMode::kCreate), 700'000);
  EXPECT_EQ(Read("SELECT count(*), count(DISTINCT n), max(n) FROM raw.t"),
            (Rows{{"700000", "700000", "699999"}}));
  EXPECT_EQ(*connection_.Ingest("raw.t", Numbers(3, 0), IngestMode::kAppend), 0);
  EXPECT_EQ(*connection_.Ingest("raw.t", Numbers(0, 0), IngestMode::kAppend), 0);
  EXPECT_EQ(ReadOne("SELECT count(*) FROM raw.t"), "700000");
  EXPECT_EQ(*connection_.Ingest("raw.u", Numbers(0, 0), IngestMode::kCreate), 0);
  EXPECT_TRUE(*connection_.HasTable("raw.u"));
}

TEST_F(MemoryTest, CreateRefusesWhatIsThereAndReplaceTakesItsPlace) {
  ASSERT_TRUE(connection_.Ingest("t", Numbers(1, 5), IngestMode::kCreate));
  const auto again = connection_.Ingest("t", Numbers(1, 5), IngestMode::kCreate);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(again.error().message, HasSubstr("rows for t: "));
  EXPECT_EQ(*connection_.Ingest("t", Numbers(1, 2, "other"), IngestMode::kReplace), 2);
  EXPECT_EQ(Read("SELECT other FROM t"), (Rows{{"0"}, {"1"}}));
  EXPECT_EQ(connection_.Ingest("no.t", Numbers(1, 1), IngestMode::kCreate).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(connection_.Ingest("no", Numbers(1, 1), IngestMode::kAppend).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(connection_.Ingest("a b", Numbers(1, 1), IngestMode::kCreate).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(MemoryTest, RowsFindTheirColumnsByNameNotByPlace) {
  Run("CREATE TABLE t (a BIGINT, b VARCHAR DEFAULT 'none', c DECIMAL(18,4))");
  const arrow::Schema schema = {{"C", Type::kMoney}, {"a", Type::kInt32}};
  const auto stream = [&](std::int64_t cents) {
    return Batches(schema, 1, [cents](int, arrow::BatchBuilder& builder) {
      builder.AppendMoney(0, cents);
      builder.AppendInt(1, 7);
    });
  };
  EXPECT_EQ(*connection_.Ingest("t", stream(150), IngestMode::kAppend), 1);
  EXPECT_EQ(*connection_.Ingest("t", stream(-1), IngestMode::kAppend), 1);
  EXPECT_EQ(Read("SELECT a, b, c FROM t"),
            (Rows{{"7", "none", "1.5000"}, {"7", "none", "-0.0100"}}));
  const auto unknown = connection_.Ingest("t", Numbers(1, 1, "z"), IngestMode::kAppend);
  EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(unknown.error().message, HasSubstr("no column 'z'"));
  EXPECT_EQ(ReadOne("SELECT count(*) FROM duckdb_tables() WHERE temporary"), "0");
}

TEST_F(MemoryTest, SwappedColumnsOfOneTypeAreNotSwappedInTheTable) {
  Run("CREATE TABLE t (a BIGINT, b BIGINT)");
  ASSERT_TRUE(connection_.Ingest("t",
                                 Batches({{"b", Type::kInt64}, {"a", Type::kInt64}}, 1,
                                         [](int, arrow::BatchBuilder& builder) {
                                           builder.AppendInt(0, 2);
                                           builder.AppendInt(1, 1);
                                         }),
                                 IngestMode::kAppend));
  EXPECT_EQ(Read("SELECT a, b FROM t"), (Rows{{"1", "2"}}));
}

TEST_F(MemoryTest, RowsThatTheTableRefusesAreAnErrorAndLeaveNothing) {
  Run("CREATE TABLE t (n BIGINT NOT NULL); CREATE TABLE k (n BIGINT PRIMARY KEY); "
      "CREATE TABLE c (n BIGINT CHECK (n < 10)); CREATE TABLE s (n TINYINT)");
  const auto null = connection_.Ingest("t",
                                       Batches({{"n", Type::kInt64}}, 1,
                                               [](int, arrow::BatchBuilder& builder) {
                                                 builder.AppendInt(0, 1);
                                                 builder.AppendNull(0);
                                               }),
                                       IngestMode::kAppend);
  ASSERT_FALSE(null.has_value());
  EXPECT_EQ(null.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(null.error().message, HasSubstr("NOT NULL constraint failed: t.n"));
  EXPECT_EQ(ReadOne("SELECT count(*) FROM t"), "0");
  ASSERT_TRUE(connection_.Ingest("k", Numbers(1, 5), IngestMode::kAppend));
  for (const char* table : {"k", "c", "s"}) {
    const auto refused = connection_.Ingest(table, Numbers(1, 1000), IngestMode::kAppend);
    ASSERT_FALSE(refused.has_value()) << table;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument) << refused.error().message;
  }
  EXPECT_EQ(Read("SELECT count(*) FROM k UNION ALL SELECT count(*) FROM c UNION ALL "
                 "SELECT count(*) FROM s"),
            (Rows{{"5"}, {"0"}, {"0"}}));
}

// The driver's bulk append says nothing when there is no memory for the rows that it writes last,
// and something when there is none before.
TEST(Ingest, RowsThatHaveNoSpaceAreAnErrorAndLeaveNothing) {
  Database database = *Database::Open(":memory:", {.threads = 1, .memory_limit = "4MB"});
  Connection connection = *database.Connect();
  ASSERT_TRUE(connection.Execute({"t", "SET temp_directory = ''; CREATE TABLE t (s VARCHAR)"}));
  const auto texts = [](int rows) {
    return Batches({{"s", Type::kString}}, 1, [rows](int, arrow::BatchBuilder& builder) {
      for (int r = 0; r < rows; ++r)
        builder.AppendString(0, std::string(100, 'x') + std::to_string(r));
    });
  };
  for (const int rows : {100'000, 400'000}) {
    const auto taken = connection.Ingest("t", texts(rows), IngestMode::kAppend);
    ASSERT_FALSE(taken.has_value()) << rows;
    EXPECT_EQ(taken.error().code, ErrorCode::kUnavailable) << taken.error().message;
    EXPECT_EQ(*connection.QueryInt({"t", "SELECT count(*) FROM t"}), 0);
  }
  EXPECT_EQ(*connection.Ingest("t", texts(10), IngestMode::kAppend), 10);
}

arrow::Stream FailsAfter(int batches) {
  auto builder = std::make_shared<arrow::BatchBuilder>(arrow::Schema{{"n", Type::kInt64}});
  return arrow::MakeStream(
      {{"n", Type::kInt64}},
      [builder, batches, done = 0]() mutable -> Result<std::optional<arrow::Batch>> {
        if (done++ == batches) return Fail(ErrorCode::kUnavailable, "the tap is dry");
        for (int r = 0; r < 50'000; ++r) builder->AppendInt(0, r);
        return std::optional<arrow::Batch>(builder->Finish());
      });
}

TEST_F(MemoryTest, AProducerThatFailsGivesItsOwnErrorAndNoRows) {
  Run("CREATE TABLE t (n BIGINT); CREATE TABLE other (m INT, n BIGINT)");
  for (const int batches : {0, 1, 20}) {
    for (const char* table : {"t", "other"}) {
      const auto rows = connection_.Ingest(table, FailsAfter(batches), IngestMode::kAppend);
      ASSERT_FALSE(rows.has_value());
      EXPECT_EQ(rows.error().code, ErrorCode::kUnavailable);
      EXPECT_EQ(rows.error().message, std::string("rows for ") + table + ": the tap is dry");
      EXPECT_EQ(ReadOne(std::string("SELECT count(*) FROM ") + table), "0");
    }
  }
  ASSERT_FALSE(connection_.Ingest("made", FailsAfter(20), IngestMode::kCreate).has_value());
  EXPECT_FALSE(*connection_.HasTable("made"));
  // The connection is fit for the next one.
  EXPECT_EQ(*connection_.Ingest("t", Numbers(1, 3), IngestMode::kAppend), 3);
}

TEST_F(MemoryTest, InsideATransactionTheCallerDecides) {
  Run("CREATE TABLE t (n BIGINT)");
  ASSERT_TRUE(connection_.Begin());
  ASSERT_TRUE(connection_.Ingest("t", Numbers(10, 50'000), IngestMode::kAppend));
  EXPECT_EQ(ReadOne("SELECT count(*) FROM t"), "500000");
  ASSERT_TRUE(connection_.Rollback());
  EXPECT_EQ(ReadOne("SELECT count(*) FROM t"), "0");
  const Status failed = InTransaction(connection_, [&]() -> Status {
    AISLE_CHECK(connection_.Ingest("t", Numbers(1, 10), IngestMode::kAppend));
    AISLE_CHECK(connection_.Ingest("t", FailsAfter(1), IngestMode::kAppend));
    return {};
  });
  EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(ReadOne("SELECT count(*) FROM t"), "0");
}

TEST_F(MemoryTest, AQuerysRowsCanBeLoadedHereAndElsewhere) {
  const auto query = [&]() {
    return *connection_.Query(
        {"t", "SELECT range AS n, range::HUGEINT AS h, 'x' || range AS s FROM range(100000)"});
  };
  EXPECT_EQ(*connection_.Ingest("copy", query(), IngestMode::kCreate), 100'000);
  Database second = *Database::Open(":memory:");
  Connection there = *second.Connect();
  EXPECT_EQ(*there.Ingest("copy", query(), IngestMode::kCreate), 100'000);
  EXPECT_EQ(*there.QueryText({"t", "SELECT sum(n), sum(h), max(s) FROM copy"}),
            Read("SELECT sum(n), sum(h), max(s) FROM copy"));
}

}  // namespace
}  // namespace aisle::warehouse
