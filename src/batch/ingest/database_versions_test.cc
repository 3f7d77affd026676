// What another version of the database would answer otherwise, where our SQL must not notice: decision 0019.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <string>

#include "ingest/mapping.h"
#include "ingest/parquet_columns.h"
#include "ingest/sql_text.h"
#include "ingest/warehouse_testing.h"

namespace aisle::ingest {
namespace {

using testing::HasSubstr;
using testing::Not;

class DatabaseVersionsTest : public WarehouseTest {};

// A Parquet file as Arrow writes it (pyarrow 26.0.1): w DOUBLE of 1, 2, NaN, 3 and s of A to D. Its statistics leave NaN
// out, as the format says: w is between 1 and 3. The database's own writer does not make such a file.
constexpr std::string_view kNanOutsideStatistics =
    "504152311500154c154c2c15081500150615061c180800000000000008401808000000000000f03f16002808"
    "00000000000008401808000000000000f03f1111000000020000000801000000000000f03f00000000000000"
    "40000000000000f87f00000000000008401500153415342c15081500150615061c3600280144180141111100"
    "000002000000080101000000410100000042010000004301000000441504193c35001806736368656d611504"
    "00150a250218017700150c250218017325004c1c0000001608191c192c26001c150a19250600191801771500"
    "160816ca0116ca0126083c180800000000000008401808000000000000f03f16002808000000000000084018"
    "08000000000000f03f111100191c150015001502003c29061926000800000026001c150c1925060019180173"
    "15001608166e166e26d2013c3600280144180141111100191c150015001502003c1608190619260008000000"
    "16b8021608260816b802002820706172717565742d6370702d6172726f772076657273696f6e2032362e302e"
    "31192c1c00001c000000f600000050415231";

// Such a file of w DOUBLE of 1 and NaN: w is between 1 and 1.
constexpr std::string_view kNanBesideOne =
    "504152311500152c152c2c15041500150615061c1808000000000000f03f1808000000000000f03f16002808"
    "000000000000f03f1808000000000000f03f1111000000020000000401000000000000f03f000000000000f8"
    "7f1504192c35001806736368656d61150200150a2502180177001604191c191c26001c150a19250600191801"
    "771500160416aa0116aa0126083c1808000000000000f03f1808000000000000f03f16002808000000000000"
    "f03f1808000000000000f03f111100191c150015001502003c29061926000400000016aa011604260816aa01"
    "002820706172717565742d6370702d6172726f772076657273696f6e2032362e302e31191c1c000000ac0000"
    "0050415231";

std::string Bytes(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + at, hex.data() + at + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

TEST_F(DatabaseVersionsTest, ANumberThatIsNoneIsFoundBehindParquetsStatistics) {
  Write("w.parquet", Bytes(kNanOutsideStatistics));
  Write("w.toml", R"toml(name = "weights"
about = "weights"
[sources.w]
file = "w.parquet"
[sources.w.columns]
s = "TEXT"
w = "DOUBLE"
[[tables]]
table = "raw.product_catalog"
from = "w"
query = '''
SELECT source_line, s AS product_id, s AS product_name, 'c' AS category_id, 1 AS price, w AS weight_lbs FROM w'''
)toml");
  const auto report = Import(*connection_, (folder_ / "w.toml").string(), folder_, Options());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(Rows("SELECT line, reason FROM raw.rejects"), "3|w: 'nan' is not DOUBLE\n");
  EXPECT_EQ(Rows("SELECT sum(weight_lbs), count(*) FROM raw.product_catalog"), "6.0|3\n");
}

TEST_F(DatabaseVersionsTest, NoTypeTakesTheNumberThatIsNoneForWhatStatisticsSay) {
  Write("w.parquet", Bytes(kNanBesideOne));
  for (const char* type : {"TEXT", "INT", "BIGINT", "DOUBLE", "DECIMAL(12,2)", "BOOLEAN"}) {
    Write("w.toml", fmt::format(R"toml(name = "weights"
about = "weights"
[sources.w]
file = "w.parquet"
[sources.w.columns]
w = "{}"
[[tables]]
table = "raw.product_catalog"
from = "w"
query = '''
SELECT source_line, source_line AS product_id, 's' AS product_name, 'c' AS category_id, 1 AS price,
       CAST(w AS DOUBLE) AS weight_lbs FROM w'''
)toml",
                                type));
    const auto report = Import(*connection_, (folder_ / "w.toml").string(), folder_, Options());
    ASSERT_TRUE(report) << type << ": " << report.error().message;
    EXPECT_EQ(Rows("SELECT line, reason FROM raw.rejects"),
              fmt::format("2|w: 'nan' is not {}\n", type));
    EXPECT_EQ(Rows("SELECT weight_lbs FROM raw.product_catalog"), "1.0\n") << type;
  }
}

TEST_F(DatabaseVersionsTest, NanosecondsAreCutAndNeverRoundedUp) {
  SourceColumn column;
  column.name = "t";
  column.type = "TIMESTAMP";
  const std::string cast = SourceCast(column, "TIMESTAMP_NS", "UTC").value;
  EXPECT_EQ(Rows(fmt::format(
                "SELECT {} FROM (SELECT TIMESTAMP_NS '2025-01-31 23:59:59.999999999' AS t)", cast)),
            "2025-01-31 23:59:59.999999\n")
      << "rounded, it would be of the next month";
  EXPECT_EQ(Rows(fmt::format("SELECT {} FROM (SELECT CAST(NULL AS TIMESTAMP_NS) AS t)", cast)),
            "NULL\n");
}

TEST_F(DatabaseVersionsTest, NanosecondsWithAZoneAreNotMovedByTheSourcesClock) {
  SourceColumn column;
  column.name = "t";
  column.type = "TIMESTAMP";
  for (const char* type : {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"}) {
    EXPECT_THAT(SourceCast(column, type, "America/New_York").value, Not(HasSubstr("New_York")))
        << type;
    EXPECT_EQ(LocalTime(column, type), "") << type;
    EXPECT_THAT(TargetCast("t", type, "TIMESTAMP", "America/New_York").value,
                Not(HasSubstr("New_York")))
        << type;
  }
  ParquetColumn nanoseconds;
  nanoseconds.name = "t";
  nanoseconds.kind = ParquetKind::kTime;
  nanoseconds.physical = "TIMESTAMPTZ_NS";
  EXPECT_EQ(ReadAs(nanoseconds, "TIMESTAMP", "").physical, "TIMESTAMPTZ_NS");
  EXPECT_EQ(ReadAs(nanoseconds, "TEXT", "").sql,
            fmt::format("CAST({} AS VARCHAR) || '+00'", InUtc("\"t\"", "TIMESTAMPTZ_NS")))
      << "a text of it names UTC, whatever the session's zone is";
  // What is asked of the type that this version does not have holds for the one that it has.
  const std::string cast = SourceCast(column, "TIMESTAMPTZ_NS", "America/New_York").value;
  EXPECT_EQ(
      Rows(fmt::format("SELECT {} FROM (SELECT TIMESTAMPTZ '2025-01-31 23:59:59+00' AS t)", cast)),
      "2025-01-31 23:59:59\n");
}

}  // namespace
}  // namespace aisle::ingest
