#include "ingest/part_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/temp_folder_testing.h"

namespace aisle::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

class PartFilesTest : public testing::Test {
 protected:
  void Make(const std::string& name) {
    fs::create_directories((Folder() / name).parent_path());
    std::ofstream(Folder() / name) << "x";
  }
  // "name" or "name key=value" each, or the error.
  std::vector<std::string> Find(const std::string& file) {
    const auto parts = FindParts(Folder(), file);
    if (!parts) return {parts.error().message};
    std::vector<std::string> found;
    for (const PartFile& part : *parts) {
      EXPECT_TRUE(fs::is_regular_file(part.path)) << part.path;
      EXPECT_TRUE(MayBePart(part.name, file)) << part.name << " of " << file;
      std::string text = part.name;
      for (const auto& [key, value] : part.keys) text += " " + key + "=" + value.value_or("(none)");
      found.push_back(text);
    }
    return found;
  }
  const fs::path& Folder() const { return folder_.Path(); }

 private:
  base::TempFolder folder_;
};

TEST_F(PartFilesTest, AFileIsItself) {
  Make("orders.csv");
  EXPECT_THAT(Find("orders.csv"), ElementsAre("orders.csv"));
  EXPECT_THAT(Find("order.csv"), ElementsAre(HasSubstr("order.csv: no such file")));
  Make("ord[e]r*.csv");
  EXPECT_THAT(Find("ord[e]r*.csv"), ElementsAre("ord[e]r*.csv")) << "a file of that very name";
}

TEST_F(PartFilesTest, AFolderIsItsFilesButForHiddenOnes) {
  for (const char* name : {"orders/part-1", "orders/part-0", "orders/_SUCCESS",
                           "orders/.part-0.crc", "orders/_temporary/part-9", "orders/more/part-2"})
    Make(name);
  EXPECT_THAT(Find("orders"), ElementsAre("orders/more/part-2", "orders/part-0", "orders/part-1"));
  EXPECT_THAT(Find("orders/"), ElementsAre("orders/more/part-2", "orders/part-0", "orders/part-1"));
  Make("empty/_SUCCESS");
  EXPECT_THAT(Find("empty"), ElementsAre(HasSubstr("empty: a folder without files")));
}

TEST_F(PartFilesTest, APatternIsWhatFitsIt) {
  for (const char* name : {"a-1.csv", "a-2.csv", "b-1.csv", ".a-3.csv", "_a-4.csv", "x/a-5.csv"})
    Make(name);
  EXPECT_THAT(Find("a-*.csv"), ElementsAre("a-1.csv", "a-2.csv"));
  EXPECT_THAT(Find("[ab]-1.csv"), ElementsAre("a-1.csv", "b-1.csv"));
  EXPECT_THAT(Find("*/a-?.csv"), ElementsAre("x/a-5.csv"));
  EXPECT_THAT(Find("*.csv"), ElementsAre("a-1.csv", "a-2.csv", "b-1.csv"));
  EXPECT_THAT(Find("_*.csv"), ElementsAre("_a-4.csv")) << "asked for";
  EXPECT_THAT(Find("c-*.csv"), ElementsAre(HasSubstr("c-*.csv: no file fits this pattern")));
  EXPECT_FALSE(MayBePart("b-1.csv", "a-*.csv"));
}

TEST_F(PartFilesTest, FoldersNamedByAValueGiveAColumn) {
  Make("orders/day=2025-01-10/shop=A%2FB/part-0");
  Make("orders/day=__HIVE_DEFAULT_PARTITION__/part-0");
  EXPECT_THAT(Find("orders"),
              ElementsAre("orders/day=2025-01-10/shop=A%2FB/part-0 day=2025-01-10 shop=A/B",
                          "orders/day=__HIVE_DEFAULT_PARTITION__/part-0 day=(none)"));
  EXPECT_THAT(Find("orders/day=2025*"),
              ElementsAre("orders/day=2025-01-10/shop=A%2FB/part-0 day=2025-01-10 shop=A/B"));
}

TEST_F(PartFilesTest, ATableFormatsFilesAreNotTheTable) {
  Make("delta/_delta_log/0.json");
  Make("delta/part-0.parquet");
  EXPECT_THAT(
      Find("delta"),
      ElementsAre(HasSubstr("delta: a Delta table, whose files hold rows that were deleted")));
  EXPECT_THAT(Find("delta/*.parquet"), ElementsAre(HasSubstr("a Delta table")));
  Make("ice/metadata/v1.json");
  Make("ice/data/part-0.parquet");
  EXPECT_THAT(Find("ice"), ElementsAre(HasSubstr("an Iceberg table")));
  EXPECT_THAT(Find("ice/data"), ElementsAre(HasSubstr("an Iceberg table")));
  // Nor is a folder of it, nor a file.
  Make("delta/day=1/part-0.parquet");
  Make("ice/data/day=1/part-0.parquet");
  for (const char* part : {"delta/day=1", "delta/day=1/*.parquet", "delta/day=1/part-0.parquet"})
    EXPECT_THAT(Find(part), ElementsAre(HasSubstr("a Delta table"))) << part;
  EXPECT_THAT(Find("ice/data/day=1"), ElementsAre(HasSubstr("an Iceberg table")));
}

TEST_F(PartFilesTest, WhatLinksLeadToIsReadOnceByItsOwnName) {
  Make("orders/day=1/part-0");
  Make("orders/day=2/part-0");
  fs::create_directory_symlink("day=2", Folder() / "orders/a-latest");
  fs::create_directory_symlink(".", Folder() / "orders/self");
  fs::create_symlink("day=1/part-0", Folder() / "orders/first");
  EXPECT_THAT(Find("orders"),
              ElementsAre("orders/day=1/part-0 day=1", "orders/day=2/part-0 day=2"));
  EXPECT_THAT(Find("orders/*"),
              ElementsAre("orders/day=1/part-0 day=1", "orders/day=2/part-0 day=2"));
  EXPECT_THAT(Find("orders/a-latest"), ElementsAre("orders/a-latest/part-0"))
      << "that is what was asked for";
}

TEST_F(PartFilesTest, ALinkThatLeadsNowhereSaysSo) {
  Make("orders/part-0");
  fs::create_symlink("gone", Folder() / "orders/broken");
  EXPECT_THAT(Find("orders"), ElementsAre("orders/broken: a symbolic link to what is not there"));
  fs::remove(Folder() / "orders/broken");
  fs::create_symlink("b", Folder() / "orders/a");
  fs::create_symlink("a", Folder() / "orders/b");
  EXPECT_THAT(Find("orders"), ElementsAre("orders/a: a symbolic link that leads in a circle"));
  EXPECT_THAT(Find("orders/a"), ElementsAre(HasSubstr("leads in a circle")));
}

}  // namespace
}  // namespace aisle::ingest
