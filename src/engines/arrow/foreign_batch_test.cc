// What a foreign producer hands over is read in all its widths.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nanoarrow/nanoarrow.hpp>

#include "arrow/batch.h"

namespace aisle::arrow {
namespace {

// A foreign producer: one column of the given schema and array.
Result<Stream> Foreign(nanoarrow::UniqueSchema column, nanoarrow::UniqueArray values) {
  nanoarrow::UniqueSchema schema;
  ArrowSchemaInit(schema.get());
  EXPECT_EQ(ArrowSchemaSetTypeStruct(schema.get(), 1), 0);
  EXPECT_EQ(ArrowSchemaSetName(column.get(), "c"), 0);
  schema->children[0]->release(schema->children[0]);
  ArrowSchemaMove(column.get(), schema->children[0]);
  nanoarrow::UniqueArray array;
  EXPECT_EQ(ArrowArrayInitFromType(array.get(), NANOARROW_TYPE_STRUCT), 0);
  EXPECT_EQ(ArrowArrayAllocateChildren(array.get(), 1), 0);
  array->length = values->length;
  array->null_count = 0;
  ArrowArrayMove(values.get(), array->children[0]);
  EXPECT_EQ(ArrowArrayFinishBuilding(array.get(), NANOARROW_VALIDATION_LEVEL_NONE, nullptr), 0);
  ArrowArrayStream c;
  EXPECT_EQ(ArrowBasicArrayStreamInit(&c, schema.get(), 1), 0);
  ArrowBasicArrayStreamSetArray(&c, 0, array.get());
  return Stream::Import(&c);
}

nanoarrow::UniqueSchema TypeOf(ArrowType type) {
  nanoarrow::UniqueSchema schema;
  EXPECT_EQ(ArrowSchemaInitFromType(schema.get(), type), 0);
  return schema;
}

Batch Integers(ArrowType type, const std::vector<std::int64_t>& values) {
  nanoarrow::UniqueSchema schema = TypeOf(type);
  nanoarrow::UniqueArray array;
  EXPECT_EQ(ArrowArrayInitFromType(array.get(), type), 0);
  EXPECT_EQ(ArrowArrayStartAppending(array.get()), 0);
  for (const std::int64_t value : values) {
    EXPECT_EQ(type == NANOARROW_TYPE_UINT64
                  ? ArrowArrayAppendUInt(array.get(), static_cast<std::uint64_t>(value))
                  : ArrowArrayAppendInt(array.get(), value),
              0);
  }
  EXPECT_EQ(ArrowArrayFinishBuildingDefault(array.get(), nullptr), 0);
  return **Foreign(std::move(schema), std::move(array))->Next();
}

TEST(ForeignBatch, IntegersOfEveryWidthAreRead) {
  for (const ArrowType type :
       {NANOARROW_TYPE_INT8, NANOARROW_TYPE_UINT8, NANOARROW_TYPE_INT16, NANOARROW_TYPE_UINT16,
        NANOARROW_TYPE_INT32, NANOARROW_TYPE_UINT32, NANOARROW_TYPE_INT64, NANOARROW_TYPE_UINT64}) {
    const Batch batch = Integers(type, {0, 127});
    EXPECT_EQ(batch.Int(0, 1), 127);
    EXPECT_EQ(batch.Double(0, 1), 127.0);
    EXPECT_EQ(batch.Text(0, 1), "127");
  }
  const Batch big = Integers(NANOARROW_TYPE_UINT64, {-1});  // 2^64 - 1
  EXPECT_EQ(big.FindInt(0, 0), std::nullopt);
  EXPECT_DEATH((void)big.Int(0, 0), "");
  EXPECT_EQ(big.Text(0, 0), "18446744073709551615");
  EXPECT_EQ(big.Double(0, 0), 18446744073709551616.0);
}

Batch Decimal(ArrowType type, int precision, int scale, std::string_view digits) {
  nanoarrow::UniqueSchema schema;
  ArrowSchemaInit(schema.get());
  EXPECT_EQ(ArrowSchemaSetTypeDecimal(schema.get(), type, precision, scale), 0);
  nanoarrow::UniqueArray array;
  EXPECT_EQ(ArrowArrayInitFromSchema(array.get(), schema.get(), nullptr), 0);
  EXPECT_EQ(ArrowArrayStartAppending(array.get()), 0);
  ArrowDecimal value;
  ArrowDecimalInit(&value,
                   type == NANOARROW_TYPE_DECIMAL32   ? 32
                   : type == NANOARROW_TYPE_DECIMAL64 ? 64
                                                      : 128,
                   precision, scale);
  EXPECT_EQ(
      ArrowDecimalSetDigits(&value, {digits.data(), static_cast<std::int64_t>(digits.size())}), 0);
  EXPECT_EQ(ArrowArrayAppendDecimal(array.get(), &value), 0);
  EXPECT_EQ(ArrowArrayFinishBuildingDefault(array.get(), nullptr), 0);
  return **Foreign(std::move(schema), std::move(array))->Next();
}

TEST(ForeignBatch, DecimalsOfEveryWidthAreExact) {
  for (const auto& [type, precision] :
       {std::pair{NANOARROW_TYPE_DECIMAL32, 9}, std::pair{NANOARROW_TYPE_DECIMAL64, 18},
        std::pair{NANOARROW_TYPE_DECIMAL128, 38}}) {
    const Batch batch = Decimal(type, precision, 2, "-12345");
    EXPECT_EQ(batch.MoneyCents(0, 0), -12345);
    EXPECT_EQ(batch.Double(0, 0), -123.45);
    EXPECT_EQ(batch.Text(0, 0), "-123.45");
    EXPECT_EQ(batch.FindInt(0, 0), std::nullopt);
  }
  const std::string_view largest = "99999999999999999999999999999999999999";
  EXPECT_EQ(Decimal(NANOARROW_TYPE_DECIMAL128, 38, 0, largest).Text(0, 0), largest);
  EXPECT_EQ(Decimal(NANOARROW_TYPE_DECIMAL128, 38, 0, largest).Double(0, 0), 1e38);
  EXPECT_EQ(Decimal(NANOARROW_TYPE_DECIMAL128, 38, 38, "-1").Text(0, 0),
            "-0.00000000000000000000000000000000000001");
  EXPECT_EQ(Decimal(NANOARROW_TYPE_DECIMAL128, 38, 38, "-1").Double(0, 0), -1e-38);
}

TEST(ForeignBatch, AHugeintIsAnIntegerWhileItFits) {
  EXPECT_EQ(Decimal(NANOARROW_TYPE_DECIMAL128, 38, 0, "9223372036854775807").Int(0, 0),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(Decimal(NANOARROW_TYPE_DECIMAL128, 38, 0, "-9223372036854775808").Int(0, 0),
            std::numeric_limits<std::int64_t>::min());
  const Batch beyond = Decimal(NANOARROW_TYPE_DECIMAL128, 38, 0, "9223372036854775808");
  EXPECT_EQ(beyond.FindInt(0, 0), std::nullopt);
  EXPECT_DEATH((void)beyond.Int(0, 0), "");
}

TEST(ForeignBatch, PartsOfACentAreRoundedHalvesAwayFromZero) {
  const auto cents = [](int scale, std::string_view digits) {
    return Decimal(NANOARROW_TYPE_DECIMAL128, 38, scale, digits).MoneyCents(0, 0);
  };
  EXPECT_EQ(cents(4, "1249"), 12);
  EXPECT_EQ(cents(4, "1250"), 13);
  EXPECT_EQ(cents(4, "-1249"), -12);
  EXPECT_EQ(cents(4, "-1250"), -13);
  EXPECT_EQ(cents(3, "5"), 1);
  EXPECT_EQ(cents(0, "7"), 700);
  EXPECT_EQ(cents(1, "-7"), -70);
}

Batch Times(ArrowTimeUnit unit, const char* zone, std::int64_t value) {
  nanoarrow::UniqueSchema schema;
  ArrowSchemaInit(schema.get());
  EXPECT_EQ(ArrowSchemaSetTypeDateTime(schema.get(), NANOARROW_TYPE_TIMESTAMP, unit, zone), 0);
  nanoarrow::UniqueArray array;
  EXPECT_EQ(ArrowArrayInitFromType(array.get(), NANOARROW_TYPE_INT64), 0);
  EXPECT_EQ(ArrowArrayStartAppending(array.get()), 0);
  EXPECT_EQ(ArrowArrayAppendInt(array.get(), value), 0);
  EXPECT_EQ(ArrowArrayFinishBuildingDefault(array.get(), nullptr), 0);
  return **Foreign(std::move(schema), std::move(array))->Next();
}

TEST(ForeignBatch, TimesOfEveryUnitAreMicroseconds) {
  const auto micros = [](ArrowTimeUnit unit, std::int64_t value) {
    return base::ToMicros(Times(unit, "", value).Time(0, 0));
  };
  EXPECT_EQ(micros(NANOARROW_TIME_UNIT_SECOND, 5), 5'000'000);
  EXPECT_EQ(micros(NANOARROW_TIME_UNIT_MILLI, 5), 5'000);
  EXPECT_EQ(micros(NANOARROW_TIME_UNIT_MICRO, 5), 5);
  EXPECT_EQ(micros(NANOARROW_TIME_UNIT_NANO, 5'999), 5);
  EXPECT_EQ(micros(NANOARROW_TIME_UNIT_NANO, -1), -1);
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(micros(NANOARROW_TIME_UNIT_SECOND, kMax), kMax);
  EXPECT_EQ(Times(NANOARROW_TIME_UNIT_MICRO, "UTC", 5).Time(0, 0), base::FromMicros(5));
}

TEST(ForeignBatch, ExtremeTimesHaveATextToo) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const auto text = [](std::int64_t micros) {
    return Times(NANOARROW_TIME_UNIT_MICRO, "", micros).Text(0, 0);
  };
  EXPECT_EQ(text(kMax), "infinity");
  EXPECT_EQ(text(-kMax), "-infinity");
  EXPECT_EQ(text(kMax - 1), "294247-01-10 04:00:54.775806");
  EXPECT_EQ(text(-62'135'596'800'000'000), "0001-01-01 00:00:00");
  EXPECT_EQ(text(-62'135'596'800'000'001), "0001-12-31 (BC) 23:59:59.999999");
  EXPECT_EQ(text(-1), "1969-12-31 23:59:59.999999");
}

TEST(ForeignBatch, EnumsAreTheirNamesAndNullTypesAreNull) {
  nanoarrow::UniqueSchema schema = TypeOf(NANOARROW_TYPE_UINT8);
  ASSERT_EQ(ArrowSchemaAllocateDictionary(schema.get()), 0);
  ASSERT_EQ(ArrowSchemaInitFromType(schema->dictionary, NANOARROW_TYPE_STRING), 0);
  nanoarrow::UniqueArray array;
  ASSERT_EQ(ArrowArrayInitFromSchema(array.get(), schema.get(), nullptr), 0);
  ASSERT_EQ(ArrowArrayStartAppending(array.get()), 0);
  for (const char* name : {"Bronze", "Silver"})
    ASSERT_EQ(ArrowArrayAppendString(array->dictionary, ArrowCharView(name)), 0);
  ASSERT_EQ(ArrowArrayAppendInt(array.get(), 1), 0);
  ASSERT_EQ(ArrowArrayAppendNull(array.get(), 1), 0);
  ASSERT_EQ(ArrowArrayFinishBuildingDefault(array.get(), nullptr), 0);
  const Batch batch = **Foreign(std::move(schema), std::move(array))->Next();
  EXPECT_EQ(batch.String(0, 0), "Silver");
  EXPECT_EQ(batch.Text(0, 0), "Silver");
  EXPECT_TRUE(batch.IsNull(0, 1));

  nanoarrow::UniqueArray nothing;
  ASSERT_EQ(ArrowArrayInitFromType(nothing.get(), NANOARROW_TYPE_NA), 0);
  nothing->length = nothing->null_count = 2;
  const Batch nulls = **Foreign(TypeOf(NANOARROW_TYPE_NA), std::move(nothing))->Next();
  EXPECT_TRUE(nulls.IsNull(0, 1));
}

TEST(ForeignBatch, StringViewsAndLargeStringsAreStrings) {
  for (const ArrowType type :
       {NANOARROW_TYPE_STRING, NANOARROW_TYPE_LARGE_STRING, NANOARROW_TYPE_STRING_VIEW}) {
    nanoarrow::UniqueArray array;
    ASSERT_EQ(ArrowArrayInitFromType(array.get(), type), 0);
    ASSERT_EQ(ArrowArrayStartAppending(array.get()), 0);
    for (const char* text : {"", "short", "long enough not to be held inline"})
      ASSERT_EQ(ArrowArrayAppendString(array.get(), ArrowCharView(text)), 0);
    ASSERT_EQ(ArrowArrayFinishBuildingDefault(array.get(), nullptr), 0);
    const Batch batch = **Foreign(TypeOf(type), std::move(array))->Next();
    EXPECT_EQ(batch.String(0, 0), "");
    EXPECT_EQ(batch.String(0, 1), "short");
    EXPECT_EQ(batch.String(0, 2), "long enough not to be held inline");
  }
}

TEST(ForeignBatch, SlicesAreReadFromTheirOffset) {
  nanoarrow::UniqueArray array;
  ASSERT_EQ(ArrowArrayInitFromType(array.get(), NANOARROW_TYPE_INT64), 0);
  ASSERT_EQ(ArrowArrayStartAppending(array.get()), 0);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(ArrowArrayAppendInt(array.get(), i), 0);
  ASSERT_EQ(ArrowArrayFinishBuildingDefault(array.get(), nullptr), 0);
  array->offset = 2;
  array->length = 3;
  const Batch batch = **Foreign(TypeOf(NANOARROW_TYPE_INT64), std::move(array))->Next();
  EXPECT_EQ(batch.RowCount(), 3);
  EXPECT_EQ(batch.Int(0, 0), 2);
  EXPECT_EQ(batch.Int(0, 2), 4);
}

TEST(ForeignBatch, ATypeThatNoGetterReadsIsRefusedByName) {
  nanoarrow::UniqueArray array;
  ASSERT_EQ(ArrowArrayInitFromType(array.get(), NANOARROW_TYPE_BINARY), 0);
  const auto stream = Foreign(TypeOf(NANOARROW_TYPE_BINARY), std::move(array));
  ASSERT_FALSE(stream.has_value());
  EXPECT_EQ(stream.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(stream.error().message.find("column 'c'"), std::string::npos) << stream.error().message;
  EXPECT_NE(stream.error().message.find("binary"), std::string::npos) << stream.error().message;
}

}  // namespace
}  // namespace aisle::arrow
