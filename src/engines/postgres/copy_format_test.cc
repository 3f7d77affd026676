#include "postgres/copy_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "base/files.h"
#include "postgres/copy_exercise_testing.h"

namespace aisle::postgres {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Its head, without rows.
std::string Head() { return CopyEncoder(3).Take(); }

TEST(CopyFormat, WhatIsWrittenIsReadWhereverTheBytesAreCut) {
  CopyEncoder encoder(3);
  encoder.Row().Int8(-7).Text("bread").Null();
  encoder.Row().Int4(2147483647).Text("").Bool(true);
  encoder.Row().Int2(-1).Bytes(std::string("\0\377", 2)).Bool(false);
  encoder.End();
  const std::string bytes = encoder.Take();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
    const std::string said = Decoded(bytes, piece);
    EXPECT_THAT(said, StartsWith("-7,"));
    EXPECT_THAT(said, HasSubstr("bread,NULL,\n"));
    EXPECT_THAT(said, testing::EndsWith("end"));
  }
}

TEST(CopyFormat, NumbersAndTimesKeepTheirBits) {
  const base::Timestamp time = base::ParseTimestamp("1969-07-20 20:17:40.000001").value();
  const base::Date day = base::ParseDate("2000-02-29").value();
  CopyEncoder encoder(8);
  encoder.Row()
      .Float8(-0.0)
      .Float8(std::numeric_limits<double>::infinity())
      .Float4(std::numeric_limits<float>::quiet_NaN())
      .Float4(0.1F)
      .Time(time)
      .Time(base::Timestamp::max())
      .Day(day)
      .Day(base::Date::min());
  encoder.End();
  CopyDecoder decoder(8);
  decoder.Feed(encoder.Take());
  ASSERT_TRUE(decoder.Next().value());
  EXPECT_TRUE(std::signbit(decoder.Double(0).value()));
  EXPECT_EQ(decoder.Double(1).value(), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(decoder.Double(2).value()));
  EXPECT_EQ(decoder.Double(3).value(), static_cast<double>(0.1F));
  EXPECT_EQ(decoder.Time(4).value(), time);
  EXPECT_EQ(decoder.Time(5).value(), base::Timestamp::max());
  EXPECT_EQ(decoder.Day(6).value(), day);
  EXPECT_EQ(decoder.Day(7).value(), base::Date::min());
  EXPECT_FALSE(decoder.Next().value());
  EXPECT_TRUE(decoder.AtEnd());
}

TEST(CopyFormat, DamageIsSaid) {
  std::string other = Head();
  other[0] = 'X';
  EXPECT_THAT(Decoded(other, 100), HasSubstr("no binary copy"));
  std::string flagged = Head();
  flagged[12] = '\1';
  EXPECT_THAT(Decoded(flagged, 100), HasSubstr("oids"));
  EXPECT_THAT(Decoded(Head() + std::string("\0\4", 2), 100), HasSubstr("a row of 4 fields, not 3"));
  EXPECT_THAT(Decoded(Head() + std::string("\0\3\377\377\377\376", 6), 100),
              HasSubstr("a field of -2 bytes"));
  EXPECT_THAT(Decoded(Head(), 100), HasSubstr("more to come"));
}

TEST(CopyFormat, AFieldOfAnotherTypeIsAnErrorNotANumber) {
  CopyEncoder encoder(3);
  encoder.Row().Text("abc").Int4(1).Null();
  CopyDecoder decoder(3);
  decoder.Feed(encoder.Take());
  ASSERT_TRUE(decoder.Next().value());
  EXPECT_FALSE(decoder.Int(0).has_value());
  EXPECT_FALSE(decoder.Double(0).has_value());
  EXPECT_FALSE(decoder.Time(1).has_value());
  EXPECT_FALSE(decoder.Bool(1).has_value());
  EXPECT_FALSE(decoder.Text(2).has_value());
  EXPECT_FALSE(decoder.Day(0).has_value());
}

TEST(CopyFormat, TheCorpusDecodesTheSameInPieces) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(AISLE_SOURCE_DIR) / "src/engines/postgres/corpus")) {
    ExerciseDecoder(base::ReadFile(entry.path()).value());
    ++count;
  }
  EXPECT_GE(count, 3);
}

TEST(CopyFormatDeathTest, ARowWithAFieldTooFewStopsTheProgram) {
  CopyEncoder encoder(2);
  encoder.Row().Int8(1);
  EXPECT_DEATH(encoder.Row(), "");
  EXPECT_DEATH(encoder.End(), "");
  encoder.Null();
  EXPECT_DEATH(encoder.Null(), "");
}

}  // namespace
}  // namespace aisle::postgres
