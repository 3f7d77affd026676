// Checks of the tree as a whole: who may reach whom, what nobody needs any more, and whether what documents name
// is there.
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

// What stands in backticks and behind links of a document, but for its blocks of code.
std::vector<std::string> NamesIn(const std::string& document) {
  std::vector<std::string> names;
  std::istringstream lines(document);
  bool code = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) code = !code;
    if (code) continue;
    for (std::size_t at = line.find('`'); at != std::string::npos; at = line.find('`', at)) {
      const std::size_t end = std::min(line.find('`', at + 1), line.size());
      names.push_back(line.substr(at + 1, end - at - 1));
      at = end + 1;
    }
    for (std::size_t at = line.find("]("); at != std::string::npos; at = line.find("](", at + 1)) {
      // As a link: "(TOUR.md".
      names.push_back(line.substr(at + 1, line.find(')', at) - at - 1));
    }
  }
  return names;
}

// A star stands for any part of one name.
bool Fits(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  for (std::size_t skip = star; skip <= text.size(); ++skip) {
    if (Fits(pattern.substr(star + 1), text.substr(skip))) return true;
    if (skip < text.size() && text[skip] == '/') break;
  }
  return false;
}

// Whether `name` is a file or a folder of the repository, or a file without its ending.
bool IsPath(const std::string& name, const std::vector<std::string>& paths) {
  const std::string whole = name.ends_with('/') ? name.substr(0, name.size() - 1) : name;
  return std::ranges::any_of(paths, [&](const std::string& path) {
    if (Fits(whole, path)) return true;
    for (std::size_t end = path.find_first_of("/."); end != std::string::npos;
         end = path.find_first_of("/.", end + 1)) {
      if (Fits(whole, std::string_view(path).substr(0, end))) return true;
    }
    return false;
  });
}

// "record.h": a file of ours by its name alone, wherever it stands.
bool IsSourceName(const std::string& name) {
  const std::string ending = std::filesystem::path(name).extension().string();
  return std::set<std::string>{".h", ".cc", ".sql", ".py"}.contains(ending) &&
         std::isalpha(static_cast<unsigned char>(name.front())) != 0;
}

// Names that look like a path of the repository, of src/ or of a module, and are none.
Complaints NamesOfNothing(const std::vector<File>& documents, const std::vector<std::string>& paths,
                          const Graph& graph) {
  std::set<std::string> floors;
  std::map<std::string, std::string> modules;
  for (const Module& module : graph) {
    floors.insert(module.floor);
    modules[module.name] = module.floor + "/" + module.name;
  }
  std::set<std::string> tops;
  for (const std::string& path : paths) tops.insert(path.substr(0, path.find('/')));
  Complaints complaints;
  for (const File& document : documents) {
    for (std::string name : NamesIn(document.text)) {
      bool is_there = true;
      if (name.starts_with('(')) {
        if (name.find(':') != std::string::npos || name.starts_with("(#")) continue;
        const std::filesystem::path folder = std::filesystem::path(document.path).parent_path();
        name = (folder / name.substr(1, name.find('#') - 1)).lexically_normal().string();
        is_there = IsPath(name, paths);
      } else {
        if (name.find_first_of(" <>{}()=:$\"") != std::string::npos) continue;
        const std::size_t slash = name.find('/');
        if (slash == 0) continue;
        if (slash == std::string::npos) {
          is_there = !IsSourceName(name) || std::ranges::any_of(paths, [&](const auto& path) {
            return Fits(name, path.substr(path.rfind('/') + 1));
          });
          if (!is_there) complaints.push_back(document.path + " names " + name);
          continue;
        }
        const std::string first = name.substr(0, slash);
        const auto module = modules.find(first);
        if (first == "app" || floors.contains(first)) {
          is_there = IsPath("src/" + name, paths);
        } else if (tops.contains(first)) {
          is_there = IsPath(name, paths);
        } else if (module != modules.end() && name.find('.') != std::string::npos) {
          is_there = IsPath("src/" + module->second + name.substr(slash), paths);
        }
      }
      if (!is_there) complaints.push_back(document.path + " names " + name);
    }
  }
  return complaints;
}

Complaints NumberedTwice(const std::vector<std::string>& paths) {
  const std::string folder = "docs/decisions/";
  std::map<std::string, std::vector<std::string>> by_number;
  for (const std::string& path : paths) {
    if (path.starts_with(folder)) by_number[path.substr(folder.size(), 4)].push_back(path);
  }
  Complaints complaints;
  for (const auto& [number, decisions] : by_number) {
    if (decisions.size() > 1) complaints.push_back("several decisions are " + number);
  }
  return complaints;
}

// Mentions of documents that a reader of the repository cannot open: a .md file that is not in it, and the
// papers that the project was begun from.
Complaints StrangersCited(const std::vector<File>& files, const std::vector<std::string>& paths) {
  std::set<std::string> known;
  for (const std::string& path : paths)
    known.insert(std::filesystem::path(path).filename().string());
  const std::set<std::string> strangers = {"DESIGN", "SCHEMA", "STYLE", "PORTABLE_SQL"};
  const auto is_of_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  };
  Complaints complaints;
  for (const File& file : files) {
    std::string last;
    for (std::size_t at = 0; at < file.text.size();) {
      std::size_t end = at;
      while (end < file.text.size() && is_of_word(file.text[end])) ++end;
      std::string word = file.text.substr(at, end - at);
      at = end + 1;
      while (word.ends_with('.')) word.pop_back();
      if (word.empty()) continue;
      const bool is_sql = word == "SCHEMA" && (last == "CREATE" || last == "DROP");
      const bool is_paper = strangers.contains(word) && !is_sql;
      const bool is_file = word.ends_with(".md") && word.size() > 3 && !known.contains(word);
      if (is_paper || is_file) complaints.push_back(file.path + " cites " + word);
      last = std::move(word);
    }
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
TEST(House, EveryDecisionHasANumberOfItsOwn) {
  EXPECT_THAT(NumberedTwice(RepositoryPaths()), IsEmpty());
}
TEST(House, DocumentsNameWhatThereIs) {
  const std::vector<std::string> paths = RepositoryPaths();
  ASSERT_THAT(paths, testing::Contains("docs/TOUR.md"));
  EXPECT_THAT(NamesOfNothing(Documents(), paths, ReadGraph()), IsEmpty());
}
TEST(House, NobodyRefersToADocumentThatIsNotHere) {
  std::vector<File> files = Documents();
  for (const std::string folder : {"src", "tests", "config", "recipes"}) {
    for (File& file : ReadTree(folder)) {
      file.path = folder + "/" + file.path;
      // This file has to say the words.
      if (file.path != "tests/house_test.cc") files.push_back(std::move(file));
    }
  }
  EXPECT_THAT(StrangersCited(files, RepositoryPaths()), IsEmpty());
}
TEST(House, TheTableOfModulesIsTheBuilds) {
  const std::string document = ReadText(AISLE_SOURCE_DIR "/docs/ARCHITECTURE.md");
  EXPECT_THAT(AgainstTheTable(document, ReadGraph()), IsEmpty());
}

// The canaries.
Graph GraphOf(const std::string& lines) {
  std::istringstream in(lines);
  return ParseGraph(in);
}

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
TEST(HouseCanary, ANameOfNothingIsSeen) {
  const Graph graph = GraphOf("core/events:\n");
  const std::vector<std::string> paths = {"src/core/events/record.h", "src/app/job.h",
                                          "docs/TOUR.md", "README.md"};
  const auto names = [&](const std::string& text) {
    return NamesOfNothing({{"docs/A.md", text}}, paths, graph);
  };
  EXPECT_THAT(names("`core/events/record.h` `core/events` `src/core/` `events/record.h` `app/job`\n"
                    "[t](TOUR.md) [r](../README.md#top) [w](https://a.example) `core/*/record.*`\n"
                    "`a/b.h` `1/2` `events/<n>` `job.h` `.h` `manifest.json`\n```\ncore/none.h "
                    "`core/none.h`\n```\n"),
              IsEmpty());
  EXPECT_THAT(names("`core/none.h` `events/none.h` `docs/B.md` `app/none` [x](NONE.md) `core/*.h` "
                    "`none.h`\n"),
              ElementsAre("docs/A.md names core/none.h", "docs/A.md names events/none.h",
                          "docs/A.md names docs/B.md", "docs/A.md names app/none",
                          "docs/A.md names core/*.h", "docs/A.md names none.h",
                          "docs/A.md names docs/NONE.md"));
}
TEST(HouseCanary, ANumberThatTwoDecisionsHaveIsSeen) {
  EXPECT_THAT(NumberedTwice({"docs/decisions/0001-a.md", "docs/decisions/0002-b.md",
                             "docs/decisions/0001-c.md", "docs/0003.md", "src/0003.md"}),
              ElementsAre("several decisions are 0001"));
}
TEST(HouseCanary, ADocumentThatIsNotHereIsSeen) {
  const auto cited = [](const std::string& text) {
    return StrangersCited({{"a.h", text}}, {"docs/TOUR.md"});
  };
  EXPECT_THAT(cited("docs/TOUR.md says. DROP SCHEMA raw; *.md; DESIGNED; AISLE_SCHEMA"), IsEmpty());
  EXPECT_THAT(cited("as SCHEMA names it, see DESIGN. (GONE.md)"),
              ElementsAre("a.h cites SCHEMA", "a.h cites DESIGN", "a.h cites GONE.md"));
}

}  // namespace
