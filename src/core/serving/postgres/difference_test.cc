#include "serving/postgres/difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>

namespace aisle::serving {
namespace {

using postgres::CopyDecoder;
using postgres::CopyEncoder;
using testing::ElementsAre;
using testing::Pair;

constexpr ColumnShape kColumns[] = {
    {"region", CellType::kText},  {"product", CellType::kInt8}, {"pieces", CellType::kInt4},
    {"price", CellType::kFloat8}, {"score", CellType::kFloat4}, {"is_sold", CellType::kBool},
    {"since", CellType::kTime},   {"day", CellType::kDay},      {"record", CellType::kBytes}};
constexpr TableShape kShape = {"stock", kColumns, 2};

struct Stock {
  std::optional<std::int32_t> pieces = 1;
  double price = 2.5;
};
using Rows = std::map<std::pair<std::string, std::int64_t>, Stock>;

std::string Copy(const Rows& rows) {
  CopyEncoder out(kShape.ColumnCount());
  for (const auto& [key, row] : rows) {
    out.Row().Text(key.first).Int8(key.second);
    if (row.pieces) {
      out.Int4(*row.pieces);
    } else {
      out.Null();
    }
    out.Float8(row.price)
        .Float4(0.1F)
        .Bool(true)
        .Time(base::FromMicros(5))
        .Day(base::Date{})
        .Bytes("\x00\xff");
  }
  out.End();
  return out.Take();
}

// Keys of a COPY of `columns` columns.
std::vector<std::pair<std::string, std::int64_t>> Keys(const std::string& copy, int columns) {
  CopyDecoder in(columns);
  in.Feed(copy);
  std::vector<std::pair<std::string, std::int64_t>> keys;
  for (;;) {
    const auto more = in.Next();
    EXPECT_TRUE(more);
    if (!more || !*more) break;
    keys.emplace_back(*in.Text(0), *in.Int(1));
  }
  EXPECT_TRUE(in.AtEnd());
  return keys;
}

TEST(Difference, NewOtherAndGoneRowsAreTold) {
  const Rows before = {{{"East", 1}, {}}, {{"East", 2}, {}}, {{"West", 1}, {}}, {{"West", 9}, {}}};
  Rows after = before;
  after.erase({"West", 9});
  after[{"East", 2}].pieces = 7;
  after[{"West", 2}] = {};
  const auto difference = DifferenceOf(kShape, Copy(before), Copy(after));
  ASSERT_TRUE(difference) << difference.error().message;
  EXPECT_EQ(difference->changed_count, 2);
  EXPECT_EQ(difference->gone_count, 1);
  EXPECT_THAT(Keys(difference->changed, kShape.ColumnCount()),
              ElementsAre(Pair("East", 2), Pair("West", 2)));
  EXPECT_THAT(Keys(difference->gone, 2), ElementsAre(Pair("West", 9)));
  // What is sent is the row as it was given.
  Rows sent;
  sent[{"East", 2}].pieces = 7;
  sent[{"West", 2}] = {};
  EXPECT_EQ(difference->changed, Copy(sent));
}

TEST(Difference, EqualRowsAreEqualAndMissingIsNotZero) {
  const Rows rows = {{{"", 0}, {}}, {{"East", -1}, {.pieces = std::nullopt}}};
  const auto none = DifferenceOf(kShape, Copy(rows), Copy(rows));
  ASSERT_TRUE(none);
  EXPECT_EQ(none->changed_count + none->gone_count, 0);
  Rows other = rows;
  other[{"East", -1}].pieces = 0;
  EXPECT_EQ(DifferenceOf(kShape, Copy(rows), Copy(other))->changed_count, 1);
  other = rows;
  other[{"", 0}].price = std::nextafter(2.5, 3.0);
  EXPECT_EQ(DifferenceOf(kShape, Copy(rows), Copy(other))->changed_count, 1);
  EXPECT_EQ(DifferenceOf(kShape, Copy({}), Copy(rows))->changed_count, 2);
  EXPECT_EQ(DifferenceOf(kShape, Copy(rows), Copy({}))->gone_count, 2);
}

TEST(Difference, RowsThatEndBeforeTheirEndAreRefused) {
  const std::string whole = Copy({{{"East", 1}, {}}});
  const auto cut = DifferenceOf(kShape, whole.substr(0, whole.size() - 2), whole);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace aisle::serving
