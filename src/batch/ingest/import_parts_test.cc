// Sources of several files: folders and patterns of CSV and Parquet parts.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/files.h"
#include "ingest/import.h"
#include "ingest/stage.h"
#include "ingest/warehouse_testing.h"

namespace aisle::ingest {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class PartsTest : public WarehouseTest {
 protected:
  // A mapping of views of products by receipt, customer and day out of `file`.
  void Map(const std::string& file, const std::string& more = "") {
    Write("m.toml", "name = \"parts\"\nabout = \"parts\"\n[sources.views]\nfile = \"" + file +
                        "\"\n" + more +
                        R"toml([sources.views.columns]
view = "TEXT"
customer = "BIGINT"
day = "DATE"
[[tables]]
table = "raw.event_stream"
from = "views"
query = """
SELECT source_line, view AS event_id, 'v' AS visitor_id, customer AS customer_id, 'product_view' AS event_type,
       CAST(day AS TIMESTAMP) AS event_timestamp, 1 AS product_id
FROM views
"""
)toml");
  }
  std::string Part(const std::string& name, std::string_view bytes) {
    fs::create_directories((folder_ / name).parent_path());
    return Write(name, bytes);
  }
  void CopyPart(const std::string& select, const std::string& name) {
    fs::create_directories((folder_ / name).parent_path());
    const std::string said =
        Rows("COPY (" + select + ") TO '" + (folder_ / name).string() + "' (FORMAT parquet)");
    ASSERT_TRUE(fs::exists(folder_ / name)) << said;
  }
  // "files rows rejected, rows added rejected", or the error.
  std::string Import() {
    const auto report =
        ingest::Import(*connection_, (folder_ / "m.toml").string(), folder_, Options());
    if (!report) return report.error().message;
    const ImportedSource& source = report->sources[0];
    const ImportedTable& table = report->tables[0];
    return fmt::format("{} {} {}, {} {} {}", source.files, source.rows, source.rejected, table.rows,
                       table.added, table.rejected);
  }
  std::string Events() {
    return Rows(
        "SELECT event_id, customer_id, event_timestamp FROM raw.event_stream ORDER BY event_id");
  }
  std::string Rejects() {
    return Rows("SELECT source, line, reason FROM raw.rejects ORDER BY ALL");
  }
};

TEST_F(PartsTest, CsvPartsHaveAHeaderEachInAnyOrder) {
  Map("views");
  Part("views/part-0.csv", "view,customer,day\nA,1,2025-01-10\nB,x,2025-01-10\n");
  Part("views/part-1.csv", "");  // A part without rows.
  Part("views/part-2.csv",
       "day,more,customer,view\n2025-01-11,z,2,C\n\n2025-01-12,z,3\n2025-01-12,z,3,");
  Part("views/_SUCCESS", "");
  EXPECT_EQ(Import(), "3 5 2, 3 2 1");
  EXPECT_EQ(Events(), "A|1|2025-01-10 00:00:00\nC|2|2025-01-11 00:00:00\n");
  EXPECT_EQ(Rejects(),
            "parts/views/part-0.csv|3|customer: 'x' is not BIGINT\n"
            "parts/views/part-2.csv|4|3 fields where the file has 4 columns\n"
            "parts/views/part-2.csv|5|event_id: missing\n")
      << "each by its own file and line, wherever it was found";
}

TEST_F(PartsTest, CsvPartsWithoutHeaderAreOneFile) {
  Map("views/*.csv", "header = false\n");
  Part("views/a.csv", "A,1,2025-01-10\nB,1,2025-01-10");
  Part("views/b.csv", "C,1,2025-01-10\nD,x,2025-01-10\n");
  EXPECT_EQ(Import(), "2 4 1, 3 3 0");
  EXPECT_EQ(Rejects(), "parts/views/b.csv|2|customer: 'x' is not BIGINT\n");
}

TEST_F(PartsTest, ALineOfNoSourceIsNotAPartsLine) {
  Map("views");
  std::string mapping = *base::ReadFile(folder_ / "m.toml");
  Write("m.toml", mapping.replace(mapping.find("source_line, "), 13, ""));
  Part("views/a.csv", "view,customer,day\nA,1,2025-01-10\n");
  Part("views/b.csv", "view,customer,day\nB,1,2025-01-10\n,1,2025-01-10\n");
  EXPECT_EQ(Import(), "2 3 0, 3 2 1");
  EXPECT_EQ(Rejects(), "parts/views|3|event_id: missing\n") << "the query's third row";
}

TEST_F(PartsTest, WhenNothingCameInTheRejectedRowsOfThePartsAreShown) {
  for (const char* file : {"views", "views/", "views/*.csv", "*/*.csv"}) {
    Map(file);
    Part("views/a.csv", "view,customer,day\nA,x,2025-01-10\nA,y,2025-01-10\n");
    Part("views/b.csv", "view,customer,day\n\nA,1,soon\nA,z,2025-01-10\n");
    EXPECT_THAT(Import(), HasSubstr(": none of its 4 rows can be used; rejected: "
                                    "views/a.csv, line 2: customer: 'x' is not BIGINT; "
                                    "views/a.csv, line 3: customer: 'y' is not BIGINT; "
                                    "views/b.csv, line 3: day: 'soon' is not DATE; at_least_rows"))
        << file;
    Part("views/a.csv", "view,customer,day\n,1,2025-01-10\n");
    Part("views/b.csv", "view,customer,day\n,1,2025-01-10\n");
    EXPECT_THAT(
        Import(),
        HasSubstr("raw.event_stream: none of its 2 rows can be used; rejected: views/a.csv, "
                  "line 2: event_id: missing; views/b.csv, line 2: event_id: missing; at_"))
        << file;
  }
  Map("views");
  std::string mapping = *base::ReadFile(folder_ / "m.toml");
  Write("m.toml", mapping.replace(mapping.find("source_line, "), 13, ""));
  EXPECT_THAT(Import(),
              HasSubstr("rejected: line 1: event_id: missing; line 2: event_id: missing;"))
      << "rows of the query, of no part";
}

TEST_F(PartsTest, PartsWithoutRowsAreNoSuccess) {
  Map("views");
  Part("views/a.csv", "view,customer,day\n");
  Part("views/b.csv", "");
  EXPECT_THAT(Import(), HasSubstr("m.toml:3: views: no rows in any of its files; at_least_rows"));
  fs::remove_all(folder_ / "views");
  CopyPart("SELECT 'D' AS view, 4 AS customer, DATE '2025-01-13' AS day WHERE false", "views/a");
  EXPECT_THAT(Import(), HasSubstr("m.toml:3: views: no rows; at_least_rows"));
}

TEST_F(PartsTest, APartThatLacksAColumnIsNamed) {
  Map("views");
  Part("views/a.csv", "view,customer,day\nA,1,2025-01-10\n");
  Part("views/b.csv", "view,client,day,\nA,1,2025-01-10,\n");
  EXPECT_THAT(
      Import(),
      HasSubstr("m.toml:7: views/b.csv has no column 'customer'; it has view, client, day"));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.event_stream"), "0\n");
  Part("views/a.csv", "");
  Part("views/b.csv", "\n");
  EXPECT_THAT(Import(), HasSubstr("views: its 2 files are empty, not even a header"));
}

TEST_F(PartsTest, FoldersNamedByAValueGiveTheColumn) {
  Map("views");
  Part("views/day=2025-01-10/a.csv", "view,customer\nA,1\n");
  Part("views/day=__HIVE_DEFAULT_PARTITION__/a.csv", "view,customer\nB,2\n");
  Part("views/day=soon/a.csv", "view,customer\nC,3\n");
  EXPECT_EQ(Import(), "3 3 1, 2 1 1");
  EXPECT_EQ(Rejects(),
            "parts/views/day=__HIVE_DEFAULT_PARTITION__/a.csv|2|event_timestamp: missing\n"
            "parts/views/day=soon/a.csv|2|day: 'soon' is not DATE\n");
  fs::remove_all(folder_ / "views");
  Map("views", "header = false\n");
  Part("views/day=2025-01-11/a.csv", "D,4\n");
  EXPECT_EQ(Import(), "1 1 0, 1 1 0");
}

TEST_F(PartsTest, ParquetPartsAreMatchedByNameEachByItsOwnTypes) {
  Map("views");
  CopyPart("SELECT 'A' AS view, 1 AS customer, DATE '2025-01-10' AS day", "views/part-0");
  CopyPart("SELECT 0 AS more, DATE '2025-01-11' AS day, CAST(2 AS BIGINT) AS customer, 'B' AS view",
           "views/part-1");
  CopyPart("SELECT 'C' AS view, unnest([3.0, 3.5]::DOUBLE[]) AS customer, '2025-01-12' AS day",
           "views/part-2");
  CopyPart("SELECT 'D' AS view, 4 AS customer, DATE '2025-01-13' AS day WHERE false",
           "views/part-3");
  CopyPart("SELECT NULL AS view, 5 AS customer, DATE '2025-01-13' AS day", "views/part-4");
  CopyPart("SELECT 5 AS customer, DATE '2025-01-13' AS day, 'F' AS view", "views/part-5");
  EXPECT_EQ(Import(), "6 6 1, 5 4 1");
  EXPECT_EQ(Events(),
            "A|1|2025-01-10 00:00:00\nB|2|2025-01-11 00:00:00\nC|3|2025-01-12 00:00:00\n"
            "F|5|2025-01-13 00:00:00\n");
  EXPECT_EQ(Rejects(),
            "parts/views/part-2|2|customer: '3.5' is not BIGINT\n"
            "parts/views/part-4|1|event_id: missing\n");
}

TEST_F(PartsTest, ParquetFoldersNamedByAValueGiveTheColumn) {
  Map("views/*/*.parquet");
  CopyPart("SELECT 'A' AS view, 1 AS customer", "views/day=2025-01-10/p.parquet");
  CopyPart("SELECT 'B' AS view, 2 AS customer", "views/day=2025-01-11/p.parquet");
  EXPECT_EQ(Import(), "2 2 0, 2 2 0");
  EXPECT_EQ(Events(), "A|1|2025-01-10 00:00:00\nB|2|2025-01-11 00:00:00\n");
}

TEST_F(PartsTest, AColumnOfTheFilesMayHaveTheNameOfAFileNumber) {
  Map("views");
  for (const char* name : {"a", "b", "c"}) {
    CopyPart(std::string("SELECT 7 AS file_index, 8 AS filename, '") + name +
                 "' AS view, unnest(['x', '2']) AS customer, DATE '2025-01-10' AS day",
             std::string("views/") + name);
  }
  EXPECT_EQ(Import(), "3 6 3, 3 3 0");
  EXPECT_EQ(Rejects(),
            "parts/views/a|1|customer: 'x' is not BIGINT\n"
            "parts/views/b|1|customer: 'x' is not BIGINT\n"
            "parts/views/c|1|customer: 'x' is not BIGINT\n");
}

TEST_F(PartsTest, AColumnThatNobodyReadsMayBeMissingInSomeParts) {
  Map("views");
  CopyPart("SELECT 0 AS more, 'A' AS view, 1 AS customer, DATE '2025-01-10' AS day", "views/a");
  CopyPart("SELECT DATE '2025-01-10' AS day, 2 AS customer, 'B' AS view", "views/b");
  CopyPart("SELECT 'x' AS more, 'C' AS view, 3 AS customer, DATE '2025-01-10' AS day", "views/c");
  EXPECT_EQ(Import(), "3 3 0, 3 3 0");
  EXPECT_EQ(Events(),
            "A|1|2025-01-10 00:00:00\nB|2|2025-01-10 00:00:00\nC|3|2025-01-10 00:00:00\n");
}

TEST_F(PartsTest, PartsMayBeOfManyKindsButNotOfAnyNumber) {
  Map("views");
  // A column of this name is why each is read alone.
  for (std::size_t i = 0; i < kKindsOfPartsMax; ++i) {
    CopyPart(
        fmt::format(
            "SELECT 7 AS file_index, 'A{0}' AS view, {0} AS customer, DATE '2025-01-10' AS day", i),
        fmt::format("views/{}", i));
  }
  EXPECT_EQ(Import(), fmt::format("{0} {0} 0, {0} {0} 0", kKindsOfPartsMax));
  CopyPart("SELECT 'B' AS view, 1 AS customer, DATE '2025-01-10' AS day", "views/more");
  EXPECT_THAT(Import(),
              HasSubstr("views: its columns are of more than 200 kinds in its 201 files"));
}

TEST_F(PartsTest, ColumnsThatTheDatabaseTakesForOneAreRefused) {
  Map("views");
  CopyPart("SELECT 'A' AS view, 1 AS customer, 2 AS custODER, DATE '2025-01-10' AS day", "views/a");
  std::string bytes = *base::ReadFile(folder_ / "views/a");
  for (std::size_t at = bytes.find("custODER"); at != std::string::npos;
       at = bytes.find("custODER"))
    bytes.replace(at, 8, "custOMER");
  Part("views/a", bytes);
  EXPECT_THAT(Import(),
              HasSubstr("views/a has 2 columns 'customer' (capitals or not), which the database"));
}

TEST_F(PartsTest, TextWithANulIsRejectedAsInCsv) {
  Map("views");
  CopyPart("SELECT unnest(['A', 'B' || chr(0)]) AS view, 1 AS customer, DATE '2025-01-10' AS day",
           "views/a");
  EXPECT_EQ(Import(), "1 2 1, 1 1 0");
  EXPECT_THAT(Rows("SELECT reason FROM raw.rejects"), HasSubstr("' is not UTF-8 text without NUL"));
}

TEST_F(PartsTest, ABadParquetPartIsNamed) {
  Map("views");
  CopyPart("SELECT 'A' AS view, 1 AS customer, DATE '2025-01-10' AS day", "views/a.parquet");
  CopyPart("SELECT 'B' AS view, 1 AS customer", "views/b.parquet");
  EXPECT_THAT(Import(),
              HasSubstr("m.toml:8: views/b.parquet has no column 'day'; it has view, customer"));
  CopyPart("SELECT 'B' AS view, [1] AS customer, DATE '2025-01-10' AS day", "views/b.parquet");
  EXPECT_THAT(Import(), HasSubstr("views/b.parquet has a column 'customer' of a LIST"));
  Part("views/b.parquet", "view,customer,day\n");
  EXPECT_THAT(Import(), HasSubstr("views/b.parquet: not a Parquet file but lines of text"));
  Part("views/b.parquet", "PAR1" + std::string(100, 'x') + "PAR1");
  EXPECT_THAT(Import(), HasSubstr("views/b.parquet: "));
  Part("views/b.parquet", "PK\x03\x04");
  EXPECT_THAT(Import(),
              HasSubstr("views/b.parquet: not a Parquet file; this is an Excel workbook"));
}

}  // namespace
}  // namespace aisle::ingest
