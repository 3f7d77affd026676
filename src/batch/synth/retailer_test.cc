// The retailer's tables as streams: every table opens, its rows are complete and agree with each
// other, and they come out the same whatever the blocks.
#include "synth/retailer.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "synth/columns.h"
#include "synth/rows.h"
#include "synth/sample_testing.h"

namespace aisle::synth {
namespace {

using Row = std::map<std::string, std::string>;

Retailer MakeSmall(std::int64_t customers = 60) {
  Options options = SampleOptions(1, customers);
  options.oracle_customers = 20;
  Result<Retailer> retailer = Retailer::Make(options);
  AISLE_ASSERT(retailer.has_value());
  return *std::move(retailer);
}

std::vector<Row> Read(const Retailer& retailer, std::string_view table) {
  Result<arrow::Stream> stream = retailer.Open(table);
  EXPECT_TRUE(stream.has_value()) << table;
  std::vector<Row> rows;
  for (;;) {
    const auto batch = stream->Next();
    EXPECT_TRUE(batch.has_value()) << table;
    if (!batch.has_value() || !batch->has_value()) return rows;
    const arrow::Batch& block = **batch;
    for (std::int64_t r = 0; r < block.RowCount(); ++r) {
      Row& row = rows.emplace_back();
      for (int c = 0; c < block.ColumnCount(); ++c)
        row[std::string(block.ColumnName(c))] = block.Text(c, r);
    }
  }
}

TEST(Retailer, RefusesAShopWithoutCustomersAndATableItDoesNotHave) {
  Options options = SampleOptions(1, 0);
  EXPECT_EQ(Retailer::Make(options).error().code, ErrorCode::kInvalidArgument);
  const auto unknown = MakeSmall().Open("raw.nothing");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_NE(unknown.error().message.find("raw.nothing"), std::string::npos);
}

TEST(Retailer, EveryTableHasItsRows) {
  const Retailer retailer = MakeSmall();
  const std::map<std::string, std::size_t> counts = {
      {"raw.regions", 5},    {"raw.postal_regions", 10},     {"raw.postal_formats", 1},
      {"raw.stores", 500},   {"raw.product_categories", 12}, {"raw.loyalty_tiers", 4},
      {"raw.promotions", 8}, {"raw.product_catalog", 2000},  {"raw.inventory", 10'000},
      {"raw.customers", 60}, {"oracle.totals", 20},          {"oracle.top_products", 800}};
  for (const std::string& table : Retailer::Tables()) {
    const std::size_t rows = Read(retailer, table).size();
    const auto expected = counts.find(table);
    if (expected != counts.end()) {
      EXPECT_EQ(rows, expected->second) << table;
    }
    const double promised = static_cast<double>(retailer.ExpectedRows(table));
    EXPECT_NEAR(static_cast<double>(rows) / promised, 1.0, 0.3) << table;
  }
}

TEST(Retailer, CurrentTablesAreTheNewestRowsOfTheirHistories) {
  const Retailer retailer = MakeSmall();
  std::map<std::string, Row> open;
  std::map<std::string, std::string> valid_to;
  for (const Row& row : Read(retailer, "raw.customer_history")) {
    const std::string& id = row.at("customer_id");
    // Stretches of validity follow each other without a gap.
    if (valid_to.contains(id)) {
      EXPECT_EQ(valid_to[id], row.at("valid_from")) << id;
    }
    valid_to[id] = row.at("valid_to");
    if (row.at("valid_to") == "NULL") open[id] = row;
  }
  for (const Row& row : Read(retailer, "raw.customers")) {
    const Row& newest = open.at(row.at("customer_id"));
    for (const char* column :
         {"loyalty_tier", "has_app", "email_subscriber", "city", "state", "zip_code"})
      EXPECT_EQ(row.at(column), newest.at(column)) << row.at("customer_id") << " " << column;
  }
  std::map<std::string, std::string> price;
  for (const Row& row : Read(retailer, "raw.price_history"))
    if (row.at("valid_to") == "NULL") price[row.at("product_id")] = row.at("price");
  for (const Row& row : Read(retailer, "raw.product_catalog"))
    EXPECT_EQ(row.at("price"), price.at(row.at("product_id")));
  std::map<std::string, std::string> stock;
  for (const Row& row : Read(retailer, "raw.inventory_history")) {
    if (row.at("valid_to") == "NULL")
      stock[row.at("product_id") + row.at("region")] = row.at("qty_on_hand");
  }
  for (const Row& row : Read(retailer, "raw.inventory"))
    EXPECT_EQ(row.at("qty_on_hand"), stock.at(row.at("product_id") + row.at("region")));
}

TEST(Retailer, EventsNameKnownThingsAndEachHasItsOwnId) {
  const Retailer retailer = MakeSmall();
  std::map<std::string, std::string> category;
  for (const Row& row : Read(retailer, "raw.product_catalog"))
    category[row.at("product_id")] = row.at("category_id");
  std::set<std::string> ids;
  for (const Row& row : Read(retailer, "raw.event_stream")) {
    EXPECT_TRUE(ids.insert(row.at("event_id")).second) << row.at("event_id");
    EXPECT_NE(row.at("visitor_id"), "NULL");
    EXPECT_LT(row.at("event_timestamp"), row.at("ingested_at"));
    if (row.at("product_id") != "NULL") {
      EXPECT_EQ(row.at("product_category"), category.at(row.at("product_id")));
    }
    const bool purchase =
        row.at("event_type") == "order_complete" || row.at("event_type") == "pos_purchase";
    EXPECT_EQ(row.at("order_total") != "NULL", purchase) << row.at("event_id");
    EXPECT_EQ(row.at("line_total") != "NULL", purchase) << row.at("event_id");
  }
}

TEST(Retailer, BlocksPutTogetherAreTheStreamWhateverTheirSize) {
  const auto world = MakeWorld(SampleOptions(1, 60));
  const std::vector<Row> whole = Read(MakeSmall(), "raw.event_stream");
  std::map<std::int64_t, std::vector<std::string>> blocks;
  for (std::int64_t first = 53; first >= -6; first -= 7) {  // The last block first.
    arrow::BatchBuilder builder(*Columns("raw.event_stream"));
    FillBlock(*world, "raw.event_stream", std::max<std::int64_t>(first, 0), first + 7, builder);
    const arrow::Batch block = builder.Finish();
    for (std::int64_t r = 0; r < block.RowCount(); ++r) {
      std::string text;
      for (int c = 0; c < block.ColumnCount(); ++c) text += block.Text(c, r) + "|";
      blocks[first].push_back(text);
    }
  }
  std::vector<std::string> together, expected;
  for (const auto& [first, rows] : blocks)
    together.insert(together.end(), rows.begin(), rows.end());
  const arrow::Schema schema = *Columns("raw.event_stream");
  for (const Row& row : whole) {
    std::string text;
    for (const arrow::Field& field : schema) text += row.at(field.name) + "|";
    expected.push_back(text);
  }
  EXPECT_EQ(together, expected);
}

TEST(Retailer, TheOracleRanksTwentyOfEachKindWithFallingExpectation) {
  std::string customer, kind;
  double last = 0;
  int rank = 0;
  for (const Row& row : Read(MakeSmall(), "oracle.top_products")) {
    const bool first = row.at("rank") == "1";
    if (!first) {
      EXPECT_EQ(row.at("customer_id"), customer);
      EXPECT_EQ(row.at("kind"), kind);
      EXPECT_LE(std::stod(row.at("expected")), last);
    }
    rank = first ? 1 : rank + 1;
    EXPECT_EQ(row.at("rank"), std::to_string(rank));
    customer = row.at("customer_id");
    kind = row.at("kind");
    last = std::stod(row.at("expected"));
    EXPECT_GT(last, 0);
  }
}

}  // namespace
}  // namespace aisle::synth
