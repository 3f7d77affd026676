#include "web/json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "web/json_body.h"

namespace aisle::web {
namespace {

using testing::HasSubstr;

TEST(JsonReader, ValuesComeInTheOrderTheyAreAskedFor) {
  JsonReader json(
      R"( { "a" : [ 1 , -2.5e1 , true, false, null, "x\u00e9\ud83d\ude00\n" ] , "b": {} } )");
  std::string key;
  ASSERT_TRUE(json.BeginObject() && json.NextKey(key));
  EXPECT_EQ(key, "a");
  ASSERT_TRUE(json.BeginArray() && json.NextElement());
  EXPECT_EQ(json.Number().text, "1");
  ASSERT_TRUE(json.NextElement());
  EXPECT_EQ(json.Number().text, "-2.5e1");
  bool yes = false;
  bool no = true;
  ASSERT_TRUE(json.NextElement() && json.Bool(yes) && json.NextElement() && json.Bool(no));
  EXPECT_TRUE(yes && !no);
  ASSERT_TRUE(json.NextElement() && json.Null() && json.NextElement());
  std::string text;
  ASSERT_TRUE(json.String(text));
  EXPECT_EQ(text, "x\u00e9\U0001F600\n");
  EXPECT_FALSE(json.NextElement());
  ASSERT_TRUE(json.NextKey(key));
  EXPECT_EQ(json.Skip(), "{}");
  EXPECT_FALSE(json.NextKey(key));
  EXPECT_TRUE(json.Finish());
}

// Skip() takes exactly what the parser of bodies takes.
TEST(JsonReader, TakesWhatTheOtherParserTakes) {
  for (const char* const text : {"1",
                                 "-0",
                                 "0.5",
                                 "1e5",
                                 "1E+5",
                                 "\"a\"",
                                 "[]",
                                 "{}",
                                 "[1,[2,{\"a\":null}]]",
                                 " true ",
                                 "\"\\u0041\"",
                                 "",
                                 "01",
                                 "1.",
                                 ".5",
                                 "-",
                                 "1e",
                                 "+1",
                                 "[1,]",
                                 "[,1]",
                                 "[1 2]",
                                 "{\"a\"}",
                                 "{\"a\":}",
                                 "{\"a\":1,}",
                                 "{a:1}",
                                 "{\"a\":1,\"a\":2}",
                                 "nul",
                                 "NaN",
                                 "'a'",
                                 "\"a",
                                 "\"\x01\"",
                                 "\"\\x\"",
                                 "\"\\ud800\"",
                                 "\"\\udc00\"",
                                 "\"\xff\"",
                                 "[1]]",
                                 "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]",
                                 "{\"a\":{\"b\":[1,2,3]},\"c\":\"d\"}",
                                 "tru",
                                 "[1",
                                 "// a\n1"}) {
    JsonReader json(text);
    json.Skip();
    EXPECT_EQ(json.Finish(), ParseJson(text).has_value()) << text;
  }
}

TEST(JsonReader, WhatIsWrongIsSaidOnceWithItsPlace) {
  JsonReader json("[1, x]");
  ASSERT_TRUE(json.BeginArray() && json.NextElement());
  json.Number();
  ASSERT_TRUE(json.NextElement());
  EXPECT_EQ(json.Number().text, "");
  EXPECT_FALSE(json.NextElement());
  EXPECT_FALSE(json.Finish());
  EXPECT_THAT(json.WhatIsWrong().detail, HasSubstr("a number is missing"));
  EXPECT_EQ(json.WhatIsWrong().position, 4U);
  EXPECT_EQ(json.WhatIsWrong().status, 400);
}

template <typename Number>
void ExpectRead(const std::string& text) {
  JsonReader json(text);
  const JsonNumber number = json.Number();
  ASSERT_EQ(number.text, text);
  Number out = 0;
  Number wanted = 0;
  const bool read = ReadNumber(number, out);
  const auto result = std::from_chars(text.data(), text.data() + text.size(), wanted);
  if (result.ec == std::errc()) {
    EXPECT_TRUE(read) << text;
    EXPECT_EQ(std::signbit(out), std::signbit(wanted)) << text;
    EXPECT_EQ(out, wanted) << text;
  } else {
    EXPECT_EQ(read, std::abs(std::strtod(text.c_str(), nullptr)) < 1) << text;
  }
  // Among others, a plain one is the same.
  const std::string body = "[0, " + text + std::string(60, ' ') + "]";
  JsonReader list(body);
  ASSERT_TRUE(list.BeginArray() && list.NextElement());
  list.Number();
  Number plain = 0;
  if (list.PlainNumbers(std::span(&plain, 1)) == 1) {
    EXPECT_EQ(std::signbit(plain), std::signbit(wanted)) << text;
    EXPECT_EQ(plain, wanted) << text;
  } else {
    EXPECT_TRUE(list.NextElement()) << text;
    EXPECT_EQ(list.Number().text, text);
  }
  EXPECT_FALSE(list.NextElement());
  EXPECT_TRUE(list.Finish()) << text;
}

// After the first element: how many of `list` are read, and what comes then.
std::size_t CountPlain(const std::string& list, std::vector<double>& out) {
  const std::string body = "[0," + list + "]" + std::string(60, ' ');
  JsonReader json(body);
  EXPECT_TRUE(json.BeginArray() && json.NextElement());
  json.Number();
  out.assign(8, -1);
  return json.PlainNumbers(std::span(out));
}

TEST(JsonNumber, PlainOnesAreReadInARow) {
  std::vector<double> out;
  EXPECT_EQ(CountPlain("1, -2.5,0.125,1234567.123456789012, -0,0", out), 6U);
  EXPECT_THAT(out, testing::ElementsAre(1, -2.5, 0.125, 1234567.123456789012, 0, 0, -1, -1));
  EXPECT_TRUE(std::signbit(out[4]));
  EXPECT_EQ(CountPlain("1,2,3,4,5,6,7,8,9", out), 8U) << "as many as there is room for";
}

TEST(JsonNumber, WhatIsNotPlainIsLeftToWhoReadsAll) {
  std::vector<double> out;
  for (const char* const text : {"01",
                                 "-01",
                                 "00.5",
                                 "1.",
                                 "-",
                                 ".5",
                                 "+1",
                                 "1x",
                                 "1.5e3",
                                 "1e5",
                                 "null",
                                 "\"1\"",
                                 "[1]",
                                 "--1",
                                 "12345678",
                                 "1.123456789012345678",
                                 "1.1234567890123456",
                                 "  1",
                                 "",
                                 "1:",
                                 "1/",
                                 "1\t"}) {
    EXPECT_EQ(CountPlain(text, out), 0U) << text;
    EXPECT_EQ(CountPlain(std::string("7,") + text + ",8", out), 1U) << text;
    EXPECT_EQ(out[0], 7);
  }
  // Too near to the end to be read eight bytes at a time.
  JsonReader json("[0,1,2]");
  ASSERT_TRUE(json.BeginArray() && json.NextElement());
  json.Number();
  EXPECT_EQ(json.PlainNumbers(std::span(out)), 0U);
  EXPECT_TRUE(json.NextElement());
  EXPECT_EQ(json.Number().text, "1");
}

TEST(JsonNumber, EveryNumberIsRoundedAsFromCharsRoundsIt) {
  // Half between two floats, and a little beside; the ends; more digits than 64 bits hold.
  for (const char* const text : {"0",
                                 "-0",
                                 "0.0",
                                 "16777217",
                                 "16777219",
                                 "16777217.0000001",
                                 "16777216.9999999",
                                 "33554434.0",
                                 "3.4028235e38",
                                 "3.4028236e38",
                                 "3.40282357e38",
                                 "1e39",
                                 "1e-45",
                                 "1e-46",
                                 "7e-46",
                                 "1.1754943e-38",
                                 "1.1754944e-38",
                                 "1e308",
                                 "1e309",
                                 "5e-324",
                                 "1e-400",
                                 "123456789012345678901234567890",
                                 "0.000000000000000000000000000000000000011754944",
                                 "9007199254740993",
                                 "0.1000000000000000055511151231257827",
                                 "1e22",
                                 "1e23",
                                 "1e-22",
                                 "1e-23",
                                 "100000000000000000000000000e-26",
                                 "1e00005",
                                 "1e-00005"}) {
    ExpectRead<float>(text);
    ExpectRead<double>(text);
  }
  base::Stream stream(5, 6, 7);
  for (int i = 0; i < 20'000; ++i) {
    char buffer[64];
    const auto bits = static_cast<std::uint32_t>(stream.Below(std::uint64_t{1} << 32U));
    const auto value = std::bit_cast<float>(bits);
    if (!std::isfinite(value)) continue;
    const auto shortest = std::to_chars(buffer, buffer + sizeof buffer, value);
    ExpectRead<float>(std::string(buffer, shortest.ptr));
    const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, stream.Uniform(-1000, 1000),
                                     std::chars_format::fixed, static_cast<int>(stream.Below(18)));
    ExpectRead<float>(std::string(buffer, fixed.ptr));
    ExpectRead<double>(std::string(buffer, fixed.ptr));
    // Exactly half between a float and the next.
    if (std::abs(value) > 1e-30F && std::abs(value) < 1e30F) {
      const double half =
          (static_cast<double>(value) + static_cast<double>(std::nextafter(value, 4e37F))) / 2;
      const auto exact = std::to_chars(buffer, buffer + sizeof buffer, half);
      ExpectRead<float>(std::string(buffer, exact.ptr));
    }
  }
}

}  // namespace
}  // namespace aisle::web
