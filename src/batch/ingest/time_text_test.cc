// What a time may look like, text by text. docs/TIMES.md is the same table for people.
#include "ingest/time_text.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ingest/mapping.h"
#include "ingest/sql_text.h"
#include "ingest/warehouse_testing.h"

namespace aisle::ingest {
namespace {

using testing::HasSubstr;

class TimeTextTest : public WarehouseTest {
 protected:
  // What a text becomes in a column of `type`; "refused" where it is a reject.
  std::string Read(std::string_view text, std::string_view zone = "UTC",
                   std::string_view format = "", std::string_view type = "TIMESTAMP") {
    SourceColumn column;
    column.name = "t";
    column.type = type;
    column.format = format;
    column.may_be_open = may_be_open_;
    const Cast cast = SourceCast(column, "VARCHAR", zone);
    std::string rows = Rows(fmt::format(
        "SELECT CASE WHEN {} THEN 'refused' ELSE CAST({} AS VARCHAR) END FROM (SELECT {} AS t)",
        cast.refused, cast.value, Literal(text)));
    if (rows.ends_with('\n')) rows.pop_back();
    return rows;
  }
  bool may_be_open_ = false;
};

std::string Why(std::string_view format, bool of_days = false) {
  const auto read = ReadTimeFormat(format, of_days);
  return read ? "fine" : read.error().message;
}

struct Example {
  std::string_view text;
  std::string_view utc;  // Of a source in New York.
};

TEST_F(TimeTextTest, AnIsoTimeIsReadAsItIsWrittenOrNotAtAll) {
  constexpr std::string_view kRefused = "refused";
  constexpr Example kExamples[] = {
      // The source's clock.
      {"2025-01-15 18:30:00", "2025-01-15 23:30:00"},
      {"2025-07-15T18:30:00", "2025-07-15 22:30:00"},
      {"2025-07-15T18:30", "2025-07-15 22:30:00"},
      {" 2025-07-15 18:30 ", "2025-07-15 22:30:00"},
      {"2025-07-15 18:30:00.5", "2025-07-15 22:30:00.5"},
      {"2025-07-15 18:30:00.123456", "2025-07-15 22:30:00.123456"},
      {"2025-07-15 18:30:00.1234567", "2025-07-15 22:30:00.123456"},
      {"2025-07-15 18:30:00.999999999", "2025-07-15 22:30:00.999999"},
      {"2025-07-15", "2025-07-15 04:00:00"},
      {"2025-01-15", "2025-01-15 05:00:00"},
      {"2025-03-09 02:30:00", "2025-03-09 07:30:00"},  // Never happens.
      {"2025-11-02 01:30:00", "2025-11-02 06:30:00"},  // Happens twice.
      {"9999-12-31", "9999-12-31 05:00:00"},
      {"0001-01-01 12:00:00", "0001-01-01 16:56:02"},
      // Its own zone.
      {"2025-01-15 14:03:22 -0500", "2025-01-15 19:03:22"},
      {"2025-07-15 14:03:22 -0400", "2025-07-15 18:03:22"},
      {"2025-01-15T14:03:22-0500", "2025-01-15 19:03:22"},
      {"2025-01-15 14:03:22 -05:00", "2025-01-15 19:03:22"},
      {"2025-01-15T14:03-05:00", "2025-01-15 19:03:00"},
      {"2025-01-15 14:03 -05", "2025-01-15 19:03:00"},
      {"2025-01-15 14:03+05:30", "2025-01-15 08:33:00"},
      {"2025-01-15T19:03Z", "2025-01-15 19:03:00"},
      {"2025-01-15T19:03:22z", "2025-01-15 19:03:22"},
      {"2025-01-15 18:30:00 UTC", "2025-01-15 18:30:00"},
      {"2025-01-15 18:30 UTC", "2025-01-15 18:30:00"},
      {"2025-01-15 18:30:00.123456 UTC", "2025-01-15 18:30:00.123456"},
      {"2025-01-15 18:30:00.123456789 utc", "2025-01-15 18:30:00.123456"},
      {"2025-01-15 18:30:00GMT", "2025-01-15 18:30:00"},
      {"2025-01-15 18:30:00.9999999+01:00", "2025-01-15 17:30:00.999999"},
      // Nobody's.
      {"infinity", kRefused},
      {"-infinity", kRefused},
      {"epoch", kRefused},
      {"now", kRefused},
      {"today", kRefused},
      {"2025-01-05 (BC) 10:00:00", kRefused},
      {"2025-01-05 10:00:00 (BC)", kRefused},
      {"0000-01-01", kRefused},
      {"-2025-01-01", kRefused},
      {"12025-01-01", kRefused},
      {"2025-07-15t18:30", kRefused},
      {"\t2025-07-15", kRefused},
      {"2025-1-5", kRefused},
      {"2025/01/05", kRefused},
      {"05.01.2025", kRefused},
      {"2025-02-30", kRefused},
      {"2025-02-30 10:00:00", kRefused},
      {"2025-02-30 10:00:00Z", kRefused},
      {"2025-01-15 8:30", kRefused},
      {"2025-01-15 18", kRefused},
      {"2025-01-15 24:00:00", kRefused},
      {"2025-01-15 23:59:60", kRefused},
      {"2025-01-15 23:60:00", kRefused},
      {"2025-01-15 18:30:00.", kRefused},
      {"2025-01-15 18:30:00.1234567890", kRefused},
      {"2025-01-15 18:30:00,5", kRefused},
      {"2025-01-15123", kRefused},
      {"2025-01-15 18:30123", kRefused},
      {"2025-01-15Z", kRefused},
      {"2025-01-15 UTC", kRefused},
      {"2025-01-15 -05:00", kRefused},
      {"2025-01-15 18:30:00 EST", kRefused},
      {"2025-01-15 18:30:00 America/New_York", kRefused},
      {"2025-01-15 18:30:00 GMT-0500", kRefused},
      {"2025-01-15 18:30:00+15:00", kRefused},
      {"2025-01-15 18:30:00+05:60", kRefused},
      {"2025-01-15 18:30:00+5", kRefused},
      {"1736965800", kRefused},
      {"", kRefused},
      {"yesterday", kRefused},
  };
  for (const Example& example : kExamples)
    EXPECT_EQ(Read(example.text, "America/New_York"), example.utc) << example.text;
}

TEST_F(TimeTextTest, InfinityIsATimeOnlyWhereRowsMayBeOpen) {
  may_be_open_ = true;
  EXPECT_EQ(Read("infinity"), "infinity");
  EXPECT_EQ(Read(" Infinity ", "America/New_York"), "infinity");
  EXPECT_EQ(Read("infinity", "UTC", "%d.%m.%Y"), "infinity");
  EXPECT_EQ(Read("-infinity"), "refused");
  EXPECT_EQ(Read("-infinity", "UTC", "%d.%m.%Y"), "refused");
  EXPECT_EQ(Read("epoch", "UTC", "%d.%m.%Y"), "refused");
  may_be_open_ = false;
  EXPECT_EQ(Read("infinity", "UTC", "%d.%m.%Y"), "refused");
}

TEST_F(TimeTextTest, ADayIsATextOfADayOnly) {
  const auto day = [&](std::string_view text) {
    return Read(text, "America/New_York", "", "DATE");
  };
  EXPECT_EQ(day("2025-01-15"), "2025-01-15");
  EXPECT_EQ(day(" 2025-01-15 "), "2025-01-15");
  for (const char* text : {"2025-02-30", "0000-01-01", "2025-1-5", "2025-01-15 18:30", "infinity",
                           "epoch", "2025-01-15Z"})
    EXPECT_EQ(day(text), "refused") << text;
  EXPECT_EQ(Read("05/01/2025", "Asia/Tokyo", "%d/%m/%Y", "DATE"), "2025-01-05");
  EXPECT_EQ(Read("05/01/2025 23:00", "Asia/Tokyo", "%d/%m/%Y %H:%M", "DATE"), "2025-01-05")
      << "the day that is written";
}

struct FormatExample {
  std::string_view format;
  std::string_view text;
  std::string_view utc;  // Of a source in New York.
};

TEST_F(TimeTextTest, EveryDirectiveThatIsPassedOnReadsWhatItSays) {
  constexpr FormatExample kExamples[] = {
      {"%d.%m.%Y %H:%M", "5.1.2025 8:05", "2025-01-05 13:05:00"},
      {"%d.%m.%Y", "05.07.2025", "2025-07-05 04:00:00"},
      {"%-d/%-m/%Y", "5/7/2025", "2025-07-05 04:00:00"},
      {"%m/%d/%y %I:%M %p", "07/05/25 12:10 am", "2025-07-05 04:10:00"},
      {"%m/%d/%y %-I:%-M:%-S %p", "07/05/68 1:2:3 PM", "2068-07-05 17:02:03"},
      {"%m/%d/%y", "07/05/69", "1969-07-05 04:00:00"},
      {"%a %d %b %Y %H:%M:%S", "Sat 05 JUL 2025 10:00:00", "2025-07-05 14:00:00"},
      {"%A, %d %B %Y", "saturday, 5 july 2025", "2025-07-05 04:00:00"},
      {"%Y%m%d", "20250705", "2025-07-05 04:00:00"},
      {"%Y%m%d%H%M%S", "20250705100000", "2025-07-05 14:00:00"},
      {"%Y-%j", "2025-186", "2025-07-05 04:00:00"},
      {"%Y%-j", "2024366", "2024-12-31 05:00:00"},
      {"%d.%m.%Y %-H:%M:%S.%g", "05.07.2025 9:00:00.05", "2025-07-05 13:00:00.05"},
      {"%d.%m.%Y %H:%M:%S,%f", "05.07.2025 10:00:00,123456", "2025-07-05 14:00:00.123456"},
      {"%d.%m.%Y %H:%M:%S.%n", "05.07.2025 10:00:00.1234567", "2025-07-05 14:00:00.123456"},
      {"%d.%m.%Y %H:%M:%S.%n", "05.07.2025 10:00:00.999999999", "2025-07-05 14:00:00.999999"},
      {"%Y-%m-%d %H:%M:%S %z", "2025-07-05 10:00:00 +0200", "2025-07-05 08:00:00"},
      {"%Y-%m-%d %H:%M:%S %z", "2025-07-05 10:00:00 -05:00", "2025-07-05 15:00:00"},
      {"%Y-%m-%d %H:%M:%S%z", "2025-07-05 10:00:00+02", "2025-07-05 08:00:00"},
      {"%Y-%m-%d %H:%M:%S%z", "2025-07-05 10:00:00Z", "2025-07-05 10:00:00"},
      {"%d/%b/%Y:%H:%M:%S %z", "05/Jul/2025:10:00:00 -0400", "2025-07-05 14:00:00"},
      {"%d.%m.%Y %H:%M %Z", "05.07.2025 10:00 UTC", "2025-07-05 10:00:00"},
      {"%d.%m.%Y %H:%M %Z", "05.07.2025 10:00 Europe/Berlin", "2025-07-05 08:00:00"},
      {"%Y-%m-%d%%z", "2025-07-05%z", "2025-07-05 04:00:00"},
      {"am %d.%m.%Y (%H:%M)", "am 05.07.2025 (10:00)", "2025-07-05 14:00:00"},
      {"%Y年%m月%d日", "2025年07月05日", "2025-07-05 04:00:00"},
      // Not as the format says.
      {"%d.%m.%Y", "5.1.25", "refused"},
      {"%d.%m.%Y", "5.1.0000", "refused"},
      {"%d.%m.%Y", "31.02.2025", "refused"},
      {"%d.%m.%Y", "infinity", "refused"},
      {"%d.%m.%Y", "epoch", "refused"},
      {"%d.%m.%Y", "05.07.2025 10:00", "refused"},
      {"%d.%m.%y", "5.1.2025", "refused"},
      {"%Y%m%d", "2025105", "refused"},
      {"%Y-%j", "2025-366", "refused"},
      {"%Y-%j", "2025-0", "refused"},
      {"%m/%d/%Y %I:%M %p", "07/05/2025 13:10 pm", "refused"},
      {"%Y-%m-%d %H:%M %Z", "2025-07-05 10:00 EST", "refused"},
      {"%Y-%m-%d %H:%M %z", "2025-07-05 10:00", "refused"},
      {"%Y-%m-%d %H:%M %z", "2025-07-05 10:00 +25:00", "refused"},
      {"%d %B %Y", "05 Jan 2025", "refused"},
  };
  for (const FormatExample& example : kExamples) {
    EXPECT_EQ(Why(example.format), "fine") << example.format;
    EXPECT_EQ(Read(example.text, "America/New_York", example.format), example.utc)
        << example.format << " " << example.text;
  }
}

TEST(TimeFormat, WhatReadsSomethingElseThanItSaysIsRefused) {
  for (const char* format : {"%c", "%x", "%X", "%U %w %Y", "%G-%V-%u", "%s", "%T", "%Q"})
    EXPECT_THAT(Why(format), HasSubstr("which is not passed on; there are %Y %y %m")) << format;
  EXPECT_THAT(Why("%d.%m"), HasSubstr("says no year"));
  EXPECT_THAT(Why("%Y-%m"), HasSubstr("says no day"));
  EXPECT_THAT(Why("%Y-%m-%j"), HasSubstr("says no day"));
  EXPECT_THAT(Why("%d.%m.%Y %d"), HasSubstr("twice"));
  EXPECT_THAT(Why("%d.%m.%Y %I:%M"), HasSubstr("%I and %p together"));
  EXPECT_THAT(Why("%d.%m.%Y %H:%M %p"), HasSubstr("%I and %p together"));
  EXPECT_THAT(Why("%d.%m.%Y %H %I %p"), HasSubstr("hour twice"));
  EXPECT_THAT(Why("%d.%m.%Y %M"), HasSubstr("minutes without an hour"));
  EXPECT_THAT(Why("%d.%m.%Y %H:%S"), HasSubstr("seconds without minutes"));
  EXPECT_THAT(Why("%d.%m.%Y %H:%M.%f"), HasSubstr("parts of seconds"));
  EXPECT_THAT(Why("%d.%m.%Y %z"), HasSubstr("zone without an hour"));
  EXPECT_THAT(Why("%d.%m.%Y %H:%M %z", true), HasSubstr("declare it as TIMESTAMP"));
  EXPECT_THAT(Why("%d.%m.%Y %"), HasSubstr("not passed on"));
  EXPECT_THAT(Why("%Y-%m-%dT%H:%M:%SZ"),
              HasSubstr("the zone 'Z' as letters, which would be read over: write %z"));
  EXPECT_THAT(Why("%Y-%m-%dT%H:%M:%S.%f +00:00"), HasSubstr("the zone '+00:00' as letters"));
  EXPECT_THAT(Why("%Y-%m-%d %I:%M %p UTC"),
              HasSubstr("the zone 'UTC' as letters, which would be read over: write %Z"));
  EXPECT_EQ(Why("%d.%m.%Y %Hh%Mm"), "fine") << "letters that are no zone";
  EXPECT_THAT(Why("%d.%m.%Y %H:%M:%S.%n%z"), HasSubstr("write %f"));
}

TEST(TimeFormat, KnowsWhatDayAndMonthInEachOthersPlaceWouldBe) {
  EXPECT_EQ(ReadTimeFormat("%d/%m/%Y %H:%M", false)->swapped, "%m/%d/%Y %H:%M");
  EXPECT_EQ(ReadTimeFormat("%-m.%-d.%y", false)->swapped, "%-d.%-m.%y");
  EXPECT_EQ(ReadTimeFormat("%Y-%m-%d", false)->swapped, "") << "nobody writes the day there";
  EXPECT_EQ(ReadTimeFormat("%d %b %Y", false)->swapped, "");
}

}  // namespace
}  // namespace aisle::ingest
