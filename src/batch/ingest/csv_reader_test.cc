#include "ingest/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace aisle::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Each record as "line: field|field" or "line! reason <text>".
std::vector<std::string> Read(const std::string& bytes, char delimiter = ',', bool header = true,
                              std::size_t columns = 0) {
  auto reader = CsvReader::Over(bytes, "orders.csv", delimiter, header, columns);
  if (!reader) return {reader.error().message};
  std::vector<std::string> records;
  CsvRecord record;
  for (;;) {
    const auto any = reader->Next(record);
    if (!any) return {any.error().message};
    if (!*any) return records;
    std::string text = std::to_string(record.line);
    if (record.reject.empty()) {
      text += ":";
      for (const auto field : record.fields) text += " [" + std::string(field) + "]";
    } else {
      text += "! " + record.reject + " <" + std::string(record.text) + ">";
    }
    records.push_back(text);
  }
}

TEST(CsvReader, ReadsFieldsWithTheirLine) {
  EXPECT_THAT(Read("a,b\n1,2\n\n3,\n"), ElementsAre("2: [1] [2]", "4: [3] []"));
  EXPECT_THAT(Read("a;b\r\n1;2\r\n", ';'), ElementsAre("2: [1] [2]"));
  EXPECT_THAT(Read("1\t2\n", '\t', false, 2), ElementsAre("1: [1] [2]"));
}

TEST(CsvReader, TheLastLineNeedsNoEnd) {
  EXPECT_THAT(Read("a\n1\n2"), ElementsAre("2: [1]", "3: [2]"));
}

TEST(CsvReader, QuotesHoldDelimitersQuotesAndLines) {
  EXPECT_THAT(Read("a,b\n\"x, \"\"y\"\"\",\"1\n2\"\nz,\"\"\n"),
              ElementsAre("2: [x, \"y\"] [1\n2]", "4: [z] []"));
  EXPECT_THAT(Read("a,b\n5\" nail,2\n"), ElementsAre("2: [5\" nail] [2]"));
}

TEST(CsvReader, AMarkAtTheBeginningIsNoName) {
  auto reader = CsvReader::Over(
      "\xEF\xBB\xBF"
      "a,b\n",
      "orders.csv", ',', true);
  ASSERT_TRUE(reader);
  EXPECT_THAT(reader->Header(), ElementsAre("a", "b"));
}

TEST(CsvReader, BadRecordsAreNamedAndReadingGoesOn) {
  EXPECT_THAT(Read("a,b\n1\n2,3\n"),
              ElementsAre("2! 1 fields where the file has 2 columns <1>", "3: [2] [3]"));
  EXPECT_THAT(Read("a,b\n\"x\"y,1\n2,3\n"),
              ElementsAre("2! text after a closing quote <\"x\"y,1>", "3: [2] [3]"));
  EXPECT_THAT(Read("a,b\n\xFFz,1\n2,3\n"),
              ElementsAre("2! not UTF-8 text <\xFFz,1>", "3: [2] [3]"));
  EXPECT_THAT(Read(std::string("a,b\nx\0y,1\n", 10)).front(), HasSubstr("not UTF-8 text"));
}

TEST(CsvReader, AQuoteThatNeverClosesCostsItsLineOnly) {
  EXPECT_THAT(Read("a,b\n1,\"x\n2,3\n"),
              ElementsAre("2! a quote is never closed <1,\"x>", "3: [2] [3]"));
  EXPECT_THAT(Read("a,b\n\"x\n\"y,1\n2,3\n"),
              ElementsAre("2! text after a closing quote <\"x>",
                          "3! a quote is never closed <\"y,1>", "4: [2] [3]"));
}

TEST(CsvReader, AFileThatWasCutShortLosesItsLastLine) {
  EXPECT_THAT(Read("a,b,c\n1,2,3\n4,5"),
              ElementsAre("2: [1] [2] [3]", "3! 2 fields where the file has 3 columns <4,5>"));
}

TEST(CsvReader, RecordsMayLieAcrossTheBuffersEnd) {
  std::string bytes = "a,b\n";
  std::vector<std::string> expected;
  for (int i = 0; i < 30'000; ++i) {
    const std::string field =
        std::to_string(i) + std::string(static_cast<std::size_t>(i % 37), 'x');
    bytes += "\"" + field + "\",\"p\nq\"\n";
    expected.push_back(std::to_string(2 + 2 * i) + ": [" + field + "] [p\nq]");
  }
  EXPECT_EQ(Read(bytes), expected);
}

TEST(CsvReader, WhatIsNoCsvIsRefused) {
  EXPECT_THAT(Read(""), ElementsAre(HasSubstr("orders.csv: empty")));
  EXPECT_THAT(Read(std::string("\xFF\xFE"
                               "a\0",
                               4)),
              ElementsAre(HasSubstr("UTF-16")));
  EXPECT_THAT(Read("a,a\n"), ElementsAre(HasSubstr("names 'a' twice")));
  EXPECT_THAT(Read(std::string(3 * kCsvRecordBytesMax, 'x')),
              ElementsAre(HasSubstr("longer than 1 MiB")));
}

TEST(CsvReader, AnEndlessQuotedFieldIsCutAtItsFirstLine) {
  const auto records = Read("a\n\"x\n" + std::string(2 * kCsvRecordBytesMax, '\n') + "y\n");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0], "2! longer than 1 MiB <\"x>");
}

TEST(CsvReader, MissingFilesAndFoldersAreNamed) {
  auto missing = CsvReader::Open("/nonexistent/orders.csv", ',', true);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("orders.csv"));
  EXPECT_FALSE(CsvReader::Open("/tmp", ',', true));
}

}  // namespace
}  // namespace aisle::ingest
