// Columns by name: the order of a SELECT list means nothing, and what is not there is said.
#include "warehouse/row_reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "warehouse/database_testing.h"

namespace aisle::warehouse {
namespace {

class RowReaderTest : public MemoryTest {
 protected:
  RowReader Open(std::string_view query) {
    Result<RowReader> rows = RowReader::Open(connection_, {"shop/sql/people.sql", query});
    EXPECT_TRUE(rows.has_value()) << rows.error().message;
    return *std::move(rows);
  }
  static bool Step(RowReader& rows) {
    const Result<bool> more = rows.Next();
    EXPECT_TRUE(more.has_value()) << more.error().message;
    return more.value_or(false);
  }
};

TEST_F(RowReaderTest, EveryTypeIsReadWhicheverOrderTheQueryHas) {
  for (const std::string_view list :
       {"id, name, born, seen, spend, share, member, wide",
        "wide, member, share, spend, seen, born, name, id, 'nobody asks' AS other"}) {
    RowReader rows = Open(fmt::format(
        "SELECT {} FROM (SELECT CAST(7 AS INTEGER) AS id, 'Ann' AS name, DATE '1990-02-28' AS "
        "born, "
        "TIMESTAMP '2026-11-24 10:00:00' AS seen, CAST(12.34 AS DECIMAL(18, 2)) AS spend, "
        "CAST(0.5 AS DOUBLE) AS share, true AS member, CAST(9 AS HUGEINT) AS wide) one",
        list));
    const IntColumn id = rows.Int("id");
    const TextColumn name = rows.Text("name");
    const DayColumn born = rows.Day("born");
    const TimeColumn seen = rows.Time("seen");
    const MoneyColumn spend = rows.Money("spend");
    const DoubleColumn share = rows.Double("share");
    const BoolColumn member = rows.Bool("member");
    const IntColumn wide = rows.Int("wide");
    const PrintedColumn printed = rows.Printed("spend");
    ASSERT_TRUE(Step(rows)) << list;
    EXPECT_EQ(rows[id], 7);
    EXPECT_EQ(rows[name], "Ann");
    EXPECT_EQ(base::FormatDate(rows[born]), "1990-02-28");
    EXPECT_EQ(base::FormatTimestamp(rows[seen]), "2026-11-24 10:00:00");
    EXPECT_EQ(rows[spend], 1234);
    EXPECT_EQ(rows[share], 0.5);
    EXPECT_TRUE(rows[member]);
    EXPECT_EQ(rows[wide], 9);
    EXPECT_EQ(rows[printed], "12.34");
    EXPECT_FALSE(Step(rows));
  }
}

TEST_F(RowReaderTest, RowsGoOnAcrossBatchesAndNullsHaveAnotherValue) {
  RowReader rows =
      Open("SELECT i, CASE WHEN i % 2 = 0 THEN i END AS even FROM range(10000) r(i) ORDER BY i");
  const IntColumn even = rows.Int("even");
  std::int64_t count = 0;
  std::int64_t sum = 0;
  while (Step(rows)) {
    EXPECT_EQ(rows.IsNull(even), count % 2 == 1);
    sum += rows.OrElse(even, std::int64_t{-1});
    ++count;
  }
  EXPECT_EQ(count, 10'000);
  EXPECT_EQ(sum, 2 * (4999 * 5000 / 2) - 5000);
}

TEST_F(RowReaderTest, AColumnThatIsNotThereIsNamedWithItsQueryBeforeAnyRow) {
  RowReader rows = Open("SELECT 1 AS customer_id");
  (void)rows.Int("customer_id");
  (void)rows.Int("custmer_id");
  (void)rows.Int("product_id");  // The first one wrong is the one named.
  for (int again = 0; again < 2; ++again) {
    const Result<bool> more = rows.Next();
    ASSERT_FALSE(more.has_value());
    EXPECT_EQ(more.error().code, ErrorCode::kInternal);
    EXPECT_EQ(more.error().message, "shop/sql/people.sql: has no column 'custmer_id'");
  }
}

TEST_F(RowReaderTest, AColumnOfAnotherTypeOrTwiceIsRefused) {
  constexpr std::string_view kQuery =
      "SELECT 'x' AS text, 1 AS number, 1 AS twice, 2 AS twice, TIMESTAMP '2026-01-01' AS at, true "
      "AS "
      "yes, CAST(1.5 AS DECIMAL(4, 1)) AS part";
  const auto error = [&](const auto& bind) {
    RowReader rows = Open(kQuery);
    bind(rows);
    const Result<bool> more = rows.Next();
    return more ? "" : more.error().message;
  };
  EXPECT_EQ(error([](RowReader& r) { r.Int("text"); }),
            "shop/sql/people.sql: column 'text' is not an integer");
  EXPECT_EQ(error([](RowReader& r) { r.Text("number"); }),
            "shop/sql/people.sql: column 'number' is not text");
  EXPECT_EQ(error([](RowReader& r) { r.Int("twice"); }),
            "shop/sql/people.sql: has two columns 'twice'");
  EXPECT_THAT(error([](RowReader& r) { r.Day("at"); }), testing::HasSubstr("'at' is not a date"));
  EXPECT_THAT(error([](RowReader& r) { r.Time("yes"); }), testing::HasSubstr("not a timestamp"));
  EXPECT_THAT(error([](RowReader& r) { r.Money("number"); }), testing::HasSubstr("not a decimal"));
  EXPECT_THAT(error([](RowReader& r) { r.Int("yes"); }), testing::HasSubstr("not an integer"));
  EXPECT_THAT(error([](RowReader& r) { r.Int("part"); }), testing::HasSubstr("not an integer"));
  EXPECT_THAT(error([](RowReader& r) { r.Bool("number"); }), testing::HasSubstr("not a boolean"));
  EXPECT_THAT(error([](RowReader& r) { r.Double("text"); }), testing::HasSubstr("not a number"));
  EXPECT_EQ(error([](RowReader& r) { r.Double("number"); }), "");
  EXPECT_EQ(error([](RowReader& r) { r.Printed("at"); }), "");
}

}  // namespace
}  // namespace aisle::warehouse
