#include "ingest/text_encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "ingest/csv_reader.h"

namespace aisle::ingest {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// Every field and reason of a file in an encoding, or its error.
std::vector<std::string> Read(std::string_view bytes, Encoding encoding) {
  auto reader = CsvReader::Over(std::string(bytes), "f.csv", ';', true, 0, encoding);
  if (!reader) return {reader.error().message};
  std::vector<std::string> read = reader->Header();
  CsvRecord record;
  for (;;) {
    const auto more = reader->Next(record);
    if (!more) return {more.error().message};
    if (!*more) return read;
    if (!record.reject.empty()) {
      read.push_back(record.reject);
    } else {
      read.insert(read.end(), record.fields.begin(), record.fields.end());
    }
  }
}

TEST(TextEncodingTest, OneByteALetterBecomesUtf8) {
  EXPECT_THAT(Read("Stra\xDF"
                   "e;\x80\nM\xFCller;\x93\n",
                   Encoding::kWindows1252),
              ElementsAre("Straße", "€", "Müller", "“"));
  EXPECT_THAT(Read("a;b\n\xA4;\xBD\n", Encoding::kLatin9), ElementsAre("a", "b", "€", "œ"));
  EXPECT_THAT(Read("a;b\n\xA4;\xBD\n", Encoding::kLatin1), ElementsAre("a", "b", "¤", "½"));
}

TEST(TextEncodingTest, AByteThatIsNoLetterRejectsItsLineAlone) {
  EXPECT_THAT(Read("a;b\n1;\x81\n3;4\n", Encoding::kWindows1252),
              ElementsAre("a", "b", "not windows-1252 text", "3", "4"));
  EXPECT_THAT(Read("a;b\n1;\x80\n3;4\n", Encoding::kLatin1),
              ElementsAre("a", "b", "not latin-1 text", "3", "4"))
      << "an euro sign says that it is windows-1252";
}

TEST(TextEncodingTest, Utf8UnderAnotherNameIsRefusedAndNotReadAsOtherLetters) {
  EXPECT_THAT(Read("a;b\nM\xC3\xBCller;1\n", Encoding::kWindows1252),
              ElementsAre(HasSubstr("f.csv: its text is UTF-8 and not windows-1252")));
  EXPECT_THAT(Read("a;b\n1;2\n", Encoding::kWindows1252), ElementsAre("a", "b", "1", "2"));
}

TEST(TextEncodingTest, TwoBytesALetterAreReadByTheirMarkOrTheirZeros) {
  const auto little = "a\0;\0b\0\n\0\xFC\0;\0\x3D\xD8\x00\xDE\n\0"sv;
  EXPECT_THAT(Read(little, Encoding::kUtf16), ElementsAre("a", "b", "ü", "😀"));
  EXPECT_THAT(Read("\xFF\xFE" + std::string(little), Encoding::kUtf16),
              ElementsAre("a", "b", "ü", "😀"));
  EXPECT_THAT(Read("\xFE\xFF\0a\0;\0b\0\n\0\xFC\0;\0x\0\n"sv, Encoding::kUtf16),
              ElementsAre("a", "b", "ü", "x"));
  EXPECT_THAT(Read("a\0;\0b\0\n\0\x3D\xD8;\0x\0\n\0"sv, Encoding::kUtf16),
              ElementsAre("a", "b", "not utf-16 text"))
      << "half a letter";
  EXPECT_THAT(Read("a\0;\0b\0\n\0x"sv, Encoding::kUtf16), ElementsAre(HasSubstr("half a letter")));
}

TEST(TextEncodingTest, ALongTextIsTheSameInPieces) {
  std::string bytes = "a;b\n";
  std::string expected;
  for (int i = 0; i < 40'000; ++i) bytes += "\xE4;" + std::to_string(i) + "\n";
  const auto read = Read(bytes, Encoding::kWindows1252);
  ASSERT_EQ(read.size(), 80'002U);
  EXPECT_EQ(read[80'000], "ä");
  EXPECT_EQ(read[80'001], "39999");
}

}  // namespace
}  // namespace aisle::ingest
