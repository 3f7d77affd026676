// Times of whole files: zones, days, clocks that change, and columns that are written in two ways.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/files.h"
#include "ingest/warehouse_testing.h"

namespace aisle::ingest {
namespace {

using testing::HasSubstr;

class TimesImportTest : public WarehouseTest {
 protected:
  // A file of views with a column `t` that is their time, and what it says of the column and the source.
  Result<ImportReport> ImportViews(std::string_view file, std::string_view column,
                                   std::string_view zone) {
    Write("views.toml", fmt::format(R"toml(name = "views"
about = "views"
[sources.v]
file = "{}"
delimiter = ";"
time_zone = "{}"
[sources.v.columns]
id = "TEXT"
t = {}
[[tables]]
table = "raw.event_stream"
from = "v"
query = '''
SELECT source_line, id AS event_id, 'V' AS visitor_id, 'product_view' AS event_type, t AS event_timestamp
FROM v'''
)toml",
                                    file, zone, column));
    if (file.ends_with(".parquet")) {
      std::string text = *base::ReadFile(folder_ / "views.toml");
      text.erase(text.find("delimiter"), std::string("delimiter = \";\"\n").size());
      Write("views.toml", text);
    }
    return Import(*connection_, (folder_ / "views.toml").string(), folder_, Options());
  }
  // The times of the events in the order of their ids, or the error.
  std::string Times(std::string_view file, std::string_view column = "\"TIMESTAMP\"",
                    std::string_view zone = "America/New_York") {
    EXPECT_TRUE(connection_->Execute({"test", "DROP TABLE IF EXISTS raw.event_stream"}));
    const auto report = ImportViews(file, column, zone);
    if (!report) return report.error().message;
    return Rows("SELECT event_id, event_timestamp FROM raw.event_stream ORDER BY event_id");
  }
  std::string Csv(std::string_view rows, std::string_view column = "\"TIMESTAMP\"",
                  std::string_view zone = "America/New_York") {
    Write("v.csv", fmt::format("id;t\n{}", rows));
    return Times("v.csv", column, zone);
  }
  std::string Parquet(const std::string& values, std::string_view column = "\"TIMESTAMP\"",
                      std::string_view zone = "America/New_York") {
    const std::string said =
        Rows(fmt::format("COPY (SELECT * FROM (VALUES {}) x(id, t)) TO '{}' (FORMAT parquet)",
                         values, (folder_ / "v.parquet").string()));
    EXPECT_EQ(said.find("rror"), std::string::npos) << said;
    return Times("v.parquet", column, zone);
  }
};

TEST_F(TimesImportTest, TimesOfAFileAreOfItsClockOrOfTheirOwnZone) {
  EXPECT_EQ(Csv("A;2025-01-10 18:30:00\nB;2025-07-10T18:30\nC;2025-07-10\n"),
            "A|2025-01-10 23:30:00\nB|2025-07-10 22:30:00\nC|2025-07-10 04:00:00\n");
  EXPECT_EQ(
      Csv("A;2025-01-10 18:30:00 UTC\nB;2025-07-10 18:30:00.250+02:00\nC;2025-07-10T18:30Z\n"
          "D;2025-01-15 14:03:22 -0500\n"),
      "A|2025-01-10 18:30:00\nB|2025-07-10 16:30:00.250000\nC|2025-07-10 18:30:00\nD|2025-01-15 "
      "19:03:22\n");
}

TEST_F(TimesImportTest, ADayBeginsAtTheSameMomentFromEverySource) {
  const std::string midnight = "A|2025-07-10 04:00:00\n";
  EXPECT_EQ(Csv("A;2025-07-10\n"), midnight);
  EXPECT_EQ(Csv("A;10.07.2025\n", "{type = \"TIMESTAMP\", format = \"%d.%m.%Y\"}"), midnight);
  EXPECT_EQ(Csv("A;2025-07-10\n", "\"DATE\""), midnight) << "the table's column is a TIMESTAMP";
  EXPECT_EQ(Csv("A;10.07.2025\n", "{type = \"DATE\", format = \"%d.%m.%Y\"}"), midnight);
  EXPECT_EQ(Parquet("('A', '2025-07-10')"), midnight);
  EXPECT_EQ(Parquet("('A', DATE '2025-07-10')"), midnight);
  EXPECT_EQ(Parquet("('A', DATE '2025-07-10')", "\"DATE\""), midnight);
  EXPECT_EQ(Parquet("('A', TIMESTAMP '2025-07-10')"), midnight);
  EXPECT_EQ(Parquet("('A', TIMESTAMP '2025-07-10')", "\"DATE\""), midnight);
  EXPECT_EQ(Parquet("('A', TIMESTAMPTZ '2025-07-10 04:00:00+00')", "\"DATE\""), midnight)
      << "the day that begins there at this moment";
}

TEST_F(TimesImportTest, EveryTypeOfTimeInParquetIsReadOrRefused) {
  EXPECT_EQ(Parquet("('A', TIMESTAMP '2025-01-10 18:30:00')"), "A|2025-01-10 23:30:00\n");
  EXPECT_EQ(Parquet("('A', TIMESTAMP_S '2025-01-10 18:30:00')"), "A|2025-01-10 23:30:00\n");
  EXPECT_EQ(Parquet("('A', TIMESTAMP_MS '2025-01-10 18:30:00.5')"),
            "A|2025-01-10 23:30:00.500000\n");
  EXPECT_EQ(Parquet("('A', TIMESTAMP_NS '2025-01-10 18:30:00.1234567')"),
            "A|2025-01-10 23:30:00.123456\n")
      << "cut, whatever the database's cast does";
  EXPECT_EQ(Parquet("('A', TIMESTAMPTZ '2025-01-10 18:30:00+00')"), "A|2025-01-10 18:30:00\n");
  EXPECT_EQ(Parquet("('A', '2025-01-10 18:30:00 UTC')"), "A|2025-01-10 18:30:00\n");
  EXPECT_EQ(
      Parquet("('A', TIMESTAMP '9999-12-31 23:59:59'), ('B', TIMESTAMP '2025-01-10 18:30:00')"),
      "B|2025-01-10 23:30:00\n")
      << "the year 10000 in UTC";
  for (const char* value : {"TIMESTAMP 'infinity'", "TIMESTAMP '-infinity'",
                            "TIMESTAMPTZ 'infinity'", "DATE 'infinity'", "DATE '-infinity'",
                            "TIMESTAMP '2025-01-05 (BC) 10:00:00'", "'infinity'", "'epoch'"}) {
    const std::string both =
        fmt::format("('A', {0}), ('B', CAST('2025-01-10' AS {1}))", value,
                    std::string_view(value).starts_with("TIMESTAMPTZ") ? "TIMESTAMPTZ"
                    : std::string_view(value).starts_with("TIMESTAMP") ? "TIMESTAMP"
                    : std::string_view(value).starts_with("DATE")      ? "DATE"
                                                                       : "VARCHAR");
    EXPECT_THAT(Parquet(both, "\"TIMESTAMP\"", "UTC"), "B|2025-01-10 00:00:00\n") << value;
    EXPECT_EQ(Rows("SELECT ends_with(reason, 'is not TIMESTAMP'), line FROM raw.rejects"),
              "true|1\n")
        << value;
  }
}

TEST_F(TimesImportTest, ATimeIsADayOnlyAtMidnight) {
  EXPECT_EQ(
      Parquet("('A', TIMESTAMP '2025-07-10 00:00:00'), ('B', TIMESTAMP '2025-07-10 18:30:00')",
              "\"DATE\""),
      "A|2025-07-10 04:00:00\n");
  EXPECT_EQ(Rows("SELECT reason FROM raw.rejects"), "t: '2025-07-10 18:30:00' is not DATE\n");
  EXPECT_EQ(Parquet("('A', TIMESTAMPTZ '2025-07-10 04:00:00+00'), ('B', TIMESTAMPTZ '2025-07-10 "
                    "00:00:00+00')",
                    "\"DATE\""),
            "A|2025-07-10 04:00:00\n");
}

TEST_F(TimesImportTest, AQuerysTimeFillsADayByTheSourcesClock) {
  Write("c.csv", "card,since\nanton,2024-03-15\nberta,2024-03-15 00:30\n");
  Write("c.toml", R"toml(name = "cards"
about = "cards"
[sources.c]
file = "c.csv"
time_zone = "Europe/Berlin"
[sources.c.columns]
card = "TEXT"
since = "TIMESTAMP"
[[tables]]
table = "raw.customers"
from = "c"
query = "SELECT source_line, card AS customer_id, since AS customer_since_date, 'Bronze' AS loyalty_tier FROM c"
)toml");
  const auto report = Import(*connection_, (folder_ / "c.toml").string(), folder_, Options());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(Rows("SELECT customer_id, customer_since_date FROM raw.customers ORDER BY ALL"),
            "1|2024-03-15\n2|2024-03-15\n")
      << "in UTC both were still the day before";
  EXPECT_FALSE(report->last_event) << "there is no event";
}

TEST_F(TimesImportTest, ADayOfNobodysClockIsRefused) {
  Write("a.csv", "card,since\nanton,2024-03-15\n");
  Write("c.toml", R"toml(name = "cards"
about = "cards"
[sources.here]
file = "a.csv"
time_zone = "Europe/Berlin"
[sources.here.columns]
card = "TEXT"
since = "DATE"
[sources.there]
file = "a.csv"
[sources.there.columns]
card = "TEXT"
[[tables]]
table = "raw.customer_history"
query = "SELECT card AS customer_id, 'Bronze' AS loyalty_tier, since AS valid_from FROM here"
)toml");
  const auto report = Import(*connection_, (folder_ / "c.toml").string(), folder_, Options());
  ASSERT_FALSE(report);
  EXPECT_THAT(
      report.error().message,
      HasSubstr(
          "c.toml:13: raw.customer_history: 'valid_from' is DATE and becomes TIMESTAMP by the "
          "clock of "
          "its source, and the sources have several; say whose rows these are: from = \"here\""));
}

TEST_F(TimesImportTest, DaysOfAnEarlierProgramAreNotMixedWithThose) {
  Write("c.csv", "card,since\nanton,2024-03-15\n");
  Write("c.toml", R"toml(name = "cards"
about = "cards"
[sources.c]
file = "c.csv"
time_zone = "Europe/Berlin"
[sources.c.columns]
card = "TEXT"
since = "DATE"
[[tables]]
table = "raw.customer_history"
from = "c"
query = "SELECT card AS customer_id, 'Bronze' AS loyalty_tier, since AS valid_from FROM c"
)toml");
  const auto import = [&] {
    const auto report = Import(*connection_, (folder_ / "c.toml").string(), folder_, Options());
    return report ? "fine" : report.error().message;
  };
  EXPECT_EQ(import(), "fine");
  EXPECT_EQ(import(), "fine");
  EXPECT_EQ(Rows("SELECT valid_from FROM raw.customer_history"), "2024-03-14 23:00:00\n");
  ASSERT_TRUE(
      connection_->Execute({"test", "DELETE FROM raw.about WHERE key = 'import.cards.days'"}));
  EXPECT_THAT(
      import(),
      HasSubstr(
          "raw.customer_history has rows of an earlier import whose days begin at midnight UTC"));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.customer_history"), "1\n");
}

TEST_F(TimesImportTest, InfinityEndsNothingAndIsNoEventsTime) {
  Write("p.csv",
        "sku,price,since,till\nmilk,1.99,2025-01-01,infinity\nbread,2,2025-01-01,2025-02-01\n"
        "soap,3,infinity,\nsalt,4,2025-01-01,-infinity\ntea,5,-infinity,infinity\n");
  Write("p.toml", R"toml(name = "prices"
about = "prices"
[sources.p]
file = "p.csv"
time_zone = "America/New_York"
[sources.p.columns]
sku = "TEXT"
price = "DECIMAL(12,2)"
since = "TIMESTAMP"
till = "TIMESTAMP"
[[tables]]
table = "raw.price_history"
from = "p"
query = "SELECT source_line, sku AS product_id, price, since AS valid_from, till AS valid_to FROM p"
)toml");
  const auto report = Import(*connection_, (folder_ / "p.toml").string(), folder_, Options());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(Rows("SELECT price, valid_from, valid_to FROM raw.price_history ORDER BY price"),
            "1.99|2025-01-01 05:00:00|NULL\n2.00|2025-01-01 05:00:00|2025-02-01 05:00:00\n");
  EXPECT_EQ(Rows("SELECT line, reason FROM raw.rejects ORDER BY line"),
            "4|valid_from: 'infinity' is not TIMESTAMP\n5|till: '-infinity' is not TIMESTAMP\n"
            "6|since: '-infinity' is not TIMESTAMP\n");
}

TEST_F(TimesImportTest, TimesThatTheClockSkipsOrShowsTwiceAreCounted) {
  Write("v.csv",
        "id;t\nA;2025-03-09 01:59:59\nB;2025-03-09 02:00:00\nC;2025-03-09 02:30:00\nD;2025-03-09 "
        "03:00:00\n"
        "E;2025-11-02 00:59:59\nF;2025-11-02 01:00:00\nG;2025-11-02 02:00:00\nH;2025-06-01 "
        "02:30:00\n");
  const auto report = ImportViews("v.csv", "\"TIMESTAMP\"", "America/New_York");
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->sources[0].clocks.size(), 1U);
  const ChangedClock& clock = report->sources[0].clocks[0];
  EXPECT_EQ(clock.file, "v.csv");
  EXPECT_EQ(clock.column, "t");
  EXPECT_EQ(clock.time_zone, "America/New_York");
  EXPECT_EQ(clock.skipped, 2);
  EXPECT_EQ(clock.first_skipped, "line 3: '2025-03-09 02:00:00'");
  EXPECT_EQ(clock.repeated, 1);
  EXPECT_EQ(clock.first_repeated, "line 7: '2025-11-02 01:00:00'");
  EXPECT_EQ(Rows("SELECT event_id, event_timestamp FROM raw.event_stream WHERE event_id IN ('B', "
                 "'C', 'F') ORDER BY ALL"),
            "B|2025-03-09 07:00:00\nC|2025-03-09 07:30:00\nF|2025-11-02 06:00:00\n");
  const auto utc = ImportViews("v.csv", "\"TIMESTAMP\"", "UTC");
  ASSERT_TRUE(utc) << utc.error().message;
  EXPECT_TRUE(utc->sources[0].clocks.empty());
}

TEST_F(TimesImportTest, AClockMayChangeByAnyTimeInEitherWayOfWriting) {
  // Lord Howe's clock changes by half an hour: 2025-04-06 at 2:00 back, 2025-10-05 at 2:00 forward.
  Write("v.csv",
        "id;t\nA;6.4.2025 1:29\nB;6.4.2025 1:30\nC;6.4.2025 1:59\nD;6.4.2025 2:00\nE;5.10.2025 "
        "2:15\nF;5.10.2025 2:30\n");
  const auto text = ImportViews("v.csv", "{type = \"TIMESTAMP\", format = \"%d.%m.%Y %H:%M\"}",
                                "Australia/Lord_Howe");
  ASSERT_TRUE(text) << text.error().message;
  ASSERT_EQ(text->sources[0].clocks.size(), 1U);
  EXPECT_EQ(text->sources[0].clocks[0].repeated, 2);
  EXPECT_EQ(text->sources[0].clocks[0].skipped, 1);
  EXPECT_EQ(text->sources[0].clocks[0].first_skipped, "line 6: '5.10.2025 2:15'");
  Parquet("('A', TIMESTAMP '2025-04-06 01:30'), ('B', TIMESTAMP '2025-10-05 02:15')");
  const auto parquet = ImportViews("v.parquet", "\"TIMESTAMP\"", "Australia/Lord_Howe");
  ASSERT_TRUE(parquet) << parquet.error().message;
  ASSERT_EQ(parquet->sources[0].clocks.size(), 1U);
  EXPECT_EQ(parquet->sources[0].clocks[0].repeated, 1);
  EXPECT_EQ(parquet->sources[0].clocks[0].skipped, 1);
  // In Santiago midnight itself is skipped: the day of a file begins an hour later.
  const auto days = Parquet("('A', DATE '2025-09-07'), ('B', DATE '2025-09-08')", "\"TIMESTAMP\"",
                            "America/Santiago");
  EXPECT_EQ(days, "A|2025-09-07 04:00:00\nB|2025-09-08 03:00:00\n");
}

TEST_F(TimesImportTest, AColumnThatNamesItsZoneHereAndThereIsRefused) {
  const std::string said = Csv("A;2025-01-10 18:30:00\nB;2025-01-10 18:30:00Z\nC;2025-01-11\n");
  EXPECT_THAT(
      said,
      HasSubstr(
          "views.toml:9: v.csv: t: the times are written in two ways: rows that name their zone: 1 "
          "(line 3: '2025-01-10 18:30:00Z'), rows that name none: 2 (line 2: '2025-01-10 "
          "18:30:00'), "
          "which would be read as America/New_York;"));
  EXPECT_THAT(Parquet("('A', '2025-01-10 18:30:00'), ('B', '2025-01-10 18:30:00 UTC')",
                      "\"TIMESTAMP\"", "UTC"),
              HasSubstr("two ways"));
  EXPECT_EQ(Csv("A;2025-01-10 18:30:00\nB;yesterday\nC;infinity\n"), "A|2025-01-10 23:30:00\n")
      << "what cannot be read is a reject, not another way";
}

TEST_F(TimesImportTest, AColumnWithDayAndMonthInEitherOrderIsRefused) {
  constexpr const char* kDayFirst = "{type = \"TIMESTAMP\", format = \"%d/%m/%Y %H:%M\"}";
  EXPECT_EQ(Csv("A;05/01/2025 10:00\nB;25/01/2025 10:00\n", kDayFirst),
            "A|2025-01-05 15:00:00\nB|2025-01-25 15:00:00\n");
  EXPECT_THAT(Csv("A;05/01/2025 10:00\nB;01/25/2025 10:00\nC;01/26/2025 10:00\n", kDayFirst),
              HasSubstr("v.csv: t: the times are written in two ways: rows by the format '%d/%m/%Y "
                        "%H:%M': 1 (line 2: "
                        "'05/01/2025 10:00'), rows only with day and month in each other's place "
                        "('%m/%d/%Y %H:%M'): 2 "
                        "(line 3: '01/25/2025 10:00')"));
  EXPECT_THAT(Csv("B;01/25/2025\n", "{type = \"DATE\", format = \"%d/%m/%Y\"}"),
              HasSubstr("two ways"));
  EXPECT_EQ(Csv("A;05/01/2025 10:00\nB;31/13/2025 10:00\nC;\n", kDayFirst),
            "A|2025-01-05 15:00:00\n")
      << "a day of no month is a reject";
}

TEST_F(TimesImportTest, PartsOfASourceAreOneColumn) {
  std::filesystem::create_directory(folder_ / "v");
  Write("v/a.csv", "id;t\nA;2025-01-10 18:30:00\n");
  Write("v/b.csv", "t;id\n2025-01-11;B\n2025-01-10 18:30:00Z;C\n");
  EXPECT_THAT(Times("v"),
              HasSubstr("views.toml:9: v: t: the times are written in two ways: rows that name "
                        "their zone: 1 (v/b.csv, line 3: '2025-01-10 18:30:00Z'), rows that name "
                        "none: 2 (v/a.csv, line 2: '2025-01-10 18:30:00'), which"));
  Write("v/b.csv", "id;t\n");
  Write("v/c.csv", "id;t\nB;2025-03-09 02:30:00\nC;2025-11-02 01:30:00\n");
  const auto report = ImportViews("v", "\"TIMESTAMP\"", "America/New_York");
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->sources[0].clocks.size(), 1U);
  EXPECT_EQ(report->sources[0].clocks[0].first_skipped, "v/c.csv, line 2: '2025-03-09 02:30:00'");
  EXPECT_EQ(report->sources[0].clocks[0].first_repeated, "v/c.csv, line 3: '2025-11-02 01:30:00'");
}

TEST_F(TimesImportTest, PartsOfUnlikeColumnsAreLookedAtTogether) {
  const auto copy = [&](const std::string& select, const std::string& name) {
    std::filesystem::create_directory(folder_ / "v");
    Rows(fmt::format("COPY ({}) TO '{}' (FORMAT parquet)", select, (folder_ / name).string()));
  };
  copy("SELECT 'A' AS id, '2025-01-10 18:30:00' AS t", "v/a");
  copy("SELECT 7 AS id, '2025-01-10 18:30:00Z' AS t", "v/b");
  EXPECT_THAT(Times("v"),
              HasSubstr("rows that name their zone: 1 (v/b, line 1: '2025-01-10 18:30:00Z'), rows "
                        "that name none: 1 (v/a, line 1: '2025-01-10 18:30:00')"));
  copy("SELECT 'A' AS id, '31/01/2025' AS t", "v/a");
  copy("SELECT 7 AS id, '01/31/2025' AS t", "v/b");
  EXPECT_THAT(Times("v", "{type = \"DATE\", format = \"%d/%m/%Y\"}"),
              HasSubstr("rows by the format '%d/%m/%Y': 1 (v/a, line 1: '31/01/2025'), rows only "
                        "with day and month in each other's place ('%m/%d/%Y'): 1 (v/b, line 1"));
  copy("SELECT 'A' AS id, TIMESTAMPTZ '2025-03-09 12:00:00+00' AS t", "v/a");
  copy("SELECT 'B' AS id, TIMESTAMP '2025-03-09 02:30:00' AS t", "v/b");
  copy("SELECT 'C' AS id, '2025-03-09 02:45:00' AS t", "v/c");
  copy("SELECT 'D' AS id, DATE '2025-03-09' AS t", "v/d");
  EXPECT_EQ(Times("v"),
            "A|2025-03-09 12:00:00\nB|2025-03-09 07:30:00\nC|2025-03-09 07:45:00\nD|2025-03-09 "
            "05:00:00\n")
      << "a type says whose clock it is, file by file";
  const auto report = ImportViews("v", "\"TIMESTAMP\"", "America/New_York");
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->sources[0].clocks.size(), 1U) << "one column, however its parts have it";
  EXPECT_EQ(report->sources[0].clocks[0].skipped, 2);
  EXPECT_EQ(report->sources[0].clocks[0].first_skipped, "v/b, line 1: '2025-03-09 02:30:00'");
}

TEST_F(TimesImportTest, AFormatThatReadsSomethingElseIsRefusedWithItsLine) {
  Write("v.csv", "id;t\nA;x\n");
  EXPECT_THAT(Times("v.csv", "{type = \"TIMESTAMP\", format = \"%d.%m.%Y %I:%M\"}"),
              HasSubstr("views.toml:9: 'format' in [sources.v.columns.t] '%d.%m.%Y %I:%M' needs %I "
                        "and %p together"));
  EXPECT_THAT(Times("v.csv", "{type = \"DATE\", format = \"%x\"}"),
              HasSubstr("has %x, which is not passed on"));
}

}  // namespace
}  // namespace aisle::ingest
