// Tests' helpers are known by their names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "source_tree_testing.h"

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Complaints = std::vector<std::string>;

// Whether the file of src/ is compiled for tests, benchmarks or fuzz targets alone, by its name.
bool IsOfTests(std::string_view path) {
  const std::string_view stem = path.substr(0, path.rfind('.'));
  if (stem.ends_with("_testing")) return true;
  return path.ends_with(".cc") &&
         (stem.ends_with("_test") || stem.ends_with("_pgtest") || stem.ends_with("_bench") ||
          stem.ends_with("_fuzz") || stem.ends_with("_guard"));
}

// What only tests use says so by its name, and products do not use it: every header of src/ that no product's .cc
// reaches but its own, every *_testing.h that a product's file includes. In tests/ products use nothing.
Complaints TestHelpersByName(const std::vector<File>& files, const std::vector<File>& tests) {
  std::multimap<std::string, const File*> includers;
  Complaints complaints;
  for (const File& file : files) {
    for (const Include& include : IncludesOf(file.text)) {
      includers.emplace(include.header, &file);
      if (include.header.ends_with("_testing.h") && !IsOfTests(file.path))
        complaints.push_back(file.path + " is no test and includes " + include.header);
    }
  }
  const auto product_reaches = [&](const std::string& path) {
    const std::string own = path.substr(0, path.rfind('.')) + ".cc";
    std::set<std::string> seen;
    std::vector<std::string> open = {IncludedAs(path)};
    while (!open.empty()) {
      const std::string next = open.back();
      open.pop_back();
      if (!seen.insert(next).second) continue;
      for (auto [at, end] = includers.equal_range(next); at != end; ++at) {
        const std::string& by = at->second->path;
        if (by.ends_with(".h")) open.push_back(IncludedAs(by));
        if (by.ends_with(".cc") && by != own && !IsOfTests(by)) return true;
      }
    }
    return false;
  };
  const auto complain = [&](const std::string& path) {
    complaints.push_back("only tests use " + path + ": call it *_testing.h");
  };
  for (const File& file : files) {
    if (file.path.ends_with(".h") && !IsOfTests(file.path) && !product_reaches(file.path))
      complain(file.path);
  }
  for (const File& file : tests) {
    if (file.path.ends_with(".h") && !IsOfTests(file.path)) complain("tests/" + file.path);
  }
  return complaints;
}

TEST(Helpers, AreKnownByTheirNames) {
  EXPECT_THAT(TestHelpersByName(ReadTree("src"), ReadTree("tests")), IsEmpty());
}

// The canaries.
TEST(HelpersCanary, AHelperThatDoesNotSaySoIsSeen) {
  const std::vector<File> files = {
      {"engines/kv/kv.h", "#include \"kv/page.h\"\n"},
      {"engines/kv/page.h", ""},  // A product's, by way of kv.h.
      {"engines/kv/table.cc", "#include \"kv/kv.h\"\n"},
      {"engines/kv/folder.h", "#include \"kv/inner/name.h\"\n"},
      {"engines/kv/inner/name.h", ""},
      {"engines/kv/asker.h", ""},  // No product's: who makes it does not use it.
      {"engines/kv/asker.cc", "#include \"kv/asker.h\"\n"},
      {"engines/kv/shop_testing.h", "#include \"kv/folder.h\"\n"},
      {"engines/kv/shop_testing.cc", "#include \"kv/inner/name.h\"\n"},
      {"engines/kv/kv_test.cc", "#include \"kv/asker.h\"\n#include \"kv/kv.h\"\n"},
      {"engines/kv/kv_bench.cc", "#include \"kv/folder.h\"\n"},
      {"engines/kv/kv_fuzz.cc", "#include \"kv/folder.h\"\n"}};
  EXPECT_THAT(TestHelpersByName(files, {{"walls.h", ""}, {"tree_testing.h", ""}}),
              ElementsAre("only tests use engines/kv/folder.h: call it *_testing.h",
                          "only tests use engines/kv/inner/name.h: call it *_testing.h",
                          "only tests use engines/kv/asker.h: call it *_testing.h",
                          "only tests use tests/walls.h: call it *_testing.h"));
}
TEST(HelpersCanary, AProductThatUsesAHelperOfTestsIsSeen) {
  const std::string uses = "#include \"kv/shop_testing.h\"\n";
  const std::vector<File> files = {{"engines/kv/shop_testing.h", ""},
                                   {"engines/kv/kv.h", uses},
                                   {"engines/kv/kv.cc", uses},
                                   {"engines/kv/other.cc", "#include \"kv/kv.h\"\n"},
                                   {"engines/kv/more_testing.h", uses},
                                   {"engines/kv/shop_testing.cc", uses},
                                   {"core/events/events_test.cc", uses},
                                   {"core/events/events_fuzz.cc", uses},
                                   {"core/events/events_bench.cc", uses},
                                   {"core/events/events_guard.cc", uses},
                                   {"core/events/events_test.h", uses}};
  EXPECT_THAT(TestHelpersByName(files, {{"parity/parity_test.cc", uses}}),
              ElementsAre("engines/kv/kv.h is no test and includes kv/shop_testing.h",
                          "engines/kv/kv.cc is no test and includes kv/shop_testing.h",
                          "core/events/events_test.h is no test and includes kv/shop_testing.h",
                          "only tests use core/events/events_test.h: call it *_testing.h"));
}

}  // namespace
