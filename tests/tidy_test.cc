// Checks of the source text itself: layering, walls around third parties, head comments, sizes,
// leftovers.
//
// Each rule is part of one function from a file to a list of complaints, and every rule has a
// canary below (a rule nobody has seen fail may not be working).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Graph = std::map<std::string, std::set<std::string>>;

struct File {
  std::string path;  // Relative to src/: "engines/forest/forest.cc".
  std::string text;
};

// Third-party headers and the modules that may include them. A prefix that stands here twice has
// two rooms.
const std::multimap<std::string, std::string> kWalls = {{"nanoarrow/", "arrow"},
                                                        {"nanoarrow/", "warehouse"},
                                                        {"arrow-adbc/", "warehouse"},
                                                        {"xgboost/", "trainer"},
                                                        {"lmdb.h", "kv"},
                                                        {"boost/beast", "web"},
                                                        {"boost/asio", "net"},
                                                        {"boost/asio", "web"},
                                                        {"spdlog/", "base"},
                                                        {"xxhash.h", "base"},
                                                        {"CLI/", "app"},
                                                        {"toml++/", "base"},
                                                        {"simde/", "forest"},
                                                        {"toml++/", "ingest"},
                                                        {"toml++/", "training"},
                                                        {"toml++/", "app"},
                                                        {"boost/json", "forest"},
                                                        {"boost/json", "web"},
                                                        {"boost/json", "registry"},
                                                        {"boost/json", "events"},
                                                        {"boost/json", "serving"},
                                                        {"boost/json", "evaluation"},
                                                        {"boost/json", "api"},
                                                        {"boost/json", "app"},
                                                        {"duckdb.h", "nobody"},
                                                        {"libpq-fe.h", "postgres"}};

constexpr int kMaxLines = 500;
constexpr std::size_t kMaxColumns = 120;
constexpr int kMaxReadmeLines = 40;

std::vector<std::string> Parts(const std::string& path) {
  std::vector<std::string> parts;
  for (const auto& part : fs::path(path)) parts.push_back(part.string());
  return parts;
}

// "engines/forest/forest.cc" and "engines/forest/rows/walk.cc" -> "forest"; "app/main.cc" -> "app".
std::string ModuleOf(const std::string& path) {
  const auto parts = Parts(path);
  if (parts[0] == "app") return "app";
  return parts.size() > 2 ? parts[1] : "";
}

Graph ParseGraph(std::istream& in) {
  Graph graph;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    name.pop_back();
    auto& dependencies = graph[name];
    for (std::string dependency; words >> dependency;) dependencies.insert(dependency);
  }
  return graph;
}

bool EndsWith(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

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
  const auto open = line.find_first_of("\"<");
  if (line.rfind("#include", 0) != 0 || open == std::string::npos) return "";
  const std::string header = line.substr(open + 1, line.find_first_of("\">", open + 1) - open - 1);
  for (auto wall = kWalls.begin(); wall != kWalls.end(); wall = kWalls.upper_bound(wall->first)) {
    if (header.rfind(wall->first, 0) != 0) continue;
    const auto [first, last] = kWalls.equal_range(wall->first);
    bool allowed = false;
    for (auto room = first; room != last; ++room) allowed = allowed || room->second == module;
    if (!allowed) return module + " may not include " + header;
  }
  const std::string target = header.substr(0, header.find('/'));
  if (line[open] == '"' && module != "app" && graph.count(target) != 0 && target != module &&
      graph.at(module).count(target) == 0) {
    return module + " does not declare a dependency on " + target;
  }
  return "";
}

std::vector<std::string> Check(const File& file, const Graph& graph) {
  std::vector<std::string> complaints;
  const std::string module = ModuleOf(file.path);
  if ((EndsWith(file.path, ".cc") || EndsWith(file.path, ".h")) &&
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
        EndsWith(file.path, ".h")) {
      complain("longer than 120 columns");
    }
    const bool comment_expected = EndsWith(file.path, ".h") || EndsWith(file.path, ".sql");
    if (line_number == 1 && comment_expected &&
        line.rfind(EndsWith(file.path, ".h") ? "//" : "--", 0) != 0) {
      complain("no head comment");
    }
    if (const std::string what = IncludeComplaint(line, module, graph); !what.empty())
      complain(what);
  }
  if (line_number > kMaxLines)
    complaints.push_back(file.path + ": longer than " + std::to_string(kMaxLines) + " lines");
  if (EndsWith(file.path, "README.md") && line_number > kMaxReadmeLines) {
    complaints.push_back(file.path + ": longer than " + std::to_string(kMaxReadmeLines) + " lines");
  }
  return complaints;
}

std::string ReadText(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Tidy, TheSourceTreeKeepsTheHouseRules) {
  std::ifstream graph_file(AISLE_MODULE_GRAPH);
  const Graph graph = ParseGraph(graph_file);
  ASSERT_FALSE(graph.empty());
  const fs::path root = fs::path(AISLE_SOURCE_DIR) / "src";
  int files_seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".cc" && extension != ".h" && extension != ".sql" && extension != ".md")
      continue;
    ++files_seen;
    EXPECT_THAT(Check({fs::relative(entry.path(), root).string(), ReadText(entry.path())}, graph),
                testing::IsEmpty());
  }
  ASSERT_GT(files_seen, 20);
}

TEST(Tidy, EveryModuleHasAReadme) {
  std::ifstream graph_file(AISLE_MODULE_GRAPH);
  for (const auto& [module, dependencies] : ParseGraph(graph_file)) {
    bool found = false;
    // The program is a floor of its own: src/app.
    for (const char* floor : {"ground", "engines", "core", "batch", "online", "."}) {
      const fs::path folder = fs::path(AISLE_SOURCE_DIR) / "src" / floor / module;
      bool has_code = false;
      if (fs::exists(folder)) {
        for (const auto& entry : fs::recursive_directory_iterator(folder))
          has_code = has_code || entry.path().extension() == ".cc";
      }
      found = found || (fs::exists(folder) && (!has_code || fs::exists(folder / "README.md")));
    }
    EXPECT_TRUE(found) << module;
  }
}

// The canaries.
const Graph kGraph = {{"base", {}}, {"forest", {"base"}}, {"web", {"base", "forest"}}};

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
