// An import that brings nothing is refused, and leaves what is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ingest/corner_shop_testing.h"

namespace aisle::ingest {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kHeader = "receipt;line;bought_at;customer;sku;pieces;paid;coupon\n";

class EnoughRowsTest : public CornerShopTest {
 protected:
  void Orders(const std::string& rows) { Write("orders.csv", std::string(kHeader) + rows); }
  void Ask(std::string_view section, std::string_view line) {
    Replace("mapping.toml", section, std::string(section) + "\n" + std::string(line));
  }
};

TEST_F(EnoughRowsTest, AHeaderAloneIsRefusedAndNothingIsLost) {
  ASSERT_TRUE(ImportShop());
  const std::string before = Rows("SELECT * FROM raw.event_stream ORDER BY event_id");
  const std::string rejects = Rows("SELECT count(*) FROM raw.rejects");
  Append("products.csv", "apple,Apple,fruit,,0.50,true\n");
  Orders("");
  const auto report = ImportShop();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(report.error().message,
              HasSubstr("mapping.toml:30: orders.csv: no rows, nothing but "
                        "a header; at_least_rows in [sources.orders] asks for 1 "
                        "(0 takes what comes), so nothing was imported, "
                        "and what was there before is left"));
  EXPECT_EQ(Rows("SELECT * FROM raw.event_stream ORDER BY event_id"), before);
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.product_catalog"), "3\n") << "the apple neither";
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.rejects"), rejects);
}

TEST_F(EnoughRowsTest, AFileOfWhichNothingCanBeReadIsRefusedWithThreeExamples) {
  Orders(
      "R1;1;yesterday;anton;soap;1;2.25;\n"
      "R2;1;2025-07-12 10:00:00;anton;soap;1.5;2;\n"
      "R3;1;2025-07-12 10:00:00\n"
      "R4;1;tomorrow;anton;soap;1;2.25;\n");
  const std::string said = Shop();
  EXPECT_THAT(
      said,
      AllOf(HasSubstr("orders.csv: none of its 4 rows can be used; rejected: line 2: bought_at: "
                      "'yesterday' "
                      "is not TIMESTAMP; line 3: pieces: '1.5' is not INT; line 4: 3 fields where"),
            Not(HasSubstr("tomorrow"))));
  EXPECT_EQ(Rows("SELECT count(*) FROM raw.customers"), "0\n");
}

TEST_F(EnoughRowsTest, ATableWhoseRowsAreAllRejectedIsRefused) {
  Orders("R1;1;2025-07-12 10:00:00;;soap;1;2.25;\nR2;1;2025-07-12 10:00:00;anton;soap;-1;2.25;\n");
  const std::string said = Shop();
  EXPECT_THAT(said, HasSubstr("raw.event_stream: none of its 2 rows can be used; rejected: line 2: "
                              "customer_id: missing; "
                              "line 3: quantity: '-1' is below 1; at_least_rows in its "
                              "[[tables]] asks for 1"));
  Append("orders.csv", "R3;1;2025-07-12 10:00:00;anton;soap;1;2.25;\n");
  EXPECT_EQ(Shop(), "3 1 0 2") << "one that fits is enough";
}

TEST_F(EnoughRowsTest, AMappingSaysHowManyRowsThereMustBe) {
  Ask("[sources.orders]", "at_least_rows = 4");
  EXPECT_THAT(
      Shop(),
      HasSubstr(
          "orders.csv: 3 of its 3 rows can be used; at_least_rows in [sources.orders] asks for 4"));
  Append("orders.csv", "R3;1;2025-07-12 10:00:00;anton;soap;1;2.25;\n");
  EXPECT_EQ(Shop(), "4 4 0 0");
  Ask("table = \"raw.event_stream\"", "at_least_rows = 5");
  EXPECT_THAT(Shop(), HasSubstr("raw.event_stream: 4 of its 4 rows can be used; at_least_rows in "
                                "its [[tables]] asks for 5"));
}

TEST_F(EnoughRowsTest, AMappingMayTakeWhatComes) {
  Ask("[sources.orders]", "at_least_rows = 0");
  Orders("");
  EXPECT_EQ(Shop(), "0 0 0 0") << "a quiet night";
  const auto report = ImportShop();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(report->last_event);
  Orders("R1;1;2025-07-12 10:00:00;;soap;1;2.25;\n");
  EXPECT_THAT(Shop(), HasSubstr("none of its 1 rows"));
  Ask("table = \"raw.event_stream\"", "at_least_rows = 0");
  EXPECT_EQ(Shop(), "1 0 0 1");
}

TEST_F(EnoughRowsTest, NoRowForAnyTableIsRefused) {
  Write("o.csv", "id\nx\n");
  Write("none.toml", R"toml(name = "none"
about = "none"
[sources.o]
file = "o.csv"
[sources.o.columns]
id = "TEXT"
[[tables]]
table = "raw.stores"
from = "o"
query = "SELECT source_line, id AS store_id FROM o WHERE id = 'y'"
)toml");
  const auto import = [&] {
    return Import(*connection_, (folder_ / "none.toml").string(), folder_, Options());
  };
  const auto report = import();
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("none.toml: no query gave a row for any table"));
  Replace("none.toml", "from = \"o\"", "from = \"o\"\nat_least_rows = 0");
  EXPECT_TRUE(import()) << "it was asked for";
}

TEST_F(EnoughRowsTest, TheKeyIsStrict) {
  Ask("[sources.orders]", "at_least_rows = -1");
  EXPECT_THAT(Shop(),
              HasSubstr("'at_least_rows' in [sources.orders] must be a whole number from 0 to"));
}

}  // namespace
}  // namespace aisle::ingest
