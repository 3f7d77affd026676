#include "ingest/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/temp_folder_testing.h"

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

TEST(CsvReader, OtherKindsOfFileAreNamedByTheirFirstBytes) {
  const auto said = [](std::string_view bytes) { return Read(std::string(bytes)).front(); };
  using namespace std::string_view_literals;
  EXPECT_THAT(said("receipt,who\rR1,a\r"sv), HasSubstr("orders.csv: its lines end with CR alone"));
  EXPECT_THAT(said("receipt,who\rR1,\"a\nb\"\r"sv), HasSubstr("lines end with CR alone"))
      << "though a text holds a line feed";
  EXPECT_THAT(said("PK\x03\x04xl/workbook"sv), HasSubstr("this is an Excel workbook (.xlsx) or"));
  EXPECT_THAT(said("\xD0\xCF\x11\xE0"sv), HasSubstr("this is an old Excel workbook"));
  EXPECT_THAT(said("PAR1\x15\x04"sv), HasSubstr("a Parquet file; say format = \"parquet\""));
  EXPECT_THAT(said("\x28\xB5\x2F\xFDzz"sv), HasSubstr("compressed with zstd; decompress it"));
  EXPECT_THAT(said("\xFE\xFF\0a\0,"sv),
              HasSubstr("UTF-16; say encoding = \"utf-16\" in its source"));
  EXPECT_THAT(said("a\0,\0b\0\n\0"sv), HasSubstr("UTF-16 without a mark"));
  EXPECT_THAT(said("<!DOCTYPE html><html>"sv), HasSubstr("an HTML page"));
  EXPECT_THAT(said("{\"receipt\": \"R1\"}\n"sv), HasSubstr("this is JSON"));
  EXPECT_THAT(said("SQLite format 3\0more"sv), HasSubstr("an SQLite database"));
  EXPECT_THAT(said("caf\xE9,b\n"sv),
              HasSubstr("the header: not UTF-8 text; name its encoding in its source"));
}

TEST(CsvReader, AHeaderMayBeginLikeAnotherKindOfFile) {
  EXPECT_THAT(Read("ORCHARD,b\n1,2\n"), ElementsAre("2: [1] [2]"));
  EXPECT_THAT(Read("PAR1,FEA1\r\n1,2\r\n"), ElementsAre("2: [1] [2]"));
  EXPECT_THAT(Read("[a],{b}\n1,2\n"), ElementsAre("2: [1] [2]"));
}

TEST(CsvReader, ColumnsWithoutANameMayBeMany) {
  EXPECT_THAT(Read("a,b,,\n1,2,,\n"), ElementsAre("2: [1] [2] [] []"));
}

class GzipTest : public testing::Test {
 protected:
  // A gzip member of the text.
  static std::string Member(std::string text) {
    z_stream deflating{};
    std::string out(compressBound(text.size()) + 64, ' ');
    EXPECT_EQ(deflateInit2(&deflating, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    deflating.next_in = reinterpret_cast<Bytef*>(text.data());
    deflating.avail_in = static_cast<uInt>(text.size());
    deflating.next_out = reinterpret_cast<Bytef*>(out.data());
    deflating.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&deflating, Z_FINISH), Z_STREAM_END);
    out.resize(deflating.total_out);
    deflateEnd(&deflating);
    return out;
  }
  // Lines of the first field, or the error.
  std::string Lines(const std::string& bytes) const {
    const auto path = folder_.Path() / "orders.csv.gz";
    std::ofstream(path, std::ios::binary) << bytes;
    auto reader = CsvReader::Open(path, ',', true);
    if (!reader) return reader.error().message;
    std::string lines;
    CsvRecord record;
    for (;;) {
      const auto any = reader->Next(record);
      if (!any) return any.error().message;
      if (!*any) return lines;
      lines += std::to_string(record.line) + ":" + std::string(record.fields[0]) + " ";
    }
  }
  base::TempFolder folder_;
};

TEST_F(GzipTest, AreReadAsWhatTheyHold) {
  EXPECT_EQ(Lines(Member("a,b\n1,x\n2,y\n")), "2:1 3:2 ");
  EXPECT_THAT(Lines(Member(Member("a,b\n1,x\n"))), HasSubstr("this is compressed with gzip"))
      << "twice";
  EXPECT_EQ(Lines(Member("a,b\n1,x\n") + Member("") + Member("2,y\n") + std::string(100, '\0')),
            "2:1 3:2 ")
      << "members one after another, and a tape's zeros";
  std::string long_text = "a,b\n";
  for (int i = 0; i < 200'000; ++i) long_text += std::to_string(i) + ",x\n";
  EXPECT_THAT(Lines(Member(long_text)), HasSubstr(" 200001:199999 "));
}

TEST_F(GzipTest, DamageIsAnErrorAndNotAnEnd) {
  std::string text = "a,b\n";
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919) + ",x\n";
  const std::string whole = Member(text);
  EXPECT_EQ(Lines(whole.substr(0, whole.size() / 2)),
            "orders.csv.gz: its gzip data ends too early; was its copy cut short?");
  EXPECT_THAT(Lines(whole.substr(0, whole.size() - 1)), HasSubstr("ends too early"))
      << "its checksum";
  std::string other = whole;
  other[other.size() - 6] = static_cast<char>(other[other.size() - 6] ^ 1);
  EXPECT_EQ(Lines(other), "orders.csv.gz: its gzip data is damaged");
  EXPECT_EQ(Lines(whole + "more"), "orders.csv.gz: its gzip data is damaged");
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
