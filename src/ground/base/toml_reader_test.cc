#include "base/toml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace aisle::base {
namespace {

using testing::ElementsAre;

// What the file says of a reading; empty: nothing.
std::string Said(std::string_view text, const std::function<void(TomlSection&)>& read) {
  TomlFile file({"f.toml", text});
  TomlSection top = file.Top();
  read(top);
  const Status verdict = file.Verdict();
  if (verdict) return "";
  EXPECT_EQ(verdict.error().code, ErrorCode::kInvalidArgument);
  return verdict.error().message;
}

TEST(TomlReader, GivesWhatTheFileSays) {
  TomlFile file({"f.toml", R"(
name = "shop"
count = 3
share = 1
loud = true
empty = ""
days = [3, 2]
words = ["b", "a"]
[inner.deeper]
kind = "two"
)"});
  TomlSection top = file.Top();
  EXPECT_EQ(top.Text("name"), "shop");
  EXPECT_EQ(top.Integer("count", {1, 5}), 3);
  EXPECT_EQ(top.Number("share", 0, 1), 1.0) << "a whole number is a number";
  EXPECT_TRUE(top.Flag("loud", false));
  EXPECT_EQ(top.AnyText("empty"), "");
  EXPECT_THAT(top.Integers("days", {2, 3}), ElementsAre(3, 2));
  EXPECT_THAT(top.Texts("words"), ElementsAre("b", "a"));
  TomlSection inner = top.Table("inner");
  TomlSection deeper = inner.Table("deeper");
  EXPECT_EQ(deeper.Choice("kind", {"one", "two"}), 1U);
  EXPECT_EQ(deeper.Title(), "[inner.deeper]");
  EXPECT_EQ(deeper.Line(), 9);
  deeper.Close();
  inner.Close();
  top.Close();
  EXPECT_TRUE(file.Verdict());
}

TEST(TomlReader, WhatIsNotThereHasItsDefault) {
  TomlFile file({"f.toml", ""});
  TomlSection top = file.Top();
  EXPECT_EQ(top.Text("a", ""), "");
  EXPECT_EQ(top.Integer("b", {1, 5}, 9), 9) << "a default is the caller's business";
  EXPECT_EQ(top.MaybeInteger("c"), std::nullopt);
  EXPECT_EQ(top.Choice("d", {"one", "two"}, 1), 1U);
  EXPECT_THAT(top.AnyTexts("e", {"x"}), ElementsAre("x"));
  EXPECT_FALSE(top.Table("f").Present());
  EXPECT_THAT(top.Tables("g"), testing::IsEmpty());
  EXPECT_THAT(top.List("h"), testing::IsEmpty());
  EXPECT_EQ(top.KindOf("i"), TomlKind::kNone);
  EXPECT_TRUE(file.Verdict());
}

TEST(TomlReader, AMissingKeyIsNamedWithWhatIsAccepted) {
  EXPECT_EQ(Said("", [](TomlSection& top) { top.Text("name"); }),
            "f.toml:1: the file lacks 'name', a text in quotes that is not empty");
  const auto window = [](TomlSection& top) { top.Table("time").Integer("window", {1, 365}); };
  EXPECT_EQ(Said("a = 1\n[time]\ndays = 3\n", window),
            "f.toml:2: [time] lacks 'window', a whole number from 1 to 365");
  EXPECT_EQ(Said("[time]\nwidnow = 3\n", window),
            "f.toml:2: [time] lacks 'window', a whole number from 1 to 365; did you mean it by "
            "'widnow'?");
  EXPECT_EQ(Said("a = 1\n[tiem]\nwindow = 3\n", window),
            "f.toml:2: [time] lacks 'window', a whole number from 1 to 365; did you mean it by "
            "[tiem]?");
}

TEST(TomlReader, AnotherTypeOrARangeLeftIsRefusedWithWhatStandsThere) {
  const auto integer = [](TomlSection& top) { top.Integer("n", {1, 12}); };
  EXPECT_EQ(Said("\nn = 13", integer), "f.toml:2: 'n' must be a whole number from 1 to 12, not 13");
  EXPECT_EQ(Said("n = 1.5", integer), "f.toml:1: 'n' must be a whole number from 1 to 12, not 1.5");
  EXPECT_EQ(Said("n = \"x\"", [](TomlSection& top) { top.MaybeInteger("n"); }),
            "f.toml:1: 'n' must be a whole number, not \"x\"");
  EXPECT_EQ(Said("n = nan", [](TomlSection& top) { top.Number("n", 0, 1); }),
            "f.toml:1: 'n' must be a number from 0 to 1, not nan");
  EXPECT_EQ(Said("n = 1", [](TomlSection& top) { top.Flag("n", false); }),
            "f.toml:1: 'n' must be true or false, not 1");
  EXPECT_EQ(Said("n = true", [](TomlSection& top) { top.AnyText("n"); }),
            "f.toml:1: 'n' must be a text in quotes, not true");
  EXPECT_EQ(Said("n = \"three\"", [](TomlSection& top) { top.Choice("n", {"one", "two"}); }),
            "f.toml:1: 'n' must be one of one, two, not \"three\"");
  EXPECT_EQ(Said("n = [1, \"a\"]", [](TomlSection& top) { top.Texts("n"); }),
            "f.toml:1: 'n' must be a list of texts in quotes, not empty, not such a list");
  EXPECT_EQ(Said("n = []", [](TomlSection& top) { top.Integers("n", {2, 9}); }),
            "f.toml:1: 'n' must be a list of whole numbers from 2 to 9, not an empty list");
  EXPECT_EQ(Said("n = 2020-01-01", [](TomlSection& top) { top.Table("n"); }),
            "f.toml:1: 'n' must be a table, written [n], not a time");
  EXPECT_EQ(Said("n = {a = 1}", [](TomlSection& top) { top.List("n"); }),
            "f.toml:1: 'n' must be a list of tables, written [[n]], not a table");
}

TEST(TomlReader, AKeyThatNobodyAskedForIsUnknownAndTheNearestIsSuggested) {
  const auto read = [](TomlSection& top) {
    TomlSection serve = top.Table("serve");
    serve.AnyText("listen", "");
    serve.Integer("threads", {}, 0);
    serve.Close();
    top.Close();
  };
  EXPECT_EQ(Said("[serve]\nthreads = 1\nlisen = \"x\"\n", read),
            "f.toml:3: unknown key 'lisen' in [serve] (did you mean 'listen'?); known are listen, "
            "threads");
  EXPECT_EQ(Said("[serve]\nport = 1\n", read),
            "f.toml:2: unknown key 'port' in [serve]; known are listen, threads");
  EXPECT_EQ(Said("a = 1\n", read), "f.toml:1: unknown key 'a'; known are serve");
}

TEST(TomlReader, TheFirstComplaintIsKept) {
  const auto read = [](TomlSection& top) {
    top.Complain("a", "is odd");
    top.ComplainHere("nothing fits");
    top.Close();
  };
  EXPECT_EQ(Said("b = 1\na = 1\n", read), "f.toml:2: 'a' is odd");
}

TEST(TomlReader, NamesAreInTheOrderOfTheFile) {
  TomlFile file({"f.toml", "[s.zebra]\n[s.ant]\n[[t]]\nn = 2\n[[t]]\nn = 1\n"});
  TomlSection top = file.Top();
  std::vector<std::string> titles;
  for (const auto& [name, section] : top.Tables("s")) titles.push_back(section.Title());
  EXPECT_THAT(titles, ElementsAre("[s.zebra]", "[s.ant]"));
  std::vector<std::int64_t> numbers;
  for (TomlSection& section : top.List("t")) numbers.push_back(section.Integer("n"));
  EXPECT_THAT(numbers, ElementsAre(2, 1));
}

TEST(TomlReader, ATextsFirstLineIsTheOneAfterThreeQuotes) {
  TomlFile file({"f.toml", "a = \"x\"\nb = \"\"\"\nSELECT\"\"\"\nc = '''y'''\nd = '''\r\nz'''\n"});
  const TomlSection top = file.Top();
  EXPECT_EQ(top.LineOfText("a"), 1);
  EXPECT_EQ(top.LineOfText("b"), 3);
  EXPECT_EQ(top.LineOfText("c"), 4);
  EXPECT_EQ(top.LineOfText("d"), 6);
}

TEST(TomlReader, TextThatIsNoTomlNamesItsLine) {
  EXPECT_THAT(Said("a = 1\nb = = 2\n", [](TomlSection& top) { top.Text("name"); }),
              testing::StartsWith("f.toml:2: "));
}

TEST(TomlReader, WhatIsNestedTooDeeplyIsRefused) {
  const std::string deep = "a = " + std::string(20, '[') + std::string(20, ']');
  EXPECT_EQ(Said(deep, [](TomlSection& top) { top.Texts("a"); }),
            "f.toml: nested deeper than 16 levels");
}

}  // namespace
}  // namespace aisle::base
