// Checks of the tree as a whole: who may reach whom, and what nobody needs any more. Of documents: documents_test.cc.
//
// Each rule is a function from the files and the graph to complaints, and has a canary below.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "source_tree_testing.h"
#include "walls_testing.h"

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Complaints = std::vector<std::string>;

// All that a module reaches by declared dependencies, itself included.
std::set<std::string> ReachOf(const Graph& graph, const std::string& name) {
  std::set<std::string> reached;
  std::vector<std::string> open = {name};
  while (!open.empty()) {
    const std::string next = open.back();
    open.pop_back();
    const Module* const module = Find(graph, next);
    if (module == nullptr || !reached.insert(next).second) continue;
    open.insert(open.end(), module->depends.begin(), module->depends.end());
  }
  return reached;
}

// `batch` and `online` meet in files, never in code.
Complaints BetweenBatchAndOnline(const Graph& graph) {
  Complaints complaints;
  for (const Module& from : graph) {
    if (from.floor != "batch" && from.floor != "online") continue;
    const std::string other = from.floor == "batch" ? "online" : "batch";
    for (const std::string& to : ReachOf(graph, from.name)) {
      if (Find(graph, to)->floor == other)
        complaints.push_back(from.floor + "/" + from.name + " reaches " + other + "/" + to);
    }
  }
  return complaints;
}

// Rooms behind a wall whose module does not include the header.
Complaints UnusedRooms(const std::vector<File>& files,
                       const std::multimap<std::string, std::string>& walls) {
  std::set<std::pair<std::string, std::string>> used;
  for (const File& file : files) {
    for (const Include& include : IncludesOf(file.text)) {
      for (const auto& [prefix, room] : walls) {
        if (include.header.starts_with(prefix)) used.emplace(prefix, ModuleOf(file.path));
      }
    }
  }
  Complaints complaints;
  for (const auto& [prefix, room] : walls) {
    if (!room.empty() && !used.contains({prefix, room}))
      complaints.push_back(room + " may include " + prefix + " and does not");
  }
  return complaints;
}

// Dependencies that no file of the module includes anything of.
Complaints UnusedDependencies(const std::vector<File>& files, const Graph& graph) {
  std::map<std::string, std::set<std::string>> used;
  for (const File& file : files) {
    for (const Include& include : IncludesOf(file.text)) {
      if (include.quoted)
        used[ModuleOf(file.path)].insert(include.header.substr(0, include.header.find('/')));
    }
  }
  Complaints complaints;
  for (const Module& module : graph) {
    for (const std::string& dependency : module.depends) {
      if (!used[module.name].contains(dependency))
        complaints.push_back(module.name + " depends on " + dependency + " and does not use it");
    }
  }
  return complaints;
}

// Headers of src/ that nobody includes: neither there nor in `others`. One's own .cc is somebody.
Complaints UnusedHeaders(const std::vector<File>& files, const std::vector<File>& others) {
  std::set<std::string> used;
  for (const std::vector<File>* const part : {&files, &others}) {
    for (const File& file : *part) {
      for (const Include& include : IncludesOf(file.text)) used.insert(include.header);
    }
  }
  Complaints complaints;
  for (const File& file : files) {
    if (!file.path.ends_with(".h")) continue;
    if (!used.contains(IncludedAs(file.path))) complaints.push_back("nobody includes " + file.path);
  }
  return complaints;
}

// The rows "| floor | modules | ..." of the first table below "## Floors", against the graph: every module on its
// floor, in the order of the build.
Complaints AgainstTheTable(const std::string& document, const Graph& graph) {
  std::map<std::string, std::string> built;
  for (const Module& module : graph) {
    std::string& line = built[module.floor];
    line += (line.empty() ? "" : " ") + module.name;
  }
  Complaints complaints;
  std::istringstream lines(document.substr(std::min(document.find("## Floors"), document.size())));
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (inside && !line.starts_with('|')) break;
    if (!line.starts_with('|')) continue;
    std::istringstream cells(line.substr(1));
    std::string floor;
    std::string modules;
    std::getline(cells >> std::ws, floor, ' ');
    std::getline(cells.ignore(2), modules, '|');
    const bool is_head = !inside || floor.starts_with("---");
    inside = true;
    if (is_head) continue;
    modules.erase(modules.find_last_not_of(' ') + 1);
    if (built[floor] != modules) {
      complaints.push_back(floor + " has '" + modules + "' in the table and '" + built[floor] +
                           "' in the build");
    }
    built.erase(floor);
  }
  for (const auto& [floor, modules] : built) {
    if (!modules.empty()) complaints.push_back("the table lacks " + floor);
  }
  return complaints;
}

TEST(House, BatchAndOnlineDoNotReachEachOther) {
  const Graph graph = ReadGraph();
  ASSERT_NE(Find(graph, "recommend"), nullptr);
  EXPECT_THAT(BetweenBatchAndOnline(graph), IsEmpty());
}
TEST(House, NobodyIsExemptWithoutNeed) {
  const auto files = ReadTree("src");
  EXPECT_THAT(UnusedRooms(files, kWalls), IsEmpty());
  EXPECT_THAT(UnusedDependencies(files, ReadGraph()), IsEmpty());
}
TEST(House, EveryHeaderIsIncluded) {
  EXPECT_THAT(UnusedHeaders(ReadTree("src"), ReadTree("tests")), IsEmpty());
}
TEST(House, TheTableOfModulesIsTheBuilds) {
  const std::string document = ReadText(AISLE_SOURCE_DIR "/docs/ARCHITECTURE.md");
  EXPECT_THAT(AgainstTheTable(document, ReadGraph()), IsEmpty());
}

// The canaries.
TEST(HouseCanary, OnlineThatReachesBatchIsSeen) {
  EXPECT_THAT(BetweenBatchAndOnline(GraphOf("batch/gold:\nonline/api: gold\n")),
              ElementsAre("online/api reaches batch/gold"));
}
TEST(HouseCanary, BatchThatReachesOnlineThroughAnotherIsSeen) {
  EXPECT_THAT(
      BetweenBatchAndOnline(GraphOf("online/api:\ncore/between: api\nbatch/gold: between\n")),
      ElementsAre("batch/gold reaches online/api"));
}
TEST(HouseCanary, ARoomThatItsModuleDoesNotUseIsSeen) {
  const std::vector<File> files = {{"engines/kv/kv.cc", "#include <lmdb.h>\n"},
                                   {"engines/web/web.cc", "// #include <lmdb.h>\n"}};
  EXPECT_THAT(UnusedRooms(files, {{"lmdb.h", "kv"}, {"lmdb.h", "web"}, {"duckdb.h", ""}}),
              ElementsAre("web may include lmdb.h and does not"));
}
TEST(HouseCanary, ADependencyThatNobodyUsesIsSeen) {
  const std::vector<File> files = {{"engines/web/web_test.cc", "#include \"net/task.h\"\n"}};
  EXPECT_THAT(UnusedDependencies(files, GraphOf("engines/web: base net\n")),
              ElementsAre("web depends on base and does not use it"));
}
TEST(HouseCanary, AHeaderThatNobodyIncludesIsSeen) {
  const std::vector<File> files = {{"engines/kv/kv.h", ""},
                                   {"engines/kv/inner/page.h", "#include \"kv/kv.h\"\n"},
                                   {"app/print.h", ""},
                                   {"app/own.h", ""}};
  EXPECT_THAT(UnusedHeaders(files, {{"a_test.cc", "#include \"app/print.h\"\n"}}),
              ElementsAre("nobody includes engines/kv/inner/page.h", "nobody includes app/own.h"));
}
TEST(HouseCanary, ATableThatSaysAnotherHouseIsSeen) {
  const Graph graph = GraphOf("ground/base:\nengines/kv: base\nengines/web: base\n");
  const auto table = [](const std::string& rows) {
    return "# A\n## Floors\n| floor | modules | what |\n|---|---|---|\n" + rows +
           "\n| not | this |\n";
  };
  EXPECT_THAT(AgainstTheTable(table("| engines | kv web | e |\n| ground | base | g |\n"), graph),
              IsEmpty());
  EXPECT_THAT(AgainstTheTable(table("| engines | web kv | e |\n"), graph),
              ElementsAre("engines has 'web kv' in the table and 'kv web' in the build",
                          "the table lacks ground"));
  EXPECT_THAT(AgainstTheTable(table("| engines | kv web | e |\n| ground | base | g |\n"
                                    "| cellar | wine | c |\n"),
                              graph),
              ElementsAre("cellar has 'wine' in the table and '' in the build"));
  EXPECT_THAT(AgainstTheTable("nothing", graph),
              ElementsAre("the table lacks engines", "the table lacks ground"));
}
}  // namespace
