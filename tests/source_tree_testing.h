// The source tree and the build's graph of modules, as the house rules read them.
#pragma once

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

struct File {
  std::string path;  // Relative to src/: "engines/forest/forest.cc".
  std::string text;
};

struct Module {
  std::string floor;  // "engines"; "app" is a floor of its own.
  std::string name;
  std::set<std::string> depends;
};
// In the order of the build.
using Graph = std::vector<Module>;

inline const Module* Find(const Graph& graph, std::string_view name) {
  for (const Module& module : graph) {
    if (module.name == name) return &module;
  }
  return nullptr;
}

// Lines like "engines/web: base net", the app's "app/app: ...".
inline Graph ParseGraph(std::istream& in) {
  Graph graph;
  for (std::string line; std::getline(in, line);) {
    const std::size_t slash = line.find('/');
    const std::size_t colon = line.find(':');
    if (slash == std::string::npos || colon == std::string::npos) continue;
    Module& module = graph.emplace_back();
    module.floor = line.substr(0, slash);
    module.name = line.substr(slash + 1, colon - slash - 1);
    std::istringstream words(line.substr(colon + 1));
    for (std::string dependency; words >> dependency;) module.depends.insert(dependency);
  }
  return graph;
}

inline Graph GraphOf(const std::string& lines) {
  std::istringstream in(lines);
  return ParseGraph(in);
}

inline std::string ReadText(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline Graph ReadGraph() {
  std::ifstream in(AISLE_MODULE_GRAPH);
  return ParseGraph(in);
}

// Every .cc, .h, .sql and .md below `folder` of the repository, with paths relative to it.
inline std::vector<File> ReadTree(std::string_view folder) {
  const std::filesystem::path root = std::filesystem::path(AISLE_SOURCE_DIR) / folder;
  std::vector<File> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".cc" || extension == ".h" || extension == ".sql" || extension == ".md")
      files.push_back(
          {std::filesystem::relative(entry.path(), root).string(), ReadText(entry.path())});
  }
  return files;
}

// Every file of the repository: of its root and of its own folders, whatever else lies beside them.
inline std::vector<std::string> RepositoryPaths() {
  const std::filesystem::path root = AISLE_SOURCE_DIR;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (entry.is_regular_file()) paths.push_back(entry.path().filename().string());
  }
  for (const char* folder : {".ci", "bench", "cmake", "config", "docs", "recipes", "src", "tests",
                             "third_party", "tools"}) {
    if (!std::filesystem::exists(root / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (entry.is_regular_file())
        paths.push_back(std::filesystem::relative(entry.path(), root).string());
    }
  }
  return paths;
}

// What people read: every .md file.
inline std::vector<File> Documents() {
  std::vector<File> documents;
  for (const std::string& path : RepositoryPaths()) {
    if (path.ends_with(".md"))
      documents.push_back({path, ReadText(std::filesystem::path(AISLE_SOURCE_DIR) / path)});
  }
  return documents;
}

inline std::vector<std::string> Parts(const std::string& path) {
  std::vector<std::string> parts;
  for (const auto& part : std::filesystem::path(path)) parts.push_back(part.string());
  return parts;
}

// "engines/forest/forest.cc" and "engines/forest/sweep/sweep.cc" -> "forest"; "app/main.cc" -> "app".
inline std::string ModuleOf(const std::string& path) {
  const auto parts = Parts(path);
  if (parts[0] == "app") return "app";
  return parts.size() > 2 ? parts[1] : "";
}

// A header of src/ as others include it: without the floor, which the app does not have.
inline std::string IncludedAs(const std::string& path) {
  return path.starts_with("app/") ? path : path.substr(path.find('/') + 1);
}

struct Include {
  std::string header;   // As it is written: "forest/forest.h".
  bool quoted = false;  // Ours, that is.
};

// The line's #include; an empty header if it has none.
inline Include IncludeOf(const std::string& line) {
  const auto open = line.find_first_of("\"<");
  if (!line.starts_with("#include") || open == std::string::npos) return {};
  return {line.substr(open + 1, line.find_first_of("\">", open + 1) - open - 1), line[open] == '"'};
}

inline std::vector<Include> IncludesOf(const std::string& text) {
  std::vector<Include> includes;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (Include include = IncludeOf(line); !include.header.empty())
      includes.push_back(std::move(include));
  }
  return includes;
}
