// What is built comes out again, also through the C interface; foreign_batch_test.cc has what others build.
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
  for (int c = 0; c < static_cast<int>(builder.Columns().size()); ++c) builder.AppendNull(c);
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
  return MakeStream(schema,
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
  Result<Stream> stream = Stream::Import(&c, nullptr, [](const Error& error) {
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

}  // namespace
}  // namespace aisle::arrow
