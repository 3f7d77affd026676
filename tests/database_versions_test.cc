// No query of ours asks the database for what its versions answer differently (decision 0019).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "source_tree_testing.h"

namespace {

namespace fs = std::filesystem;

struct Word {
  std::regex pattern;
  const char* instead;
};
// SQL that means one thing in DuckDB 1.5.6 and another in 2.0.0, or another from run to run.
const std::vector<Word>& Words() {
  static const auto kSql = [](const char* pattern) {
    return std::regex(pattern, std::regex::icase);
  };
  static const std::vector<Word> kWords = {
      {kSql("\\bmode\\s*\\("), "row_number() with the whole order: ties go by chance"},
      {kSql("\\bisnan\\s*\\("), "isfinite(): 2.0.0 finds no NaN behind Parquet's statistics"},
      {kSql("\\bround_even\\s*\\("), "round(): of a DECIMAL one gives DOUBLE, the other DECIMAL"},
      {kSql("\\b(ln|log|log2|log10|sqrt)\\s*\\("),
       "a CASE around it, and C++: one fails where the other gives -inf or nan"},
      {kSql("\\bCOPY\\b.*\\bTO\\b"), "Arrow: written columns differ in whether they may be NULL"},
  };
  return kWords;
}

// Of SQL without its comments: "mode(…: row_number() …".
std::vector<std::string> Differing(const std::string& name, const std::string& sql) {
  std::vector<std::string> found;
  std::istringstream lines(sql);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    line = line.substr(0, line.find("--"));
    for (const Word& word : Words()) {
      if (std::regex_search(line, word.pattern))
        found.push_back(name + ":" + std::to_string(number) + ": write " + word.instead);
    }
  }
  return found;
}

// The texts in quotes of C++, line by line: queries that are put together.
std::string Quoted(const std::string& code) {
  static const std::regex kText("\"([^\"\\\\]|\\\\.)*\"");
  std::string texts;
  std::istringstream lines(code);
  for (std::string line; std::getline(lines, line); texts += '\n') {
    if (line.find_first_not_of(' ') == line.find("//")) continue;
    for (std::sregex_iterator at(line.begin(), line.end(), kText), end; at != end; ++at)
      texts += at->str() + " ";
  }
  return texts;
}

TEST(DatabaseVersions, NoQueryAsksForWhatTheyAnswerDifferently) {
  const fs::path root = AISLE_SOURCE_DIR;
  int queries = 0;
  for (const char* below : {"src/batch", "src/app", "config/mappings"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / below)) {
      const std::string path = fs::relative(entry.path(), root).string();
      const std::string extension = entry.path().extension().string();
      const std::string stem = entry.path().stem().string();
      const bool of_tests = stem.ends_with("_test") || stem.ends_with("_pgtest") ||
                            stem.ends_with("_testing") || stem.ends_with("_bench");
      if (extension == ".sql" || extension == ".toml") {
        EXPECT_THAT(Differing(path, ReadText(entry.path())), testing::IsEmpty());
        ++queries;
      } else if ((extension == ".cc" || extension == ".h") && !of_tests) {
        EXPECT_THAT(Differing(path, Quoted(ReadText(entry.path()))), testing::IsEmpty());
      }
    }
  }
  EXPECT_GT(queries, 50) << "where are they?";
}

TEST(DatabaseVersionsCanary, EachIsSeen) {
  const auto seen = [](const std::string& sql) { return Differing("q", sql).size(); };
  EXPECT_EQ(seen("SELECT mode(channel) FROM raw.event_stream"), 1U);
  EXPECT_EQ(seen("SELECT x\nWHERE NOT IsNaN (x)"), 1U);
  EXPECT_EQ(seen("SELECT round_even(price, 1), ln(price)"), 2U);
  EXPECT_EQ(seen("COPY (SELECT 1) TO 'x.parquet'"), 1U);
  EXPECT_EQ(seen("SELECT round(x, 1), catalog(y) -- mode(x)"), 0U);
  EXPECT_EQ(Quoted("  Run(\"SELECT mode(x)\");\n  // \"isnan(x)\"\n  std::isnan(x);"),
            "\"SELECT mode(x)\" \n\n\n");
}

}  // namespace
