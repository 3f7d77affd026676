#include "kv/record_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"

namespace aisle::kv {
namespace {

TEST(RecordBytes, EveryKindOfFieldComesBack) {
  const base::Timestamp origin = base::FromMicros(1'795'478'400'000'000);
  RecordWriter out;
  out.Byte(255);
  out.Unsigned(std::numeric_limits<std::uint64_t>::max());
  out.Signed(std::numeric_limits<std::int64_t>::min());
  out.Float(-0.0F);
  out.Double(std::numeric_limits<double>::quiet_NaN());
  out.Text("a\0b");
  out.Text("");
  out.Time(base::Timestamp::min(), origin);
  out.Time(origin, origin);
  out.Time(base::Timestamp::max(), base::FromMicros(-7));
  const std::string bytes = out.Take();
  RecordReader in(bytes);
  EXPECT_EQ(in.Byte(), 255);
  EXPECT_EQ(in.Unsigned(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(in.Signed(), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(std::signbit(in.Float()));
  EXPECT_TRUE(std::isnan(in.Double()));
  EXPECT_EQ(in.Text(), "a");
  EXPECT_EQ(in.Text(), "");
  EXPECT_EQ(in.Time(origin), base::Timestamp::min());
  EXPECT_EQ(in.Time(origin), origin);
  EXPECT_EQ(in.Time(base::FromMicros(-7)), base::Timestamp::max());
  EXPECT_TRUE(in.Finish("record"));
}

TEST(RecordBytes, NumbersOfEveryLengthComeBack) {
  base::Stream stream(1, 2, 3);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t value = stream.Next() >> stream.Below(64);
    RecordWriter out;
    out.Unsigned(value);
    out.Signed(static_cast<std::int64_t>(value));
    out.Signed(-static_cast<std::int64_t>(value >> 1U));
    out.Fixed(value, 8);
    const std::string bytes = out.Take();
    RecordReader in(bytes);
    EXPECT_EQ(in.Unsigned(), value);
    EXPECT_EQ(in.Signed(), static_cast<std::int64_t>(value));
    EXPECT_EQ(in.Signed(), -static_cast<std::int64_t>(value >> 1U));
    EXPECT_EQ(in.Fixed(8), value);
    EXPECT_TRUE(in.Finish("record"));
  }
}

TEST(RecordBytes, TheLayoutIsTheDocumentedOne) {
  RecordWriter out;
  out.Unsigned(300);
  out.Signed(-2);
  out.Fixed(0x0102, 2);
  EXPECT_EQ(out.Take(), std::string("\xac\x02\x03\x02\x01", 5));
}

TEST(RecordReader, AfterTheFirstMisfitEverythingIsEmptyAndTheOffsetIsSaid) {
  RecordReader in(std::string_view("\x05\x09xy", 4));
  EXPECT_EQ(in.Byte(), 5);
  EXPECT_EQ(in.Text(), "");  // Nine bytes are promised, two are there.
  EXPECT_EQ(in.Byte(), 0);
  EXPECT_EQ(in.Unsigned(), 0U);
  EXPECT_EQ(in.Fixed(8), 0U);
  EXPECT_TRUE(in.Failed());
  const auto status = in.Finish("record 7");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInternal);
  EXPECT_EQ(status.error().message, "record 7 is damaged near byte 2 of 4");
}

TEST(RecordReader, NumbersThatDoNotFitAreRefused) {
  const auto fails = [](std::string_view bytes, auto read) {
    RecordReader in(bytes);
    read(in);
    return in.Failed();
  };
  const auto unsigned_number = [](RecordReader& in) { in.Unsigned(); };
  EXPECT_TRUE(fails("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", unsigned_number));  // 65 bits.
  EXPECT_TRUE(fails("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", unsigned_number));
  EXPECT_TRUE(fails(std::string_view("\x80\x00", 2), unsigned_number));  // Not the short form.
  EXPECT_TRUE(fails("\x80", unsigned_number));
  EXPECT_TRUE(fails("\xff\xff\x04", [](RecordReader& in) { in.Int<std::uint16_t>(); }));
  EXPECT_FALSE(fails("\xff\xff\x03", [](RecordReader& in) { in.Int<std::uint16_t>(); }));
  EXPECT_TRUE(fails("\x80\x80\x80\x80\x10", [](RecordReader& in) { in.Int<std::int32_t>(); }));
  EXPECT_TRUE(fails("\x02", [](RecordReader& in) { in.Bool(); }));
}

TEST(RecordReader, ALongNumberReadsTheSameWhereverTheRecordEnds) {
  base::Stream stream(4, 5, 6);
  for (int i = 0; i < 20'000; ++i) {
    RecordWriter out;
    const std::uint64_t value = stream.Next() >> stream.Below(64);
    out.Unsigned(value);
    std::string bytes = out.Take();
    // The last byte made 0: a second way to write a smaller number, and never accepted.
    std::string longer = bytes;
    longer.back() = '\0';
    const std::string padding(stream.Below(12), static_cast<char>(stream.Next()));
    bytes += padding;
    longer += padding;
    RecordReader in(bytes);
    ASSERT_EQ(in.Unsigned(), value);
    ASSERT_EQ(in.Raw(padding.size()), padding);
    ASSERT_TRUE(in.Finish("record"));
    RecordReader refused(longer);
    refused.Unsigned();
    ASSERT_EQ(refused.Failed(), longer.size() > padding.size() + 1);
  }
}

TEST(RecordReader, ACountIsBoundedByTheBytesThatAreThere) {
  RecordReader in(
      "\x03"
      "abcdef");
  EXPECT_EQ(in.Count(2), 3U);
  RecordReader more(
      "\x04"
      "abcdef");
  EXPECT_EQ(more.Count(2), 0U);
  EXPECT_TRUE(more.Failed());
  RecordReader bomb("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  EXPECT_EQ(bomb.Count(1), 0U);
  EXPECT_TRUE(bomb.Failed());
}

TEST(RecordReader, BytesThatAreLeftOverAreDamage) {
  RecordReader in("ab");
  in.Byte();
  EXPECT_FALSE(in.Finish("record"));
  in.Byte();
  EXPECT_TRUE(in.Finish("record"));
}

}  // namespace
}  // namespace aisle::kv
