#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "postgres/cluster_testing.h"
#include "postgres/connection.h"
#include "postgres/copy_format.h"
#include "postgres/sql_state.h"
#include "postgres/task_testing.h"

namespace aisle::postgres {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr int kRows = 100'000;
constexpr const char* kTable =
    "CREATE TABLE t (a int2, b int4, c int8, d float4, e float8, f bool, g text, h bytea, i date, "
    "j timestamptz)";
constexpr const char* kCopyIn = "COPY t FROM STDIN (FORMAT binary)";

double FloatOf(int row) {
  if (row % 7 == 0) return std::numeric_limits<double>::quiet_NaN();
  if (row % 7 == 1) return std::numeric_limits<double>::infinity();
  if (row % 7 == 2) return -std::numeric_limits<double>::infinity();
  return row % 7 == 3 ? -0.0 : row / 3.0;
}
base::Timestamp TimeOf(int row) {
  if (row % 11 == 0) return base::Timestamp::max();
  if (row % 11 == 1) return base::Timestamp::min();
  return base::FromMicros(row * 1'234'567'890LL - 50'000'000'000'000LL);
}
base::Date DayOf(int row) {
  if (row % 13 == 0) return base::Date::max();
  return base::Date{std::chrono::days{row - 50'000}};
}
std::string TextFor(int row) { return "Müsli " + std::to_string(row); }
std::string BytesFor(int row) {
  return std::string(static_cast<std::size_t>(row % 5), static_cast<char>(row));
}

// Column `row % 10` of a row is NULL.
void Encode(CopyEncoder& rows, int row) {
  rows.Row();
  const int null = row % 10;
  null == 0 ? rows.Null() : rows.Int2(static_cast<std::int16_t>(row));
  null == 1 ? rows.Null() : rows.Int4(row);
  null == 2 ? rows.Null() : rows.Int8(row * 10'000'000'000LL);
  null == 3 ? rows.Null() : rows.Float4(static_cast<float>(FloatOf(row)));
  null == 4 ? rows.Null() : rows.Float8(FloatOf(row));
  null == 5 ? rows.Null() : rows.Bool(row % 2 == 0);
  null == 6 ? rows.Null() : rows.Text(TextFor(row));
  null == 7 ? rows.Null() : rows.Bytes(BytesFor(row));
  null == 8 ? rows.Null() : rows.Day(DayOf(row));
  null == 9 ? rows.Null() : rows.Time(TimeOf(row));
}

bool SameBits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

// What of the decoder's row is not as it was written; -1: nothing.
int FirstDifference(const CopyDecoder& read, int row) {
  for (int field = 0; field < 10; ++field) {
    if (read.IsNull(field) != (row % 10 == field)) return field;
  }
  const auto differs = [&](int field, auto same) { return row % 10 != field && !same(); };
  if (differs(0, [&] { return read.Int(0) == static_cast<std::int16_t>(row); })) return 0;
  if (differs(1, [&] { return read.Int(1) == row; })) return 1;
  if (differs(2, [&] { return read.Int(2) == row * 10'000'000'000LL; })) return 2;
  if (differs(3, [&] {
        return SameBits(*read.Double(3), static_cast<double>(static_cast<float>(FloatOf(row))));
      }))
    return 3;
  if (differs(4, [&] { return SameBits(*read.Double(4), FloatOf(row)); })) return 4;
  if (differs(5, [&] { return read.Bool(5) == (row % 2 == 0); })) return 5;
  if (differs(6, [&] { return *read.Text(6) == TextFor(row); })) return 6;
  if (differs(7, [&] { return *read.Bytes(7) == BytesFor(row); })) return 7;
  if (differs(8, [&] { return *read.Day(8) == DayOf(row); })) return 8;
  if (differs(9, [&] { return *read.Time(9) == TimeOf(row); })) return 9;
  return -1;
}

net::Task<Status> CopyRows(Connection& connection, int count) {
  AISLE_CO_TRY(CopyIn copy, co_await connection.StartCopyIn(kCopyIn, Soon()));
  CopyEncoder rows(10);
  for (int row = 0; row < count; ++row) {
    Encode(rows, row);
    if (rows.Waiting() >= 100'000) AISLE_CO_CHECK(co_await copy.Write(rows.Take(), Soon()));
  }
  rows.End();
  AISLE_CO_CHECK(co_await copy.Write(rows.Take(), Soon()));
  AISLE_CO_TRY(const std::int64_t copied, co_await copy.Finish(Soon()));
  EXPECT_EQ(copied, count);
  co_return Status();
}

void OnTable(const std::function<net::Task<void>(Connection&)>& body) {
  AISLE_NEEDS_POSTGRES(cluster);
  OnConnection(cluster.Settings(cluster.NewDatabase()),
               [&](Connection& connection) -> net::Task<void> {
                 AISLE_CO_EXPECT_OK(co_await connection.RunScript(kTable, Soon()));
                 co_await body(connection);
               });
}

net::Task<std::int64_t> CountRows(Connection& connection) {
  const auto rows = co_await connection.Run("SELECT count(*) AS n FROM t", Soon());
  if (!rows) ADD_FAILURE() << rows.error().message;
  co_return rows ? IntOf(*rows, "n") : -1;
}

TEST(Copy, AHundredThousandRowsComeBackBitForBit) {
  OnTable([](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT_OK(co_await CopyRows(connection, kRows));
    EXPECT_EQ(co_await CountRows(connection), kRows);
    AISLE_CO_EXPECT(CopyOut copy,
                    co_await connection.StartCopyOut("COPY t TO STDOUT (FORMAT binary)", Soon()));
    CopyDecoder read(10);
    int row = 0;
    int wrong = 0;
    for (;;) {
      AISLE_CO_EXPECT(const auto bytes, co_await copy.Next(Soon()));
      if (!bytes) break;
      read.Feed(*bytes);
      for (;;) {
        AISLE_CO_EXPECT(const bool more, read.Next());
        if (!more) break;
        if (FirstDifference(read, row++) >= 0) ++wrong;
      }
    }
    EXPECT_TRUE(read.AtEnd());
    EXPECT_EQ(row, kRows);
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(co_await CountRows(connection), kRows);
  });
}

TEST(Copy, TheServerReadsWhatWeMeant) {
  OnTable([](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT_OK(co_await CopyRows(connection, 24));
    AISLE_CO_EXPECT(
        const Rows rows,
        co_await connection.Run(
            "SELECT concat_ws('|', a, b, c, d, e, f, g, h, i, j AT TIME ZONE 'UTC') AS text "
            "FROM t WHERE b IN (13, 22, 18) ORDER BY b",
            Soon()));
    RowReader reader(rows);
    const auto text = reader.Text("text");
    std::vector<std::string> said;
    for (;;) {
      AISLE_CO_EXPECT(const bool more, reader.Next());
      if (!more) break;
      said.emplace_back(reader[text]);
    }
    EXPECT_THAT(said, testing::ElementsAre(
                          "13|13|130000000000|4.333333333333333|f|Müsli "
                          "13|\\x0d0d0d|infinity|1968-06-01 11:34:09.38257",
                          "18|18|180000000000|6|6|t|Müsli 18|\\x121212|1968-06-01 13:17:02.22202",
                          "22|22|Infinity|Infinity|t|Müsli 22|\\x1616|1833-03-02|infinity"));
  });
}

TEST(Copy, ARowThatTheServerRefusesIsToldAtTheEndAndNothingIsThere) {
  OnTable([](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT_OK(co_await connection.RunScript("ALTER TABLE t ADD CHECK (b < 50)", Soon()));
    const Status refused = co_await CopyRows(connection, kRows);
    EXPECT_FALSE(refused.has_value());
    EXPECT_EQ(SqlStateOf(refused.error()), "23514");
    EXPECT_EQ(co_await CountRows(connection), 0);
  });
}

TEST(Copy, AnIntegerOfAnotherWidthIsDamageToTheServer) {
  OnTable([](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(CopyIn copy, co_await connection.StartCopyIn(
                                     "COPY t (c) FROM STDIN (FORMAT binary)", Soon()));
    CopyEncoder rows(1);
    rows.Row().Int4(7);
    rows.End();
    AISLE_CO_EXPECT_OK(co_await copy.Write(rows.Take(), Soon()));
    const auto refused = co_await copy.Finish(Soon());
    EXPECT_FALSE(refused.has_value());
    EXPECT_EQ(SqlStateOf(refused.error()), "08P01");
    EXPECT_EQ(refused.error().code, ErrorCode::kInternal);
  });
}

TEST(Copy, OneThatIsAbandonedLeavesNothingAndTheConnectionGoesOn) {
  OnTable([](Connection& connection) -> net::Task<void> {
    {
      AISLE_CO_EXPECT(CopyIn copy, co_await connection.StartCopyIn(kCopyIn, Soon()));
      CopyEncoder rows(10);
      for (int row = 0; row < 5000; ++row) Encode(rows, row);
      AISLE_CO_EXPECT_OK(co_await copy.Write(rows.Take(), Soon()));
    }
    EXPECT_FALSE(connection.IsSettled());
    EXPECT_EQ(co_await CountRows(connection), 0);
    AISLE_CO_EXPECT_OK(co_await CopyRows(connection, kRows));
    {
      AISLE_CO_EXPECT(CopyOut copy,
                      co_await connection.StartCopyOut("COPY t TO STDOUT (FORMAT binary)", Soon()));
      AISLE_CO_EXPECT(const auto some, co_await copy.Next(Soon()));
      EXPECT_TRUE(some.has_value());
    }
    EXPECT_EQ(co_await CountRows(connection), kRows);
    EXPECT_TRUE(connection.IsOpen());
  });
}

TEST(Copy, ADeadlineThatPassesInTheMiddleEndsIt) {
  OnTable([](Connection& connection) -> net::Task<void> {
    // The server keeps the first 8 KiB to itself.
    AISLE_CO_EXPECT(
        CopyOut copy,
        co_await connection.StartCopyOut(
            "COPY (SELECT repeat('x', 9000), CASE WHEN n > 3 THEN pg_sleep(300) END::text FROM "
            "generate_series(1, 9) n) TO STDOUT (FORMAT binary)",
            Soon()));
    Status ended;
    while (ended) {
      auto next = co_await copy.Next(net::Deadline::After(50ms));
      if (!next) ended = std::unexpected(next.error());
    }
    EXPECT_EQ(ended.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(co_await CountRows(connection), 0);
    // And before it has begun.
    const auto late = co_await connection.StartCopyOut(
        "COPY (SELECT pg_sleep(300)::text) TO STDOUT (FORMAT binary)", net::Deadline::After(50ms));
    EXPECT_FALSE(late.has_value());
    EXPECT_EQ(co_await CountRows(connection), 0);
  });
}

TEST(Copy, AnErrorInTheMiddleOfTheWayOutIsTold) {
  OnTable([](Connection& connection) -> net::Task<void> {
    AISLE_CO_EXPECT(
        CopyOut copy,
        co_await connection.StartCopyOut(
            "COPY (SELECT 1 / (3 - n) FROM generate_series(1, 9) n) TO STDOUT (FORMAT binary)",
            Soon()));
    Status ended;
    while (ended) {
      auto next = co_await copy.Next(Soon());
      if (!next) ended = std::unexpected(next.error());
      EXPECT_TRUE(!next || *next) << "an end without the error";
      if (next && !*next) break;
    }
    EXPECT_EQ(SqlStateOf(ended.error()), "22012");
    EXPECT_EQ(co_await CountRows(connection), 0);
  });
}

TEST(Copy, WhatIsNoCopyIsRefused) {
  OnTable([](Connection& connection) -> net::Task<void> {
    EXPECT_FALSE((co_await connection.StartCopyIn("SELECT 1", Soon())).has_value());
    EXPECT_FALSE((co_await connection.StartCopyOut(kCopyIn, Soon())).has_value());
    const auto no_table =
        co_await connection.StartCopyIn("COPY nowhere FROM STDIN (FORMAT binary)", Soon());
    EXPECT_FALSE(no_table.has_value());
    EXPECT_EQ(SqlStateOf(no_table.error()), "42P01");
    EXPECT_EQ(co_await CountRows(connection), 0);
  });
}

}  // namespace
}  // namespace aisle::postgres
