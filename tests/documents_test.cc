// Checks of what people read: whether what documents name is there.
//
// Each rule is a function from the files to complaints, and has a canary below.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "source_tree_testing.h"

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Complaints = std::vector<std::string>;

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
      static const std::set<std::string> kBeforeSchema = {"CREATE", "DROP", "ON", "IN"};
      const bool is_sql = word == "SCHEMA" && kBeforeSchema.contains(last);
      const bool is_paper = strangers.contains(word) && !is_sql;
      const bool is_file = word.ends_with(".md") && word.size() > 3 && !known.contains(word);
      if (is_paper || is_file) complaints.push_back(file.path + " cites " + word);
      last = std::move(word);
    }
  }
  return complaints;
}

TEST(Documents, EveryDecisionHasANumberOfItsOwn) {
  EXPECT_THAT(NumberedTwice(RepositoryPaths()), IsEmpty());
}
TEST(Documents, DocumentsNameWhatThereIs) {
  const std::vector<std::string> paths = RepositoryPaths();
  ASSERT_THAT(paths, testing::Contains("docs/TOUR.md"));
  EXPECT_THAT(NamesOfNothing(Documents(), paths, ReadGraph()), IsEmpty());
}
TEST(Documents, NobodyRefersToADocumentThatIsNotHere) {
  std::vector<File> files = Documents();
  for (const std::string folder : {"src", "tests", "config", "recipes"}) {
    for (File& file : ReadTree(folder)) {
      file.path = folder + "/" + file.path;
      // This file has to say the words.
      if (file.path != "tests/documents_test.cc") files.push_back(std::move(file));
    }
  }
  EXPECT_THAT(StrangersCited(files, RepositoryPaths()), IsEmpty());
}

// The canaries.
TEST(DocumentsCanary, ANameOfNothingIsSeen) {
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
TEST(DocumentsCanary, ANumberThatTwoDecisionsHaveIsSeen) {
  EXPECT_THAT(NumberedTwice({"docs/decisions/0001-a.md", "docs/decisions/0002-b.md",
                             "docs/decisions/0001-c.md", "docs/0003.md", "src/0003.md"}),
              ElementsAre("several decisions are 0001"));
}
TEST(DocumentsCanary, ADocumentThatIsNotHereIsSeen) {
  const auto cited = [](const std::string& text) {
    return StrangersCited({{"a.h", text}}, {"docs/TOUR.md"});
  };
  EXPECT_THAT(cited("docs/TOUR.md says. DROP SCHEMA raw; *.md; DESIGNED; AISLE_SCHEMA"), IsEmpty());
  EXPECT_THAT(cited("as SCHEMA names it, see DESIGN. (GONE.md)"),
              ElementsAre("a.h cites SCHEMA", "a.h cites DESIGN", "a.h cites GONE.md"));
}

}  // namespace
