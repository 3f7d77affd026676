// Query files: where a $name is a parameter, what a value becomes, where statements end.
#include "warehouse/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "base/files.h"
#include "warehouse/script_exercise_testing.h"

namespace aisle::warehouse {
namespace {

using testing::HasSubstr;

std::string Rendered(std::string_view text, const Parameters& parameters = {}) {
  const auto rendered = Render({"q.sql", text}, parameters);
  return rendered ? *rendered : "error: " + rendered.error().message;
}

std::string Refused(std::string_view text, const Parameters& parameters = {}) {
  const auto rendered = Render({"q.sql", text}, parameters);
  EXPECT_FALSE(rendered.has_value()) << text;
  if (rendered) return "";
  EXPECT_EQ(rendered.error().code, ErrorCode::kInvalidArgument);
  return rendered.error().message;
}

TEST(Render, EveryKindOfValueIsATypedLiteral) {
  const Parameters values = {{"nothing", Null{}},
                             {"yes", true},
                             {"n", std::int64_t{-5}},
                             {"least", std::numeric_limits<std::int64_t>::min()},
                             {"x", 0.1},
                             {"text", "it's"},
                             {"t", *base::ParseTimestamp("2026-11-24 05:03:52.000001")},
                             {"day", *base::ParseDate("0001-01-01")}};
  EXPECT_EQ(Rendered("$nothing|$yes|$n|$least|$x|$text|$t|$day", values),
            "NULL|TRUE|CAST('-5' AS BIGINT)|CAST('-9223372036854775808' AS BIGINT)|"
            "CAST('0.1' AS DOUBLE)|'it''s'|TIMESTAMP '2026-11-24 05:03:52.000001'|"
            "DATE '0001-01-01'");
}

TEST(Render, TextsAreAListAndAMacroIsTheEnginesFunction) {
  EXPECT_EQ(Rendered("a IN $kinds", {{"kinds", Texts{{"x", "it's"}}}}), "a IN ('x', 'it''s')");
  EXPECT_THAT(Refused("a IN $kinds", {{"kinds", Texts{}}}), HasSubstr("an empty list"));
  EXPECT_EQ(Rendered("@row_hash(a, b) @epoch_us(t)"), "hash(a, b) epoch_us(t)");
}

TEST(OnlyNamed, KeepsWhatStandsInTheTextAndNotWhatACommentSays) {
  const Parameters stock = {{"a", true}, {"b", true}, {"as", true}};
  const auto named = OnlyNamed({"q.sql", "-- $b\nSELECT $a, '$b', $as_of"}, stock);
  ASSERT_TRUE(named.has_value());
  ASSERT_EQ(named->size(), 1U);
  EXPECT_EQ(named->front().first, "a");
}

TEST(Render, ANameIsAParameterOnlyWhereSqlWouldReadAToken) {
  const Parameters a = {{"a", true}};
  EXPECT_EQ(Rendered("$a '$a' \"$a\" -- $a\n /* $a */ b$a E'\\'$a' $a", a),
            "TRUE '$a' \"$a\" -- $a\n /* $a */ b$a E'\\'$a' TRUE");
  EXPECT_EQ(Rendered("/* /* $a */ $a */ $a", a), "/* /* $a */ $a */ TRUE");
  EXPECT_EQ(Rendered("'it''s $a' $a", a), "'it''s $a' TRUE");
  EXPECT_EQ(Rendered("\"a\"\"$a\" $a", a), "\"a\"\"$a\" TRUE");
  EXPECT_EQ(Rendered("'back\\' $a", a), "'back\\' TRUE");
  EXPECT_EQ(Rendered("$a;$a", a), "TRUE;TRUE");
}

TEST(Render, AValueIsNotReadAgain) {
  EXPECT_EQ(Rendered("$a $b", {{"a", "$b ' @epoch_us("}, {"b", true}}), "'$b '' @epoch_us(' TRUE");
}

TEST(Render, LineFeedsOfAValueDoNotShiftTheLinesOfTheFile) {
  EXPECT_EQ(Rendered("SELECT $a\n", {{"a", "x\r\ny"}}),
            "SELECT ('x' || chr(13) || '' || chr(10) || 'y')\n");
}

TEST(Render, EveryNameNeedsAValueAndEveryValueAName) {
  EXPECT_EQ(Refused("SELECT 1,\n $as_of"), "q.sql:2: parameter $as_of has no value");
  EXPECT_THAT(Refused("SELECT 1", {{"as_of", true}}), HasSubstr("$as_of is given"));
  EXPECT_THAT(Refused("SELECT '$as_of'", {{"as_of", true}}), HasSubstr("$as_of is given"));
  EXPECT_THAT(Refused("SELECT $a", {{"a", true}, {"a", false}}), HasSubstr("$a is given twice"));
  EXPECT_THAT(Refused("SELECT $ab", {{"a", true}}), HasSubstr("$ab has no value"));
}

TEST(Render, WhatHasNoLiteralIsRefusedByName) {
  EXPECT_THAT(Refused("SELECT $x", {{"x", std::nan("")}}), HasSubstr("q.sql:1: parameter $x: nan"));
  EXPECT_THAT(Refused("SELECT $x", {{"x", HUGE_VAL}}), HasSubstr("inf"));
  EXPECT_THAT(Refused("SELECT $x", {{"x", std::string("a\0b", 3)}}), HasSubstr("NUL"));
  EXPECT_THAT(Refused("SELECT $x", {{"x", base::FromMicros(std::int64_t{1} << 62)}}),
              HasSubstr("years 1 to 9999"));
  EXPECT_THAT(Refused("SELECT $x", {{"x", base::Date{std::chrono::days{-1'000'000}}}}),
              HasSubstr("years 1 to 9999"));
}

TEST(Render, WhatIsNotPortableOrDoesNotEndIsRefusedWithItsLine) {
  EXPECT_THAT(Refused("SELECT\n$1"), HasSubstr("q.sql:2: parameters have names"));
  EXPECT_THAT(Refused("SELECT $$x$$"), HasSubstr("q.sql:1"));
  EXPECT_THAT(Refused("SELECT $a$x$a$"), HasSubstr("strings in dollars"));
  EXPECT_THAT(Refused("SELECT\n'a\n"), HasSubstr("q.sql:2: a string that does not end"));
  EXPECT_THAT(Refused("SELECT \"a"), HasSubstr("a quoted name that does not end"));
  EXPECT_THAT(Refused("/* /* */"), HasSubstr("a comment that does not end"));
  EXPECT_THAT(Refused(std::string_view("SELECT\0 1", 9)), HasSubstr("NUL"));
}

TEST(Render, MacrosAreReplacedAndUnknownOnesRefused) {
  EXPECT_EQ(Rendered("@epoch_us(t) '@epoch_us(t)' @(-5) @x"),
            "epoch_us(t) '@epoch_us(t)' @(-5) @x");
  EXPECT_EQ(Refused("SELECT 1,\n@unix(t)"), "q.sql:2: there is no macro @unix");
}

TEST(RenderScript, StatementsKnowTheirFirstLine) {
  const auto statements = RenderScript({"s.sql",
                                        "-- head; of the file\n"
                                        "CREATE TABLE a (b INT);\n"
                                        ";;\n"
                                        "  /* ; */ INSERT INTO a\n"
                                        "  VALUES (';');  \n"
                                        "-- the end;\n"},
                                       {});
  ASSERT_TRUE(statements.has_value());
  ASSERT_EQ(statements->size(), 2);
  EXPECT_EQ((*statements)[0].text, "CREATE TABLE a (b INT)");
  EXPECT_EQ((*statements)[0].line, 2);
  EXPECT_EQ((*statements)[1].text, "INSERT INTO a\n  VALUES (';')");
  EXPECT_EQ((*statements)[1].line, 4);
  EXPECT_TRUE(RenderScript({"s.sql", "-- nothing\n;"}, {})->empty());
}

TEST(RenderScript, TheFuzzersCorpusKeepsItsPromises) {
  int rendered = 0;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(AISLE_SOURCE_DIR) / "src/engines/warehouse/corpus")) {
    rendered += ExerciseScript(*base::ReadFile(entry.path())) ? 1 : 0;
    ++files;
  }
  EXPECT_EQ(files, 4);
  EXPECT_EQ(rendered, 2);
}

}  // namespace
}  // namespace aisle::warehouse
