#include "app/print.h"

#include <gtest/gtest.h>

namespace aisle::app {
namespace {

TEST(TextTable, ColumnsStandUnderTheirNamesAndNumbersToTheRight) {
  TextTable table({{"name"}, {"rows", Align::kRight}});
  table.Add({"a", "1"});
  table.Add({"longer", "12,345"});
  EXPECT_EQ(table.Text(),
            "name      rows\n"
            "------  ------\n"
            "a            1\n"
            "longer  12,345\n");
}

TEST(TextTable, WidthsCountCharactersNotBytes) {
  TextTable table({{"n"}, {"x"}});
  table.Add({"é", "1"});
  table.Add({"ab", "2"});
  EXPECT_EQ(table.Text(), "n   x\n--  -\né   1\nab  2\n");
}

TEST(Shorten, CutsBetweenCharacters) {
  EXPECT_EQ(Shorten("abc", 3), "abc");
  EXPECT_EQ(Shorten("abcd", 3), "ab…");
  EXPECT_EQ(Shorten("éééé", 3), "éé…");
}

TEST(Grouped, PutsACommaEveryThreeDigits) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(-1234567), "-1,234,567");
}

TEST(Age, GrowsFromMinutesToDays) {
  using std::chrono::hours;
  using std::chrono::minutes;
  EXPECT_EQ(Age(minutes{-5}), "just now");
  EXPECT_EQ(Age(minutes{59}), "59 min");
  EXPECT_EQ(Age(hours{3} + minutes{12}), "3 h 12 min");
  EXPECT_EQ(Age(hours{123}), "5 d 3 h");
}

TEST(Wait, CountsSecondsBelowTwoMinutes) {
  using std::chrono::seconds;
  EXPECT_EQ(Wait(seconds{-3}), "now");
  EXPECT_EQ(Wait(seconds{0}), "now");
  EXPECT_EQ(Wait(seconds{1}), "1 s");
  EXPECT_EQ(Wait(seconds{119}), "119 s");
  EXPECT_EQ(Wait(seconds{1800}), "30 min");
}

TEST(IsNumber, KnowsNumbersFromDatesAndWords) {
  EXPECT_TRUE(IsNumber("12"));
  EXPECT_TRUE(IsNumber("-0.5"));
  EXPECT_TRUE(IsNumber("1e-05"));
  EXPECT_FALSE(IsNumber("2026-11-24"));
  EXPECT_FALSE(IsNumber("P12"));
  EXPECT_FALSE(IsNumber("-"));
  EXPECT_FALSE(IsNumber(""));
}

}  // namespace
}  // namespace aisle::app
