#include "ingest/mapping.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ingest/fill_table.h"
#include "ingest/import.h"

namespace aisle::ingest {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSmall = R"toml(name = "shop"
about = "a shop"
[sources.orders]
file = "orders.csv"
[sources.orders.columns]
id = "TEXT"
at = {type = "TIMESTAMP", format = "%d.%m.%Y"}
[[tables]]
table = "raw.event_stream"
from = "orders"
delay = "6h"
query = '''
SELECT id AS event_id
FROM orders'''
)toml";

std::string Said(std::string_view text) {
  const auto mapping = ParseMapping({"shop.toml", text});
  return mapping ? "fine" : mapping.error().message;
}

// kSmall with `was` replaced.
std::string SaidWith(std::string_view was, std::string_view is) {
  std::string text(kSmall);
  const std::size_t at = text.find(was);
  EXPECT_NE(at, std::string::npos) << was;
  return Said(text.replace(at, was.size(), is));
}

TEST(Mapping, SaysWhatTheFileSays) {
  const auto mapping = ParseMapping({"shop.toml", kSmall});
  ASSERT_TRUE(mapping) << mapping.error().message;
  EXPECT_EQ(mapping->name, "shop");
  ASSERT_EQ(mapping->sources.size(), 1U);
  const Source& orders = mapping->sources[0];
  EXPECT_EQ(orders.format, SourceFormat::kCsv);
  EXPECT_EQ(orders.time_zone, "UTC");
  ASSERT_EQ(orders.columns.size(), 2U);
  EXPECT_EQ(orders.columns[0].name, "id") << "columns keep the file's order";
  EXPECT_EQ(orders.columns[1].format, "%d.%m.%Y");
  ASSERT_EQ(mapping->tables.size(), 1U);
  EXPECT_EQ(mapping->tables[0].delay, std::chrono::hours(6));
  EXPECT_EQ(mapping->tables[0].query.line, 13) << "of SELECT, so that errors name the right line";
}

TEST(Mapping, RefusesWhatItDoesNotKnowWithTheLine) {
  EXPECT_THAT(
      SaidWith("about =", "abuot ="),
      HasSubstr(
          "shop.toml:2: the file lacks 'about', a text in quotes; did you mean it by 'abuot'?"));
  EXPECT_THAT(
      SaidWith("file = \"orders.csv\"", "file = \"orders.csv\"\ndelimeter = \";\""),
      HasSubstr(
          "shop.toml:5: unknown key 'delimeter' in [sources.orders] (did you mean 'delimiter'?)"));
  EXPECT_THAT(SaidWith("from = \"orders\"", "from = \"order\""),
              HasSubstr("no source is called 'order'"));
  EXPECT_THAT(
      SaidWith("raw.event_stream", "raw.events"),
      HasSubstr("shop.toml:8: no table 'raw.events' to import into; there are raw.regions"));
  EXPECT_THAT(SaidWith("id = \"TEXT\"", "id = \"STRING\""),
              HasSubstr("shop.toml:6: 'id' in [sources.orders.columns] must be one of TEXT, "));
  EXPECT_THAT(SaidWith("id = \"TEXT\"", "id = \"DECIMAL(12,2) OR 1\""),
              HasSubstr("DATE, TIMESTAMP, not \"DECIMAL(12,2) OR 1\""));
  EXPECT_THAT(SaidWith("id = \"TEXT\"", "id = {type = \"INT\", format = \"%d\"}"),
              HasSubstr("only DATE and TIMESTAMP"));
  EXPECT_THAT(SaidWith("delay = \"6h\"", "delay = \"6 hours\""), HasSubstr("delay '6 hours'"));
  EXPECT_THAT(SaidWith("delay = \"6h\"", "delay = 6"),
              HasSubstr("shop.toml:11: 'delay' in [[tables]]"));
  EXPECT_THAT(SaidWith("[sources.orders]", "[sources.Orders]"), HasSubstr("lower-case"));
  EXPECT_THAT(SaidWith("name = \"shop\"", "name = \"shop"), HasSubstr("shop.toml:1:"));
  EXPECT_THAT(Said("name = 'x'\nabout = 'y'\n"), HasSubstr("no [sources.<name>]"));
  for (const char* name : {"shop.eu", "shops/eu"}) {
    EXPECT_THAT(SaidWith("name = \"shop\"", fmt::format("name = \"{}\"", name)),
                HasSubstr("'name' must be a text with neither . nor /"));
  }
}

TEST(Mapping, SaysWhatTheRetailerCountsIn) {
  const std::string retailer = "about = \"a shop\"\n[retailer]\n";
  const auto with = [&](const std::string& lines) {
    return SaidWith("about = \"a shop\"\n", retailer + lines + "\n");
  };
  EXPECT_EQ(with("currency = \"JPY\"\nminor_unit = 0\ntime_zone = \"Asia/Tokyo\""), "fine");
  EXPECT_EQ(with(""), "fine");
  EXPECT_THAT(
      with("currency = \"yen\""),
      HasSubstr("shop.toml:3: currency 'yen': accepted are codes of three capital letters"));
  EXPECT_THAT(with("currency = \"KWD\"\nminor_unit = 3"),
              HasSubstr("currency KWD: minor unit 3; accepted are 0 to 2"));
  EXPECT_THAT(with("minor_unit = -9999999999"), HasSubstr("accepted are 0 to 2"));
  EXPECT_THAT(with("curency = \"CAD\""), HasSubstr("unknown key 'curency' in [retailer]"));
  EXPECT_THAT(with("currency = 1"), HasSubstr("'currency' in [retailer] must be a text"));
  EXPECT_THAT(SaidWith("about = \"a shop\"", "about = \"a shop\"\nretailer = 1"),
              HasSubstr("'retailer' must be a table, written [retailer], not 1"));
}

TEST(Mapping, TheRetailersZoneIsThatOfSourcesThatNameNone) {
  const std::string with_zone = std::string(kSmall) + "[retailer]\ntime_zone = \"Asia/Tokyo\"\n";
  const auto mapping = ParseMapping({"shop.toml", with_zone});
  ASSERT_TRUE(mapping) << mapping.error().message;
  EXPECT_EQ(mapping->sources[0].time_zone, "Asia/Tokyo") << "wherever it stands";
  std::string own = with_zone;
  own.replace(own.find("file ="), 0, "time_zone = \"UTC\"\n");
  const auto other = ParseMapping({"shop.toml", own});
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->sources[0].time_zone, "UTC");
}

TEST(Mapping, ADelimiterIsOneCharacter) {
  EXPECT_EQ(SaidWith("file = \"orders.csv\"", "file = \"orders.csv\"\ndelimiter = \"\\t\""),
            "fine");
  EXPECT_THAT(SaidWith("file = \"orders.csv\"", "file = \"orders.csv\"\ndelimiter = \"||\""),
              HasSubstr("one ASCII character"));
}

TEST(Mapping, ParametersAreUsedOnlyWhereTheyAreNotText) {
  const warehouse::Parameters all = {{"week", std::int64_t{45}}, {"price", std::int64_t{1}}};
  const QueryText query = {"SELECT '$price' -- $price\n FROM x WHERE w <= $week", 1};
  const auto used = UsedIn(query, all);
  ASSERT_EQ(used.size(), 1U);
  EXPECT_EQ(used[0].first, "week");
}

TEST(Mapping, TheShippedOnesParse) {
  for (const std::string& name : ShippedMappings()) {
    const auto text = ShippedMapping(name);
    ASSERT_TRUE(text);
    const auto mapping = ParseMapping({name, *text});
    ASSERT_TRUE(mapping) << mapping.error().message;
    EXPECT_EQ(mapping->name, name);
  }
  const auto unknown = ShippedMapping("instacart");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("there are complete-journey"));
}

}  // namespace
}  // namespace aisle::ingest
