// Every Parquet type as every type of ours: what comes out is docs/PARQUET_TYPES.md, cell by cell.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "ingest/parquet_columns.h"
#include "ingest/sources.h"
#include "ingest/warehouse_testing.h"

namespace aisle::ingest {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::string_view kTypes[] = {"TEXT",          "INT",     "BIGINT", "DOUBLE",
                                       "DECIMAL(12,2)", "BOOLEAN", "DATE",   "TIMESTAMP"};

class ParquetTypesTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    ASSERT_TRUE(CreateTables(*connection_));
  }

  static fs::path Files() { return fs::path(AISLE_SOURCE_DIR) / "tests/parquet"; }

  std::string Copy(const std::string& select, const std::string& name) {
    return Rows(
        fmt::format("COPY ({}) TO '{}' (FORMAT parquet)", select, (folder_ / name).string()));
  }

  // The column's values as the type, one by line of the file; "–" for a column that is refused, and what was said of it.
  struct Taken {
    std::vector<std::string> cells;
    std::string said;
  };
  Taken Take(const fs::path& file, const std::string& column, std::string_view type,
             const std::string& time_zone = "America/New_York") {
    Mapping mapping;
    mapping.name = "types";
    mapping.file = "types.toml";
    Source source;
    source.name = "s";
    source.file = file.filename();
    source.format = SourceFormat::kParquet;
    source.time_zone = time_zone;
    SourceColumn declared;
    declared.name = column;
    declared.type = type;
    source.columns.push_back(declared);
    mapping.sources.push_back(source);
    EXPECT_TRUE(connection_->Begin());
    Taken taken;
    const auto opened = OpenSources(*connection_, mapping, file.parent_path(), Options());
    if (!opened) {
      taken.said = opened.error().message;
      taken.cells.emplace_back("–");
    } else {
      const std::string rows = fmt::format(
          "SELECT coalesce(CAST(\"{}\" AS VARCHAR), 'NULL') AS cell, source_line AS line FROM s "
          "UNION ALL "
          "SELECT 'rejected', line FROM raw.rejects ORDER BY line",
          column);
      const auto read = connection_->QueryText({"test", rows});
      EXPECT_TRUE(read) << column << " as " << type << ": " << (read ? "" : read.error().message);
      for (const auto& row : *read) taken.cells.push_back(row[0]);
      taken.said = Rows("SELECT reason FROM raw.rejects ORDER BY line");
    }
    EXPECT_TRUE(connection_->Rollback());
    return taken;
  }

  std::vector<std::string> ColumnsOf(const fs::path& file) {
    std::vector<std::string> names;
    const auto files = ReadParquetFiles(*connection_, {{file, file.filename(), {}}});
    EXPECT_TRUE(files) << files.error().message;
    for (const ParquetColumn& column : (*files)[0].columns) names.push_back(column.name);
    return names;
  }

  // Two lines of the table: what the writer put in is what TEXT shows, or its name says it.
  std::string Lines(const fs::path& file, const std::string& more = "") {
    std::string lines;
    for (const std::string& column : ColumnsOf(file)) {
      std::vector<std::vector<std::string>> cells;
      for (const std::string_view type : kTypes) {
        cells.push_back(Take(file, column, type).cells);
        if (cells.back().size() == 1) cells.back().assign(3, cells.back()[0]);
        EXPECT_EQ(cells.back().size(), 3U) << column << " as " << type;
        const std::string& missing = cells.back().back();
        EXPECT_TRUE(missing == "NULL" || missing == "–")
            << column << " as " << type << ": " << missing;
      }
      std::string line[2];
      for (std::size_t row = 0; row < 2; ++row) {
        for (const auto& of_type : cells) line[row] += " | " + of_type[row];
      }
      lines += "| " + column + more + line[0] + " |\n";
      if (line[1] != line[0]) lines += "| " + line[1] + " |\n";
    }
    return lines;
  }
};

TEST_F(ParquetTypesTest, TheTableOfTheDocumentIsWhatComesOut) {
  Copy(
      "SELECT unnest(['a', 'Café', NULL])::ENUM('a', 'Café') AS \"ENUM\", unnest([INTERVAL 1 DAY, "
      "INTERVAL 2 MONTH, NULL]) AS \"INTERVAL\"",
      "duckdb.parquet");
  std::string table;
  for (const char* name : {"types.parquet", "decimal_in_integers.parquet", "int96.parquet"})
    table += Lines(Files() / name);
  table += Lines(Files() / "int96_impala.parquet", " by Impala");
  table += Lines(folder_ / "duckdb.parquet");
  const std::string document =
      *base::ReadFile(fs::path(AISLE_SOURCE_DIR) / "docs/PARQUET_TYPES.md");
  EXPECT_NE(document.find("\n" + table), std::string::npos)
      << "look at what comes out, and if it is right let docs/PARQUET_TYPES.md say so:\n"
      << table;
}

// The cells that lose most when they are wrong, by their values and not by the document.
TEST_F(ParquetTypesTest, WhatWouldBeAnotherValueIsRefusedByName) {
  const auto said = [&](const std::string& column, std::string_view type) {
    return Take(Files() / "types.parquet", column, type).said;
  };
  EXPECT_EQ(
      said("DECIMAL(50,2)", "DECIMAL(12,2)"),
      "types.toml:0: types.parquet has a column 'DECIMAL(50,2)' of DECIMAL(50,2), wider than 38 "
      "digits, which no column can be; write it as DECIMAL(38,2) or less");
  EXPECT_THAT(said("LIST", "TEXT"),
              HasSubstr("of a LIST, which no column can be; write a row for each"));
  EXPECT_THAT(said("STRUCT", "TEXT"),
              HasSubstr("of a STRUCT, which no column can be; write each of"));
  EXPECT_THAT(said("TIME(us)", "TIMESTAMP"),
              HasSubstr("of a time of day, which cannot be TIMESTAMP; declare it TEXT"));
  EXPECT_THAT(said("INT(64)", "TIMESTAMP"),
              HasSubstr("make a time of it in a query (make_timestamp)"));
  EXPECT_THAT(said("BOOLEAN", "DATE"), HasSubstr("which cannot be DATE; declare it BOOLEAN"));
  EXPECT_THAT(Take(Files() / "bson.parquet", "BSON", "TEXT").said,
              HasSubstr("bson.parquet: it has a BSON column, for which"));
}

TEST_F(ParquetTypesTest, BytesWithoutAMarkAreTextWhereTheyAreUtf8) {
  const Taken taken = Take(Files() / "types.parquet", "BYTE_ARRAY", "TEXT");
  EXPECT_THAT(taken.cells, testing::ElementsAre("Café", "rejected", "NULL"));
  EXPECT_EQ(taken.said, "BYTE_ARRAY: '\\xFF\\xFE' is not UTF-8 text without NUL\n");
  EXPECT_THAT(Take(Files() / "types.parquet", "FIXED_LEN_BYTE_ARRAY", "DECIMAL(12,2)").cells,
              testing::ElementsAre("2.50", "rejected", "NULL"));
}

TEST_F(ParquetTypesTest, AnInt96IsAnInstantButFromImpalaALocalTime) {
  EXPECT_THAT(Take(Files() / "int96.parquet", "INT96", "TIMESTAMP").cells,
              testing::ElementsAre("2025-01-10 12:00:00.123", "2025-07-10 12:00:00", "NULL"));
  EXPECT_THAT(Take(Files() / "int96_impala.parquet", "INT96", "TIMESTAMP").cells,
              testing::ElementsAre("2025-01-10 17:00:00.123", "2025-07-10 16:00:00", "NULL"));
}

TEST_F(ParquetTypesTest, AnInt96IsTheDayThatBeginsWithIt) {
  EXPECT_THAT(Take(Files() / "int96.parquet", "INT96", "DATE", "Pacific/Auckland").cells,
              testing::ElementsAre("rejected", "2025-07-11", "NULL"))
      << "noon in UTC is midnight there";
  EXPECT_THAT(Take(Files() / "int96_impala.parquet", "INT96", "DATE", "Pacific/Auckland").cells,
              testing::ElementsAre("rejected", "rejected", "NULL"));
}

TEST_F(ParquetTypesTest, FloatsAreTheIdsTheyWere) {
  EXPECT_THAT(Take(Files() / "types.parquet", "DOUBLE", "TEXT").cells,
              testing::ElementsAre("17850", "19.99", "NULL"));
  EXPECT_THAT(Take(Files() / "types.parquet", "DECIMAL(38,10)", "TEXT").cells,
              testing::ElementsAre("1.2550000000", "17850", "NULL"));
  const Taken large = Take(Files() / "types.parquet", "DOUBLE, large", "TEXT");
  EXPECT_THAT(large.cells, testing::ElementsAre("rejected", "rejected", "NULL"));
  EXPECT_THAT(large.said,
              HasSubstr("' is a whole number that a DOUBLE holds without its last digits; "
                        "write it as an integer or a text\n"));
  EXPECT_THAT(Take(Files() / "types.parquet", "DOUBLE, large", "BIGINT").said,
              HasSubstr("' is beyond what a DOUBLE counts to; write it as an integer\n"));
}

}  // namespace
}  // namespace aisle::ingest
