// Checks of the source text itself: layering, walls around third parties, head comments, sizes,
// leftovers.
//
// Each rule is part of one function from a file to a list of complaints, and every rule has a
// canary below (a rule nobody has seen fail may not be working).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "source_tree_testing.h"
#include "walls_testing.h"

namespace {

namespace fs = std::filesystem;

constexpr int kMaxLines = 500;
constexpr std::size_t kMaxColumns = 120;
constexpr int kMaxReadmeLines = 40;

// The build takes a module's code from anywhere in its folder but from these.
bool LiesWhereNothingIsBuilt(const std::string& path) {
  const auto parts = Parts(path);
  const std::size_t inside = parts[0] == "app" ? 1 : 2;
  return parts.size() > inside + 1 &&
         (parts[inside] == "corpus" || parts[inside] == "pages" || parts[inside] == "sql");
}

// What the line's #include breaks: a wall, or an undeclared dependency.
std::string IncludeComplaint(const std::string& line, const std::string& module,
                             const Graph& graph) {
  const auto [header, quoted] = IncludeOf(line);
  if (header.empty()) return "";
  for (auto wall = kWalls.begin(); wall != kWalls.end(); wall = kWalls.upper_bound(wall->first)) {
    if (header.rfind(wall->first, 0) != 0) continue;
    const auto [first, last] = kWalls.equal_range(wall->first);
    bool allowed = false;
    for (auto room = first; room != last; ++room) allowed = allowed || room->second == module;
    if (!allowed) return module + " may not include " + header;
  }
  const std::string target = header.substr(0, header.find('/'));
  const Module* const from = Find(graph, module);
  if (quoted && from != nullptr && Find(graph, target) != nullptr && target != module &&
      !from->depends.contains(target)) {
    return module + " does not declare a dependency on " + target;
  }
  return "";
}

// These put their SQL together, and the columns stand in the line before.
bool WritesItsQueries(const std::string& path) {
  return path == "batch/ingest/fill_table.cc" || path == "batch/ingest/sources.cc";
}

// Whether the line reads a column of a query by its number, which another order of the SELECT list would move. What
// carries tables itself may, and tests, whose query stands beside.
bool ReadsColumnByNumber(const std::string& path, const std::string& line) {
  static const std::regex kGetter(
      "(->|\\.)(Int|FindInt|String|Double|Bool|Time|Day|MoneyCents)\\(([0-9]+|column), ");
  // In the batch floor, where a `row` is a query's; elsewhere it may be anything.
  static const std::regex kCell("\\brow\\[[0-9]+\\]");
  if (path.starts_with("engines/") || path.ends_with("_test.cc")) return false;
  return std::regex_search(line, kGetter) ||
         (path.starts_with("batch/") && !WritesItsQueries(path) && std::regex_search(line, kCell));
}

std::vector<std::string> Check(const File& file, const Graph& graph) {
  std::vector<std::string> complaints;
  const std::string module = ModuleOf(file.path);
  if ((file.path.ends_with(".cc") || file.path.ends_with(".h")) &&
      LiesWhereNothingIsBuilt(file.path)) {
    complaints.push_back(file.path + ": code in a folder that is not built");
  }
  int line_number = 0;
  std::istringstream lines(file.text);
  for (std::string line; std::getline(lines, line);) {
    ++line_number;
    const auto complain = [&](const std::string& what) {
      complaints.push_back(file.path + ":" + std::to_string(line_number) + ": " + what);
    };
    for (const char* marker : {"FIX"
                               "ME",
                               "TO"
                               "DO",
                               "XX"
                               "X:"}) {
      if (line.find(marker) != std::string::npos) complain("leftover marker");
    }
    if (line.size() > kMaxColumns && line.find("\", \"") == std::string::npos &&
        file.path.ends_with(".h")) {
      complain("longer than 120 columns");
    }
    const bool comment_expected = file.path.ends_with(".h") || file.path.ends_with(".sql");
    if (line_number == 1 && comment_expected &&
        line.rfind(file.path.ends_with(".h") ? "//" : "--", 0) != 0) {
      complain("no head comment");
    }
    if (ReadsColumnByNumber(file.path, line))
      complain("a column by its number: bind it by name (warehouse/row_reader.h)");
    if (const std::string what = IncludeComplaint(line, module, graph); !what.empty())
      complain(what);
  }
  if (line_number > kMaxLines)
    complaints.push_back(file.path + ": longer than " + std::to_string(kMaxLines) + " lines");
  if (file.path.ends_with("README.md") && line_number > kMaxReadmeLines) {
    complaints.push_back(file.path + ": longer than " + std::to_string(kMaxReadmeLines) + " lines");
  }
  return complaints;
}

TEST(Tidy, TheSourceTreeKeepsTheHouseRules) {
  const Graph graph = ReadGraph();
  ASSERT_FALSE(graph.empty());
  const std::vector<File> files = ReadTree("src");
  ASSERT_GT(files.size(), 20U);
  for (const File& file : files) EXPECT_THAT(Check(file, graph), testing::IsEmpty());
}

TEST(Tidy, EveryModuleHasAReadme) {
  for (const Module& module : ReadGraph()) {
    // The program is a floor of its own: src/app.
    const std::string folder = module.floor == "app" ? "app" : module.floor + "/" + module.name;
    EXPECT_TRUE(fs::exists(fs::path(AISLE_SOURCE_DIR) / "src" / folder / "README.md")) << folder;
  }
}

// The canaries.
const Graph kGraph = {{"ground", "base", {}},
                      {"engines", "forest", {"base"}},
                      {"engines", "web", {"base", "forest"}}};

TEST(TidyCanary, AnUpwardIncludeIsSeen) {
  EXPECT_THAT(
      Check({"engines/forest/a.cc", "#include \"web/server.h\"\n"}, kGraph),
      testing::ElementsAre("engines/forest/a.cc:1: forest does not declare a dependency on web"));
}
TEST(TidyCanary, AnUpwardIncludeInAFolderOfAModuleIsSeen) {
  EXPECT_THAT(Check({"engines/forest/rows/a.cc", "#include \"web/server.h\"\n"}, kGraph),
              testing::ElementsAre(
                  "engines/forest/rows/a.cc:1: forest does not declare a dependency on web"));
}
TEST(TidyCanary, CodeWhereNothingIsBuiltIsSeen) {
  EXPECT_EQ(Check({"engines/forest/corpus/a.cc", "\n"}, kGraph).size(), 1U);
  EXPECT_EQ(Check({"app/sql/a.h", "//\n"}, kGraph).size(), 1U);
}
TEST(TidyCanary, AThirdPartyOutsideItsWallIsSeen) {
  EXPECT_THAT(Check({"engines/web/a.cc", "#include <lmdb.h>\n"}, kGraph),
              testing::ElementsAre("engines/web/a.cc:1: web may not include lmdb.h"));
}
TEST(TidyCanary, AColumnByItsNumberIsSeen) {
  EXPECT_THAT(Check({"batch/gold/a.cc", "ids.push_back(batch->Int(0, row));\n"}, kGraph),
              testing::ElementsAre("batch/gold/a.cc:1: a column by its number: bind it by name "
                                   "(warehouse/row_reader.h)"));
  EXPECT_THAT(Check({"batch/gold/a_test.cc", "EXPECT_EQ(batch->Int(0, 0), 1);\n"}, kGraph),
              testing::IsEmpty());
  EXPECT_THAT(Check({"batch/gold/b.cc", "builder.AppendInt(0, 1); a.Time(place, row);\n"}, kGraph),
              testing::IsEmpty());
}
TEST(TidyCanary, ACellByItsNumberIsSeen) {
  EXPECT_EQ(Check({"batch/gold/a.cc", "names.push_back(row[0]);\n"}, kGraph).size(), 1U);
  EXPECT_EQ(
      Check({"batch/gold/a.cc", "const auto count = batch->Int(column, 0);\n"}, kGraph).size(), 1U);
  EXPECT_THAT(Check({"ground/base/a.cc", "row[0] = i + 1;\n"}, kGraph), testing::IsEmpty())
      << "no query's";
  EXPECT_THAT(Check({"batch/gold/b.cc", "row[column] = 1; arrow[0] = 2;\n"}, kGraph),
              testing::IsEmpty());
}
TEST(TidyCanary, ALongFileIsSeen) {
  EXPECT_EQ(Check({"ground/base/a.cc", std::string(501, '\n')}, kGraph).size(), 1U);
}
TEST(TidyCanary, AMissingHeadCommentIsSeen) {
  EXPECT_EQ(Check({"ground/base/a.h", "#pragma once\n"}, kGraph).size(), 1U);
  EXPECT_EQ(Check({"batch/gold/sql/a.sql", "SELECT 1\n"}, kGraph).size(), 1U);
}
TEST(TidyCanary, ALeftoverMarkerIsSeen) {
  EXPECT_EQ(Check({"ground/base/a.cc", std::string("// TO") + "DO later\n"}, kGraph).size(), 1U);
}
TEST(TidyCanary, ALongReadmeIsSeen) {
  EXPECT_EQ(Check({"ground/base/README.md", std::string(41, '\n')}, kGraph).size(), 1U);
}

}  // namespace
