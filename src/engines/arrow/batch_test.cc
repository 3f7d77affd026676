// What is built comes out again; what a foreign producer hands over is read in all its widths.
#include "arrow/batch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nanoarrow/nanoarrow.hpp>

namespace aisle::arrow {
namespace {

const Schema kAll = {{"b", Type::kBool},   {"i", Type::kInt32},     {"l", Type::kInt64},
                     {"f", Type::kFloat},  {"d", Type::kDouble},    {"s", Type::kString},
                     {"day", Type::kDate}, {"t", Type::kTimestamp}, {"m", Type::kMoney}};

void AppendRow(BatchBuilder& builder, int seed) {
  builder.AppendBool(0, seed % 2 == 0);
  builder.AppendInt(1, seed);
  builder.AppendInt(2, seed * 10'000'000'000);
  builder.AppendDouble(3, seed + 0.5);
  builder.AppendDouble(4, seed / 8.0);
  builder.AppendString(5, "row " + std::to_string(seed));
  builder.AppendDate(6, base::Date{std::chrono::days{seed}});
  builder.AppendTime(7, base::FromMicros(seed * 1'000'001));
  builder.AppendMoney(8, seed * 101 - 500);
}

void AppendNulls(BatchBuilder& builder) {
  for (int c = 0; c < static_cast<int>(builder.schema().size()); ++c) builder.AppendNull(c);
}

// Sends batches through the C interface, as a driver on the other side would.
Stream ThroughC(Stream stream) {
  ArrowArrayStream c;
  std::move(stream).Export(&c);
  Result<Stream> imported = Stream::Import(&c);
  EXPECT_TRUE(imported.has_value());
  EXPECT_EQ(c.release, nullptr);
  return *std::move(imported);
}

Stream Of(Schema schema, std::vector<Batch> batches) {
  auto shared = std::make_shared<std::vector<Batch>>(std::move(batches));
  return MakeStream(std::move(schema),
                    [shared, next = std::size_t{0}]() mutable -> Result<std::optional<Batch>> {
                      if (next == shared->size()) return std::nullopt;
                      return std::optional<Batch>(std::move((*shared)[next++]));
                    });
}

void ExpectRow(const Batch& batch, std::int64_t row, int seed) {
  EXPECT_EQ(batch.Bool(0, row), seed % 2 == 0);
  EXPECT_EQ(batch.Int(0, row), seed % 2 == 0 ? 1 : 0);
  EXPECT_EQ(batch.Int(1, row), seed);
  EXPECT_EQ(batch.Int(2, row), seed * 10'000'000'000);
  EXPECT_EQ(batch.Double(2, row), seed * 1e10);
  EXPECT_EQ(batch.Double(3, row), seed + 0.5);
  EXPECT_EQ(batch.Double(4, row), seed / 8.0);
  EXPECT_EQ(batch.String(5, row), "row " + std::to_string(seed));
  EXPECT_EQ(batch.Day(6, row), base::Date{std::chrono::days{seed}});
  EXPECT_EQ(batch.Time(7, row), base::FromMicros(seed * 1'000'001));
  EXPECT_EQ(batch.MoneyCents(8, row), seed * 101 - 500);
  EXPECT_DOUBLE_EQ(batch.Double(8, row), (seed * 101 - 500) / 100.0);
}

TEST(Batch, EveryTypeComesBackThroughTheCInterfaceWithItsNulls) {
  BatchBuilder builder(kAll);
  for (int seed = 0; seed < 100; ++seed) {
    // A NULL first at a row that is not a multiple of eight.
    if (seed % 7 == 3) AppendNulls(builder);
    AppendRow(builder, seed);
  }
  std::vector<Batch> batches;
  batches.push_back(builder.Finish());
  Stream stream = ThroughC(Of(kAll, std::move(batches)));
  EXPECT_EQ(stream.ColumnNames(),
            (std::vector<std::string>{"b", "i", "l", "f", "d", "s", "day", "t", "m"}));
  const auto batch = stream.Next();
  ASSERT_TRUE(batch.has_value() && batch->has_value());
  std::int64_t row = 0;
  for (int seed = 0; seed < 100; ++seed) {
    if (seed % 7 == 3) {
      for (int c = 0; c < 9; ++c) EXPECT_TRUE((*batch)->IsNull(c, row)) << row << " " << c;
      EXPECT_EQ((*batch)->Text(8, row), "NULL");
      ++row;
    }
    for (int c = 0; c < 9; ++c) EXPECT_FALSE((*batch)->IsNull(c, row)) << row << " " << c;
    ExpectRow(**batch, row, seed);
    ++row;
  }
  EXPECT_EQ((*batch)->RowCount(), row);
  EXPECT_FALSE(stream.Next()->has_value());
  EXPECT_FALSE(stream.Next()->has_value());
}

TEST(BatchBuilder, StartsAgainEmptyAfterFinish) {
  BatchBuilder builder(kAll);
  builder.Reserve(10);
  std::vector<Batch> batches;
  for (int block = 0; block < 3; ++block) {
    EXPECT_EQ(builder.RowCount(), 0);
    if (block == 1) AppendNulls(builder);  // Only this one has NULLs.
    for (int seed = 0; seed < 10; ++seed) AppendRow(builder, block * 10 + seed);
    batches.push_back(builder.Finish());
  }
  batches.push_back(builder.Finish());  // Empty.
  EXPECT_EQ(batches[1].RowCount(), 11);
  EXPECT_TRUE(batches[1].IsNull(5, 0));
  for (int seed = 0; seed < 10; ++seed) {
    ExpectRow(batches[0], seed, seed);
    ExpectRow(batches[1], seed + 1, 10 + seed);
    ExpectRow(batches[2], seed, 20 + seed);
  }
  EXPECT_EQ(batches[3].RowCount(), 0);
  EXPECT_EQ(batches[3].ColumnCount(), 9);
  EXPECT_EQ(batches[3].ColumnIndex("day"), 6);
  EXPECT_EQ(batches[3].ColumnIndex("none"), -1);
  EXPECT_EQ(batches[3].ColumnName(8), "m");
}

TEST(Batch, TextIsWhatShellsPrint) {
  BatchBuilder builder(kAll);
  builder.AppendBool(0, true);
  builder.AppendInt(1, -7);
  builder.AppendInt(2, std::numeric_limits<std::int64_t>::min());
  builder.AppendDouble(3, 0.1f);
  builder.AppendDouble(4, 1);
  builder.AppendString(5, "Zürich\n🛒");
  builder.AppendDate(6, *base::ParseDate("2026-02-28"));
  builder.AppendTime(7, *base::ParseTimestamp("2026-02-28 23:59:59.000001"));
  builder.AppendMoney(8, -5);
  const Batch batch = builder.Finish();
  const char* expected[] = {"true",       "-7",         "-9223372036854775808",       "0.1",  "1.0",
                            "Zürich\n🛒", "2026-02-28", "2026-02-28 23:59:59.000001", "-0.05"};
  for (int c = 0; c < 9; ++c) EXPECT_EQ(batch.Text(c, 0), expected[c]);
}

TEST(BatchDeath, AMissingColumnRowValueOrTypeIsABug) {
  BatchBuilder builder(kAll);
  AppendRow(builder, 1);
  AppendNulls(builder);
  const Batch batch = builder.Finish();
  EXPECT_DEATH((void)batch.Int(9, 0), "");
  EXPECT_DEATH((void)batch.Int(-1, 0), "");
  EXPECT_DEATH((void)batch.Int(1, 2), "");
  EXPECT_DEATH((void)batch.Int(1, -1), "");
  EXPECT_DEATH((void)batch.Int(1, 1), "");  // NULL.
  EXPECT_DEATH((void)batch.Int(5, 0), "");
  EXPECT_DEATH((void)batch.String(1, 0), "");
  EXPECT_DEATH((void)batch.Time(6, 0), "");
  EXPECT_DEATH(builder.AppendInt(5, 1), "");
  EXPECT_DEATH(builder.AppendInt(1, std::int64_t{1} << 31), "");
  EXPECT_DEATH(builder.AppendMoney(8, 1'000'000'000'000), "");
  builder.AppendInt(1, 1);
  EXPECT_DEATH(builder.Finish(), "");  // Columns of different length.
}

TEST(Stream, AProducersErrorArrivesOnceAndForAll) {
  int calls = 0;
  Stream stream = MakeStream(kAll, [&]() -> Result<std::optional<Batch>> {
    ++calls;
    return Fail(ErrorCode::kUnavailable, "the tap is dry");
  });
  for (int i = 0; i < 2; ++i) {
    const auto batch = stream.Next();
    ASSERT_FALSE(batch.has_value());
    EXPECT_EQ(batch.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(batch.error().message, "the tap is dry");
  }
  EXPECT_EQ(calls, 1);
}

TEST(Stream, AnErrorCrossesTheCInterfaceAndIsExplained) {
  auto failure = std::make_shared<std::optional<Error>>();
  ArrowArrayStream c;
  MakeStream(kAll, []() -> Result<std::optional<Batch>> {
    return Fail(ErrorCode::kNotFound, "no more");
  }).Export(&c, failure);
  Result<Stream> stream = Stream::Import(&c, nullptr, [](Error error) {
    return Error{ErrorCode::kInvalidArgument, "q.sql:3: " + error.message};
  });
  ASSERT_TRUE(stream.has_value());
  const auto batch = stream->Next();
  ASSERT_FALSE(batch.has_value());
  EXPECT_EQ(batch.error().message, "q.sql:3: no more");
  EXPECT_EQ(batch.error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(failure->has_value());
  EXPECT_EQ((*failure)->code, ErrorCode::kNotFound);
}

TEST(Stream, AWatcherSeesEveryBatchThatPasses) {
  BatchBuilder builder(kAll);
  std::vector<Batch> batches;
  for (int rows = 1; rows <= 3; ++rows) {
    for (int row = 0; row < rows; ++row) AppendRow(builder, row);
    batches.push_back(builder.Finish());
  }
  std::vector<std::int64_t> seen;
  Stream stream = ThroughC(Of(kAll, std::move(batches)).Watched([&](const Batch& batch) {
    seen.push_back(batch.RowCount());
  }));
  EXPECT_TRUE(seen.empty());
  while (stream.Next()->has_value()) continue;
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 2, 3}));
}

TEST(Stream, WithoutRowsHasTheColumnsAndNothingElse) {
  int calls = 0;
  const Stream stream = MakeStream(kAll, [&]() -> Result<std::optional<Batch>> {
    ++calls;
    return std::nullopt;
  });
  Stream empty = ThroughC(stream.WithoutRows());
  EXPECT_EQ(empty.ColumnNames(), stream.ColumnNames());
  EXPECT_FALSE(empty.Next()->has_value());
  EXPECT_EQ(calls, 0);
}

TEST(Stream, ABatchOfAnotherShapeIsRefused) {
  BatchBuilder builder({{"other", Type::kInt64}});
  std::vector<Batch> batches;
  batches.push_back(builder.Finish());
  Stream stream = Of(kAll, std::move(batches));
  EXPECT_EQ(stream.Next().error().code, ErrorCode::kInternal);
}

TEST(Stream, KeepsItsOwnerAliveUntilItIsGoneAndReleasesWhatItHolds) {
  auto owner = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = owner;
  auto source = std::make_shared<int>(2);
  const std::weak_ptr<int> source_watch = source;
  ArrowArrayStream c;
  MakeStream(kAll, [source]() -> Result<std::optional<Batch>> { return std::nullopt; }).Export(&c);
  source.reset();
  {
    Result<Stream> stream = Stream::Import(&c, std::move(owner));
    EXPECT_FALSE(watch.expired());
    EXPECT_FALSE(source_watch.expired());
  }
  EXPECT_TRUE(watch.expired());
  EXPECT_TRUE(source_watch.expired());
}

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

Batch Integers(ArrowType type, std::vector<std::int64_t> values) {
  nanoarrow::UniqueSchema schema = TypeOf(type);
  nanoarrow::UniqueArray array;
  EXPECT_EQ(ArrowArrayInitFromType(array.get(), type), 0);
  EXPECT_EQ(ArrowArrayStartAppending(array.get()), 0);
  for (const std::int64_t value : values)
    EXPECT_EQ(type == NANOARROW_TYPE_UINT64
                  ? ArrowArrayAppendUInt(array.get(), static_cast<std::uint64_t>(value))
                  : ArrowArrayAppendInt(array.get(), value),
              0);
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
